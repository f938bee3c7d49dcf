import type { MetricAnswer, Row } from '../../../queries/envelope.ts';
import { showsValue } from '../states.ts';

/** One bucket of a series as charts draw it; `value` is null where there is no data, and stays a gap. */
export interface Point {
  /** Half-open bucket as UTC instants. */
  readonly start: string;
  readonly end: string;
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly n: number | null;
  /** Why there is no value; meaningless where there is one. */
  readonly gap: 'no data' | 'nothing to measure' | 'hidden';
  /** Still within its grace, or still running. */
  readonly isProvisional: boolean;
}

/** The rows of a series, or of one group of it, as points. `graceHours` is how long after its end a bucket may still move. */
export function pointsOf(
  answer: MetricAnswer,
  graceHours: number,
  group: Readonly<Record<string, string>> = {},
): readonly Point[] {
  const rows = answer.series.filter((row) => Object.entries(group).every(([name, value]) => row[name] === value));
  return rows.map((row, index) => pointOf(row, row.time, rows[index + 1]?.time ?? answer.window.end, graceHours));
}

function pointOf(row: Row, start: string, end: string, graceHours: number): Point {
  const has = showsValue(row);
  return {
    start,
    end,
    value: has ? row.value : null,
    low: has ? (row.ci?.low ?? null) : null,
    high: has ? (row.ci?.high ?? null) : null,
    n: row.n,
    gap: row.status === 'no_data' ? 'no data' : row.status === 'suppressed' ? 'hidden' : 'nothing to measure',
    isProvisional: Date.parse(end) + graceHours * 3_600_000 > Date.parse(row.as_of),
  };
}
