import { DateTime } from 'luxon';
import type { KeyResultDefinition } from '../../ingest/workspace/objectives.ts';
import { type Asking, asOfParam } from '../ask.ts';
import { daysBegun, iso, localDays } from '../buckets.ts';
import type { Row } from '../envelope.ts';
import { forecastOf, type Grade, gradeOf, type Pace, paceOf, progressOf, scoreOf, shownScore } from './score.ts';

/** Why a key result has no score. Beside these: the status of the number it needs. */
export type Unscored =
  | 'unsupported'
  | 'unknown_metric'
  | 'no_baseline'
  | 'not_on_log_scale'
  | 'no_data'
  | 'not_applicable'
  | 'insufficient'
  | 'suppressed'
  | null;

/** A key result as `GET /v1/key-results/{id}` answers it. Shares are of 1; instants UTC ISO. */
export interface KeyResult {
  readonly key_result: string;
  readonly objective: string;
  readonly title: string;
  readonly type: KeyResultDefinition['type'];
  readonly metric: string;
  readonly scope: KeyResultDefinition['scope'];
  readonly options: KeyResultDefinition['options'];
  readonly unit: string | null;
  readonly scale: 'linear' | 'log';
  readonly weight: number;
  readonly window_days: number;
  readonly baseline: { readonly value: number | null; readonly as_of: string | null; readonly measured: Row | null };
  readonly target: number;
  /** The metric over the measurement window, with everything needed to trust it. */
  readonly current: Row | null;
  /** Raw, below 0 and above 1 as it falls. */
  readonly progress: number | null;
  readonly score: number | null;
  readonly score_shown: number | null;
  readonly expected: number;
  readonly gap: number | null;
  readonly pace: Pace | null;
  readonly forecast: number | null;
  readonly grade: Grade | null;
  /** True if the interval of the current value holds the baseline. */
  readonly indistinguishable_from_baseline: boolean;
  /** Null if scored. */
  readonly unscored: Unscored;
}

export interface Period {
  readonly start: string;
  readonly end: string;
}

/** Elapsed share of a period: local days begun, today included, by all of its days; 0 before and 1 after it. */
export function expectedShare(period: Period, at: string, zone: string): number {
  const span = { start: Date.parse(period.start), end: Date.parse(period.end) };
  const days = localDays(span, zone);
  const all = daysBegun(days, span, Number.POSITIVE_INFINITY);
  return all > 0 ? daysBegun(days, span, Date.parse(at)) / all : 0;
}

/** Measures and scores one key result of an objective with this period. */
export async function answerKeyResult(
  asking: Asking,
  id: string,
  objective: string,
  definition: KeyResultDefinition,
  period: Period,
): Promise<KeyResult> {
  const at = asking.asOf ?? asking.now;
  const measuredTo = iso(Math.min(Date.parse(at), Date.parse(period.end)));
  const current = await measure(asking, definition, measuredTo, asking.asOf);
  const baseline = await measureBaseline(asking, definition, at);
  const expected = expectedShare(period, at, asking.zone);
  const { type, metric, scope, options, scale, weight, window_days, target } = definition;
  const unscored = whyUnscored(definition, current, baseline.measured, baseline.value);
  const raw =
    unscored === null && baseline.value !== null && typeof current?.value === 'number'
      ? progressOf(baseline.value, current.value, target, scale)
      : null;
  const score = raw === null ? null : scoreOf(raw);
  return {
    key_result: id,
    objective,
    title: definition.title,
    type,
    metric,
    scope,
    options,
    unit: current?.unit ?? null,
    scale,
    weight,
    window_days,
    baseline,
    target,
    current,
    progress: raw,
    score,
    score_shown: score === null ? null : shownScore(score),
    expected,
    gap: score === null ? null : score - expected,
    pace: score === null ? null : paceOf(score, expected),
    forecast: raw === null ? null : forecastOf(raw, expected),
    grade: score === null ? null : gradeOf(score),
    indistinguishable_from_baseline: holds(current, baseline.value),
    unscored: unscored ?? (raw === null ? 'not_on_log_scale' : null),
  };
}

async function measureBaseline(
  asking: Asking,
  definition: KeyResultDefinition,
  at: string,
): Promise<KeyResult['baseline']> {
  const { value, as_of: asOf = null } = definition.baseline;
  if (value !== undefined) return { value, as_of: asOf, measured: null };
  if (asOf === null || asOf > at) return { value: null, as_of: asOf, measured: null };
  const measured = await measure(asking, definition, asOf, asOf);
  return { value: isScorable(measured) ? (measured?.value ?? null) : null, as_of: asOf, measured };
}

/** The metric over the measurement window that ends at `to`, as known at `asOf`. */
async function measure(
  asking: Asking,
  definition: KeyResultDefinition,
  to: string,
  asOf: string | null,
): Promise<Row | null> {
  const lastDay = DateTime.fromMillis(Date.parse(to) - 1, { zone: asking.zone }).startOf('day');
  const from = lastDay
    .minus({ days: definition.window_days - 1 })
    .startOf('day')
    .toMillis();
  const filters = Object.entries(definition.scope).map(([dimension, values]) => [dimension, values.join(',')]);
  const options = Object.entries(definition.options).map(([option, value]) => [option, String(value)]);
  const params = { ...Object.fromEntries([...filters, ...options]), from: iso(from), to, ...asOfParam(asOf) };
  const answer = await asking.ask(definition.metric, params);
  return answer?.totals[0] ?? null;
}

const unscorable = ['no_data', 'not_applicable', 'insufficient', 'suppressed'] as const;

function isScorable(row: Row | null): boolean {
  return row !== null && row.value !== null && !(unscorable as readonly string[]).includes(row.status);
}

function whyUnscored(
  definition: KeyResultDefinition,
  current: Row | null,
  before: Row | null,
  baseline: number | null,
): Unscored {
  if (definition.type !== 'move') return 'unsupported';
  if (current === null) return 'unknown_metric';
  if (!isScorable(current)) return unscorable.find((status) => status === current.status) ?? 'no_data';
  if (baseline === null) return unscorable.find((status) => status === before?.status) ?? 'no_baseline';
  return null;
}

function holds(row: Row | null, baseline: number | null): boolean {
  const ci = row?.ci ?? null;
  if (ci === null || baseline === null || ci.low === null || ci.high === null) return false;
  return ci.low <= baseline && baseline <= ci.high;
}
