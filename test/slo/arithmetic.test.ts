import { describe, expect, it } from 'vitest';
import { budgetOf, burnRate, consumedOf, isMet } from '../../queries/slo/budget.ts';
import { type BurnRule, burnRules, canFire, judgeRule, leastValid, type Trailing } from '../../queries/slo/burn.ts';
import { type Counting, countSlices, shareOf } from '../../queries/slo/slices.ts';
import { nominalDays, wholeWindow } from '../../queries/slo/window.ts';

const occurrences: Counting = { method: 'Occurrences', sliceTarget: 1, missing: 'excluded' };

describe('service levels', () => {
  it('EX-SLO-1: 297 of 300 meet 99 % and leave nothing; 296 overspend by a third', () => {
    const level = countSlices(
      [
        { good: 200, valid: 201 },
        { good: 97, valid: 99 },
      ],
      2,
      occurrences,
    );
    expect(level).toMatchObject({ good: 297, valid: 300 });
    expect(shareOf(level)).toBeCloseTo(0.99, 12);
    expect(isMet(shareOf(level)!, 0.99)).toBe(true);
    expect(budgetOf(0.99, 300)).toBeCloseTo(3, 12);
    expect(consumedOf(3, 0.99, 300)).toBeCloseTo(1, 12);
    expect(isMet(296 / 300, 0.99)).toBe(false);
    expect(1 - consumedOf(4, 0.99, 300)).toBeCloseTo(-1 / 3, 12);
  });

  it('EX-SLO-2: a day of minutes, 3 bad and 37 without traffic', () => {
    const minute = (good: number) => ({ good, valid: 10 });
    const heard = [...Array.from({ length: 1_400 }, () => minute(10)), ...Array.from({ length: 3 }, () => minute(9))];
    const level = (missing: Counting['missing']) =>
      countSlices(heard, 1_440, { method: 'Timeslices', sliceTarget: 0.95, missing });
    expect(level('excluded')).toMatchObject({ good: 1_400, valid: 1_403, present: 1_403, slices: 1_440 });
    expect(shareOf(level('excluded'))).toBeCloseTo(0.99786, 5);
    expect(shareOf(level('good'))).toBeCloseTo(0.99792, 5);
    expect(shareOf(level('good'))).toBe(1_437 / 1_440);
    expect(shareOf(level('bad'))).toBeCloseTo(0.97222, 5);
  });

  it('a slice at its target is good; nothing valid is nothing', () => {
    const counting: Counting = { method: 'Timeslices', sliceTarget: 0.9, missing: 'excluded' };
    expect(countSlices([{ good: 9, valid: 10 }], 1, counting).good).toBe(1);
    expect(countSlices([{ good: 89, valid: 100 }], 1, counting).good).toBe(0);
    expect(shareOf(countSlices([{ good: 0, valid: 0 }], 5, counting))).toBeNull();
    expect(shareOf(countSlices([], 5, { ...counting, missing: 'bad' }))).toBe(0);
  });

  it('a calendar window is the period from its anchor that holds the instant, in its own zone', () => {
    const span = (unit: 'month' | 'quarter', at: string, anchor = '2020-01-01T00:00:00') => {
      const { start, end } = wholeWindow(
        { kind: 'calendar', count: 1, unit, anchor, tz: 'Europe/Berlin' },
        Date.parse(at),
      );
      return [new Date(start).toISOString(), new Date(end).toISOString(), (end - start) / 3_600_000];
    };
    // EX-TZ-4: this quarter has the hour that is there twice.
    expect(span('quarter', '2025-11-20T12:00:00Z')).toEqual([
      '2025-09-30T22:00:00.000Z',
      '2025-12-31T23:00:00.000Z',
      2_209,
    ]);
    expect(span('quarter', '2025-09-30T22:00:00Z')[0]).toBe('2025-09-30T22:00:00.000Z');
    expect(span('quarter', '2025-09-30T21:59:59.999Z')[0]).toBe('2025-06-30T22:00:00.000Z');
    expect(span('month', '2019-03-10T00:00:00Z')[0]).toBe('2019-02-28T23:00:00.000Z');
    expect(span('month', '2025-03-31T10:00:00Z', '2025-01-31T00:00:00')[0]).toBe('2025-03-30T22:00:00.000Z');
    expect(nominalDays({ kind: 'calendar', count: 2, unit: 'month', anchor: '', tz: '' })).toBe(60);
    const at = Date.parse('2025-10-26T12:00:00Z');
    expect(wholeWindow({ kind: 'rolling', days: 30 }, at)).toEqual({ start: at - 30 * 86_400_000, end: at });
  });
});

describe('burn rates', () => {
  const page = burnRules(30, 'workbook')[0]!;
  const judged = (long: [number, number], short: [number, number], target: number, rule: BurnRule = page) => {
    const trailing: Trailing = (seconds) => {
      const [bad, valid] = seconds === rule.long_seconds ? long : short;
      return { good: valid - bad, valid };
    };
    return judgeRule(rule, target, trailing, { counts: true, stepSeconds: 60 });
  };

  it('has the factors of metrics.md §5.5 for 30 and 28 days', () => {
    const table = (days: number) =>
      burnRules(days, 'workbook').map((rule) => [
        rule.severity,
        rule.long_seconds,
        rule.short_seconds,
        Number(rule.factor.toFixed(3)),
      ]);
    expect(table(30)).toEqual([
      ['page', 3_600, 300, 14.4],
      ['page', 21_600, 1_800, 6],
      ['ticket', 86_400, 7_200, 3],
      ['ticket', 259_200, 21_600, 1],
    ]);
    expect(table(28).map(([, , , factor]) => factor)).toEqual([13.44, 5.6, 2.8, 0.933]);
    const pyrra = (days: number) =>
      burnRules(days, 'pyrra').map((rule) => [rule.factor, rule.long_seconds, rule.short_seconds, rule.for_seconds]);
    expect(pyrra(28)).toEqual([
      [14, 3_600, 300, 150],
      [7, 21_600, 1_800, 900],
      [2, 86_400, 7_200, 3_600],
      [1, 345_600, 21_600, 10_800],
    ]);
    expect(pyrra(14)[3]).toEqual([1, 172_800, 10_800, 5_400]);
  });

  it('EX-BURN-1: both stretches must burn, strictly', () => {
    expect(judged([150, 10_000], [16, 1_000], 0.999)).toMatchObject({ state: 'firing' });
    expect(judged([150, 10_000], [16, 1_000], 0.999).burn_long).toBeCloseTo(15, 9);
    expect(judged([150, 10_000], [16, 1_000], 0.999).burn_short).toBeCloseTo(16, 9);
    expect(judged([150, 10_000], [5, 1_000], 0.999)).toMatchObject({ state: 'ok' });
    expect(judged([144, 10_000], [144, 10_000], 0.999)).toMatchObject({ state: 'ok' });
    expect(judged([144, 10_000], [144, 10_000], 0.999, { ...page, inclusive: true })).toMatchObject({
      state: 'firing',
    });
  });

  it('EX-BURN-2: one failure among few pages nobody', () => {
    expect(judged([1, 10], [1, 10], 0.999)).toMatchObject({ state: 'low_traffic', least_valid: 70, valid_long: 10 });
    expect(judged([1, 10], [1, 10], 0.999).burn_long).toBeCloseTo(100, 9);
    // With 69 one failure trips, so that is too few; with 70 it does not, and two do.
    expect(judged([1, 69], [1, 69], 0.999).state).toBe('low_traffic');
    expect(burnRate(1, 69, 0.999)).toBeGreaterThan(14.4);
    expect(judged([1, 70], [1, 70], 0.999).state).toBe('ok');
    expect(judged([2, 70], [2, 70], 0.999).state).toBe('firing');
    expect(leastValid(14.4, 0.99)).toBe(7);
    expect(leastValid(1, 0.9)).toBe(10);
  });

  it('knows rules that can never fire, stretches of which nothing is known, and waits', () => {
    expect([canFire(page, 0.93), canFire(page, 0.9305), canFire(page, 0.9306)]).toEqual([false, false, true]);
    expect(judged([10, 10], [10, 10], 0.9).state).toBe('cannot_fire');
    expect(judged([0, 0], [0, 0], 0.999)).toMatchObject({ state: 'no_data', burn_long: null });
    const waits = burnRules(28, 'pyrra')[0]!;
    const since = (begun: number): Trailing => {
      return (_seconds, ago) => ({ good: ago < begun ? 0 : 1_000, valid: 1_000 });
    };
    const state = (begun: number) => judgeRule(waits, 0.999, since(begun), { counts: true, stepSeconds: 30 }).state;
    expect([state(150), state(151), state(0)]).toEqual(['pending', 'firing', 'ok']);
  });
});
