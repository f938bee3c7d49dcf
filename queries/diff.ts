import { answerMetric } from './answer.ts';
import type { AnswerDeps } from './ask.ts';
import type { AtomTables } from './atoms/tables.ts';
import { iso } from './buckets.ts';
import type { Row } from './envelope.ts';
import { type Change, type Changed, type Counted, explainChanges } from './explain.ts';
import { readHours } from './hours/read.ts';
import type { HoursTable } from './hours/table.ts';
import { isOfSubjects, kindsRead } from './kinds-read.ts';
import { itemValue, listingSql, zoneOf } from './listing.ts';
import { isListed, isOfIntervals, type Metric } from './metric.ts';
import { notListed } from './privacy/suppression.ts';
import type { MetricRequest, Problem } from './request.ts';

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
  if (!isListed(metric)) return { ok: false, problems: [notListed] };
  const [first, second] = asOfA <= asOfB ? [asOfA, asOfB] : [asOfB, asOfA];
  const whole = { ...request, grain: null };
  const a = await answerMetric(deps, metric, { ...whole, asOf: first });
  const b = await answerMetric(deps, metric, { ...whole, asOf: second });
  if (!a.ok) return a;
  if (!b.ok) return b;
  const kinds = kindsRead(metric, request.options);
  const changes = await deps.withAtoms(first, kinds, (before) =>
    deps.withAtoms(second, kinds, (after) =>
      readChanges(deps, metric, { ...whole, asOf: second }, before, after, [first, second]),
    ),
  );
  const [one, other] = asOfA <= asOfB ? [a, b] : [b, a];
  const report = (answered: typeof a) => ({ as_of: answered.answer.as_of, totals: answered.answer.totals });
  const turned =
    asOfA <= asOfB ? changes : changes.map((change) => ({ ...change, before: change.after, after: change.before }));
  return { ok: true, answer: { metric: metric.id, a: report(one), b: report(other), changes: turned } };
}

async function readChanges(
  deps: AnswerDeps,
  metric: Metric,
  request: MetricRequest,
  before: AtomTables,
  after: AtomTables,
  between: readonly [string, string],
): Promise<readonly Change[]> {
  const read = await readHours(deps.store, metric, request, deps.now);
  if ('problem' in read) throw new Error('a calendar that was there a moment ago is gone');
  const { sql, params } = changesSql(deps, metric, request, before, after, read.hours);
  const rows = await deps.store.query(sql, params);
  const changed = rows.map((row) => readChanged(metric, request, row));
  return explainChanges(deps.store, changed, isOfSubjects(metric) ? [] : [before, after], between);
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
  hours: HoursTable | null = null,
) {
  const side = (tables: AtomTables) => {
    const { sql, params } = listingSql(tables, metric, request, zoneOf(deps, request), deps.now, hours);
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
      `${own[metric.atom] ?? (isOfSubjects(metric) ? '[subject]' : '[]::Array(String)')} AS entities`,
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
  standing: 'item_value',
  sum: 'item_value',
  ratio: 'item_value / if(item_weight = 0, 1, item_weight)',
  union: 'toUnixTimestamp64Milli(item_until) / 1000',
  availability: 'toUnixTimestamp64Milli(item_until) / 1000',
};

function readChanged(metric: Metric, request: MetricRequest, row: Readonly<Record<string, unknown>>): Changed {
  const side = (name: 'a' | 'b'): Counted => {
    const ms = Number(row[`${name}_item_ms`]);
    const value = row[`${name}_item_value`];
    const until = isOfIntervals(metric.aggregate.type) && value !== null ? iso(Number(value) * 1_000) : null;
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
