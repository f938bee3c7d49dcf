import { median } from './bootstrap.ts';

/**
 * The cadence as Four Keys classes it: `daily` if the median week (Monday to Sunday) of the window has at least three days
 * with a deployment, `weekly` if the median week has one, `monthly` if the median month has one, else `yearly`. Weeks and
 * months cut by the window count as they are. Days are numbered since 1970-01-01.
 */
export function cadenceClass(deploymentDays: readonly number[], window: readonly [first: number, end: number]): string {
  const [first, end] = window;
  // 1970-01-01 was a Thursday.
  const weeks = countBy(deploymentDays, first, end, (day) => Math.floor((day + 3) / 7));
  const months = countBy(deploymentDays, first, end, monthOf);
  if ((median(weeks) ?? 0) >= 3) return 'daily';
  if ((median(weeks) ?? 0) >= 1) return 'weekly';
  if ((median(months.map((days) => Math.min(days, 1))) ?? 0) >= 1) return 'monthly';
  return 'yearly';
}

function countBy(days: readonly number[], first: number, end: number, period: (day: number) => number): number[] {
  const counts = new Map<number, number>();
  for (let day = first; day < end; day += 1) counts.set(period(day), 0);
  for (const day of days) {
    const count = counts.get(period(day));
    if (count !== undefined) counts.set(period(day), count + 1);
  }
  return [...counts.values()];
}

function monthOf(day: number): number {
  const date = new Date(day * 86_400_000);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}
