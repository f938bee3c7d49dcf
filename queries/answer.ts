import type { NormalizedEvent } from '../ingest/event.ts';
import type { Store } from '../ingest/ports.ts';
import { type Reaching, readActive } from './active.ts';
import { assemble } from './assemble.ts';
import type { AtomTables, WithAtoms } from './atoms/tables.ts';
import { availabilityIn, readAvailability } from './availability.ts';
import { type Axis, WHOLE } from './axis.ts';
import { answerWithReduction } from './baseline.ts';
import { readBeside } from './beside.ts';
import { daysBegun, iso } from './buckets.ts';
import { type Cell, cellName, emptyCell, readCells } from './cells.ts';
import { compareAdopters } from './compare.ts';
import type { ServiceSpan } from './coverage.ts';
import { type MetricAnswer, type Row, SPEC_VERSION } from './envelope.ts';
import { axisOf, daysOf, type Frame, frameOf, placeOf, reachingOf } from './frame.ts';
import { byKeys, groupsOf } from './groups.ts';
import { readHours } from './hours/read.ts';
import type { HoursTable } from './hours/table.ts';
import { isOfSubjects, kindsCounted, kindsRead } from './kinds-read.ts';
import { columnsOf, type Metric } from './metric.ts';
import { jointMoves, markMixShift, type SeriesRow } from './mix.ts';
import { readAnswered } from './privacy/answered.ts';
import { withCompanions, withoutRemainders } from './privacy/suppression.ts';
import { MAX_ROWS, type MetricRequest, type Problem, tooMany } from './request.ts';
import { keyOf, spanKeys } from './scope.ts';
import { readServiceLevels } from './slo/levels.ts';
import { readServiceSpans, readSourceSpans } from './spans.ts';
import { readTeams, readTeamZones } from './zones.ts';

/** What it takes to answer. `now` is UTC ISO with milliseconds; `reportingZone` an IANA zone. */
export interface AnswerDeps {
  readonly store: Store;
  readonly withAtoms: WithAtoms;
  readonly now: string;
  readonly reportingZone: string;
  /** First month of the fiscal year, 1 to 12; January without. */
  readonly fiscalStartMonth?: number;
  /** States in the log what is given out of people's answers; resolves once the store has it (metrics.md §9.2, rule 6). */
  readonly publish?: (events: readonly NormalizedEvent[]) => Promise<void>;
}

export type Answered =
  | { readonly ok: true; readonly answer: MetricAnswer }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Answers a question about a metric: totals per group and, with a grain, a series of every bucket × group (metrics.md §1).
 * A question that would take more than {@link MAX_ROWS} rows is a problem; a throw is a lost store.
 */
export async function answerMetric(deps: AnswerDeps, metric: Metric, request: MetricRequest): Promise<Answered> {
  const read = await readHours(deps.store, metric, request, deps.now);
  if ('problem' in read) return { ok: false, problems: [read.problem] };
  const asked: Asked = { ...deps, hours: read.hours };
  if (request.options.baseline === undefined) return answerPlainly(asked, metric, request);
  const kinds = kindsRead(metric, request.options);
  const baseline = {
    store: deps.store,
    now: deps.now,
    zone: request.tz === 'team' ? deps.reportingZone : request.tz,
    hours: read.hours,
    ask: (one: MetricRequest) => answerPlainly(asked, metric, one),
    withTables: <T>(use: (tables: AtomTables) => Promise<T>) => deps.withAtoms(request.asOf, kinds, use),
  };
  return answerWithReduction(baseline, metric, request);
}

async function answerPlainly(asked: Asked, metric: Metric, request: MetricRequest): Promise<Answered> {
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

/** What it takes, and which hours of a duration count. */
type Asked = AnswerDeps & { readonly hours: HoursTable | null };

/** Rows in one zone, or why there are none. */
export type Part =
  | { readonly ok: true; readonly totals: Row[]; readonly series: readonly SeriesRow[] }
  | { readonly ok: false; readonly problem: Problem };

function answerCompared(deps: Asked, tables: AtomTables, metric: Metric, request: MetricRequest): Promise<Part> {
  const axis = axisOf(request, request.tz, Date.parse(request.asOf ?? deps.now), null, deps.fiscalStartMonth);
  const ask = (part: MetricRequest) => answerInZone(deps, tables, metric, part, request.tz, request.filters);
  return compareAdopters({ store: deps.store, axis, ask }, tables, request);
}

/**
 * Answers in one zone, and marks buckets in which the whole moved against all of its parts. The whole is asked for only
 * where the parts moved together; counts add up, so theirs cannot, and personal answers say nothing of their parts.
 */
async function answerWithMix(deps: Asked, tables: AtomTables, metric: Metric, request: MetricRequest): Promise<Part> {
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
  deps: Asked,
  tables: AtomTables,
  metric: Metric,
  request: MetricRequest,
): Promise<readonly Part[]> {
  const zones = await readTeamZones(deps.store, request.asOf);
  const owning = isOfSubjects(metric)
    ? await readTeams(
        deps.store,
        kindsCounted(metric, request.options).map((name) => tables[name]),
        request,
      )
    : (await readServiceSpans(deps.store, tables, { ...request, groupBy: ['team'] })).map((span) => span.keys[0]!);
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
  deps: Asked,
  tables: AtomTables,
  metric: Metric,
  request: MetricRequest,
  tz: string,
  scope = request.filters,
): Promise<Part> {
  const { store } = deps;
  const reaching = reachingOf(deps, metric, request, tz);
  const { axis } = reaching;
  const framing = readFrame(store, tables, metric, request, reaching);
  const [{ frame }, cells, beside] = await Promise.all([
    framing,
    readCellsOf(deps, tables, metric, request, reaching, framing),
    readBeside(store, tables, metric.beside?.(request.options) ?? [], request, axis),
  ]);
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
  const sizes = new Map<Row, number>();
  const asOf = iso(axis.asOf);
  const kept = new Map<number, string>();
  // Thousands of rows begin and end at the same few instants.
  const instant = (time: number): string => {
    const text = kept.get(time) ?? iso(time);
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
      bucketEnd: place.clipped.end,
      asOf,
      cell,
      coverage: isTold
        ? 1
        : (availability?.coverage ??
          Math.min(frame.coverage.share(key, place.clipped), frame.shareAhead(key, place.clipped))),
      isClipped: place.isClipped,
      daysBegun: daysBegun(axis.days, place.clipped, axis.asOf, request.options.per === 'working_day'),
      measured: {
        options: request.options,
        items: cell.items,
        tallies: cell.tallies,
        beside: beside.numbers(name),
        // Few metrics ask for these, and there are thousands of rows.
        get serviceDays() {
          return frame.dayCoverage.serviceUnits(key, place.clipped);
        },
        get days() {
          return daysOf(axis, place.clipped);
        },
      },
    });
    const made = Object.assign(envelope, group);
    sizes.set(made, Number(beside.numbers(name).headcount_least ?? cell.tallies.respondents ?? cell.items));
    return made;
  };
  const hide = (rows: readonly Row[]) =>
    metric.suppressBelow === undefined || metric.survey !== undefined || metric.fewLeftOut
      ? rows
      : withCompanions(rows, request.groupBy, metric.suppressBelow, (one) => sizes.get(one) ?? 0);
  const totals = [...hide(groups.map((group) => row(WHOLE, group)))];
  const series = axis.buckets.flatMap((bucket, index) =>
    hide(groups.map((group) => row(index, group))).map((one) => Object.assign(one, { time: instant(bucket.start) })),
  );
  return {
    ok: true,
    totals:
      metric.suppressBelow === undefined ||
      metric.survey !== undefined ||
      metric.fewLeftOut ||
      metric.aggregate.type === 'active'
        ? totals
        : [...withoutRemainders(totals, series, request.groupBy)],
    series,
  };
}

/** One group of an answer: its keys, the part of them that service spans know as one text, and by dimension. */
interface Group {
  readonly keys: readonly string[];
  readonly key: string;
  readonly group: Readonly<Record<string, string>>;
}

interface Framed {
  readonly frame: Frame;
  readonly services: readonly ServiceSpan[];
}

async function readFrame(
  store: Store,
  tables: AtomTables,
  metric: Metric,
  request: MetricRequest,
  reaching: Reaching,
): Promise<Framed> {
  const ofSubjects = isOfSubjects(metric);
  const [services, sources] = await Promise.all([
    ofSubjects ? [] : readServiceSpans(store, tables, request),
    readSourceSpans(store, tables),
  ]);
  // What a source did for one service says nothing of what is of no service's delivery.
  const heard = ofSubjects ? sources.filter(({ service }) => service === '') : sources;
  return { frame: frameOf(metric, request, reaching, services, heard), services };
}

/** The cells of a question, by what its metric counts. */
async function readCellsOf(
  deps: Asked,
  tables: AtomTables,
  metric: Metric,
  request: MetricRequest,
  reaching: Reaching,
  framing: Promise<Framed>,
): Promise<ReadonlyMap<string, Cell>> {
  const { store, reportingZone } = deps;
  const { axis } = reaching;
  if (metric.survey !== undefined) return readAnswered(deps, metric.survey, request, axis);
  const { aggregate } = metric;
  if (aggregate.type === 'active') {
    return readActive(store, tables, metric, aggregate.activity(request.options), request, reaching, reportingZone);
  }
  if (aggregate.type === 'availability') {
    const levels = await levelsOf(deps, tables, request, axis);
    const { frame, services } = await framing;
    return readAvailability(store, tables, metric, request, frame, services, levels);
  }
  const items = metric.items(request.options);
  return readCells(store, tables, metric.atom, columnsOf(metric), items, aggregate.type, request, axis);
}

function levelsOf({ store, now }: Asked, tables: AtomTables, { asOf, options }: MetricRequest, { reach }: Axis) {
  return readServiceLevels(store, tables, { reach, asOf, now, withEvents: options.method !== 'time' });
}
