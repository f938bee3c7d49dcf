import type { Interval } from '../envelope.ts';
import type { Options } from '../metric.ts';
import type { SurveyCell } from '../privacy/answered.ts';
import { tInterval } from './interval.ts';

const Z = 1.959964;

interface Estimate {
  readonly value: number | null;
  readonly n: number;
  readonly ci: Interval | null;
}

/**
 * The mean of a bounded scale with its t interval (metrics.md §1.8, §9.1). `fpc` narrows it by √((N−n)/(N−1)) where the N
 * invited are everyone; `weight=headcount` weighs what was published together by how many were invited, without an interval.
 */
export function scoreOf(
  values: readonly number[],
  survey: Pick<SurveyCell, 'invited' | 'strata'> | undefined,
  scale: readonly [number, number],
  options: Options,
): Estimate {
  const n = values.length;
  if (n === 0) return { value: null, n, ci: null };
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (options.weight === 'headcount' && survey !== undefined) {
    const people = survey.strata.reduce((sum, { invited }) => sum + invited, 0);
    const total = survey.strata.reduce((sum, stratum) => sum + stratum.mean * stratum.invited, 0);
    return { value: people > 0 ? total / people : null, n, ci: null };
  }
  const everyone = survey?.invited ?? 0;
  const isPart = options.fpc === true && everyone > 1 && everyone >= n;
  const factor = isPart ? Math.sqrt((everyone - n) / (everyone - 1)) : 1;
  return { value: mean, n, ci: tInterval(values, scale, factor) };
}

/** eNPS in points, with z times √((p + d − (p − d)²) / n) on either side (metrics.md §9.1). */
export function promotersOf(values: readonly number[]): Estimate {
  const n = values.length;
  if (n === 0) return { value: null, n, ci: null };
  const p = values.filter((value) => value >= 9).length / n;
  const d = values.filter((value) => value <= 6).length / n;
  const half = 100 * Z * Math.sqrt((p + d - (p - d) ** 2) / n);
  const value = 100 * (p - d);
  const ci = {
    low: Math.max(-100, value - half),
    high: Math.min(100, value + half),
    level: 0.95,
    method: 'multinomial',
  } as const;
  return { value, n, ci };
}

/** How many gave each score, to the nearest whole one, since a fraction may be one person's alone; null of none. */
export function distributionOf(values: readonly number[]): Readonly<Record<string, number>> | null {
  if (values.length === 0) return null;
  const counts: Record<string, number> = {};
  for (const value of values) counts[Math.round(value)] = (counts[Math.round(value)] ?? 0) + 1;
  return counts;
}

const FEW_RESPONSES = 0.3;

/** What a reader must know before believing a row of published answers (metrics.md §9.1). */
export function caveatOf({ answered, invited, mixed, leftOut }: SurveyCell): string | undefined {
  const says = [
    ...(mixed ? ['An item was asked in different words: waves that differ are not compared. Ask by wave.'] : []),
    ...(invited > 0 && answered / invited < FEW_RESPONSES ? ['Fewer than 30 % of those invited answered.'] : []),
    ...(leftOut ? ['Answers of too few people to be told are left out.'] : []),
  ];
  return says.length > 0 ? says.join(' ') : undefined;
}
