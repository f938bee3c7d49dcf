import { createHash } from 'node:crypto';
import type { Store } from '../../ingest/ports.ts';
import { type AtomKind, atomKinds } from './atom.ts';
import { eventsDdl } from './events.ts';
import { type Fold, fold, foldAndStore, layers, newWorkbench, touchedServices } from './fold.ts';
import { foundUnassigned, neighbourhoods, type Touch } from './scope.ts';
import { UNASSIGNED } from './sql.ts';
import { voidOlderSql } from './storing.ts';
import type { AtomTables, WithAtoms } from './tables.ts';

/** How many folded pasts are kept: a page asks ten questions of the same as_of. */
const KEPT_PASTS = 3;

/**
 * The atoms of a store: kept fresh as of now, and folded anew for any past. One per process; refreshes run one at a time.
 */
export interface Atoms {
  /** Creates what is missing of the tables. Safe to repeat. */
  prepare(): Promise<void>;
  /**
   * Where the stored atoms were made by other rules than these, those of another release: calls `forgetFreshness`, so that all
   * of them are made anew, and makes tables of another shape anew, empty. For the processes that keep atoms fresh.
   */
  upgrade(forgetFreshness: () => Promise<void>): Promise<void>;
  /** Makes the stored atoms of everything touched equal to what a fold of all known events gives. */
  refresh(touch: Touch): Promise<void>;
  /** Makes all stored atoms anew. */
  rebuild(): Promise<void>;
  readonly withAtoms: WithAtoms;
  close(): Promise<void>;
}

/** Tables of the stored atoms: the highest refresh of an atom wins, a voided one is gone. */
const ddlOf = (kind: AtomKind): string => `
  CREATE TABLE IF NOT EXISTS ${kind.name} (
    ${Object.entries(kind.columns)
      .map(([name, type]) => `${name} ${type}`)
      .join(', ')},
    refreshed UInt64, voided UInt8
  ) ENGINE = ReplacingMergeTree(refreshed, voided) ORDER BY (service, atom_id)`;

/**
 * Opens the atoms of a store. `name` keeps the scratch tables of processes on one server apart: letters, digits and
 * underscores, another for each process unless it has the store `alone`. A rebuild
 * takes about `sliceEntities` at a time.
 */
export function openAtoms(store: Store, name: string, alone = true, sliceEntities = SLICE_ENTITIES): Atoms {
  let folds = 0;
  const pasts = new Map<string, { fold: Promise<Fold>; users: number }>();
  // Part of a past's key: one that was folded before all of its events were written is not taken again.
  const eventsBy = async (asOf: string): Promise<string> => {
    const sql = `SELECT toString(count()) AS n FROM events WHERE recorded_at <= parseDateTime64BestEffort({as_of:String}, 3, 'UTC')`;
    return (await store.query<{ n: string }>(sql, { as_of: asOf }))[0]?.n ?? '0';
  };
  const fresh = newWorkbench(`fold_${name}_fresh`);
  const touching = newWorkbench(`fold_${name}_touch`);
  const foldPast = async (asOf: string): Promise<Fold> => {
    folds += 1;
    const bench = newWorkbench(`fold_${name}_past${folds}`);
    const made = await fold(store, bench, asOf, null);
    // The steps before the atoms are not asked for again.
    const kept = new Set(atomKinds.map((kind) => kind.name));
    const discard = async (keep: ReadonlySet<string>): Promise<void> => {
      for (const layer of [...bench.made]) {
        if (keep.has(layer)) continue;
        await store.command(`DROP TABLE IF EXISTS ${made.table(layer)} SYNC`);
        bench.made.delete(layer);
      }
    };
    await discard(kept);
    return { table: made.table, drop: () => discard(new Set()) };
  };

  let last: Promise<unknown> = Promise.resolve();
  /** One refresh at a time: they share a workbench. */
  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const mine = last.then(task, task);
    last = mine.catch(() => undefined);
    return mine;
  };

  /** The number of a refresh, taken before the events are read: of two, the one that began later knows at least as much. */
  async function newRefresh(): Promise<string> {
    const [row] = await store.query<{ now: string }>('SELECT toString(toUnixTimestamp64Micro(now64(6))) AS now');
    return row?.now ?? '0';
  }

  async function refreshServices(services: readonly string[] | null): Promise<void> {
    if (services === null) await rebuildAll();
    else await foldAndStore(store, fresh, services, await newRefresh());
  }

  /** What fits is made at once, else slice by slice, so that memory does not grow with the store; what none made again is gone. */
  async function rebuildAll(): Promise<void> {
    const refreshed = await newRefresh();
    const [first, ...others] = slices(await store.query(neighbourhoods), sliceEntities);
    if (others.length === 0) return foldAndStore(store, fresh, null, refreshed);
    await foldAndStore(store, fresh, [UNASSIGNED], refreshed, foundUnassigned);
    for (const slice of [first!, ...others]) await foldAndStore(store, fresh, slice, await newRefresh());
    for (const kind of atomKinds) await store.command(voidOlderSql(kind), { refreshed });
  }

  async function settle(): Promise<void> {
    for (const [key, past] of pasts) {
      if (pasts.size <= KEPT_PASTS) return;
      if (past.users > 0) continue;
      pasts.delete(key);
      await past.fold.then((made) => made.drop()).catch(() => undefined);
    }
  }

  return {
    async prepare() {
      for (const ddl of eventsDdl) await store.command(ddl);
      for (const kind of atomKinds) await store.command(ddlOf(kind));
      await dropScratch(store, alone);
    },
    async upgrade(forgetFreshness) {
      await store.command(
        'CREATE TABLE IF NOT EXISTS atoms_made_by (rules String, at DateTime64(6)) ENGINE = MergeTree ORDER BY at',
      );
      const [made] = await store.query<{ rules: string }>('SELECT rules FROM atoms_made_by ORDER BY at DESC LIMIT 1');
      if (made?.rules === rules) return;
      // First, and the note last: a process killed in between begins again.
      await forgetFreshness();
      for (const kind of atomKinds) {
        if (await hasShape(store, kind)) continue;
        await store.command(`DROP TABLE IF EXISTS ${kind.name} SYNC`);
        await store.command(ddlOf(kind));
      }
      await store.command('INSERT INTO atoms_made_by SELECT {rules:String}, now64(6)', { rules });
    },
    refresh: (touch) => inTurn(async () => refreshServices(await touchedServices(store, touching, touch))),
    rebuild: () => inTurn(rebuildAll),
    withAtoms: async (asOf, use) => {
      if (asOf === null) return use(storedTables());
      const key = `${asOf} ${await eventsBy(asOf)}`;
      const past = pasts.get(key) ?? { fold: foldPast(asOf), users: 0 };
      pasts.set(key, past);
      past.users += 1;
      try {
        return await use(tablesOf(await past.fold));
      } catch (error) {
        // Whether the fold or the question failed: the next one folds again.
        if (pasts.get(key) === past) pasts.delete(key);
        throw error;
      } finally {
        past.users -= 1;
        await settle();
      }
    },
    async close() {
      for (const past of pasts.values()) await past.fold.then((made) => made.drop()).catch(() => undefined);
      pasts.clear();
    },
  };
}

/** Entities that a slice of a rebuild holds, by their names: what a fold of them needs of memory stays below 2 GiB. */
const SLICE_ENTITIES = 100_000;

/** Names of neighbourhoods, packed so that no slice holds more than `limit` entities, if one name alone does not. */
function slices(names: readonly { name: string; entities: string }[], limit: number): string[][] {
  const packed: string[][] = [];
  let left = 0;
  for (const { name, entities } of names) {
    if (Number(entities) > left) {
      packed.push([]);
      left = limit;
    }
    packed.at(-1)?.push(name);
    left -= Number(entities);
  }
  return packed;
}

/** Stands for all that decides what the atoms are: their columns and every SELECT that makes them. */
const rules = createHash('sha256')
  .update(JSON.stringify([atomKinds.map(ddlOf), layers.map((layer) => layer.sql((name) => name))]))
  .digest('hex');

async function hasShape(store: Store, kind: AtomKind): Promise<boolean> {
  const columns = await store.query<{ name: string }>(
    'SELECT name FROM system.columns WHERE database = currentDatabase() AND table = {table:String} ORDER BY position',
    { table: kind.name },
  );
  const wanted = [...Object.keys(kind.columns), 'refreshed', 'voided'];
  return columns.map(({ name }) => name).join() === wanted.join();
}

const storedTables = (): AtomTables =>
  Object.fromEntries(atomKinds.map((kind) => [kind.name, `(SELECT * FROM ${kind.name} FINAL)`])) as AtomTables;

const tablesOf = (made: Fold): AtomTables =>
  Object.fromEntries(atomKinds.map((kind) => [kind.name, made.table(kind.name)])) as AtomTables;

/** Drops what killed processes left behind: at once where no other can be at work, else what is a day old. */
async function dropScratch(store: Store, alone: boolean): Promise<void> {
  // An engine that does not know when a table was made says 1970: then it may be another's at work.
  const old = 'metadata_modification_time BETWEEN toDateTime(1) AND now() - toIntervalDay(1)';
  const left = await store.query<{ name: string }>(
    `SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, 'fold_')
    ${alone ? '' : `AND ${old}`}`,
  );
  for (const table of left) await store.command(`DROP TABLE IF EXISTS ${table.name} SYNC`);
}
