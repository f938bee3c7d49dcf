import type { BandColumn } from './metric.ts';

type Level = readonly [name: string, upperLimit: number];

const HOUR = 1;
const DAY = 24;
const WEEK = 7 * DAY;
const MONTH = 30 * DAY;

/**
 * Upper limits per level, best first, as published (metrics.md §3.6): hours of lead time and of recovery; days between two
 * deployments; failed share. The last level has no limit. Change fail rates of 2023 and 2024 are cluster centres, so no band.
 */
const limits: Readonly<Record<string, Readonly<Partial<Record<BandColumn, readonly Level[]>>>>> = {
  'dora-2021': {
    lead_time: [
      ['elite', HOUR],
      ['high', WEEK],
      ['medium', 6 * MONTH],
      ['low', Infinity],
    ],
    frequency: [
      ['elite', 1],
      ['high', 30],
      ['medium', 180],
      ['low', Infinity],
    ],
    change_fail_rate: [
      ['elite', 0.15],
      ['high, medium or low', 0.3],
      ['low', Infinity],
    ],
    recovery: [
      ['elite', HOUR],
      ['high', DAY],
      ['medium', WEEK],
      ['low', Infinity],
    ],
  },
  'dora-2022': {
    lead_time: [
      ['high', WEEK],
      ['medium', MONTH],
      ['low', Infinity],
    ],
    frequency: [
      ['high', 1],
      ['medium', 30],
      ['low', Infinity],
    ],
    change_fail_rate: [
      ['high', 0.15],
      ['medium', 0.3],
      ['low', Infinity],
    ],
    recovery: [
      ['high', DAY],
      ['medium', WEEK],
      ['low', Infinity],
    ],
  },
  'dora-2023': {
    lead_time: [
      ['elite', DAY],
      ['high', WEEK],
      ['medium or low', Infinity],
    ],
    frequency: [
      ['elite', 1],
      ['high', 7],
      ['medium or low', Infinity],
    ],
    recovery: [
      ['elite', HOUR],
      ['high', DAY],
      ['medium', WEEK],
      ['low', Infinity],
    ],
  },
  'dora-2024': {
    lead_time: [
      ['elite', DAY],
      ['high', WEEK],
      ['medium', MONTH],
      ['low', Infinity],
    ],
    frequency: [
      ['elite', 1],
      ['high', 7],
      ['medium', 30],
      ['low', Infinity],
    ],
    recovery: [
      ['elite', HOUR],
      ['high or medium', DAY],
      ['low', Infinity],
    ],
  },
};

/** Limits that the table words as "less than"; the rest include their end. */
const STRICT: ReadonlySet<BandColumn> = new Set(['lead_time', 'recovery']);

/**
 * The level of one metric's value in the published table of a year: from best to worst, the first whose upper limit holds.
 * `value` in the metric's unit (hours, deployments/day, fraction, minutes). Null where the table has no band.
 */
export function bandOf(year: string, column: BandColumn, value: number): string | null {
  const levels = limits[year]?.[column];
  if (!levels) return null;
  const measured = measure(column, value);
  for (const [name, limit] of levels) {
    const onDemand = column === 'frequency' && limit === 1;
    if (onDemand || (STRICT.has(column) && limit <= DAY) ? measured < limit : measured <= limit) return name;
  }
  return null;
}

function measure(column: BandColumn, value: number): number {
  if (column === 'frequency') return value > 0 ? 1 / value : Infinity;
  return column === 'recovery' ? value / 60 : value;
}
