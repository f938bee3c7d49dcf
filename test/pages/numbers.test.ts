import { expect, test } from 'vitest';
import {
  formatAvailability,
  formatDifference,
  formatDuration,
  formatDurationShort,
  formatInterval,
  formatMoney,
  formatNumber,
  formatPlainShare,
  formatRate,
  formatScore,
  formatShare,
  quantityOf,
} from '../../dashboards/web/numbers.ts';

/** Thin and plain no-break spaces as `_` and `~`, so that expectations can be read. */
const seen = (text: string) => text.replaceAll('\u202f', '_').replaceAll('\u00a0', '~');
const [hours, minutes, share, rate] = ['hours', 'minutes', 'fraction', 'deployments/day'].map(quantityOf) as [
  ReturnType<typeof quantityOf>,
  ReturnType<typeof quantityOf>,
  ReturnType<typeof quantityOf>,
  ReturnType<typeof quantityOf>,
];
const ci = (low: number | null, high: number | null) => ({ low, high, level: 0.95, method: 'any' }) as const;

test('thousands are parted by thin spaces, minus is U+2212 and never stands before a zero', () => {
  expect(seen(formatNumber(1163))).toBe('1_163');
  expect(seen(formatNumber(1_234_567.25, 1))).toBe('1_234_567.3');
  expect(formatNumber(-0.4, 1)).toBe('−0.4');
  expect(formatNumber(-0.04, 1)).toBe('0.0');
});

test('durations take two units at most and change unit at their bounds', () => {
  const cases: [number, string][] = [
    [0, '0_s'],
    [38, '38_s'],
    [59.6, '1_min'],
    [38 * 60, '38_min'],
    [59.7 * 60, '1_h'],
    [3600, '1_h'],
    [21 * 3600 + 40 * 60, '21_h~40_min'],
    [47.999 * 3600, '2_d'],
    [76 * 3600, '3_d~4_h'],
    [13.99 * 86_400, '14_d'],
    [23.4 * 86_400, '23_d'],
    [-7 * 60, '−7_min'],
  ];
  for (const [seconds, words] of cases) expect(seen(formatDuration(seconds)), `${seconds} s`).toBe(words);
});

test('bounds use the unit steps of their value, but keep something to say', () => {
  expect(seen(formatDuration(61 * 60, 38 * 60))).toBe('61_min');
  expect(seen(formatDuration(30 * 60, 5 * 3600))).toBe('30_min');
  expect(seen(formatDuration(100 * 3600, 20 * 3600))).toBe('100_h');
  expect(seen(formatDuration(20, 50 * 60))).toBe('20_s');
});

test('captions carry one unit', () => {
  expect(seen(formatDurationShort(32.4 * 3600))).toBe('32_h');
  expect(seen(formatDurationShort(3.2 * 86_400))).toBe('3_d');
});

test('shares have one decimal, none below twenty', () => {
  expect(seen(formatShare(27 / 406, 406))).toBe('6.7_%');
  expect(seen(formatShare(2 / 8, 8))).toBe('25_%');
  expect(seen(formatPlainShare(0.999))).toBe('99.9_%');
  expect(seen(formatPlainShare(0.99))).toBe('99_%');
  expect(seen(formatPlainShare(1))).toBe('100_%');
});

test('availability shows two significant digits of the bad share', () => {
  const cases: [number, string][] = [
    [0.9942, '99.42_%'],
    [0.99961, '99.961_%'],
    [0.9988, '99.88_%'],
    [0.974, '97.4_%'],
    [0.81, '81_%'],
    [1, '100_%'],
  ];
  for (const [value, words] of cases) expect(seen(formatAvailability(value))).toBe(words);
});

test('rates are a day, under a tenth a week', () => {
  expect(seen(formatRate(14.23))).toBe('14.2_a day');
  expect(seen(formatRate(0.43))).toBe('0.43_a day');
  expect(seen(formatRate(0.06))).toBe('0.42_a week');
  expect(seen(formatRate(0))).toBe('0_a day');
  expect(seen(formatInterval(rate, 0, ci(0, 0.041), 0))).toBe('0 to 0.29_a week');
});

test('scores round half up from the unrounded, money carries its currency', () => {
  expect(formatScore(0.25)).toBe('0.3');
  expect(formatScore(0.649)).toBe('0.6');
  expect(seen(formatMoney(36_000))).toBe('36_k€');
});

test('intervals are said in the value’s units; a missing bound is said', () => {
  expect(seen(formatInterval(hours, 21.67, ci(18.83, 24.5), 612))).toBe('18_h~50_min to 24_h~30_min');
  expect(seen(formatInterval(rate, 14.2, ci(12.9, 15.7), 398))).toBe('12.9 to 15.7_a day');
  expect(seen(formatInterval(share, 0.067, ci(0.046, 0.095), 406))).toBe('4.6_% to 9.5_%');
  expect(seen(formatInterval(hours, 5, null, 5))).toBe('no interval, n = 5');
  expect(seen(formatInterval(minutes, 38, ci(24, null), 7))).toBe('from 24_min, no upper bound yet (n = 7)');
});

test('differences carry sign and interval, the unit once where it is the same', () => {
  expect(seen(formatDifference(minutes, -14, -39, 6))).toBe('−14_min (−39 to +6_min)');
  expect(seen(formatDifference(share, 0.004, -0.031, 0.039, 406))).toBe('+0.4_pp (−3.1 to +3.9_pp)');
  expect(seen(formatDifference(hours, -5, -9.33, 2.17))).toBe('−5_h (−9_h~20_min to +2_h~10_min)');
  expect(seen(formatDifference(rate, 1.3, -0.7, 3.3))).toBe('+1.3_a day (−0.7 to +3.3)');
});
