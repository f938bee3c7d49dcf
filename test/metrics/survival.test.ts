import { describe, expect, it } from 'vitest';
import { failedDeploymentRecoveryTime } from '../../queries/metrics/dora-failed-deployment-recovery-time.ts';
import { parseRequest } from '../../queries/request.ts';
import { survivalOf, survivalQuantile } from '../../queries/statistics/survival.ts';
import { newRandom } from '../histories/random.ts';
import { kaplanMeier } from '../oracle/survival.ts';

const quantiles = (closed: number[], open: number[]) => {
  const sorted = (values: number[]) => [...values].sort((a, b) => a - b);
  const curve = survivalOf(sorted(closed), sorted(open));
  return [50, 75, 90].map((percent) => survivalQuantile(curve, percent));
};

describe('Kaplan-Meier', () => {
  // Months of remission under 6-mercaptopurine (Freireich et al. 1963), the textbook example: the median is 23 weeks.
  const closed = [6, 6, 6, 7, 10, 13, 16, 22, 23];
  const open = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35];

  it('gives the survival curve that textbooks print', () => {
    const curve = survivalOf(closed, open).map(({ time, survival }) => [time, Number(survival.toFixed(4))]);
    expect(curve).toEqual([
      [6, 0.8571],
      [7, 0.8067],
      [10, 0.7529],
      [13, 0.6902],
      [16, 0.6275],
      [22, 0.5378],
      [23, 0.4482],
    ]);
  });

  it('gives its median with the log-log interval, and of a curve that does not come down a lower bound', () => {
    const [median, , p90] = quantiles(closed, open);
    expect(median).toEqual({
      value: 23,
      ci: { low: 13, high: null, level: 0.95, method: 'brookmeyer_crowley' },
      lower_bound: null,
    });
    expect(p90).toMatchObject({ value: null, lower_bound: 23 });
  });

  it('is between leaving open ones out and sorting them last', () => {
    // Closed after 10, 20 and 60; one open for 30: it tells of nothing beyond 30.
    expect(quantiles([10, 20, 60], [30])[0]!.value).toBe(20);
    // Open for 5 only: at 10 three are at risk, and nobody knows of the fourth.
    expect(quantiles([10, 20, 60], [5]).map(({ value }) => value)).toEqual([20, 60, 60]);
    // Open for longer than any: the curve ends at a quarter.
    expect(quantiles([10, 20, 60], [500])).toMatchObject([
      { value: 20 },
      { value: 60 },
      { value: null, lower_bound: 60 },
    ]);
    expect(quantiles([], [500])[0]).toEqual({ value: null, ci: null, lower_bound: null });
    expect(quantiles([], [])[0]).toEqual({ value: null, ci: null, lower_bound: null });
  });

  it('keeps a round share round, and ties one step', () => {
    for (let n = 2; n <= 400; n += 2) {
      const values = Array.from({ length: n }, (_, index) => index + 1);
      expect(survivalQuantile(survivalOf(values, []), 50).value, `n = ${n}`).toBe(n / 2);
    }
    expect(quantiles([7, 7, 7, 7], [7])[0]).toMatchObject({ value: 7 });
  });

  it('agrees with the curve in exact fractions', () => {
    for (let seed = 0; seed < 300; seed += 1) {
      const random = newRandom(seed);
      const some = (most: number) => Array.from({ length: random.int(0, most) }, () => random.int(0, 40));
      const [values, ages] = [some(30), some(12)];
      const expected = [50, 75, 90].map((percent) => kaplanMeier(values, ages, percent));
      expect(quantiles(values, ages), `seed ${seed}`).toEqual(expected);
    }
  });
});

describe('what is open', () => {
  const context = { now: '2025-12-01T00:00:00.000Z', reportingZone: 'UTC' };
  const read = (parameters: Record<string, string>, set?: Record<string, boolean>) =>
    parseRequest(failedDeploymentRecoveryTime, parameters, {
      ...context,
      ...(set ? { defaults: { [failedDeploymentRecoveryTime.id]: set } } : {}),
    });

  it('is read in one way at a time', () => {
    const both = read({ closed_only: '', kaplan_meier: '' });
    expect(both.ok ? [] : both.problems.map(({ field }) => field).sort()).toEqual(['closed_only', 'kaplan_meier']);
  });

  it('is read as asked for, whatever the organisation has set', () => {
    for (const [set, asked] of [
      ['closed_only', 'kaplan_meier'],
      ['kaplan_meier', 'closed_only'],
    ] as const) {
      const one = read({ [asked]: 'true' }, { [set]: true });
      expect(one.ok && one.request.options).toMatchObject({ [asked]: true, [set]: false });
    }
    expect(read({}, { closed_only: true, kaplan_meier: true }).ok).toBe(false);
  });
});
