import { workingDaysIn } from './active.ts';
import { availabilityOf } from './available.ts';
import { bandOf } from './bands.ts';
import type { Cell } from './cells.ts';
import { type Envelope, type Interval, type QuantileValue, SPEC_VERSION, type Status, statuses } from './envelope.ts';
import type { Estimate } from './estimate.ts';
import { type Activity, type Measured, type Metric, type Options, unitOf } from './metric.ts';
import type { SurveyCell } from './privacy/answered.ts';
import { isSuppressed } from './privacy/suppression.ts';
import { caveatOf, promotersOf, scoreOf } from './statistics/answers.ts';
import { bcaMean, ratioInterval } from './statistics/bootstrap.ts';
import { garwood, wilson } from './statistics/interval.ts';
import { quantile, type Ranked } from './statistics/quantile.ts';
import { survivalOf, survivalQuantile } from './statistics/survival.ts';

/** Everything that one row of an answer is made of. */
export interface RowInput {
  readonly metric: Metric;
  readonly options: Options;
  readonly scope: Envelope['scope'];
  /** Group keys of the row, by dimension. */
  readonly group: Readonly<Record<string, string>>;
  readonly window: Envelope['window'];
  /** The row's time, with the grace after it, was not over by as_of: more may yet be told of it. */
  readonly isAwaited: boolean;
  readonly asOf: string;
  readonly cell: Cell;
  readonly coverage: number;
  /** The window was cut because nothing was heard before (metrics.md §1.3). */
  readonly isClipped: boolean;
  /** Local days that a rate divides by. */
  readonly daysBegun: () => number;
  readonly measured: Measured;
}

/** One row: value, interval, status and everything beside them (metrics.md §1.2). */
export function assemble(input: RowInput): Envelope {
  const { metric, cell, options } = input;
  const estimate = metric.estimate?.(input.measured) ?? estimateOf(input);
  if (isSuppressed(metric, cell, input.measured.beside)) return hidden(input);
  const status = statusOf(input, estimate);
  const fields = metric.fields?.(input.measured);
  const survey = cell.tallies.survey as SurveyCell | undefined;
  const incomparable = metric.incomparable?.(input.measured);
  const caveat = incomparable ?? metric.caveat ?? (survey && caveatOf(survey));
  const covered = status !== 'no_data';
  const applies = covered && status !== 'not_applicable' && incomparable === undefined;
  const value = applies ? estimate.value : null;
  return {
    metric: metric.id,
    spec_version: SPEC_VERSION,
    options,
    scope: input.scope,
    window: input.window,
    as_of: input.asOf,
    value,
    unit: unitOf(metric, options),
    n: estimate.n,
    ...(covered ? estimate.fields : withoutValues(estimate.fields)),
    ...(incomparable && estimate.fields ? { numerator: null, denominator: null } : {}),
    ci: applies ? estimate.ci : null,
    status,
    coverage: input.coverage,
    open_n: cell.open,
    excluded: metric.fewLeftOut ? {} : sortedCounts(cell.excluded),
    ...(covered ? fields : withoutValues(fields)),
    ...(typeof options.target === 'number' ? goalOf(options.target, value, estimate.ci) : {}),
    ...(options.bands && metric.band
      ? { band: value !== null && status === 'ok' ? bandOf(String(options.bands), metric.band, value) : null }
      : {}),
    ...(caveat ? { caveat } : {}),
  };
}

/** A goal is met above it, not at it (metrics.md §9.1). */
function goalOf(target: number, value: number | null, ci: Interval | null): Partial<Envelope> {
  const low = ci?.low ?? null;
  return {
    target,
    met: value === null ? null : value > target,
    confidently_met: value === null || low === null ? null : low > target,
  };
}

/** A row that says only that there are too few to say anything (metrics.md §9.2). */
function hidden({ metric, options, scope, window, asOf, coverage }: RowInput): Envelope {
  return {
    metric: metric.id,
    spec_version: SPEC_VERSION,
    options,
    scope,
    window,
    as_of: asOf,
    value: null,
    unit: unitOf(metric, options),
    n: null,
    ci: null,
    status: 'suppressed',
    coverage,
    open_n: 0,
    excluded: {},
  };
}

function estimateOf(input: RowInput): Estimate {
  const { metric, cell, options } = input;
  switch (metric.aggregate.type) {
    case 'rate':
      return rate(input);
    case 'proportion':
    case 'snapshot':
      return proportion(cell);
    case 'quantiles':
      return durations(cell, metric, options);
    case 'mean':
      return { ...mean(input), fields: durations(cell, metric, options).fields ?? {} };
    case 'score':
      return scoreOf(cell.values, cell.tallies.survey as SurveyCell | undefined, metric.aggregate.scale, options);
    case 'standing':
      return { ...scoreOf(cell.values, undefined, metric.aggregate.scale, options), empty: cell.values.length === 0 };
    case 'count':
      return { value: cell.items, n: cell.items, ci: garwood(cell.items, 1) };
    case 'sum':
      return { value: cell.sum, n: cell.items, ci: null };
    case 'ratio':
      return ratio(input);
    case 'promoters':
      return promotersOf(cell.values);
    case 'active':
      return active(input, metric.aggregate.activity(options));
    case 'union':
      return { value: cell.covered / 60, n: cell.items, ci: null };
    case 'availability':
      return availabilityOf(cell);
  }
}

/** People are counted, not sampled: no interval (metrics.md §6.2). */
function active({ cell, measured }: RowInput, { measure, workingDays }: Activity): Estimate {
  const n = cell.items;
  if (measure === 'distinct') return { value: n, n, ci: null };
  const [first, end] = measured.days();
  const days = workingDays ? workingDaysIn([first, end]) : end - first;
  const personDays = Number(cell.tallies.person_days ?? 0);
  const perDay = days === 0 ? null : personDays / days;
  if (measure === 'per_day') {
    return {
      value: perDay,
      n: personDays,
      ci: null,
      empty: days === 0,
      fields: { numerator: personDays, denominator: days },
    };
  }
  const value = perDay === null || n === 0 ? null : perDay / n;
  return { value, n, ci: null, empty: value === null, fields: { numerator: perDay, denominator: n } };
}

/** What a count is divided by, and what the quotient is multiplied by. */
function exposureOf(input: RowInput): { readonly units: number; readonly scale: number } {
  const { metric, options } = input;
  const kind = metric.aggregate.type === 'rate' ? metric.aggregate.exposure(options) : 'calendar_day';
  if (kind === '30_service_days') return { units: input.measured.serviceDays(), scale: 30 };
  if (kind === '100_deployments') return { units: input.measured.beside.deployments ?? 0, scale: 100 };
  if (kind === 'headcount') return { units: input.measured.beside.headcount ?? 0, scale: 1 };
  return { units: input.daysBegun(), scale: 1 };
}

function rate(input: RowInput): Estimate {
  const { items } = input.cell;
  const { units, scale } = exposureOf(input);
  const fields = { numerator: items, denominator: units };
  if (units <= 0) return { value: null, n: items, ci: null, empty: true, fields };
  return { value: (items / units) * scale, n: items, ci: garwood(items, units / scale), fields };
}

function ratio(input: RowInput): Estimate {
  const { sum, weight, items, clusters } = input.cell;
  const fields = { numerator: sum, denominator: weight };
  if (weight === 0) return { value: null, n: items, ci: null, empty: true, fields };
  return { value: sum / weight, n: items, ci: ratioInterval(clusters, questionOf(input)), fields };
}

function proportion(cell: Cell): Estimate {
  const fields = { numerator: cell.hits, denominator: cell.items };
  if (cell.items === 0) return { value: null, n: 0, ci: null, empty: true, fields };
  return {
    value: cell.hits / cell.items,
    n: cell.items,
    ci: cell.hits > cell.items ? null : wilson(cell.hits, cell.items),
    fields,
  };
}

const secondsPer: Readonly<Record<string, number>> = { days: 86_400, hours: 3_600, minutes: 60, seconds: 1 };

function durations(cell: Cell, metric: Metric, options: Options): Estimate {
  const seconds = secondsPer[metric.unit] ?? 1;
  if (options.kaplan_meier === true) {
    const inUnit = (values: readonly number[]) => values.map((value) => value / seconds);
    const survival = survivalOf(inUnit(cell.values), inUnit(cell.ages));
    const at = (percent: number) => survivalQuantile(survival, percent);
    const p50 = at(50);
    return {
      value: p50.value,
      n: cell.values.length,
      ci: p50.ci,
      fields: { quantiles: { p50, p75: at(75), p90: at(90) } },
    };
  }
  const ranked: Ranked = {
    closed: cell.items - cell.open,
    open: options.closed_only === true ? 0 : cell.open,
    at(rank) {
      const value = cell.ranks.get(rank);
      if (value === undefined) throw new Error(`rank ${rank} of ${cell.items} was not read`);
      return value / seconds;
    },
  };
  const p50 = quantile(ranked, 50);
  const quantiles = { p50, p75: quantile(ranked, 75), p90: quantile(ranked, 90) };
  return { value: p50.value, n: ranked.closed, ci: p50.ci, fields: { quantiles } };
}

function mean(input: RowInput): Estimate {
  const { cell, metric } = input;
  const unitMs = (secondsPer[metric.unit] ?? 1) * 1_000;
  // Whole milliseconds add up exactly, whatever the order.
  const values = cell.values.map((seconds) => Math.round(seconds * 1_000));
  const n = values.length;
  if (n === 0) return { value: null, n, ci: null };
  const total = values.reduce((sum, value) => sum + value, 0);
  return { value: total / n / unitMs, n, ci: bcaMean(values, unitMs, questionOf(input)) };
}

/** What the generator of a bootstrap is seeded with (metrics.md §1.8). */
function questionOf({ metric, options, scope, group, window }: RowInput) {
  const { start, end, tz, grain } = window;
  const grouped = Object.fromEntries(Object.entries(group).map(([dimension, value]) => [dimension, [value]]));
  return {
    metric: metric.id,
    options,
    scope: { ...scope, ...grouped },
    spec_version: SPEC_VERSION,
    window: { start, end, tz, grain },
  };
}

/** Worst wins (metrics.md §1.2). */
function statusOf(input: RowInput, estimate: Estimate): Status {
  const { metric, cell, coverage } = input;
  const survey = cell.tallies.survey as SurveyCell | undefined;
  const duration = metric.aggregate.type === 'quantiles' || metric.aggregate.type === 'mean';
  const holds: Partial<Record<Status, boolean>> = {
    no_data: coverage < 0.8 || metric.unknowable?.(input.measured) === true,
    not_applicable:
      estimate.empty === true || survey?.mixed === true || metric.incomparable?.(input.measured) !== undefined,
    insufficient: estimate.n < metric.minN || (duration && estimate.n === 0),
    partial: coverage < 1 || input.isClipped,
    provisional: input.isAwaited || cell.open > 0,
  };
  return statuses.find((status) => holds[status]) ?? 'ok';
}

/** Fields that follow from the value's own evidence: without coverage they are no better known than it is. */
const derived = [
  'median_interval_seconds',
  'per_service_day',
  'cadence_class',
  'undeployed_age_p50_hours',
  'elapsed',
  'abandonment_rate',
  'pass_rate',
  'elapsed_days',
  'working_days',
  'share_in_time',
  'worst_service',
  'worst_value',
  'meeting_share',
] as const;

function withoutValues(fields: Partial<Envelope> = {}): Partial<Envelope> {
  const none: QuantileValue = { value: null, ci: null, lower_bound: null };
  const blank = Object.fromEntries(derived.filter((name) => name in fields).map((name) => [name, null]));
  return { ...fields, ...blank, ...(fields.quantiles ? { quantiles: { p50: none, p75: none, p90: none } } : {}) };
}

function sortedCounts(counts: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  if (Object.keys(counts).length < 2) return counts;
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
}
