import { DateTime } from 'luxon';
import type { NormalizedEvent } from '../../ingest/event.ts';
import type { MetricAnswer, Row, Status, Window } from '../../queries/envelope.ts';
import { type Bucket, bucketsOf, iso, type Stretch, startOfUnit, unitsOf } from './calendar.ts';
import { type Feed, feedOf, isAliveIn } from './coverage.ts';
import { dataOf } from './known.ts';
import { type Ask, baselineOf, oracleMetrics, type Question, readAsk } from './question.ts';
import { withReduction } from './reduction.ts';
import { groupsOf, itemsOf, matches, ownersPart, serviceUnits, spansOf } from './scope.ts';
import { canonicalJson } from './statistics.ts';
import { type Dimensions, type OracleMetric, type RowContext, within } from './summary.ts';
import { hidden } from './use.ts';
import { remembered, type World, worldOf } from './world.ts';

export type { Ask };

const SPEC_VERSION = '1.0.0';

type History = readonly { readonly event: NormalizedEvent; readonly recorded_at: string }[];

/** What `GET /v1/metrics/{id}` answers, computed naively from the definitions; `metric`: one that depends on more than the history. */
export function oracle(history: History, ask: Ask, metric: OracleMetric = oracleMetrics[ask.metric]!): MetricAnswer {
  const answer = answerOf(history, ask, metric);
  if (ask.params.baseline === undefined) return answer;
  const { grain: _, ...plain } = ask.params;
  const before: Ask = { ...ask, params: { ...plain, ...baselineOf(ask.params.baseline) } };
  const world = worldOf(history, Date.parse(answer.as_of));
  const sideOf = (one: Ask, { totals }: MetricAnswer) => ({ question: readAsk(one, metric), totals });
  const totals = withReduction(world, sideOf(ask, answer), sideOf(before, answerOf(history, before, metric)));
  return { ...answer, totals };
}

function answerOf(history: History, ask: Ask, metric: OracleMetric): MetricAnswer {
  const question = readAsk(ask, metric);
  // What a metric from elsewhere makes of a world is not noted in it.
  const world =
    metric === oracleMetrics[ask.metric] ? worldOf(history, question.asOf) : { ...worldOf(history, question.asOf) };
  const { feeds, sourcesAlone = false } = question.metric;
  const feed = remembered(world, `feed ${feeds} ${sourcesAlone}`, () => feedOf(world, feeds, sourcesAlone));
  const whole: Bucket = { time: question.window.start, asked: question.window, cutAtEnd: false };
  const zoneOf = (group: Dimensions): string => (question.tz === 'team' ? teamZone(world, group.team!) : question.tz);
  const groups = groupsOf(question, world, zoneOf);
  const row = (bucket: Bucket, group: Dimensions): Row =>
    rowOf({ ...question, tz: zoneOf(group) }, world, feed, bucket, group);
  // Each group has the buckets of its own zone: by time, then in the groups' order.
  const series = groups
    .flatMap((group) => bucketsOf(question.window, question.grain, zoneOf(group)).map((bucket) => ({ bucket, group })))
    .sort((a, b) => a.bucket.time - b.bucket.time)
    .map(({ bucket, group }) => ({ group, answer: { time: iso(bucket.time), ...row(bucket, group) } }));

  return {
    metric: question.id,
    spec_version: SPEC_VERSION,
    options: question.options,
    window: windowOf(question, question.window, question.window.end > question.asOf),
    as_of: question.asOfText,
    totals: groups.map((group) => {
      const total = row(whole, group);
      const isPartlyHidden = series.some((one) => one.group === group && one.answer.status === 'suppressed');
      return question.metric.hidesRemainders === true && isPartlyHidden
        ? { ...suppressedRow(question, total.window, total.coverage), ...group }
        : total;
    }),
    series: series.map((one) => one.answer),
  };
}

/** The zone that a team last stated (metrics.md §1.4, `tz=team`), else the organisation's. */
function teamZone(world: World, team: string): string {
  const stated = world.events.filter((event) => event.type === 'team.defined' && dataOf(event).team === team);
  return (
    (stated.map((event) => dataOf(event).timezone).findLast((zone) => typeof zone === 'string') as string) ?? 'UTC'
  );
}

function windowOf(question: Question, stretch: Stretch, partial: boolean): Window {
  return { start: iso(stretch.start), end: iso(stretch.end), tz: question.tz, grain: question.grain, partial };
}

function rowOf(question: Question, world: World, feed: Feed, bucket: Bucket, group: Dimensions): Row {
  const { tz, asOf, options, scope, metric } = question;
  const asked = metric.reach?.(bucket.asked, question) ?? bucket.asked;
  const owners = ownersPart(scope);
  const groupOwners = ownersPart(group);
  const candidates = metric.sourcesAlone === true ? [] : world.services;
  const services = candidates.filter((service) =>
    spansOf(world, options, service).some(
      (span) =>
        span.from < question.window.end &&
        span.to > question.window.start &&
        matches(owners, groupOwners, span.dimensions),
    ),
  );

  // §1.3: what lies before the first covered day is youth, not silence.
  const unit = question.grain === 'hour' ? 'hour' : 'day';
  const alive = new Map(services.map((service) => [service, feed.alive(service)]));
  const sources = feed.alive(null);
  const lives = services.length > 0 ? [...alive.values()].flat() : sources;
  const firstAlive = Math.min(Number.POSITIVE_INFINITY, ...lives.map((life) => life.start));
  const firstCovered = firstAlive === Number.POSITIVE_INFINITY ? firstAlive : startOfUnit(firstAlive, unit, tz);
  const inScope: RowContext['inScope'] = (dimensions) => matches(scope, group, dimensions);
  const isCovered = metric.isCovered?.({ items: itemsOf(question, world), bucket: asked, inScope }) ?? false;
  const isClipped =
    !isCovered && metric.coveredByItems !== true && firstCovered > asked.start && firstCovered < asked.end;
  const clipped = isClipped ? { start: firstCovered, end: asked.end } : asked;

  const days = unitsOf(clipped, 'day', tz, asOf);
  const units = unit === 'day' ? days : unitsOf(clipped, unit, tz, asOf);
  const pairs = serviceUnits(question, world, group, services, units);
  const heardIn =
    pairs.length > 0
      ? ratio(
          pairs,
          ({ unit: one }) => one.share,
          ({ service, unit: one }) => isAliveIn(alive.get(service)!, one),
        )
      : ratio(
          units,
          (one) => one.share,
          (one) => isAliveIn(sources, one),
        );

  // What becomes of the items later must be heard of too, as far as those days have begun.
  const ahead = unitsOf(daysLater(clipped, metric.aheadDays?.(options) ?? 0, tz), 'day', tz, asOf);
  const heardOf =
    metric.aheadDays === undefined || ahead.length === 0
      ? heardIn
      : Math.min(
          heardIn,
          ratio(
            ahead,
            (one) => one.share,
            (one) => isAliveIn(sources, one),
          ),
        );

  const isRunning = asked.end > asOf;
  const isCutAtStart = metric.looksBack !== true && bucket.asked.start > bucket.time;
  const isCutAtEnd = bucket.cutAtEnd && asked.end === bucket.asked.end;
  const window = windowOf(question, clipped, isCutAtStart || isCutAtEnd || isClipped || isRunning);
  const seedScope = { ...scope, ...Object.fromEntries(Object.entries(group).map(([name, value]) => [name, [value]])) };
  const row: RowContext = {
    world,
    items: itemsOf(question, world),
    options,
    tz,
    bucket: asked,
    clipped,
    days: sum(days.map((day) => day.share)),
    workingDays: sum(days.filter((day) => day.weekday <= 5).map((day) => day.share)),
    serviceDays: sum(serviceUnits(question, world, group, services, days).map((pair) => pair.unit.share)),
    inScope,
    group,
    seed: canonicalJson({
      metric: question.id,
      options,
      scope: seedScope,
      spec_version: SPEC_VERSION,
      window: { start: window.start, end: window.end, tz, grain: question.grain },
    }),
    question,
  };
  const summary = isOfFew(row) ? hidden : metric.summarize(row);
  const coverage = isCovered ? 1 : (summary.coverage ?? heardOf);
  const openN = summary.openN ?? 0;

  if (summary.suppressed === true) return { ...suppressedRow(question, window, coverage), ...group };

  const noData = coverage < 0.8 || summary.noData === true;
  const status: Status = noData
    ? 'no_data'
    : summary.notApplicable
      ? 'not_applicable'
      : summary.insufficient
        ? 'insufficient'
        : isClipped || coverage < 1
          ? 'partial'
          : asked.end + metric.graceHours * 3_600_000 > asOf || openN > 0
            ? 'provisional'
            : 'ok';
  const nothing = { value: null, ci: null, lower_bound: null };
  const { quantiles, derived = {} } = summary;
  return {
    metric: question.id,
    spec_version: SPEC_VERSION,
    options,
    scope,
    window,
    as_of: question.asOfText,
    value: noData ? null : summary.value,
    unit: options.per === '100_deployments' ? 'incidents/100 deployments' : metric.unit,
    n: summary.n,
    ci: noData ? null : summary.ci,
    status,
    coverage,
    open_n: openN,
    excluded: summary.excluded,
    ...(quantiles ? { quantiles: noData ? { p50: nothing, p75: nothing, p90: nothing } : quantiles } : {}),
    ...summary.facts,
    ...(summary.words as Readonly<Record<string, unknown>> | undefined),
    ...(noData ? Object.fromEntries(Object.keys(derived).map((name) => [name, null])) : derived),
    ...group,
  };
}

/** What is said of a cell of few people: nothing (metrics.md §9.2). */
function suppressedRow({ id, metric, options, scope, asOfText }: Question, window: Window, coverage: number): Row {
  return {
    metric: id,
    spec_version: SPEC_VERSION,
    options,
    scope,
    window,
    as_of: asOfText,
    value: null,
    unit: metric.unit,
    n: null,
    ci: null,
    status: 'suppressed',
    coverage,
    open_n: 0,
    excluded: {},
  };
}

/** Whether the people of a row are too few to be told of (R90). */
function isOfFew(row: RowContext): boolean {
  if (row.question.metric.isOfCohorts !== true || within(row.items, row).counted.length > 0) return false;
  return row.items.some(
    ({ at, dimensions }) => at !== null && at >= row.bucket.start && at < row.bucket.end && row.inScope(dimensions),
  );
}

/** A stretch so many local days on. */
function daysLater({ start, end }: Stretch, days: number, tz: string): Stretch {
  const later = (at: number): number => DateTime.fromMillis(at, { zone: tz }).plus({ days }).toMillis();
  return { start: later(start), end: later(end) };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function ratio<T>(all: readonly T[], weight: (one: T) => number, holds: (one: T) => boolean): number {
  const total = sum(all.map(weight));
  return total === 0 ? 0 : sum(all.filter(holds).map(weight)) / total;
}
