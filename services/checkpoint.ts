import type { FollowTarget } from '../ingest/follow.ts';
import type { Store } from '../ingest/ports.ts';
import type { Atoms } from '../queries/atoms/atoms.ts';
import type { Touch } from '../queries/atoms/scope.ts';

const DDL = `CREATE TABLE IF NOT EXISTS refreshed_positions (log_partition UInt32, next UInt64)
  ENGINE = ReplacingMergeTree(next) ORDER BY log_partition`;

/** Makes the memory of how far atoms are fresh, if there is none. */
export async function preparePositions(store: Store): Promise<void> {
  await store.command(DDL);
}

/** Forgets how far atoms are fresh: the next start of following makes all of them anew. */
export async function forgetPositions(store: Store): Promise<void> {
  await store.command('TRUNCATE TABLE refreshed_positions');
}

/** More events than this without fresh atoms: folding everything once is quicker than asking what they touch. */
const MANY_EVENTS = 20_000;

/** What a batch touched, and how far the log was taken with it. */
export interface CheckedTouch {
  readonly touch: Touch;
  /** Next offset per partition. */
  readonly taken: ReadonlyMap<number, bigint>;
}

/**
 * Adds to a target the memory of how far atoms are fresh. Events and atoms are written one after the other, so a process that
 * is killed between the two leaves events whose atoms are old: {@link refreshStale} finds them at the next start.
 */
export function checkpointed(
  store: Store,
  target: FollowTarget<Touch>,
  onTaken: (partition: number, next: bigint) => void,
): FollowTarget<CheckedTouch> {
  return {
    positions: () => target.positions(),
    ...(target.begin ? { begin: target.begin } : {}),
    async write(records) {
      const touch = await target.write(records);
      const taken = new Map(records.map((record) => [record.partition, record.offset + 1n]));
      for (const [partition, next] of taken) onTaken(partition, next);
      return { touch, taken };
    },
    async refresh({ touch, taken }) {
      await target.refresh(touch);
      await note(store, taken);
    },
    merge: (a, b) => ({ touch: target.merge(a.touch, b.touch), taken: new Map([...a.taken, ...b.taken]) }),
  };
}

/** Makes the atoms of all stored events fresh that a killed process left behind. Says how many events these were. */
export async function refreshStale(store: Store, atoms: Atoms): Promise<number> {
  await preparePositions(store);
  const behind = `events LEFT JOIN (SELECT log_partition, max(next) AS next FROM refreshed_positions GROUP BY log_partition) AS fresh
    USING (log_partition) WHERE log_offset >= next`;
  const [stale] = await store.query<{ events: string }>(`SELECT toString(count()) AS events FROM ${behind}`);
  const count = Number(stale?.events ?? 0);
  if (count === 0) return 0;
  // The index of what events name is written after them, so the last of them may lack in it. It is a set: twice is once.
  await store.command(`INSERT INTO entity_refs SELECT arrayJoin(refs) AS ref, entity FROM ${behind}`);
  if (count > MANY_EVENTS) await atoms.rebuild();
  else {
    const [touched] = await store.query<{ entities: string[]; names: string[]; types: string[]; deliveries: string[] }>(
      `SELECT groupUniqArray(entity) AS entities, groupUniqArrayArray(refs) AS names,
         groupUniqArray(toString(type)) AS types,
         groupUniqArrayIf(delivery_id, normaliser > 1 AND delivery_id != '') AS deliveries FROM ${behind}`,
    );
    await atoms.refresh({
      entities: new Set(touched?.entities),
      names: new Set(touched?.names),
      types: new Set(touched?.types),
      deliveries: new Set(touched?.deliveries),
    });
  }
  await noteAllFresh(store);
  return count;
}

/** Notes that the atoms of every stored event are fresh. */
export async function noteAllFresh(store: Store): Promise<void> {
  const taken = await store.query<{ log_partition: number; next: string }>(
    'SELECT log_partition, toString(max(log_offset) + 1) AS next FROM events GROUP BY log_partition',
  );
  await note(store, new Map(taken.map((row) => [Number(row.log_partition), BigInt(row.next)])));
}

async function note(store: Store, positions: ReadonlyMap<number, bigint>): Promise<void> {
  const rows = [...positions].map(([partition, next]) => ({ log_partition: partition, next: next.toString() }));
  await store.insert('refreshed_positions', rows);
}
