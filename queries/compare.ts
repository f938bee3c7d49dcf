import type { Store } from '../ingest/ports.ts';
import type { Part } from './answer.ts';
import type { AtomTables } from './atoms/tables.ts';
import { type Axis, WHOLE } from './axis.ts';
import { dayStart, iso, rollingDays, type Span } from './buckets.ts';
import type { Row } from './envelope.ts';
import { isListed, type Metric } from './metric.ts';
import type { SeriesRow } from './mix.ts';
import type { MetricRequest } from './request.ts';
import { keyOf, ownersOnly, scopeSql, spanDimensions, spanKeys } from './scope.ts';

/** The sides of a comparison, under the group key `adoption` of its rows. */
const sides = ['adopters', 'non_adopters'] as const;
type Side = (typeof sides)[number];

/** Most buckets that a comparison may have: its sides are judged anew at the begin of each. */
export const MAX_COMPARED = 120;

const CAVEAT =
  'This compares services, and is not what the platform does to them: teams chose to adopt, and differ in more than that.';

/** What it takes to compare: `ask` answers the question of some services alone, with the scope of the whole one. */
export interface CompareDeps {
  readonly store: Store;
  readonly axis: Axis;
  readonly ask: (request: MetricRequest) => Promise<Part>;
}

/** Null if a metric tells of single services, so that those on the platform can be set beside the others; else why not. */
export function whyNotCompared(metric: Metric): string | null {
  if (metric.atom === 'adoptions') return 'would set adoption beside itself';
  const ofServices = metric.dimensions.includes('service') && isListed(metric);
  return ofServices ? null : 'compares services, and this metric is not told by service';
}

/**
 * Sets the services that were on the platform at the begin of each bucket (the totals: of the window) beside the eligible ones
 * that were not, by the rule of adoption.rate (metrics.md §6.1, R79). Services that are exempt, not defined or not in being
 * then are on neither side. Each row says how many services its side has.
 */
export async function compareAdopters(deps: CompareDeps, tables: AtomTables, request: MetricRequest): Promise<Part> {
  const { axis } = deps;
  if (axis.buckets.length > MAX_COMPARED) {
    const problem = `with compare=adopters may have at most ${MAX_COMPARED} buckets, and this has ${axis.buckets.length}`;
    return { ok: false, problem: { field: 'grain', problem, fix: 'take a coarser grain or a shorter window' } };
  }
  const stretches = await readStretches(deps.store, tables, request, axis);
  const plain: MetricRequest = { ...request, options: withoutCompare(request) };
  const totals: Row[] = [];
  const series: SeriesRow[] = [];
  const begins = [axis.window.start, ...axis.buckets.map(({ start }) => Math.max(start, axis.reach.start))].map(
    (begin) => membersAt(stretches, Math.min(begin, axis.asOf)),
  );
  const spans = questionsOf(
    axis,
    request,
    begins.slice(1).map(({ name }) => name),
  );
  for (const side of sides) {
    const whole = begins[WHOLE + 1]!;
    const asked = await deps.ask(ofSide({ ...plain, grain: null }, whole, side));
    if (!asked.ok) return asked;
    totals.push(...asked.totals.map((row) => marked(row, side, whole, request)));
    for (const { span, first } of spans) {
      const members = begins[first + 1]!;
      const part = await deps.ask(ofSide({ ...plain, from: iso(span.start), to: iso(span.end) }, members, side));
      if (!part.ok) return part;
      series.push(...part.series.map((row) => ({ ...marked(row, side, members, request), time: row.time })));
    }
  }
  series.sort((a, b) => (a.time === b.time ? 0 : a.time < b.time ? -1 : 1));
  return { ok: true, totals, series };
}

/** A service with its place, on the platform or not for a while. */
interface Stretch {
  readonly service: string;
  readonly adopted: boolean;
  readonly from: number;
  readonly to: number;
  /** Whether it is in the scope of the filters, and in which group. */
  readonly inScope: boolean;
  readonly group: string;
}

/** Who is on which side at an instant, and a name that is the same for the same sides. */
interface Members {
  readonly of: Readonly<Record<Side, readonly string[]>>;
  readonly groups: Readonly<Record<Side, ReadonlyMap<string, number>>>;
  readonly name: string;
}

async function readStretches(store: Store, tables: AtomTables, request: MetricRequest, axis: Axis) {
  const scope = scopeSql(ownersOnly(request), spanDimensions);
  const sql = `SELECT service, adopted, toUnixTimestamp64Milli(valid_from) AS from_ms, toUnixTimestamp64Milli(valid_to) AS to_ms,
  ${scope.filters} AS in_scope, [${scope.groups.join(', ')}]::Array(String) AS keys
FROM ${tables.adoptions}
WHERE excluded = '' AND from_ms < {window_end:Int64} AND to_ms > {reach_start:Int64}
ORDER BY service, valid_from`;
  const params = { ...scope.params, window_end: axis.window.end, reach_start: axis.reach.start };
  return (await store.query(sql, params)).map(
    (row): Stretch => ({
      service: String(row.service),
      adopted: Number(row.adopted) === 1,
      from: Number(row.from_ms),
      to: Number(row.to_ms),
      inScope: Number(row.in_scope) === 1 || row.in_scope === true,
      group: keyOf(row.keys as string[]),
    }),
  );
}

function membersAt(stretches: readonly Stretch[], instant: number): Members {
  const of: Record<Side, string[]> = { adopters: [], non_adopters: [] };
  const groups: Record<Side, Map<string, number>> = { adopters: new Map(), non_adopters: new Map() };
  for (const { service, adopted, from, to, inScope, group } of stretches) {
    if (from > instant || to <= instant) continue;
    const side = adopted ? 'adopters' : 'non_adopters';
    of[side].push(service);
    if (inScope) groups[side].set(group, (groups[side].get(group) ?? 0) + 1);
  }
  return { of, groups, name: JSON.stringify(of) };
}

/** Stretches of buckets with the same sides, each as the window of one question; `first` is the first of its buckets. */
function questionsOf(axis: Axis, request: MetricRequest, names: readonly string[]) {
  const isRolling = rollingDays(request.grain ?? '') !== null;
  const questions: { span: Span; first: number; name: string }[] = [];
  axis.buckets.forEach((bucket, index) => {
    // A rolling bucket is asked for by its last day.
    const start = isRolling ? dayStart(bucket.end - 1, axis.tz) : bucket.start;
    const span = { start: Math.max(start, axis.window.start), end: Math.min(bucket.end, axis.window.end) };
    const last = questions.at(-1);
    if (last !== undefined && last.name === names[index]) last.span = { start: last.span.start, end: span.end };
    else questions.push({ span, first: index, name: names[index]! });
  });
  return questions;
}

function ofSide(request: MetricRequest, members: Members, side: Side): MetricRequest {
  const asked = request.filters.service;
  const service = asked ? members.of[side].filter((name) => asked.includes(name)) : members.of[side];
  return { ...request, filters: { ...request.filters, service } };
}

function marked(row: Row, side: Side, members: Members, request: MetricRequest): Row {
  const keys = request.groupBy.map((dimension) => String(row[dimension]));
  const services = members.groups[side].get(keyOf(spanKeys(request, keys))) ?? 0;
  // No services have no number, not even none.
  const nothing = { value: null, ci: null, status: 'not_applicable' } as const;
  const isNobody = services === 0 && row.n === 0 && row.status !== 'no_data';
  return {
    ...row,
    ...(isNobody ? nothing : {}),
    options: request.options,
    caveat: row.caveat ? `${row.caveat}; ${CAVEAT}` : CAVEAT,
    services_n: services,
    adoption: side,
  };
}

function withoutCompare(request: MetricRequest): MetricRequest['options'] {
  const { compare: _, ...options } = request.options;
  return options;
}
