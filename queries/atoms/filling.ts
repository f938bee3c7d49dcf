import type { SqlValue, Store } from '../../ingest/ports.ts';
import type { Layer } from './layer.ts';

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

// Machine code for expressions that differ in each statement costs more than it saves, and it is made at the third run.
const WITHOUT_JIT = 'SETTINGS compile_expressions = 0, compile_aggregate_expressions = 0, compile_sort_description = 0';

/** Statements in flight: planning takes one core each, and most small layers are planning. */
const AT_ONCE = 3;

/** A statement that waits for the layers it reads; `layer` names the table that it fills, if it fills one. */
interface Step extends Layer {
  readonly layer: boolean;
}

/** What to fill, in an order in which each step reads only those before it. */
export interface Filling {
  /** Each becomes a table. */
  readonly steps: readonly Layer[];
  /** Statements that fill no table of their own. */
  readonly after?: readonly Layer[];
  readonly asOf: string | null;
  readonly params: Readonly<Record<string, SqlValue>>;
}

/** Runs every step as soon as what it reads is there. */
export async function fill(store: Store, bench: Workbench, filling: Filling): Promise<Fold> {
  const { steps, after = [], asOf, params } = filling;
  const table = (layer: string): string => (layer === 'known' ? knownEvents(asOf) : `${bench.prefix}_${layer}`);
  /** Layers, and kinds of fact, of which there is no row. */
  const empty = new Set<string>();
  const drop = async (): Promise<void> => {
    const full = steps.filter(({ name }) => bench.made.has(name) && !empty.has(name));
    await Promise.all(full.map(({ name }) => store.command(`TRUNCATE TABLE ${table(name)}`)));
  };
  const all: Step[] = [
    ...steps.map((step) => ({ ...step, layer: true })),
    ...after.map((step) => ({ ...step, layer: false })),
  ];
  const origins = new Set(all.flatMap(({ rowsOf = [] }) => rowsOf));
  const run = async ({ name, layer, rowsOf, columns, sql }: Step): Promise<void> => {
    if (!layer) return store.command(`${sql(table)} ${WITHOUT_JIT}`, params);
    const isEmpty = rowsOf?.every((origin) => empty.has(origin)) === true;
    if (isEmpty && columns !== undefined && !bench.made.has(name)) {
      const declared = Object.entries(columns).map(([column, type]) => `${column} ${type}`);
      await store.command(`CREATE TABLE ${table(name)} (${declared.join(', ')}) ENGINE = Memory`);
      bench.made.add(name);
    } else if (!bench.made.has(name)) {
      const as = isEmpty ? 'EMPTY AS' : 'AS';
      await store.command(`CREATE TABLE ${table(name)} ENGINE = Memory ${as} ${sql(table)} ${WITHOUT_JIT}`, params);
      bench.made.add(name);
    } else if (!isEmpty) await store.command(`INSERT INTO ${table(name)} ${sql(table)} ${WITHOUT_JIT}`, params);
    if (isEmpty) {
      empty.add(name);
      return;
    }
    if (origins.has(name) && (await store.query(`SELECT 1 AS one FROM ${table(name)} LIMIT 1`)).length === 0)
      empty.add(name);
    if (name === 'facts') for (const kind of await absentKinds(store, table(name), origins)) empty.add(kind);
  };
  const heights = heightsOf(all);
  const turns = makeTurns(AT_ONCE);
  const filled = new Map<string, Promise<void>>();
  const ends = all.map((step) => {
    const needed = [...readBy(step)].flatMap((name) => filled.get(name) ?? []);
    const end = Promise.all(needed).then(() => turns(heights.get(step.name) ?? 0, () => run(step)));
    if (step.layer) filled.set(step.name, end);
    return end;
  });
  const failed = (await Promise.allSettled(ends)).find((outcome) => outcome.status === 'rejected');
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

/** Of the kinds of event and families of kinds (`change.*`) among `origins` those of which there is no fact. */
async function absentKinds(store: Store, facts: string, origins: ReadonlySet<string>): Promise<string[]> {
  const kinds = [...origins].filter((origin) => origin.includes('.'));
  if (kinds.length === 0) return [];
  const rows = await store.query<{ type: string }>(`SELECT DISTINCT toString(type) AS type FROM ${facts}`);
  const present = new Set(rows.flatMap(({ type }) => [type, `${type.slice(0, type.indexOf('.'))}.*`]));
  return kinds.filter((kind) => !present.has(kind));
}

/** The layers that a step reads. */
export function readBy(step: Layer): ReadonlySet<string> {
  const read = new Set<string>();
  step.sql((name) => {
    read.add(name);
    return name;
  });
  return read;
}

/** How long a way it is from each step to the last one that waits for it: those of the longest ways go first. */
function heightsOf(steps: readonly Step[]): ReadonlyMap<string, number> {
  const heights = new Map<string, number>();
  for (const step of [...steps].reverse()) {
    const own = heights.get(step.name) ?? 0;
    heights.set(step.name, own);
    for (const read of readBy(step)) heights.set(read, Math.max(heights.get(read) ?? 0, own + 1));
  }
  return heights;
}

/** Lets at most `limit` tasks run at a time, the greatest weight first. */
function makeTurns(limit: number): (weight: number, task: () => Promise<void>) => Promise<void> {
  let running = 0;
  const queue: { readonly weight: number; readonly go: () => void }[] = [];
  return async (weight, task) => {
    if (running >= limit) {
      await new Promise<void>((go) => {
        const place = queue.findIndex((waiting) => waiting.weight < weight);
        queue.splice(place < 0 ? queue.length : place, 0, { weight, go });
      });
    }
    running += 1;
    try {
      await task();
    } finally {
      running -= 1;
      queue.shift()?.go();
    }
  };
}

const knownEvents = (asOf: string | null): string =>
  asOf === null
    ? 'events'
    : "(SELECT * FROM events WHERE recorded_at <= parseDateTime64BestEffort({as_of:String}, 3, 'UTC'))";
