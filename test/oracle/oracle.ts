import type { NormalizedEvent } from '../../ingest/event.ts';
import type { MetricAnswer, Row, Status, Window } from '../../queries/envelope.ts';
import { type Bucket, bucketsOf, iso, type Stretch, startOfUnit, type Unit, unitsOf } from './calendar.ts';
import { UNASSIGNED } from './catalog.ts';
import { type Feed, feedOf, isAliveIn } from './coverage.ts';
import { deploymentMetrics } from './deployment-metrics.ts';
import { incidentMetrics } from './incident-metrics.ts';
import { compareText } from './known.ts';
import { leadTimeMetrics } from './lead-time.ts';
import { canonicalJson } from './statistics.ts';
import {
  type Dimensions,
  dimensionsOf,
  type Item,
  type Options,
  type OracleMetric,
  type RowContext,
} from './summary.ts';
import { remembered, type World, worldOf } from './world.ts';

const SPEC_VERSION = '1.0.0';

export const oracleMetrics: Readonly<Record<string, OracleMetric>> = {
  ...deploymentMetrics,
  ...leadTimeMetrics,
  ...incidentMetrics,
};

const dimensionNames = ['service', 'team', 'tier', 'region', 'product', 'environment_group', 'repository'] as const;
const ownerNames: readonly string[] = ['service', 'team', 'tier', 'region', 'product'];

export interface Ask {
  readonly metric: string;
  /** As in the URL: from, to, grain, tz, group_by, filters, options, as_of. */
  readonly params: Readonly<Record<string, string>>;
  readonly now: string;
}

/** A question, read. */
interface Question {
  readonly metric: OracleMetric;
  readonly id: string;
  readonly window: Stretch;
  readonly tz: string;
  readonly grain: string | null;
  readonly groupBy: readonly string[];
  readonly scope: Readonly<Record<string, readonly string[]>>;
  readonly options: Options;
  readonly asOf: number;
  readonly asOfText: string;
}

/** What `GET /v1/metrics/{id}` answers, computed naively from the definitions. */
export function oracle(history: readonly { event: NormalizedEvent; recorded_at: string }[], ask: Ask): MetricAnswer {
  const question = read(ask);
  const world = worldOf(history, question.asOf);
  const feed = remembered(world, `feed ${question.metric.feeds}`, () => feedOf(world, question.metric.feeds));
  const groups = groupsOf(question, world);
  const whole: Bucket = { time: question.window.start, asked: question.window, cut: false };
  const row = (bucket: Bucket, group: Dimensions): Row => rowOf(question, world, feed, bucket, group);
  return {
    metric: question.id,
    spec_version: SPEC_VERSION,
    options: question.options,
    window: windowOf(question, question.window, question.window.end > question.asOf),
    as_of: question.asOfText,
    totals: groups.map((group) => row(whole, group)),
    series: bucketsOf(question.window, question.grain, question.tz).flatMap((bucket) =>
      groups.map((group) => ({ time: iso(bucket.time), ...row(bucket, group) })),
    ),
  };
}

function read(ask: Ask): Question {
  const { params } = ask;
  const metric = oracleMetrics[ask.metric]!;
  const asOfText = iso(Date.parse(params.as_of ?? ask.now));
  const options: Record<string, string | number | boolean> = {};
  for (const [name, byDefault] of Object.entries({ ...metric.options, ownership: 'then' })) {
    const given = params[name];
    if (given === undefined) options[name] = byDefault;
    else if (typeof byDefault === 'boolean') options[name] = given === 'true';
    else options[name] = typeof byDefault === 'number' ? Number(given) : given;
  }
  const scope: Record<string, readonly string[]> = {};
  for (const name of dimensionNames) {
    const given = params[name];
    if (given !== undefined && given !== '*') scope[name] = [...new Set(given.split(','))].sort(compareText);
  }
  return {
    metric,
    id: ask.metric,
    window: { start: Date.parse(params.from!), end: Date.parse(params.to!) },
    tz: params.tz ?? 'UTC',
    grain: params.grain ?? null,
    groupBy: params.group_by ? params.group_by.split(',') : [],
    scope,
    options,
    asOf: Date.parse(asOfText),
    asOfText,
  };
}

function matches(
  scope: Readonly<Record<string, readonly string[]>>,
  group: Dimensions,
  dimensions: Dimensions,
): boolean {
  return (
    Object.entries(scope).every(([name, values]) => name in dimensions && values.includes(dimensions[name]!)) &&
    Object.entries(group).every(([name, value]) => dimensions[name] === value)
  );
}

/** The spans of a service with their owners, by the ownership asked for (R30). */
function spansOf(
  world: World,
  options: Options,
  service: string,
): { from: number; to: number; dimensions: Dimensions }[] {
  return remembered(world, `spans ${options.ownership} ${service}`, () => ownersOf(world, options, service));
}

function ownersOf(
  world: World,
  options: Options,
  service: string,
): { from: number; to: number; dimensions: Dimensions }[] {
  const spans = options.ownership === 'now' ? [] : world.catalog.spans(service);
  if (spans.length === 0) {
    const forEver = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
    return [{ ...forEver, dimensions: dimensionsOf(world, options, service, Number.NEGATIVE_INFINITY) }];
  }
  return spans.map((span) => ({
    from: span.from,
    to: span.to,
    dimensions: dimensionsOf(world, options, service, Math.max(span.from, -8.64e15)),
  }));
}

/** The groups that are present: a service span of it overlaps the window, or an atom of it lies in the window. */
function groupsOf(question: Question, world: World): Dimensions[] {
  const { groupBy, scope, window, options } = question;
  if (groupBy.length === 0) return [{}];
  const found = new Map<string, Dimensions>();
  const add = (dimensions: Dimensions): void => {
    const group = Object.fromEntries(groupBy.map((name) => [name, dimensions[name] ?? UNASSIGNED]));
    found.set(canonicalJson(group), group);
  };
  // Spans know owners only: where an atom's own dimension is asked for, atoms alone say what there is.
  const ownersOnly = [...groupBy, ...Object.keys(scope)].every((name) => ownerNames.includes(name));
  if (ownersOnly)
    for (const service of world.services)
      for (const span of spansOf(world, options, service))
        if (span.from < window.end && span.to > window.start && matches(scope, {}, span.dimensions))
          add(span.dimensions);
  for (const item of itemsOf(question, world))
    if (item.at !== null && item.at >= window.start && item.at < window.end && matches(scope, {}, item.dimensions))
      add(item.dimensions);
  return [...found.values()].sort((a, b) => {
    for (const name of groupBy) {
      const order = compareText(a[name]!, b[name]!);
      if (order !== 0) return order;
    }
    return 0;
  });
}

function itemsOf({ id, metric, options }: Question, world: World): Item[] {
  return remembered(world, `items ${id} ${canonicalJson(options)}`, () => metric.items(world, options));
}

function windowOf(question: Question, stretch: Stretch, partial: boolean): Window {
  return { start: iso(stretch.start), end: iso(stretch.end), tz: question.tz, grain: question.grain, partial };
}

/** When a service was in service (metrics.md §2): registration, else its first production rollout, to retirement. */
function lifeOf(world: World, service: string): Stretch | null {
  const spans = world.catalog.spans(service);
  const last = (field: string): number | null => {
    const value = spans
      .map((span) => span.data[field])
      .filter((one) => typeof one === 'string' && one !== '')
      .at(-1);
    return typeof value === 'string' ? Date.parse(value) : null;
  };
  const first = world.rollouts.find(
    (rollout) => rollout.excluded === '' && rollout.service.toLowerCase() === service.toLowerCase(),
  );
  const start = last('registered_at') ?? first?.finishedAt ?? null;
  return start === null ? null : { start, end: last('retired_at') ?? Number.POSITIVE_INFINITY };
}

/** The (service, unit) pairs of a scope: a unit belongs to the owner at its start. */
function serviceUnits(
  question: Question,
  world: World,
  group: Dimensions,
  services: readonly string[],
  units: readonly Unit[],
): { service: string; unit: Unit }[] {
  const owners = ownersPart(question.scope);
  const groupOwners = ownersPart(group);
  return services.flatMap((service) => {
    const life = remembered(world, `life ${service}`, () => lifeOf(world, service));
    if (!life) return [];
    const spans = spansOf(world, question.options, service);
    return units
      .filter((unit) => life.start < unit.end && life.end > unit.start)
      .filter((unit) => {
        const span = spans.find((one) => one.from <= unit.start && unit.start < one.to)!;
        return matches(owners, groupOwners, span.dimensions);
      })
      .map((unit) => ({ service, unit }));
  });
}

function ownersPart<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => ownerNames.includes(name)));
}

function rowOf(question: Question, world: World, feed: Feed, bucket: Bucket, group: Dimensions): Row {
  const { asked } = bucket;
  const { tz, asOf, options, scope, metric } = question;
  const owners = ownersPart(scope);
  const groupOwners = ownersPart(group);
  const services = world.services.filter((service) =>
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
  const isClipped = firstCovered > asked.start && firstCovered < asked.end;
  const clipped = isClipped ? { start: firstCovered, end: asked.end } : asked;

  const days = unitsOf(clipped, 'day', tz, asOf);
  const units = unit === 'day' ? days : unitsOf(clipped, unit, tz, asOf);
  const pairs = serviceUnits(question, world, group, services, units);
  const coverage =
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

  const isRunning = asked.end > asOf;
  const window = windowOf(question, clipped, bucket.cut || isClipped || isRunning);
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
    inScope: (dimensions) => matches(scope, group, dimensions),
    seed: canonicalJson({
      metric: question.id,
      options,
      scope: seedScope,
      spec_version: SPEC_VERSION,
      window: { start: window.start, end: window.end, tz, grain: question.grain },
    }),
  };
  const summary = metric.summarize(row);
  const openN = summary.openN ?? 0;

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
    unit: metric.unit,
    n: summary.n,
    ci: noData ? null : summary.ci,
    status,
    coverage,
    open_n: openN,
    excluded: summary.excluded,
    ...(quantiles ? { quantiles: noData ? { p50: nothing, p75: nothing, p90: nothing } : quantiles } : {}),
    ...summary.facts,
    ...(noData ? Object.fromEntries(Object.keys(derived).map((name) => [name, null])) : derived),
    ...group,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function ratio<T>(all: readonly T[], weight: (one: T) => number, holds: (one: T) => boolean): number {
  const total = sum(all.map(weight));
  return total === 0 ? 0 : sum(all.filter(holds).map(weight)) / total;
}
