import { createHash } from 'node:crypto';
import type { Store } from '../../ingest/ports.ts';
import { type AtomKind, deliveryKinds, keyColumns } from './atom.ts';
import { type EventRow, eventsDdl } from './events.ts';
import { catalogFacts, deliveryFacts, superseded } from './facts.ts';
import { newWorkbench } from './filling.ts';
import { foldAndStore, foldAndStoreSources, layers, touchedServices } from './fold.ts';
import { openPasts } from './pasts.ts';
import {
  anyRuleSql,
  bothTouch,
  foundUnassigned,
  neighbourhoods,
  type Touch,
  touchesDelivery,
  touchOf,
} from './scope.ts';
import { spokenServicesSql } from './sources.ts';
import { text, UNASSIGNED } from './sql.ts';
import { voidOlderSql } from './storing.ts';
import {
  countSubjectsSql,
  foldAndStoreSubjects,
  type Subjects,
  subjectRules,
  subjectsAmong,
  touchedSubjects,
} from './subjects/fold.ts';
import { atomKinds, subjectKinds } from './subjects/registry.ts';
import type { SubjectKind } from './subjects/subject.ts';
import type { AtomTables, WithAtoms } from './tables.ts';

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
  /** Makes ready what folds are filled into, which costs as much as a small fold: else the first event after a start waits for it. */
  warm(): Promise<void>;
  /** Makes the stored atoms of everything touched equal to what a fold of all known events gives. */
  refresh(touch: Touch): Promise<void>;
  /** Makes all stored atoms anew. */
  rebuild(): Promise<void>;
  readonly withAtoms: WithAtoms;
  close(): Promise<void>;
}

/** What lies still is put into one part: `FINAL` then merges the last changes only, and reads of millions take half the time. */
const SETTLING = 'min_age_to_force_merge_seconds = 1800';

/** Tables of the stored atoms: the highest refresh of an atom wins, a voided one is gone. */
const ddlOf = (kind: AtomKind): string => `
  CREATE TABLE IF NOT EXISTS ${kind.name} (
    ${Object.entries(kind.columns)
      .map(([name, type]) => `${name} ${type}`)
      .join(', ')},
    refreshed UInt64, voided UInt8
  ) ENGINE = ReplacingMergeTree(refreshed, voided) ORDER BY (${keyColumns(kind).join(', ')}) SETTINGS ${SETTLING}`;

/**
 * Opens the atoms of a store. `name` keeps the scratch tables of processes on one server apart: letters, digits and
 * underscores, another for each process unless it has the store `alone`. A rebuild
 * takes about `sliceEntities` at a time.
 */
export function openAtoms(store: Store, name: string, alone = true, sliceEntities = SLICE_ENTITIES): Atoms {
  const fresh = newWorkbench(`fold_${name}_fresh`);
  const touching = newWorkbench(`fold_${name}_touch`);
  const living = newWorkbench(`fold_${name}_living`);
  const subjectBenches = new Map(subjectKinds.map((kind) => [kind, newWorkbench(`fold_${name}_${kind.name}`)]));
  const pasts = openPasts(store, name);

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

  async function refreshDelivery(touch: Touch): Promise<void> {
    const touches = touchesDelivery(touch);
    const isTouched = touches === 'yes' || (touches === 'with_rules' && (await store.query(anyRuleSql)).length > 0);
    const spoken = await store.query<{ service: string }>(spokenServicesSql, { entities: [...touch.entities] });
    // Whatever a source sends shows that it is alive.
    if (!isTouched && spoken.length === 0) return foldAndStoreSources(store, living, await newRefresh());
    const services = isTouched ? await touchedServices(store, touching, touch) : [UNASSIGNED];
    if (services === null) return rebuildDelivery();
    const all = [...new Set([...services, ...spoken.map(({ service }) => service)])];
    await foldAndStore(store, fresh, all, await newRefresh());
  }

  /** What fits is made at once, else slice by slice, so that memory does not grow with the store; what none made again is gone. */
  async function rebuildDelivery(): Promise<void> {
    const refreshed = await newRefresh();
    const [first, ...others] = slices(await store.query(neighbourhoods), sliceEntities);
    if (others.length === 0) return foldAndStore(store, fresh, null, refreshed);
    await foldAndStore(store, fresh, [UNASSIGNED], refreshed, foundUnassigned);
    for (const slice of [first!, ...others]) await foldAndStore(store, fresh, slice, await newRefresh());
    for (const kind of deliveryKinds) await store.command(voidOlderSql(kind), { refreshed });
  }

  async function refreshSubjects(kind: SubjectKind, subjects: Subjects): Promise<void> {
    if (subjects.type === 'all') return rebuildSubjects(kind);
    await foldAndStoreSubjects(store, subjectBenches.get(kind)!, kind, subjects, await newRefresh());
  }

  async function rebuildSubjects(kind: SubjectKind): Promise<void> {
    const [row] = await store.query<{ n: string }>(countSubjectsSql(kind));
    const subjects = Number(row?.n ?? 0);
    // Where there is nothing to fold and nothing to forget: most installations are without most kinds.
    if (subjects === 0 && (await store.query(`SELECT 1 AS one FROM ${kind.name} LIMIT 1`)).length === 0) return;
    const n = Math.ceil(subjects / sliceEntities);
    if (n <= 1)
      return foldAndStoreSubjects(store, subjectBenches.get(kind)!, kind, { type: 'all' }, await newRefresh());
    for (let slice = 0; slice < n; slice += 1) await refreshSubjects(kind, { type: 'slice', slice, slices: n });
  }

  async function refresh(batch: Touch): Promise<void> {
    const touch = await withSuperseded(store, batch);
    await refreshDelivery(touch);
    for (const kind of subjectKinds) {
      const subjects = touchedSubjects(kind, touch);
      if (subjects !== null) await refreshSubjects(kind, subjects);
    }
    if (!retractions.some((type) => touch.types.has(type))) return;
    const retracted = await retractedEntities(store, touch);
    for (const kind of subjectKinds) {
      const subjects = subjectsAmong(kind, retracted);
      if (subjects !== null) await refreshSubjects(kind, subjects);
    }
  }

  async function warm(): Promise<void> {
    await touchedServices(store, touching, {
      entities: new Set(),
      names: new Set(),
      types: new Set(),
      deliveries: new Set(),
    });
    await foldAndStore(store, fresh, [UNASSIGNED], await newRefresh());
  }

  async function rebuild(): Promise<void> {
    await rebuildDelivery();
    for (const kind of subjectKinds) await rebuildSubjects(kind);
  }

  return {
    async prepare() {
      for (const ddl of eventsDdl) await store.command(ddl);
      for (const kind of atomKinds) await store.command(ddlOf(kind));
      await letSettle(store);
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
    warm: () => inTurn(warm),
    refresh: (touch) => inTurn(() => refresh(touch)),
    rebuild: () => inTurn(rebuild),
    withAtoms: (asOf, kinds, use) => (asOf === null ? use(storedTables()) : pasts.with(asOf, kinds, use)),
    close: () => inTurn(() => pasts.close()),
  };
}

/** The batch, and what older normalisers told of its deliveries, which the newer ones may not have told again (R1). */
async function withSuperseded(store: Store, batch: Touch): Promise<Touch> {
  if (batch.deliveries.size === 0) return batch;
  const rows = await store.query<EventRow>(
    `SELECT DISTINCT type, entity, refs, normaliser, delivery_id FROM events WHERE delivery_id IN {deliveries:Array(String)}
       AND (delivery_id, normaliser) NOT IN (
         SELECT delivery_id, max(normaliser) FROM events WHERE delivery_id IN {deliveries:Array(String)} GROUP BY delivery_id)`,
    { deliveries: [...batch.deliveries] },
  );
  return rows.length === 0 ? batch : bothTouch(batch, touchOf(rows));
}

const retractions = ['deployment.retracted', 'change.retracted', 'incident.retracted'];

/** What the events are about that a batch retracts one by one. */
async function retractedEntities(store: Store, touch: Touch): Promise<readonly string[]> {
  const rows = await store.query<{ entity: string }>(
    `SELECT DISTINCT entity FROM events WHERE id IN (
      SELECT ${text('event_id')} FROM events WHERE entity IN {entities:Array(String)} AND type IN {retractions:Array(String)}
    )`,
    { entities: [...touch.entities], retractions },
  );
  return rows.map((row) => row.entity);
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
  .update(
    JSON.stringify([
      atomKinds.map(ddlOf),
      [superseded, deliveryFacts(false), deliveryFacts(true), catalogFacts, ...layers].map((layer) =>
        layer.sql((name) => name),
      ),
      subjectKinds.map(subjectRules),
    ]),
  )
  .digest('hex');

async function hasShape(store: Store, kind: AtomKind): Promise<boolean> {
  const columns = await store.query<{ name: string }>(
    'SELECT name FROM system.columns WHERE database = currentDatabase() AND table = {table:String} ORDER BY position',
    { table: kind.name },
  );
  const wanted = [...Object.keys(kind.columns), 'refreshed', 'voided'];
  return columns.map(({ name }) => name).join() === wanted.join();
}

/** Tables of an earlier release do not settle by themselves. */
async function letSettle(store: Store): Promise<void> {
  const restless = await store.query<{ name: string }>(
    `SELECT name FROM system.tables
    WHERE database = currentDatabase() AND name IN {names:Array(String)} AND position(create_table_query, '${SETTLING}') = 0`,
    { names: atomKinds.map(({ name }) => name) },
  );
  for (const { name } of restless) await store.command(`ALTER TABLE ${name} MODIFY SETTING ${SETTLING}`);
}

const storedTables = (): AtomTables =>
  Object.fromEntries(atomKinds.map((kind) => [kind.name, `(SELECT * FROM ${kind.name} FINAL)`])) as AtomTables;

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
