import type { AnswerDeps } from './ask.ts';
import { assemble } from './assemble.ts';
import type { AtomTables } from './atoms/tables.ts';
import { availabilityIn } from './available.ts';
import { WHOLE } from './axis.ts';
import { answerWithReduction } from './baseline.ts';
import { daysBegun, HOUR, iso } from './buckets.ts';
import { cellName, emptyCell } from './cells.ts';
import { compareAdopters } from './compare.ts';
import { type CountingDeps, countItems } from './counting.ts';
import { type MetricAnswer, type Row, SPEC_VERSION } from './envelope.ts';
import { axisOf, daysOf, placeOf } from './frame.ts';
import { byKeys, groupsOf } from './groups.ts';
import { readHours } from './hours/read.ts';
import { isOfSubjects, kindsCounted, kindsRead } from './kinds-read.ts';
import type { Metric } from './metric.ts';
import { jointMoves, markMixShift, type SeriesRow } from './mix.ts';
import { withCompanions, withoutRemainders } from './privacy/suppression.ts';
import { MAX_ROWS, type MetricRequest, type Problem, tooMany } from './request.ts';
import { keyOf, spanKeys } from './scope.ts';
import { readServiceSpans } from './spans.ts';
import { readTeams, readTeamZones } from './zones.ts';

export type Answered =
  | { readonly ok: true; readonly answer: MetricAnswer }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Answers a question about a metric: totals per group and, with a grain, a series of every bucket × group (metrics.md §1).
 * A question that would take more than {@link MAX_ROWS} rows is a problem; a throw is a lost store.
 */
export async function answerMetric(deps: AnswerDeps, metric: Metric, request: MetricRequest): Promise<Answered> {
  return deps.keptAnswers?.give(deps, metric, request, answerAnew) ?? answerAnew(deps, metric, request);
}

async function answerAnew(deps: AnswerDeps, metric: Metric, request: MetricRequest): Promise<Answered> {
  const counts = deps.keptCounts?.forQuestion(deps.now) ?? deps.store;
  const read = await readHours(counts, metric, request, deps.now);
  if ('problem' in read) return { ok: false, problems: [read.problem] };
  const asked: CountingDeps = { ...deps, hours: read.hours, counts };
  if (request.options.baseline === undefined) return answerPlainly(asked, metric, request);
  const kinds = kindsRead(metric, request.options);
  const baseline = {
    store: counts,
    now: deps.now,
    hours: read.hours,
    ask: (one: MetricRequest) => answerPlainly(asked, metric, one),
    withTables: <T>(use: (tables: AtomTables) => Promise<T>) => deps.withAtoms(request.asOf, kinds, use),
  };
  return answerWithReduction(baseline, metric, request);
}

async function answerPlainly(asked: CountingDeps, metric: Metric, request: MetricRequest): Promise<Answered> {
  const deps = asked;
  const asOf = request.asOf ?? deps.now;
  const parts = await deps.withAtoms(request.asOf, kindsRead(metric, request.options), async (tables) => {
    if (request.options.compare !== undefined) return [await answerCompared(asked, tables, metric, request)];
    if (request.tz !== 'team') return [await answerWithMix(asked, tables, metric, request)];
    return answerByTeamZone(asked, tables, metric, request);
  });
  const problems = parts.flatMap((part) => (part.ok ? [] : [part.problem]));
  if (problems.length > 0) return { ok: false, problems };
  const answers = parts.flatMap((part) => (part.ok ? [part] : []));
  const totals = answers.flatMap((part) => part.totals);
  const series = answers.flatMap((part) => part.series);
  if (parts.length > 1) {
    totals.sort(byKeys(request.groupBy));
    series.sort((a, b) => (a.time === b.time ? byKeys(request.groupBy)(a, b) : a.time < b.time ? -1 : 1));
  }
  const { from, to, tz, grain } = request;
  const window = { start: from, end: to, tz, grain, partial: to > asOf };
  const { options } = request;
  return {
    ok: true,
    answer: { metric: metric.id, spec_version: SPEC_VERSION, options, window, as_of: asOf, totals, series },
  };
}

/** Rows in one zone, or why there are none. */
export type Part =
  | { readonly ok: true; readonly totals: Row[]; readonly series: readonly SeriesRow[] }
  | { readonly ok: false; readonly problem: Problem };

function answerCompared(deps: CountingDeps, tables: AtomTables, metric: Metric, request: MetricRequest): Promise<Part> {
  const axis = axisOf(request, request.tz, Date.parse(request.asOf ?? deps.now), null, deps.fiscalStartMonth);
  const ask = (part: MetricRequest) => answerInZone(deps, tables, metric, part, request.tz, request.filters);
  return compareAdopters({ store: deps.counts, axis, ask }, tables, request);
}

/**
 * Answers in one zone, and marks buckets in which the whole moved against all of its parts. The whole is asked for only
 * where the parts moved together; counts add up, so theirs cannot, and personal answers say nothing of their parts.
 */
async function answerWithMix(
  deps: CountingDeps,
  tables: AtomTables,
  metric: Metric,
  request: MetricRequest,
): Promise<Part> {
  const parts = await answerInZone(deps, tables, metric, request, request.tz);
  const addsUp = ['rate', 'count', 'sum', 'union'].includes(metric.aggregate.type);
  if (!parts.ok || addsUp || metric.suppressBelow !== undefined || request.groupBy.length === 0) return parts;
  const keys = (row: Row) => keyOf(request.groupBy.map((dimension) => String(row[dimension])));
  const moves = jointMoves(parts.series, keys);
  if (moves.size === 0) return parts;
  const whole = await answerInZone(deps, tables, metric, { ...request, groupBy: [] }, request.tz);
  return whole.ok ? { ...parts, series: markMixShift(parts.series, whole.series, moves) } : parts;
}

async function answerByTeamZone(
  deps: CountingDeps,
  tables: AtomTables,
  metric: Metric,
  request: MetricRequest,
): Promise<readonly Part[]> {
  const zones = await readTeamZones(deps.counts, request.asOf);
  const owning = isOfSubjects(metric)
    ? await readTeams(
        deps.counts,
        kindsCounted(metric, request.options).map((name) => tables[name]),
        request,
      )
    : (await readServiceSpans(deps.counts, tables, { ...request, groupBy: ['team'] })).map((span) => span.keys[0]!);
  const teams = new Set([...zones.keys(), '(unassigned)', ...owning]);
  const asked = request.filters.team;
  const byZone = new Map<string, string[]>();
  for (const team of [...teams].sort()) {
    if (asked && !asked.includes(team)) continue;
    const zone = zones.get(team) ?? deps.reportingZone;
    byZone.set(zone, [...(byZone.get(zone) ?? []), team]);
  }
  const parts: Part[] = [];
  for (const [zone, team] of byZone) {
    const own = { ...request, filters: { ...request.filters, team } };
    parts.push(await answerInZone(deps, tables, metric, own, zone, request.filters));
  }
  return parts;
}

async function answerInZone(
  deps: CountingDeps,
  tables: AtomTables,
  metric: Metric,
  request: MetricRequest,
  tz: string,
  scope = request.filters,
): Promise<Part> {
  const { frame, cells, beside } = await countItems(deps, tables, metric, request, tz);
  const { axis } = frame;
  const groups = groupsOf(metric, request, cells.values(), beside.groups, frame.dayCoverage).map(
    (keys): Group => ({
      keys,
      key: keyOf(spanKeys(request, keys)),
      group: Object.fromEntries(request.groupBy.map((dimension, index) => [dimension, keys[index]!])),
    }),
  );
  const rows = groups.length * (axis.buckets.length + 1);
  if (rows > MAX_ROWS) {
    const fix = 'take a coarser grain, a shorter window, a coarser group_by or a filter';
    return { ok: false, problem: { field: 'grain', problem: tooMany(rows), fix } };
  }
  // Of active people the cells of all of them say who goes along with whom (R61), whichever of them are asked for.
  const isDecided = metric.survey !== undefined || metric.fewLeftOut || metric.aggregate.type === 'active';
  const isHiding = metric.suppressBelow !== undefined && !isDecided;
  const sizes = new Map<Row, number>();
  const asOf = iso(axis.asOf);
  const kept = new Map<number, string>();
  // Thousands of rows begin and end at the same few instants.
  const instant = (time: number): string => {
    const known = kept.get(time);
    if (known !== undefined) return known;
    const text = iso(time);
    kept.set(time, text);
    return text;
  };
  const row = (bucket: number, { keys, key, group }: Group): Row => {
    const name = cellName(bucket, keys);
    const cell = cells.get(name) ?? emptyCell(bucket, keys);
    const availability = availabilityIn(cell);
    const isTold = metric.isCoveredByItems === true && (cell.items > 0 || cell.tallies.survey !== undefined);
    const place = availability?.place ?? placeOf(frame, frame.spanOf(bucket), key, isTold);
    const envelope = assemble({
      metric,
      options: request.options,
      scope,
      group,
      window: {
        start: instant(place.clipped.start),
        end: instant(place.clipped.end),
        tz,
        grain: request.grain,
        partial: place.partial,
      },
      isAwaited: place.clipped.end + metric.graceHours * HOUR > axis.asOf,
      asOf,
      cell,
      coverage: isTold
        ? 1
        : (availability?.coverage ??
          Math.min(frame.coverage.share(key, place.clipped), frame.shareAhead(key, place.clipped))),
      isClipped: place.isClipped,
      daysBegun() {
        return daysBegun(axis.days, place.clipped, axis.asOf, request.options.per === 'working_day');
      },
      measured: {
        options: request.options,
        items: cell.items,
        tallies: cell.tallies,
        beside: beside.numbers(name),
        serviceDays() {
          return frame.dayCoverage.serviceUnits(key, place.clipped);
        },
        days() {
          return daysOf(axis, place.clipped);
        },
      },
    });
    const made = Object.assign(envelope, group);
    if (isHiding)
      sizes.set(made, Number(beside.numbers(name).headcount_least ?? cell.tallies.respondents ?? cell.items));
    return made;
  };
  const hide = (rows: readonly Row[]) =>
    isHiding ? withCompanions(rows, request.groupBy, metric.suppressBelow ?? 0, (one) => sizes.get(one) ?? 0) : rows;
  const totals = [...hide(groups.map((group) => row(WHOLE, group)))];
  const series = axis.buckets.flatMap((bucket, index) =>
    hide(groups.map((group) => row(index, group))).map((one) => Object.assign(one, { time: instant(bucket.start) })),
  );
  return {
    ok: true,
    totals: isHiding ? [...withoutRemainders(totals, series, request.groupBy)] : totals,
    series,
  };
}

/** One group of an answer: its keys, the part of them that service spans know as one text, and by dimension. */
interface Group {
  readonly keys: readonly string[];
  readonly key: string;
  readonly group: Readonly<Record<string, string>>;
}
