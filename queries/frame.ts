import { isOfSome, type Reaching, reaching } from './active.ts';
import { type Axis, WHOLE } from './axis.ts';
import { bucketsOf, indexAt, laterBy, localDays, localHours, rollingDays, type Span } from './buckets.ts';
import { type Coverage, measureCoverage, type ServiceSpan, type SourceSpan } from './coverage.ts';
import type { HoursTable } from './hours/table.ts';
import type { Metric } from './metric.ts';
import type { MetricRequest } from './request.ts';

/** The time axis of a question and what is known of its coverage. */
export interface Frame extends Reaching {
  /** In units of the grain: hours for hours, else local days (metrics.md §1.3). */
  readonly coverage: Coverage;
  /** Covered share of the same span as many days later as the metric looks ahead; 1 if it does not, or not yet. */
  shareAhead(key: string, span: Span): number;
  /** In local days, for what divides by them. */
  readonly dayCoverage: Coverage;
}

/** Makes the frame of a question in the zone of what it reaches. */
export function frameOf(
  metric: Metric,
  request: MetricRequest,
  { axis, spanOf }: Reaching,
  services: readonly ServiceSpan[],
  sources: readonly SourceSpan[],
): Frame {
  const { asOf, tz } = axis;
  const heard = { services, sources, feeds: metric.feeds, window: axis.window, asOf };
  const dayCoverage = measureCoverage({ ...heard, units: axis.days });
  const coverage =
    request.grain === 'hour' ? measureCoverage({ ...heard, units: localHours(axis.reach, tz) }) : dayCoverage;
  const days = metric.aheadDays?.(request.options) ?? 0;
  if (days === 0) return { axis, spanOf, coverage, dayCoverage, shareAhead: () => 1 };
  // Every row of a bucket asks for the same days, and the calendar is slow to answer.
  const known = new Map<string, Span>();
  const ahead = (span: Span): Span => {
    const name = `${span.start} ${span.end}`;
    const later = known.get(name) ?? laterBy(days, span, tz);
    known.set(name, later);
    return later;
  };
  const later = measureCoverage({ ...heard, units: localDays(ahead(axis.reach), tz) });
  return {
    axis,
    spanOf,
    coverage,
    dayCoverage,
    shareAhead: (key, span) => (ahead(span).start < asOf ? later.share(key, ahead(span)) : 1),
  };
}

/** What each row is counted over, in a zone: the window and its buckets, but for metrics that look back from them. */
export function reachingOf(
  deps: { readonly now: string; readonly fiscalStartMonth?: number; readonly hours: HoursTable | null },
  { aggregate }: Metric,
  request: MetricRequest,
  tz: string,
): Reaching {
  const asOf = Date.parse(request.asOf ?? deps.now);
  const axis = axisOf(request, tz, asOf, deps.hours, deps.fiscalStartMonth);
  if (aggregate.type === 'active') return reaching(axis, aggregate.activity(request.options), isOfSome(request));
  return { axis, spanOf: (bucket) => (bucket === WHOLE ? axis.window : axis.buckets[bucket]!) };
}

/** The time axis of a question in a zone. */
export function axisOf(
  request: MetricRequest,
  tz: string,
  asOf: number,
  hours: HoursTable | null = null,
  fiscalStartMonth?: number,
): Axis {
  const window = { start: Date.parse(request.from), end: Date.parse(request.to) };
  const buckets = request.grain ? bucketsOf(window, tz, request.grain, fiscalStartMonth) : [];
  const looksBack = request.grain !== null && rollingDays(request.grain) !== null;
  const reach = { start: looksBack ? buckets[0]!.start : window.start, end: window.end };
  return { window, reach, tz, days: localDays(reach, tz), buckets, asOf, hours };
}

/** Where a row stands: `isClipped` if cut to the first covered unit, `partial` if that or by the window, or if it still runs. */
export interface Place {
  readonly clipped: Span;
  readonly isClipped: boolean;
  readonly partial: boolean;
}

/** Where a row stands: its bucket cut to what is asked for, and clipped to the first covered unit of its group, unless what is told covers it (R32, R73). */
export function placeOf(frame: Frame, whole: Span, key: string, isTold = false): Place {
  const { axis, coverage } = frame;
  const start = Math.max(whole.start, axis.reach.start);
  const end = Math.min(whole.end, axis.window.end);
  const first = coverage.firstCovered(key);
  // A bucket wholly before the first covered unit stays as it is: there is no data for it.
  const isClipped = !isTold && first !== null && first > start && first < end;
  const isCut = start > whole.start || end < whole.end;
  const clipped = { start: isClipped ? first : start, end };
  return { clipped, isClipped, partial: isCut || isClipped || end > axis.asOf };
}

/** The local days of a span begun by as_of, as numbers since 1970-01-01: `[first, end)`. */
export function daysOf(axis: Axis, span: Span): [number, number] {
  const first = indexAt(axis.days.edges, span.start);
  const last = indexAt(axis.days.edges, Math.min(span.end, axis.asOf) - 1);
  return [axis.days.first + first, axis.days.first + Math.max(first, span.start < axis.asOf ? last + 1 : first)];
}
