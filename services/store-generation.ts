import type { Store } from '../ingest/ports.ts';
import type { Atoms } from '../queries/atoms/atoms.ts';
import { atomKinds } from '../queries/atoms/subjects/registry.ts';
import { preparePositions } from './checkpoint.ts';

const DDL = `CREATE TABLE IF NOT EXISTS made_of_generation (generation UInt64, at DateTime64(6))
  ENGINE = MergeTree ORDER BY generation`;

/** The generation of the log that the store was made of; 1 if nobody ever noted one. */
export async function generationOf(store: Store): Promise<number> {
  await store.command(DDL);
  const [row] = await store.query<{ generation: string }>(
    'SELECT toString(max(generation)) AS generation FROM made_of_generation',
  );
  return Math.max(1, Number(row?.generation ?? 0));
}

/** Notes that whatever the store has is of this generation of the log. */
export async function noteGeneration(store: Store, generation: number): Promise<void> {
  await store.command(DDL);
  await store.command(`INSERT INTO made_of_generation SELECT ${generation}, now64(6)`);
}

/** Removes every table of ours, bytes and all: what the engine would only mark as removed, and keep for a while, is gone at once. */
export async function dropTables(store: Store): Promise<void> {
  const kept = [
    'entity_refs',
    'events',
    'refreshed_positions',
    'atoms_made_by',
    'made_of_generation',
    ...atomKinds.map(({ name }) => name),
  ];
  for (const table of kept) await store.command(`DROP TABLE IF EXISTS ${table} SYNC`);
  // Last, since whoever still folds makes them of the others.
  const scratch = await store.query<{ name: string }>(
    "SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, 'fold_')",
  );
  for (const { name } of scratch) await store.command(`DROP TABLE IF EXISTS ${name} SYNC`);
}

/** Empties a store that was made of an older generation of the log than this one; says whether it was. Nobody else may write to it. */
export async function renewStore(
  { store, atoms }: { readonly store: Store; readonly atoms: Atoms },
  generation: number,
): Promise<boolean> {
  if ((await generationOf(store)) >= generation) return false;
  await dropTables(store);
  await atoms.prepare();
  await preparePositions(store);
  await atoms.upgrade(async () => undefined);
  await noteGeneration(store, generation);
  return true;
}
