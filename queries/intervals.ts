import type { Span } from './buckets.ts';

/** The union of spans: in order, none touching the next. */
export function joined(spans: readonly Span[]): readonly Span[] {
  const union: { start: number; end: number }[] = [];
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    const last = union.at(-1);
    if (last && span.start <= last.end) last.end = Math.max(last.end, span.end);
    else union.push({ ...span });
  }
  return union;
}

/** What of `spans` lies outside of `taken`, a union. */
export function without(spans: readonly Span[], taken: readonly Span[]): readonly Span[] {
  if (taken.length === 0) return spans;
  const left: Span[] = [];
  for (const { start, end } of spans) {
    let from = start;
    for (const one of taken) {
      if (one.end <= from) continue;
      if (one.start >= end) break;
      if (one.start > from) left.push({ start: from, end: one.start });
      from = one.end;
    }
    if (from < end) left.push({ start: from, end });
  }
  return left;
}

/** Seconds of spans within one. */
export function secondsWithin(spans: readonly Span[], within: Span): number {
  let length = 0;
  for (const { start, end } of spans) length += Math.max(0, Math.min(end, within.end) - Math.max(start, within.start));
  return length / 1000;
}
