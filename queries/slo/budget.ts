/** The arithmetic of time-based service levels (metrics.md §5.3 and §5.4). Shares are of 1, times in seconds. */

/** Share of the window without bad time; null for an empty window. */
export function availabilityOf(badSeconds: number, windowSeconds: number): number | null {
  return windowSeconds > 0 ? 1 - badSeconds / windowSeconds : null;
}

/** What may be bad in a window. */
export function budgetSeconds(target: number, windowSeconds: number): number {
  return (1 - target) * windowSeconds;
}

/** Share of the budget that is spent; above 1 if overspent. */
export function consumedOf(badSeconds: number, target: number, windowSeconds: number): number {
  return badSeconds / budgetSeconds(target, windowSeconds);
}

/** How fast the budget goes over a stretch: 1 spends it exactly by the window's end. */
export function burnRate(badSeconds: number, stretchSeconds: number, target: number): number {
  return badSeconds / stretchSeconds / (1 - target);
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
