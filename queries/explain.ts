import type { SqlValue, Store } from '../ingest/ports.ts';
import type { AtomTables } from './atoms/tables.ts';

/** Why an atom counts otherwise in a later report (metrics.md §12). */
export const reasons = ['retraction', 'correction', 'relink', 'definition', 'late_event', 'ownership'] as const;
export type Reason = (typeof reasons)[number];

/** An atom as one report counted it. */
export interface Counted {
  readonly at: string;
  readonly value: number | null;
  readonly excluded: string | null;
  readonly team: string;
  readonly [dimension: string]: unknown;
}

export interface Change {
  readonly atom_id: string;
  readonly service: string;
  readonly reason: Reason;
  /** Null: it was not in the window and scope. */
  readonly before: Counted | null;
  readonly after: Counted | null;
  /** What was recorded between the two reports and explains it. */
  readonly event_ids: readonly string[];
  /** When the latest of them was recorded; null if none is known. */
  readonly recorded_at: string | null;
}

/** An atom that two reports count differently, with what may explain it. */
export interface Changed {
  readonly atomId: string;
  readonly service: string;
  readonly before: Counted | null;
  readonly after: Counted | null;
  readonly gained: readonly string[];
  readonly entities: readonly string[];
}

/** Finds, for each change, what was recorded between two reports and explains it. */
export async function explainChanges(
  store: Store,
  changed: readonly Changed[],
  tables: readonly AtomTables[],
  between: readonly [after: string, until: string],
): Promise<readonly Change[]> {
  const found = await readEvents(store, changed, between);
  const silent = changed.filter((one) => eventsOf(one, found).length === 0);
  const rules = silent.some(isByRule) ? await readRules(store, between) : [];
  const unruled = silent.filter((one) => rules.length === 0 || !isByRule(one));
  const near = await readNearby(store, [...new Set(unruled.map((one) => one.service))], tables, between);
  return changed.map((one) => {
    const own = eventsOf(one, found);
    // A rule speaks of all time: what was recorded long before becomes a rollout, or ceases to be one.
    return explain(one, own.length === 0 && isByRule(one) ? rules : own, near.get(one.service) ?? []);
  });
}

interface Recorded {
  readonly id: string;
  readonly type: string;
  /** Its entity, and those that it points to. */
  readonly about: readonly string[];
  readonly recordedAt: string;
  /** Recorded before, and again by a newer normaliser. */
  readonly again: boolean;
}

const CHUNK = 500;

const EVENTS = `SELECT id, any(type) AS type, arrayDistinct(arrayPushFront(any(refs), any(entity))) AS about, max(recorded_at) AS heard_at,
  min(recorded_at) <= parseDateTime64BestEffort({after:String}, 3, 'UTC') AS again
FROM (SELECT id, type, entity, refs, recorded_at FROM events WHERE CONDITION)
GROUP BY id
HAVING heard_at > parseDateTime64BestEffort({after:String}, 3, 'UTC')
ORDER BY heard_at, id`;

/** SQL for events recorded between two instants, by id, by entity or by what they point to. */
export const EVENTS_BETWEEN = EVENTS.replace(
  'CONDITION',
  "recorded_at <= parseDateTime64BestEffort({until:String}, 3, 'UTC') AND (id IN {ids:Array(String)} OR entity IN {entities:Array(String)} OR hasAny(refs, {entities:Array(String)}))",
);

async function readEvents(store: Store, changed: readonly Changed[], [after, until]: readonly [string, string]) {
  const found = new Map<string, Recorded[]>();
  const keep = (key: string, event: Recorded) => found.set(key, [...(found.get(key) ?? []), event]);
  for (let start = 0; start < changed.length; start += CHUNK) {
    const part = changed.slice(start, start + CHUNK);
    const ids = [...new Set(part.flatMap((one) => one.gained))];
    const entities = [...new Set(part.flatMap((one) => one.entities))].filter((entity) => !entity.endsWith(':'));
    const params: Record<string, SqlValue> = { ids, entities, after, until };
    for (const row of await store.query(EVENTS_BETWEEN, params)) {
      const event = recorded(row);
      keep(event.id, event);
      for (const entity of event.about) keep(entity, event);
    }
  }
  return found;
}

/** Whether its rollout is one that a rule makes of a run or a release. */
function isByRule({ entities }: Changed): boolean {
  return entities.some((entity) => /^rollout:(run|release):/.test(entity));
}

/** SQL for the rules on what is a rollout that were recorded between two instants. */
export const RULES_BETWEEN = EVENTS.replace(
  'CONDITION',
  "recorded_at <= parseDateTime64BestEffort({until:String}, 3, 'UTC') AND type = 'rollout_rule.defined'",
);

async function readRules(store: Store, [after, until]: readonly [string, string]): Promise<readonly Recorded[]> {
  return (await store.query(RULES_BETWEEN, { after, until })).map(recorded);
}

function recorded(row: Readonly<Record<string, unknown>>): Recorded {
  return {
    id: String(row.id),
    type: String(row.type),
    about: row.about as string[],
    recordedAt: String(row.heard_at),
    again: Number(row.again) === 1 || row.again === true,
  };
}

function eventsOf(one: Changed, found: ReadonlyMap<string, readonly Recorded[]>): readonly Recorded[] {
  const events = [...one.gained, ...one.entities].flatMap((key) => found.get(key) ?? []);
  return [...new Map(events.map((event) => [event.id, event])).values()];
}

/** SQL for events behind any atom of some services, and definitions, recorded between two instants. */
export function nearbySql(tables: readonly AtomTables[]): string {
  const kinds = ['rollouts', 'changes', 'incidents'] as const;
  const receipts = tables
    .flatMap((one) => kinds.map((kind) => one[kind]))
    .map(
      (table) => `SELECT service, arrayJoin(event_ids) AS id FROM ${table} WHERE service IN {services:Array(String)}`,
    );
  return `SELECT r.service AS service, e.id AS id, e.type AS type, [e.entity] AS about, e.heard_at AS heard_at, false AS again
FROM (
  SELECT id, type, entity, min(recorded_at) AS heard_at FROM events
  WHERE recorded_at <= parseDateTime64BestEffort({until:String}, 3, 'UTC')
  GROUP BY id, type, entity HAVING heard_at > parseDateTime64BestEffort({after:String}, 3, 'UTC')
) AS e
INNER JOIN (SELECT DISTINCT service, id FROM (${receipts.join(' UNION ALL ')})) AS r ON r.id = e.id
ORDER BY heard_at, id`;
}

/** What else was recorded about a service: a late rollback of one rollout changes what is told of another. */
async function readNearby(
  store: Store,
  services: readonly string[],
  tables: readonly AtomTables[],
  [after, until]: readonly [string, string],
): Promise<ReadonlyMap<string, readonly Recorded[]>> {
  const found = new Map<string, Recorded[]>();
  if (services.length === 0 || tables.length === 0) return found;
  for (const row of await store.query(nearbySql(tables), { services, after, until })) {
    const service = String(row.service);
    found.set(service, [...(found.get(service) ?? []), recorded(row)]);
  }
  return found;
}

function explain(one: Changed, own: readonly Recorded[], near: readonly Recorded[]): Change {
  const events = own.length > 0 ? own : ownersOnly(one) ? [] : near;
  // Of what was recorded about other atoms of the service, something new explains more than something amended.
  const order = own.length > 0 ? reasons : [...reasons].reverse();
  const reason = order.find((name) => events.some((event) => reasonOf(event) === name)) ?? fallback(one);
  const telling = events.filter((event) => reasonOf(event) === reason);
  return {
    atom_id: one.atomId,
    service: one.service,
    reason,
    before: one.before,
    after: one.after,
    event_ids: telling.map((event) => event.id),
    recorded_at:
      telling
        .map((event) => event.recordedAt)
        .sort()
        .at(-1) ?? null,
  };
}

function reasonOf(event: Recorded): Reason {
  if (event.again || event.type === 'rollout_rule.defined') return 'definition';
  if (event.type.endsWith('.retracted')) return 'retraction';
  if (event.type.endsWith('.corrected')) return 'correction';
  if (event.type === 'incident.linked') return 'relink';
  return 'late_event';
}

/** Nothing recorded about it explains the change: owners moved, or what its names mean was defined anew. */
function fallback(one: Changed): Reason {
  if (ownersOnly(one) || !one.before || !one.after) return 'ownership';
  return 'definition';
}

/** Whether nothing but the owners differs. */
function ownersOnly({ before, after }: Changed): boolean {
  if (!before || !after) return false;
  return before.at === after.at && before.value === after.value && before.excluded === after.excluded;
}
