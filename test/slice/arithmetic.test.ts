import { describe, expect, it } from 'vitest';
import { expectedShare } from '../../queries/okr/key-result.ts';
import {
  forecastOf,
  gradeOf,
  objectiveScore,
  paceOf,
  progressOf,
  scoreOf,
  shownScore,
} from '../../queries/okr/score.ts';
import { withoutRemainders } from '../../queries/privacy/suppression.ts';
import { availabilityOf, budgetOf, burnRate, consumedOf, exhaustionSeconds, isMet } from '../../queries/slo/budget.ts';

describe('key results', () => {
  it('EX-OKR-1: lead time from 8 h to 2 h', () => {
    expect(progressOf(8, 5, 2)).toBe(0.5);
    expect(progressOf(8, 5, 2, 'log')).toBeCloseTo(0.339, 3);
    const quarter = { start: '2026-07-01T00:00:00.000Z', end: '2026-10-01T00:00:00.000Z' };
    const expected = expectedShare(quarter, '2026-08-19T15:00:00.000Z', 'UTC');
    expect(expected).toBeCloseTo(50 / 92, 12);
    expect(0.5 - expected).toBeCloseTo(-0.043, 3);
    expect(paceOf(0.5, expected)).toBe('on_track');
    expect(forecastOf(0.5, expected)).toBeCloseTo(0.92, 12);
    const beyond = progressOf(8, 1, 2)!;
    expect(beyond).toBeCloseTo(7 / 6, 12);
    expect(scoreOf(beyond)).toBe(1);
    const worse = progressOf(8, 9, 2)!;
    expect(worse).toBeCloseTo(-1 / 6, 12);
    expect(scoreOf(worse)).toBe(0);
  });

  it('EX-OKR-2: an objective is the mean of what is scored, and never counts the rest as 0', () => {
    const adoption = progressOf(0.6, 0.75, 0.8)!;
    expect(adoption).toBeCloseTo(0.75, 12);
    const part = (score: number | null) => ({ score, weight: 1 });
    const whole = objectiveScore([part(0.5), part(adoption), part(12 / 13)]);
    expect(whole.score).toBeCloseTo(0.724, 3);
    expect(shownScore(whole.score!)).toBe(0.7);
    expect(objectiveScore([part(0.5), part(0.75), part(null)])).toEqual({ score: 0.625, scored: 2, of: 3 });
    expect(objectiveScore([part(null)])).toEqual({ score: null, scored: 0, of: 1 });
    expect(
      objectiveScore([
        { score: 1, weight: 3 },
        { score: 0, weight: 1 },
      ]).score,
    ).toBe(0.75);
  });

  it('judges pace and grade at their bounds, and nothing before a fifth of the time', () => {
    expect(paceOf(0, 0.19)).toBe('too_early');
    expect([paceOf(0.5, 0.6), paceOf(0.49, 0.6), paceOf(0.35, 0.6), paceOf(0.34, 0.6)]).toEqual([
      'on_track',
      'at_risk',
      'at_risk',
      'off_track',
    ]);
    expect([gradeOf(0.7), gradeOf(0.69), gradeOf(0.4), gradeOf(0.39)]).toEqual(['green', 'amber', 'amber', 'red']);
    expect(forecastOf(0.5, 0)).toBeNull();
    expect([progressOf(4, 5, 4), progressOf(0, 1, 2, 'log')]).toEqual([null, null]);
  });

  it('counts days of the zone, one that is cut by its share', () => {
    // A quarter with the 25 h day of Berlin has 92 days all the same.
    const quarter = { start: '2025-09-30T22:00:00.000Z', end: '2025-12-31T23:00:00.000Z' };
    expect(expectedShare(quarter, '2025-10-26T22:30:00.000Z', 'Europe/Berlin')).toBeCloseTo(26 / 92, 12);
    expect(expectedShare(quarter, '2025-10-26T23:30:00.000Z', 'Europe/Berlin')).toBeCloseTo(27 / 92, 12);
    expect(expectedShare(quarter, '2025-09-01T00:00:00.000Z', 'Europe/Berlin')).toBe(0);
    expect(expectedShare(quarter, '2026-09-01T00:00:00.000Z', 'Europe/Berlin')).toBe(1);
  });
});

describe('service levels', () => {
  it('EX-AVL-1: 50 minutes of 30 days miss 99.9 %', () => {
    const days30 = 30 * 86_400;
    const value = availabilityOf(3_000, days30)!;
    expect(value).toBeCloseTo(0.99884, 5);
    expect(isMet(value, 0.999)).toBe(false);
    expect(budgetOf(0.999, days30) / 60).toBeCloseTo(43.2, 9);
    expect(consumedOf(3_000, 0.999, days30)).toBeCloseTo(50 / 43.2, 9);
    // Met at the target itself.
    expect(isMet(availabilityOf(2_592, days30)!, 0.999)).toBe(true);
    // 2 209 hours: the fourth quarter of 2025 in Berlin.
    expect(budgetOf(0.999, 2_209 * 3_600) / 60).toBeCloseTo(132.54, 9);
  });

  it('burns at 1 what lasts exactly to the end of the window', () => {
    expect(burnRate(3.6, 3_600, 0.999)).toBeCloseTo(1, 9);
    expect(exhaustionSeconds(1, 1, 2_592_000)).toBe(2_592_000);
    expect(exhaustionSeconds(0.5, 2, 100)).toBe(25);
    expect([exhaustionSeconds(0.5, 0, 100), exhaustionSeconds(-0.1, 2, 100)]).toEqual([null, 0]);
  });
});

describe('suppression', () => {
  it('hides a total from which a hidden bucket could be told', () => {
    const row = (team: string, status: string, n: number | null) =>
      ({ team, status, n, value: n, ci: null, excluded: {} }) as never;
    const totals = [row('a', 'ok', 9), row('b', 'ok', 12)];
    const series = [row('a', 'ok', 6), row('a', 'suppressed', null), row('b', 'ok', 6), row('b', 'ok', 6)];
    expect(withoutRemainders(totals, series, ['team'])).toMatchObject([
      { team: 'a', n: null, value: null, status: 'suppressed' },
      { team: 'b', n: 12, status: 'ok' },
    ]);
  });
});
