import type { SqlValue, Store } from '../ingest/ports.ts';
import { type AnswerDeps, answerMetric } from './answer.ts';
import type { AtomTables } from './atoms/tables.ts';
import { iso } from './buckets.ts';
import type { Row } from './envelope.ts';
import { itemValue, listingSql, zoneOf } from './listing.ts';
import type { Metric } from './metric.ts';
import { notListed } from './privacy/suppression.ts';
import type { MetricRequest, Problem } from './request.ts';

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

export interface MetricDiff {
  readonly metric: string;
  readonly a: { readonly as_of: string; readonly totals: readonly Row[] };
  readonly b: { readonly as_of: string; readonly totals: readonly Row[] };
  readonly changes: readonly Change[];
}

type Diffed =
  | { readonly ok: true; readonly answer: MetricDiff }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * What changed between two reports of one question, atom by atom, and why: the rows that came, went or count otherwise,
 * each with the events recorded after the first report and by the second that explain it (metrics.md §12).
 */
export async function metricDiff(
  deps: AnswerDeps,
  metric: Metric,
  request: MetricRequest,
  asOfA: string,
  asOfB: string,
): Promise<Diffed> {
  if (metric.suppressBelow !== undefined) return { ok: false, problems: [notListed] };
  const [first, second] = asOfA <= asOfB ? [asOfA, asOfB] : [asOfB, asOfA];
  const whole = { ...request, grain: null };
  const a = await answerMetric(deps, metric, { ...whole, asOf: first });
  const b = await answerMetric(deps, metric, { ...whole, asOf: second });
  if (!a.ok) return a;
  if (!b.ok) return b;
  const changes = await deps.withAtoms(first, (before) =>
    deps.withAtoms(second, (after) =>
      readChanges(deps, metric, { ...whole, asOf: second }, before, after, [first, second]),
    ),
  );
  const [one, other] = asOfA <= asOfB ? [a, b] : [b, a];
  const report = (answered: typeof a) => ({ as_of: answered.answer.as_of, totals: answered.answer.totals });
  const turned =
    asOfA <= asOfB ? changes : changes.map((change) => ({ ...change, before: change.after, after: change.before }));
  return { ok: true, answer: { metric: metric.id, a: report(one), b: report(other), changes: turned } };
}

interface Changed {
  readonly atomId: string;
  readonly service: string;
  readonly before: Counted | null;
  readonly after: Counted | null;
  readonly gained: readonly string[];
  readonly entities: readonly string[];
}

async function readChanges(
  deps: AnswerDeps,
  metric: Metric,
  request: MetricRequest,
  before: AtomTables,
  after: AtomTables,
  between: readonly [string, string],
): Promise<readonly Change[]> {
  const { sql, params } = changesSql(deps, metric, request, before, after);
  const rows = await deps.store.query(sql, params);
  const changed = rows.map((row) => readChanged(metric, request, row));
  const explained = await readEvents(deps.store, changed, between);
  const services = [
    ...new Set(changed.filter((one) => eventsOf(one, explained).length === 0).map((one) => one.service)),
  ];
  const near = await readNearby(deps.store, services, [before, after], between);
  return changed.map((one) => explain(one, eventsOf(one, explained), near.get(one.service) ?? []));
}

/** Compared fields; a difference in any of them is a change. */
const compared = ['item_ms', 'item_value', 'item_reason', 'team', 'tier', 'region', 'product', 'service'];

/** SQL of the atoms that two reports count differently, with both their states. */
export function changesSql(
  deps: AnswerDeps,
  metric: Metric,
  request: MetricRequest,
  before: AtomTables,
  after: AtomTables,
) {
  const side = (tables: AtomTables) => {
    const { sql, params } = listingSql(tables, metric, request, zoneOf(deps, request), deps.now);
    const value = valueColumns[metric.aggregate.type] ?? 'NULL';
    const entities = [
      "[concat('rollout:', rollout_id)]",
      metric.atom === 'rollouts'
        ? "arrayMap(i -> concat('incident:', i), arrayConcat(incident_ids, previous_incident_ids))"
        : '[]::Array(String)',
    ];
    const own: Partial<Record<keyof AtomTables, string>> = {
      changes: "[concat('change:', change_id), concat('rollout:', rollout_id)]",
      incidents: "[concat('incident:', incident_id), concat('incident:', duplicate_of)]",
      rollouts: `arrayConcat(${entities.join(', ')})`,
    };
    const columns = [
      `concat(toString(length(atom_id)), ':', atom_id, item_part) AS row_key`,
      'atom_id, toString(service) AS service, event_ids, item_ms, toString(item_reason) AS item_reason',
      `toNullable(toFloat64(${value})) AS item_value`,
      ...['team', 'tier', 'region', 'product'].map((name) => `toString(${name}) AS ${name}`),
      `${own[metric.atom] ?? '[]::Array(String)'} AS entities`,
    ];
    return { sql: `SELECT ${columns.join(', ')} FROM (${sql})`, params };
  };
  const [a, b] = [side(before), side(after)];
  const differs = compared.map((name) => `a.${name} IS DISTINCT FROM b.${name}`).join(' OR ');
  const sql = `SELECT if(b.row_key != '', b.atom_id, a.atom_id) AS atom_id, if(b.row_key != '', b.service, a.service) AS service,
  a.row_key != '' AS had, b.row_key != '' AS has,
  ${compared.map((name) => `a.${name} AS a_${name}, b.${name} AS b_${name}`).join(', ')},
  arrayFilter(e -> NOT has(a.event_ids, e), b.event_ids) AS gained, arrayDistinct(arrayConcat(a.entities, b.entities)) AS entities
FROM (${a.sql}) AS a
FULL OUTER JOIN (${b.sql}) AS b ON a.row_key = b.row_key
WHERE a.row_key = '' OR b.row_key = '' OR ${differs}
ORDER BY if(b.row_key != '', b.item_ms, a.item_ms), atom_id`;
  return { sql, params: { ...a.params, ...b.params } };
}

const valueColumns: Readonly<Record<string, string>> = {
  proportion: 'item_hit',
  snapshot: 'item_hit',
  quantiles: 'item_value',
  mean: 'item_value',
  score: 'item_value',
  union: 'toUnixTimestamp64Milli(item_until) / 1000',
};

function readChanged(metric: Metric, request: MetricRequest, row: Readonly<Record<string, unknown>>): Changed {
  const side = (name: 'a' | 'b'): Counted => {
    const ms = Number(row[`${name}_item_ms`]);
    const value = row[`${name}_item_value`];
    const until = metric.aggregate.type === 'union' && value !== null ? iso(Number(value) * 1_000) : null;
    const item = { item_ms: ms, item_hit: value, item_value: value, item_until: until };
    const reason = String(row[`${name}_item_reason`]);
    return {
      at: iso(ms),
      value: itemValue(metric, request, item),
      excluded: reason === '' ? null : reason,
      team: String(row[`${name}_team`]),
      tier: String(row[`${name}_tier`]),
      region: String(row[`${name}_region`]),
      product: String(row[`${name}_product`]),
      service: String(row[`${name}_service`]),
    };
  };
  return {
    atomId: String(row.atom_id),
    service: String(row.service),
    before: Number(row.had) === 1 || row.had === true ? side('a') : null,
    after: Number(row.has) === 1 || row.has === true ? side('b') : null,
    gained: row.gained as string[],
    entities: row.entities as string[],
  };
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
  if (services.length === 0) return found;
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
  if (event.again) return 'definition';
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
