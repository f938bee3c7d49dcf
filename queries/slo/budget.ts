/**
 * The arithmetic of error budgets (metrics.md §5.3 and §5.4). Shares are of 1. `bad` and `valid` are of one unit, whichever it is:
 * events, slices, or seconds of a window.
 */

/** Share that may be bad: 1 − target, without the last bits that the subtraction leaves (1 − 0.9 is not 0.1 to a computer). */
export function allowedShare(target: number): number {
  return Number((1 - target).toPrecision(12));
}

/** Share of the window without bad time; null for an empty window. */
export function availabilityOf(badSeconds: number, windowSeconds: number): number | null {
  return windowSeconds > 0 ? 1 - badSeconds / windowSeconds : null;
}

/** What may be bad of what is valid. */
export function budgetOf(target: number, valid: number): number {
  return allowedShare(target) * valid;
}

/** Share of the budget that is spent; above 1 if overspent. */
export function consumedOf(bad: number, target: number, valid: number): number {
  return bad / budgetOf(target, valid);
}

/** How fast the budget goes over a stretch: 1 spends it exactly by the window's end. */
export function burnRate(bad: number, valid: number, target: number): number {
  return bad / valid / allowedShare(target);
}

/** Seconds until nothing is left at this rate; null if nothing burns, 0 if nothing is left. */
export function exhaustionSeconds(remaining: number, burn: number, windowSeconds: number): number | null {
  if (remaining <= 0) return 0;
  return burn > 0 ? (remaining * windowSeconds) / burn : null;
}

/** Whether the target is met: a value at the target is (metrics.md §5.1), whatever the last bit of a sum says. */
export function isMet(value: number, target: number): boolean {
  return value >= target - 1e-12;
}
