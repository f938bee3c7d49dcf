import type { SqlValue, Store } from '../../ingest/ports.ts';
import { catalogLayers } from './catalog.ts';
import { changeLayers } from './changes.ts';
import { containmentLayers } from './containment.ts';
import { factsLayer } from './facts.ts';
import { failureLayers } from './failures.ts';
import { incidentLayers } from './incidents.ts';
import { atomLayers } from './kinds.ts';
import type { Layer } from './layer.ts';
import { positionLayers } from './positions.ts';
import { rolloutLayers } from './rollouts.ts';
import { scopeLayers, type Touch, touchesUnassigned, touchLayers } from './scope.ts';

/** All steps from facts to atoms, each reading those before it. */
export const layers: readonly Layer[] = [
  ...catalogLayers,
  ...positionLayers,
  ...rolloutLayers,
  ...changeLayers,
  ...containmentLayers,
  ...incidentLayers,
  ...failureLayers,
  ...atomLayers,
];

export interface Fold {
  /** Name of the table that a layer was filled into. */
  readonly table: (layer: string) => string;
  /** Lets go of everything that was filled. */
  drop(): Promise<void>;
}

/**
 * Tables that a series of folds fills again and again: planning a CREATE … AS costs half of a small fold, so they are made once
 * and emptied. One fold at a time may use a workbench.
 */
export interface Workbench {
  readonly prefix: string;
  readonly made: Set<string>;
}

export const newWorkbench = (prefix: string): Workbench => ({ prefix, made: new Set() });

/**
 * Folds events into atoms: fills every layer as a table in memory. `asOf` null means everything known; `services` null means
 * all of them, else the atoms of these (in lower case) come out right, those of others may not.
 */
export function fold(
  store: Store,
  bench: Workbench,
  asOf: string | null,
  services: readonly string[] | null,
): Promise<Fold> {
  const steps = [...(services === null ? [] : scopeLayers), factsLayer(services !== null), ...layers];
  return fill(store, bench, steps, asOf, { services: services ?? [], as_of: asOf ?? '' });
}

/**
 * Services, in lower case, whose atoms could change by what was touched; null if all could: what is of no service may come to
 * be of any, and may blame any, so that it is folded with everything.
 */
export async function touchedServices(store: Store, bench: Workbench, touch: Touch): Promise<string[] | null> {
  if (touch.everything) return null;
  const params = { entities: [...touch.entities], names: [...touch.names] };
  const made = await fill(store, bench, touchLayers, null, params);
  try {
    const [loose] = await store.query<{ n: string }>(touchesUnassigned(made.table), params);
    if (loose?.n !== '0') return null;
    const rows = await store.query<{ service: string }>(
      `SELECT DISTINCT service FROM ${made.table('touch_services')} ORDER BY service`,
    );
    return rows.map((row) => row.service);
  } finally {
    await made.drop();
  }
}

// Machine code for expressions that differ in each statement costs more than it saves, and it is made at the third run.
const WITHOUT_JIT = 'SETTINGS compile_expressions = 0, compile_aggregate_expressions = 0, compile_sort_description = 0';

/** Statements in flight: planning takes one core each, and most small layers are planning. */
const AT_ONCE = 3;

async function fill(
  store: Store,
  bench: Workbench,
  steps: readonly Layer[],
  asOf: string | null,
  params: Readonly<Record<string, SqlValue>>,
): Promise<Fold> {
  const table = (layer: string): string => (layer === 'known' ? knownEvents(asOf) : `${bench.prefix}_${layer}`);
  const drop = async (): Promise<void> => {
    for (const { name } of steps) if (bench.made.has(name)) await store.command(`TRUNCATE TABLE ${table(name)}`);
  };
  const run = async (layer: Layer): Promise<void> => {
    const name = table(layer.name);
    if (bench.made.has(layer.name)) {
      await store.command(`INSERT INTO ${name} ${layer.sql(table)} ${WITHOUT_JIT}`, params);
      return;
    }
    await store.command(`CREATE TABLE ${name} ENGINE = Memory AS ${layer.sql(table)} ${WITHOUT_JIT}`, params);
    bench.made.add(layer.name);
  };
  const turns = makeTurns(AT_ONCE);
  const filled = new Map<string, Promise<void>>();
  for (const layer of steps) {
    const needed = [...readBy(layer)].flatMap((name) => filled.get(name) ?? []);
    filled.set(
      layer.name,
      Promise.all(needed).then(() => turns(() => run(layer))),
    );
  }
  const outcomes = await Promise.allSettled(filled.values());
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) {
    // A table may be half made, or gone: the next fold makes all of them again.
    for (const { name } of steps) {
      bench.made.delete(name);
      await store.command(`DROP TABLE IF EXISTS ${table(name)} SYNC`).catch(() => undefined);
    }
    throw failed.reason;
  }
  return { table, drop };
}

/** The layers that a layer reads. */
function readBy(layer: Layer): ReadonlySet<string> {
  const read = new Set<string>();
  layer.sql((name) => {
    read.add(name);
    return name;
  });
  return read;
}

/** Lets at most `limit` tasks run at a time, in the order in which they ask. */
function makeTurns(limit: number): (task: () => Promise<void>) => Promise<void> {
  let running = 0;
  const queue: (() => void)[] = [];
  return async (task) => {
    if (running >= limit) await new Promise<void>((resolve) => queue.push(resolve));
    running += 1;
    try {
      await task();
    } finally {
      running -= 1;
      queue.shift()?.();
    }
  };
}

const knownEvents = (asOf: string | null): string =>
  asOf === null
    ? 'events'
    : "(SELECT * FROM events WHERE recorded_at <= parseDateTime64BestEffort({as_of:String}, 3, 'UTC'))";
