import { isMet } from './budget.ts';

/** How a service level is counted, in the words of OpenSLO (metrics.md §5.1). */
export const budgetingMethods = ['Occurrences', 'Timeslices', 'RatioTimeslices'] as const;
export type BudgetingMethod = (typeof budgetingMethods)[number];

/** What a slice without anything valid counts as. */
export const missingPolicies = ['excluded', 'good', 'bad'] as const;
export type MissingPolicy = (typeof missingPolicies)[number];

/** What happened in one slice of time, or in any stretch. `valid` 0: nothing did. */
export interface Counted {
  readonly good: number;
  readonly valid: number;
}

export interface Counting {
  readonly method: BudgetingMethod;
  /** Share of a slice's events that must be good for the slice to be; Timeslices only. */
  readonly sliceTarget: number;
  readonly missing: MissingPolicy;
}

/** A stretch in the unit of its method: events, or slices. */
export interface Level {
  readonly good: number;
  readonly valid: number;
  /** Slices in which something was valid, and all of them. */
  readonly present: number;
  readonly slices: number;
}

/**
 * Counts the slices that are heard of, of `slices` that a stretch has (metrics.md §5.1): Occurrences add their events up,
 * Timeslices count good slices, RatioTimeslices add up the ratios of slices. A slice without anything valid is left out unless
 * `missing` says otherwise; of Occurrences it weighs nothing whatever it says.
 */
export function countSlices(heard: readonly Counted[], slices: number, counting: Counting): Level {
  const { method, sliceTarget, missing } = counting;
  let good = 0;
  let valid = 0;
  let present = 0;
  for (const slice of heard) {
    if (slice.valid <= 0) continue;
    present += 1;
    const ratio = slice.good / slice.valid;
    if (method === 'Occurrences') {
      good += slice.good;
      valid += slice.valid;
    } else {
      good += method === 'RatioTimeslices' ? ratio : isMet(ratio, sliceTarget) ? 1 : 0;
      valid += 1;
    }
  }
  const absent = method === 'Occurrences' || missing === 'excluded' ? 0 : Math.max(0, slices - present);
  return { good: good + (missing === 'good' ? absent : 0), valid: valid + absent, present, slices };
}

/** The service level of a stretch: share of 1 that was good, null if nothing was valid. */
export function shareOf({ good, valid }: Counted): number | null {
  return valid > 0 ? good / valid : null;
}
