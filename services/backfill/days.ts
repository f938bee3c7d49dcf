import type { Span } from './run.ts';

/** How many days of a span have been read, from its end back to an instant. */
export function daysBack(span: Span, at: string): { done: number; total: number } {
  const days = (from: string, to: string) => Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000));
  const total = days(span.since, span.until);
  return { done: Math.min(total, days(at, span.until)), total };
}
