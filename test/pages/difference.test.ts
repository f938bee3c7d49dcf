import fc from 'fast-check';
import { expect, test } from 'vitest';
import { differenceOf, differenceWords } from '../../dashboards/web/difference.ts';
import type { Interval, Row } from '../../queries/envelope.ts';

const row = (
  unit: string,
  value: number | null,
  low: number | null,
  high: number | null,
  more: Partial<Row> = {},
): Row =>
  ({
    metric: 'm',
    unit,
    value,
    n: 100,
    status: 'ok',
    coverage: 1,
    open_n: 0,
    excluded: {},
    ci: low === null && high === null ? null : ({ low, high, level: 0.95, method: 'any' } as Interval),
    ...more,
  }) as Row;

test('two shares: Newcombe’s worked example, 56/70 less 48/80', () => {
  // Newcombe 1998, method 10: 0.2000, interval 0.0524 to 0.3339.
  const found = differenceOf(row('fraction', 0.8, 0.6917, 0.8777), row('fraction', 0.6, 0.4907, 0.7007), 'higher');
  expect(found.judgement).toBe('better');
  expect(found.estimate).toBeCloseTo(0.2, 6);
  expect(found.low).toBeCloseTo(0.0524, 3);
  expect(found.high).toBeCloseTo(0.3339, 3);
});

test('better and worse follow the direction of the metric', () => {
  const [now, before] = [row('hours', 20, 18, 22), row('hours', 40, 37, 44)];
  expect(differenceOf(now, before, 'lower').judgement).toBe('better');
  expect(differenceOf(now, before, 'higher').judgement).toBe('worse');
  const words = differenceWords(differenceOf(now, before, 'lower'), now);
  expect(words.judged).toBe('better');
  expect(words.line.replaceAll('\u202f', '_')).toBe(' by 20_h');
  expect(words.beneath.replaceAll('\u202f', '_')).toBe('15_h to 26_h');
});

test('without an interval, with too few atoms or without a baseline nothing is claimed', () => {
  const firm = row('hours', 40, 37, 44);
  expect(differenceOf(row('hours', 20, null, null), firm, 'lower').judgement).toBe('unknown');
  expect(differenceOf(row('hours', 20, 18, null), firm, 'lower').judgement).toBe('unknown');
  expect(differenceOf(row('hours', 20, 18, 22, { status: 'insufficient' }), firm, 'lower').judgement).toBe('unknown');
  expect(differenceOf(firm, row('hours', null, null, null, { status: 'no_data' }), 'lower').judgement).toBe(
    'no baseline',
  );
  expect(differenceOf(firm, null, 'lower').judgement).toBe('no baseline');
  expect(differenceWords(differenceOf(firm, null, 'lower'), firm).line).toBe('nothing to compare with');
});

test('swapping the windows turns the interval around; a claim is made only if it leaves out zero', () => {
  const interval = fc
    .tuple(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
    )
    .map((three) => [...three].sort((a, b) => a - b) as [number, number, number]);
  const unit = fc.constantFrom('fraction', 'hours', 'deployments/day');
  fc.assert(
    fc.property(unit, interval, interval, (of, [aLow, a, aHigh], [bLow, b, bHigh]) => {
      const [left, right] = [row(of, a, aLow, aHigh), row(of, b, bLow, bHigh)];
      const [there, back] = [differenceOf(left, right, 'higher'), differenceOf(right, left, 'higher')];
      expect(there.low).toBeCloseTo(-(back.high ?? 0), 9);
      expect(there.low ?? 0).toBeLessThanOrEqual(there.estimate ?? 0);
      const leavesOutZero = (there.low ?? 0) > 0 || (there.high ?? 0) < 0;
      expect(there.judgement === 'better' || there.judgement === 'worse').toBe(leavesOutZero);
    }),
    { seed: 20251121, numRuns: 500 },
  );
});
