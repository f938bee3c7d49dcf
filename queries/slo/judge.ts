import type { Span } from '../buckets.ts';
import { budgetOf, burnRate, consumedOf, exhaustionSeconds, isMet } from './budget.ts';
import { type BurnRule, type JudgedRule, judgeRule, type Trailing } from './burn.ts';
import { slicesBeginning } from './maintained.ts';
import { type Counting, countSlices, type Level, shareOf } from './slices.ts';
import { type SloWindow, wholeWindow } from './window.ts';

/** Slices of a service level in which something was valid, by start (epoch ms). */
export interface HeardSlice {
  readonly start: number;
  readonly good: number;
  readonly valid: number;
}

/** Where the slices of a question lie: each begins a whole number of slices from `anchor` (epoch ms). */
export interface SliceGrid {
  readonly sliceSeconds: number;
  readonly anchor: number;
  /** Start of the window, on the grid; the last slice that counts ends at `end`, or is under way there. */
  readonly window: Span;
  /** Length of the whole window, also of what is to come of a period of the calendar. */
  readonly wholeSeconds: number;
}

/**
 * The slices of a window at an instant. Those of Timeslices and RatioTimeslices count once they are over; events count at once, so
 * a slice under way is part of Occurrences. Rolling windows begin with the slice that holds their start.
 */
export function sliceGrid(window: SloWindow, sliceSeconds: number, counting: Counting, at: number): SliceGrid {
  const whole = wholeWindow(window, at);
  const anchor = window.kind === 'rolling' ? 0 : whole.start;
  const end = counting.method === 'Occurrences' ? at : onGrid({ anchor, sliceSeconds }, at);
  const wholeSeconds = (whole.end - whole.start) / 1000;
  return { sliceSeconds, anchor, window: { start: onGrid({ anchor, sliceSeconds }, whole.start), end }, wholeSeconds };
}

/** The state of a service level and its budget. Shares are of 1; events or slices as the method counts. */
export interface Judged {
  readonly level: Level;
  readonly value: number | null;
  readonly met: boolean | null;
  readonly bad: number | null;
  /** What may be bad of what was valid in the window. */
  readonly allowed: number | null;
  readonly consumed: number | null;
  readonly remaining: number | null;
  /** At the burn rate of the last 24 hours; null if nothing burns. */
  readonly exhaustedInSeconds: number | null;
  /** Slices of the window in maintenance. */
  readonly maintenanceSlices: number;
  /** Per stretch that was asked for; null where nothing was valid. */
  readonly burn: (stretchSeconds: number) => number | null;
  readonly alerts: readonly JudgedRule[];
}

export interface Judging {
  /** By start, from the earlier of the window's start and the longest stretch of a rule. */
  readonly heard: readonly HeardSlice[];
  readonly grid: SliceGrid;
  readonly target: number;
  readonly counting: Counting;
  readonly rules: readonly BurnRule[];
  /** No slice before this instant is missing: nothing had been heard yet (epoch ms). */
  readonly heardSince: number;
  /** Slices in maintenance, as stretches of whole ones: none of them is heard, and none is missing. */
  readonly maintained?: readonly Span[];
}

const DAY_SECONDS = 86_400;

/** Judges a service level by its slices (metrics.md §5.1, §5.4, §5.5). A stretch has at least one slice. */
export function judgeSlices({ heard, grid, target, counting, rules, heardSince, maintained = [] }: Judging): Judged {
  const sliceMs = grid.sliceSeconds * 1000;
  const begins = onGrid(grid, heardSince);
  const count = (start: number, end: number): Level => {
    const from = Math.max(start, begins);
    const slices = Math.max(
      0,
      Math.ceil((end - from) / sliceMs) - slicesBeginning(maintained, grid, { start: from, end }),
    );
    return countSlices(between(heard, from, end), slices, counting);
  };
  const trailing: Trailing = (seconds, ago) => {
    const end = ago > 0 ? onGrid(grid, grid.window.end - ago * 1000) : grid.window.end;
    return count(onGrid(grid, end - Math.max(seconds * 1000, sliceMs)), end);
  };
  const burn = (seconds: number): number | null => {
    const stretch = trailing(seconds, 0);
    return stretch === null || stretch.valid <= 0
      ? null
      : burnRate(stretch.valid - stretch.good, stretch.valid, target);
  };
  const level = count(grid.window.start, grid.window.end);
  const value = shareOf(level);
  const bad = value === null ? null : level.valid - level.good;
  const remaining = bad === null ? null : 1 - consumedOf(bad, target, level.valid);
  const lately = burn(DAY_SECONDS);
  return {
    level,
    value,
    met: value === null ? null : isMet(value, target),
    bad,
    allowed: value === null ? null : budgetOf(target, level.valid),
    consumed: remaining === null ? null : 1 - remaining,
    remaining,
    exhaustedInSeconds:
      remaining === null || lately === null ? null : exhaustionSeconds(remaining, lately, grid.wholeSeconds),
    maintenanceSlices: slicesBeginning(maintained, grid, {
      ...grid.window,
      start: Math.max(grid.window.start, begins),
    }),
    burn,
    alerts: rules.map((rule) => judgeRule(rule, target, trailing, { counts: true, stepSeconds: grid.sliceSeconds })),
  };
}

/** Start of the slice that holds an instant. */
function onGrid({ anchor, sliceSeconds }: Pick<SliceGrid, 'anchor' | 'sliceSeconds'>, time: number): number {
  return anchor + Math.floor((time - anchor) / (sliceSeconds * 1000)) * sliceSeconds * 1000;
}

/** Those that begin in `[from, to)`, by two binary searches. */
function between(heard: readonly HeardSlice[], from: number, to: number): readonly HeardSlice[] {
  return heard.slice(firstAtOrAfter(heard, from), firstAtOrAfter(heard, to));
}

function firstAtOrAfter(heard: readonly HeardSlice[], time: number): number {
  let low = 0;
  let high = heard.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (heard[middle]!.start < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
