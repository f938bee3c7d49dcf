import { allowedShare, burnRate } from './budget.ts';
import type { Counted } from './slices.ts';

/** Burn-rate rules for alerts (metrics.md §5.5). All lengths in seconds. */

export const burnProfiles = ['workbook', 'pyrra'] as const;
export type BurnProfile = (typeof burnProfiles)[number];

export const severities = ['page', 'ticket'] as const;
export type Severity = (typeof severities)[number];

/** Fires while the budget burns faster than `factor` over both stretches, and has for `for_seconds`. */
export interface BurnRule {
  readonly name: string;
  readonly severity: Severity;
  readonly long_seconds: number;
  /** Equal to the long one for a rule of one stretch. */
  readonly short_seconds: number;
  readonly for_seconds: number;
  readonly factor: number;
  /** Whether exactly the factor fires too: only where a policy of one's own says `gte`. */
  readonly inclusive: boolean;
}

const HOUR = 3_600;
const DAY = 24 * HOUR;

/** Severity, share of the budget, long stretch in hours. */
const workbook = [
  ['page', 0.02, 1],
  ['page', 0.05, 6],
  ['ticket', 0.1, 24],
  ['ticket', 0.1, 72],
] as const;

/** Severity, factor, long and short stretch of a window of 28 days. */
const pyrra = [
  ['page', 14, HOUR, 300],
  ['page', 7, 6 * HOUR, 1_800],
  ['ticket', 2, DAY, 2 * HOUR],
  ['ticket', 1, 4 * DAY, 6 * HOUR],
] as const;

/**
 * The rules of a profile for a window of that many days. `workbook`: the share of the budget decides the factor, and the short
 * stretch is a twelfth of the long one. `pyrra`: fixed factors, stretches that grow with the window, to the minute, and a wait of
 * half the short one.
 */
export function burnRules(windowDays: number, profile: BurnProfile): readonly BurnRule[] {
  if (profile === 'workbook') {
    return workbook.map(([severity, share, hours]) => ({
      name: `${severity}-${hours}h`,
      severity,
      long_seconds: hours * HOUR,
      short_seconds: (hours * HOUR) / 12,
      for_seconds: 0,
      factor: Number(((share * windowDays * 24) / hours).toPrecision(12)),
      inclusive: false,
    }));
  }
  const scaled = (seconds: number) => Math.max(60, Math.round((seconds * windowDays) / 28 / 60) * 60);
  return pyrra.map(([severity, factor, long, short]) => ({
    name: `${severity}-${factor}x`,
    severity,
    long_seconds: scaled(long),
    short_seconds: scaled(short),
    for_seconds: scaled(short) / 2,
    factor,
    inclusive: false,
  }));
}

/** True if a rule can fire at all: everything being bad must burn faster than its factor. */
export function canFire({ factor, inclusive }: BurnRule, target: number): boolean {
  const most = factor * allowedShare(target);
  return inclusive ? most < 1 + EPSILON : most < 1 - EPSILON;
}

/** The least traffic over the long stretch at which one failure alone cannot fire a rule. */
export function leastValid(factor: number, target: number): number {
  return Math.ceil(1 / (factor * allowedShare(target)) - EPSILON);
}

/** Where the last bits of a division may not decide. */
const EPSILON = 1e-9;

export type RuleState = 'firing' | 'pending' | 'ok' | 'low_traffic' | 'no_data' | 'cannot_fire';

/** A rule as it stands at an instant. */
export interface JudgedRule extends BurnRule {
  readonly burn_long: number | null;
  readonly burn_short: number | null;
  /** Below that much over the long stretch the rule is silent; null where what is counted is time. */
  readonly least_valid: number | null;
  readonly valid_long: number | null;
  /**
   * low_traffic: would fire, were there more than a handful of events. pending: burns, though not yet for as long as the rule waits.
   * no_data: nothing is known of a stretch. cannot_fire: even if everything were bad.
   */
  readonly state: RuleState;
}

/** What was good and valid in the last seconds before some seconds ago; null if nothing is known of them. */
export type Trailing = (seconds: number, agoSeconds: number) => Counted | null;

/**
 * Judges a rule at an instant. `counts` says whether the low-traffic rule holds: for events and slices it does, for time it has
 * no meaning. A rule that waits fires if it held at every step of `stepSeconds` of its wait.
 */
export function judgeRule(
  rule: BurnRule,
  target: number,
  trailing: Trailing,
  { counts, stepSeconds }: { readonly counts: boolean; readonly stepSeconds: number },
): JudgedRule {
  const least = counts ? leastValid(rule.factor, target) : null;
  const long = trailing(rule.long_seconds, 0);
  const short = trailing(rule.short_seconds, 0);
  const stateAt = (ago: number): RuleState => {
    const over = trailing(rule.long_seconds, ago);
    const [burnLong, burnShort] = [burnOf(over, target), burnOf(trailing(rule.short_seconds, ago), target)];
    if (over === null || burnLong === null || burnShort === null) return 'no_data';
    if (!exceeds(burnLong, rule) || !exceeds(burnShort, rule)) return 'ok';
    return least !== null && over.valid < least ? 'low_traffic' : 'firing';
  };
  let state: RuleState = canFire(rule, target) ? stateAt(0) : 'cannot_fire';
  for (let ago = stepSeconds; state === 'firing' && ago <= rule.for_seconds; ago += stepSeconds) {
    if (stateAt(ago) !== 'firing') state = 'pending';
  }
  return {
    ...rule,
    burn_long: burnOf(long, target),
    burn_short: burnOf(short, target),
    least_valid: least,
    valid_long: long?.valid ?? null,
    state,
  };
}

function burnOf(counted: Counted | null, target: number): number | null {
  return counted === null || counted.valid <= 0 ? null : burnRate(counted.valid - counted.good, counted.valid, target);
}

function exceeds(burn: number, { factor, inclusive }: BurnRule): boolean {
  return inclusive ? burn >= factor * (1 - EPSILON) : burn > factor * (1 + EPSILON);
}
