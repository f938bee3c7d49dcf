import { bandOf } from './bands.ts';
import type { Span } from './buckets.ts';
import type { Cell } from './cells.ts';
import { type Envelope, type Interval, type QuantileValue, SPEC_VERSION, type Status, statuses } from './envelope.ts';
import { type Measured, type Metric, type Options, unitOf } from './metric.ts';
import { bcaMean } from './statistics/bootstrap.ts';
import { garwood, tInterval, wilson } from './statistics/interval.ts';
import { quantile, type Ranked } from './statistics/quantile.ts';

/** Everything that one row of an answer is made of. */
export interface RowInput {
  readonly metric: Metric;
  readonly options: Options;
  readonly scope: Envelope['scope'];
  readonly window: Envelope['window'];
  readonly span: Span;
  readonly asOf: string;
  readonly cell: Cell;
  readonly coverage: number;
  /** The window was cut because nothing was heard before (metrics.md §1.3). */
  readonly clipped: boolean;
  /** Local days that a rate divides by. */
  readonly daysBegun: number;
  readonly measured: Measured;
}

interface Estimate {
  readonly value: number | null;
  readonly n: number;
  readonly ci: Interval | null;
  /** Nothing to divide by. */
  readonly empty?: boolean;
  readonly fields?: Partial<Envelope>;
}

/** One row: value, interval, status and everything beside them (metrics.md §1.2). */
export function assemble(input: RowInput): Envelope {
  const { metric, cell, options } = input;
  const estimate = estimateOf(input);
  const status = statusOf(input, estimate);
  const covered = status !== 'no_data';
  const value = covered && status !== 'not_applicable' ? estimate.value : null;
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
    ci: covered ? estimate.ci : null,
    status,
    coverage: input.coverage,
    open_n: cell.open,
    excluded: sortedCounts(cell.excluded),
    ...metric.fields?.(input.measured),
    ...(options.bands && metric.band
      ? { band: value !== null && status === 'ok' ? bandOf(String(options.bands), metric.band, value) : null }
      : {}),
    ...(metric.caveat ? { caveat: metric.caveat } : {}),
  };
}

function estimateOf(input: RowInput): Estimate {
  const { metric, cell, options } = input;
  switch (metric.aggregate.type) {
    case 'rate':
      return rate(input, exposureOf(input));
    case 'proportion':
      return proportion(cell);
    case 'quantiles':
      return durations(cell, metric, options.closed_only === true);
    case 'mean':
      return { ...mean(input), fields: durations(cell, metric, false).fields ?? {} };
    case 'score': {
      const { values } = cell;
      const total = values.reduce((sum, value) => sum + value, 0);
      const n = values.length;
      return { value: n > 0 ? total / n : null, n, ci: tInterval(values, metric.aggregate.scale) };
    }
    case 'union':
      return { value: cell.covered / 60, n: cell.items, ci: null };
  }
}

function exposureOf(input: RowInput): number {
  const { metric, options } = input;
  const kind = metric.aggregate.type === 'rate' ? metric.aggregate.exposure(options) : 'calendar_day';
  if (kind === '30_service_days') return input.measured.serviceDays / 30;
  if (kind === '100_deployments') return (input.measured.beside.deployments ?? 0) / 100;
  return input.daysBegun;
}

function rate({ cell }: RowInput, exposure: number): Estimate {
  const fields = { numerator: cell.items, denominator: exposure };
  if (exposure <= 0) return { value: null, n: cell.items, ci: null, empty: true, fields };
  return { value: cell.items / exposure, n: cell.items, ci: garwood(cell.items, exposure), fields };
}

function proportion(cell: Cell): Estimate {
  const fields = { numerator: cell.hits, denominator: cell.items };
  if (cell.items === 0) return { value: null, n: 0, ci: null, empty: true, fields };
  return { value: cell.hits / cell.items, n: cell.items, ci: wilson(cell.hits, cell.items), fields };
}

const secondsPer: Readonly<Record<string, number>> = { hours: 3_600, minutes: 60, seconds: 1 };

function durations(cell: Cell, metric: Metric, closedOnly: boolean): Estimate {
  const seconds = secondsPer[metric.unit] ?? 1;
  const ranked: Ranked = {
    closed: cell.items - cell.open,
    open: closedOnly ? 0 : cell.open,
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
  const { cell, metric, options, scope, window } = input;
  const seconds = secondsPer[metric.unit] ?? 1;
  const values = cell.values.map((value) => value / seconds);
  const n = values.length;
  if (n === 0) return { value: null, n, ci: null };
  const total = values.reduce((sum, value) => sum + value, 0);
  const { start, end, tz, grain } = window;
  const question = { metric: metric.id, options, scope, spec_version: SPEC_VERSION, window: { start, end, tz, grain } };
  return { value: total / n, n, ci: bcaMean(values, question) };
}

/** Worst wins (metrics.md §1.2). */
function statusOf(input: RowInput, estimate: Estimate): Status {
  const { metric, cell, coverage } = input;
  const grace = input.span.end + metric.graceHours * 3_600_000;
  const duration = metric.aggregate.type === 'quantiles' || metric.aggregate.type === 'mean';
  const holds: Partial<Record<Status, boolean>> = {
    no_data: coverage < 0.8 || metric.unknowable?.(input.measured) === true,
    not_applicable: estimate.empty === true,
    insufficient: estimate.n < metric.minN || (duration && estimate.n === 0),
    partial: coverage < 1 || input.clipped,
    provisional: grace > Date.parse(input.asOf) || cell.open > 0,
  };
  return statuses.find((status) => holds[status]) ?? 'ok';
}

function withoutValues(fields: Partial<Envelope> | undefined): Partial<Envelope> {
  if (!fields?.quantiles) return fields ?? {};
  const none: QuantileValue = { value: null, ci: null, lower_bound: null };
  return { ...fields, quantiles: { p50: none, p75: none, p90: none } };
}

function sortedCounts(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
}
