import type { SloDefinition } from '../../ingest/workspace/slos.ts';
import { rulesOf, windowOf } from './by-slices.ts';
import { wholeWindow } from './window.ts';

/** Slices to be asked for at once: `count` of them from `start` (epoch ms). */
export interface PullRequest {
  readonly start: number;
  readonly count: number;
}

/** So long after its end a slice is taken: its last samples are there by then, and clocks may differ. */
export const SETTLE_MS = 60_000;

/**
 * What is to be pulled next of an SLO: whole slices that are over, no more than `most`, all of one period of its calendar.
 * `pulledUntil` (epoch ms) is where the last pull ended; null: never yet, then all that its window and its alerts look at.
 * Null: nothing yet.
 */
export function nextPull(
  definition: SloDefinition,
  pulledUntil: number | null,
  now: number,
  most: number,
): PullRequest | null {
  const window = windowOf(definition);
  const stepMs = definition.slice_seconds * 1000;
  const over = now - SETTLE_MS;
  let from = pulledUntil ?? firstOf(definition, now);
  // A second turn where the rest of a period is shorter than a slice.
  for (let turn = 0; turn < 2; turn += 1) {
    const period = window.kind === 'rolling' ? null : wholeWindow(window, from);
    const anchor = period?.start ?? 0;
    // The first slice is the one that holds the start of all that is looked at.
    const steps = (from - anchor) / stepMs;
    const start = anchor + (pulledUntil === null && turn === 0 ? Math.floor(steps) : Math.ceil(steps)) * stepMs;
    const until = Math.min(over, period?.end ?? Number.POSITIVE_INFINITY);
    const count = Math.min(most, Math.floor((until - start) / stepMs));
    if (count > 0) return { start, count };
    if (period === null || period.end > over) return null;
    from = period.end;
  }
  return null;
}

/** When the next slice of an SLO can be taken at the earliest (epoch ms). */
export function nextPullAt(definition: SloDefinition, pulledUntil: number): number {
  return pulledUntil + definition.slice_seconds * 1000 + SETTLE_MS;
}

function firstOf(definition: SloDefinition, now: number): number {
  const longest = Math.max(86_400, ...rulesOf(definition).map((rule) => rule.long_seconds + rule.for_seconds));
  return Math.min(wholeWindow(windowOf(definition), now).start, now - longest * 1000);
}
