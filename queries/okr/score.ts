/** The arithmetic of key results (metrics.md §10). */

/** How far a key result should be, judged by how far it is. */
export type Pace = 'on_track' | 'at_risk' | 'off_track' | 'too_early';
export type Grade = 'green' | 'amber' | 'red';

/**
 * Share of the way from baseline to target, below 0 if things got worse and above 1 beyond the target; the same formula for
 * rising and falling goals. `log` compares ratios, for durations; it needs three positive numbers, else null.
 */
export function progressOf(
  baseline: number,
  current: number,
  target: number,
  scale: 'linear' | 'log' = 'linear',
): number | null {
  if (baseline === target) return null;
  if (scale === 'linear') return (current - baseline) / (target - baseline);
  if (baseline <= 0 || current <= 0 || target <= 0) return null;
  return Math.log(current / baseline) / Math.log(target / baseline);
}

/** Progress as a score from 0 to 1, unrounded. */
export function scoreOf(progress: number): number {
  return Math.min(1, Math.max(0, progress));
}

/** A score as people see it: one decimal. */
export function shownScore(score: number): number {
  return Math.round(score * 10) / 10;
}

/** Before this share of the period nothing is judged. */
const TOO_EARLY = 0.2;
/** Sums of decimal shares may miss their bound by a rounding error. */
const SLACK = 1e-9;

/** Pace by the gap between score and expected share; `expected` is the elapsed share of the period. */
export function paceOf(score: number, expected: number): Pace {
  if (expected < TOO_EARLY - SLACK) return 'too_early';
  const gap = score - expected;
  if (gap >= -0.1 - SLACK) return 'on_track';
  return gap >= -0.25 - SLACK ? 'at_risk' : 'off_track';
}

/** Where the period ends if things go on as they did: raw progress ÷ elapsed share, cut to 0 … 1; null before the first day. */
export function forecastOf(progress: number, expected: number): number | null {
  return expected > 0 ? scoreOf(progress / expected) : null;
}

export function gradeOf(score: number): Grade {
  if (score >= 0.7 - SLACK) return 'green';
  return score >= 0.4 - SLACK ? 'amber' : 'red';
}

/** Weighted mean of the scored ones; null if none is. An unscored key result counts in `of`, never as 0. */
export function objectiveScore(parts: readonly { readonly score: number | null; readonly weight: number }[]): {
  readonly score: number | null;
  readonly scored: number;
  readonly of: number;
} {
  let total = 0;
  let weights = 0;
  let scored = 0;
  for (const { score, weight } of parts) {
    if (score === null) continue;
    total += score * weight;
    weights += weight;
    scored += 1;
  }
  return { score: weights > 0 ? total / weights : null, scored, of: parts.length };
}
