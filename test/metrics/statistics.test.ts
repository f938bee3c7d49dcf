import binomialCdf from '@stdlib/stats-base-dists-binomial-cdf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bandOf } from '../../queries/bands.ts';
import { bcaMean, canonicalJson, drawer } from '../../queries/statistics/bootstrap.ts';
import { cadenceClass } from '../../queries/statistics/cadence.ts';
import { garwood, tInterval, wilson } from '../../queries/statistics/interval.ts';
import { FEW_VALUES, orderBounds, quantile, RANK_SLACK, rank } from '../../queries/statistics/quantile.ts';

const percents = [50, 75, 90] as const;

describe('quantiles', () => {
  it('EX-Q-1: R-7', () => {
    const ranked = rank([2, 3, 5, 26, 30]);
    expect(quantile(ranked, 50)).toEqual({ value: 5, ci: null, lower_bound: null });
    expect(quantile(ranked, 75).value).toBe(26);
    expect(quantile(ranked, 90).value).toBeCloseTo(28.4, 12);
  });

  it('has the published ranks of the median interval', () => {
    const published = { 6: [1, 6], 7: [1, 7], 8: [1, 8], 9: [2, 8], 10: [2, 9], 12: [3, 10], 20: [6, 15] };
    for (const [n, [low, high]] of Object.entries(published)) expect(orderBounds(Number(n), 50)).toEqual({ low, high });
    for (let n = 1; n <= 5; n += 1) expect(orderBounds(n, 50)).toEqual({ low: null, high: null });
  });

  it('finds the bounds of the definition for every n up to 400', () => {
    for (let n = 1; n <= 400; n += 1) {
      for (const percent of percents) {
        const p = percent / 100;
        let low: number | null = null;
        let high: number | null = null;
        for (let k = 1; k <= n; k += 1) {
          if (binomialCdf(k - 1, n, p) <= 0.025) low = k;
          if (high === null && binomialCdf(k - 1, n, p) >= 0.975) high = k;
        }
        expect(orderBounds(n, percent), `n ${n}, ${percent} %`).toEqual({ low, high });
      }
    }
  });

  it('needs no rank further from the normal approximation than a store answers', () => {
    const small = Array.from({ length: 3_000 }, (_, index) => FEW_VALUES + 1 + index);
    const large = Array.from({ length: 400 }, (_, index) => Math.floor(3_000 * 1.0205 ** index));
    expect(large.at(-1)).toBeGreaterThan(9_000_000);
    for (const n of [...small, ...large]) {
      for (const percent of percents) {
        const p = percent / 100;
        const half = 1.96 * Math.sqrt(n * p * (1 - p));
        const { low, high } = orderBounds(n, percent);
        const off = Math.max(Math.abs(low! - Math.round(n * p - half)), Math.abs(high! - Math.round(n * p + 1 + half)));
        if (off > RANK_SLACK) expect({ n, percent, off }).toBeNull();
      }
    }
  });

  it('treats an open item as longer than any value', () => {
    const values = fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(values, fc.integer({ min: 0, max: 5 }), fc.constantFrom(...percents), (closed, open, percent) => {
        const censored = quantile(rank(closed, open), percent);
        const far = 1e9;
        const filled = quantile(rank([...closed, ...Array.from({ length: open }, () => far)]), percent);
        if (filled.value! > 1_000) expect(censored).toMatchObject({ value: null, lower_bound: Math.max(...closed) });
        else expect(censored).toMatchObject({ value: filled.value, lower_bound: null });
        const bound = (value: number | null | undefined) => (value === undefined || value === far ? null : value);
        expect(bound(censored.ci?.low)).toBe(bound(filled.ci?.low));
        expect(bound(censored.ci?.high)).toBe(bound(filled.ci?.high));
      }),
      { seed: 20_251_121 },
    );
  });
});

describe('intervals', () => {
  it('EX-Q-2: Wilson, also at the edges', () => {
    const [none, some, most] = [wilson(0, 10)!, wilson(2, 8)!, wilson(297, 300)!];
    expect([none.low, none.high!.toFixed(3)]).toEqual([0, '0.278']);
    expect([some.low!.toFixed(3), some.high!.toFixed(3)]).toEqual(['0.071', '0.591']);
    expect([most.low!.toFixed(3), most.high!.toFixed(3)]).toEqual(['0.971', '0.997']);
    expect(wilson(0, 0)).toBeNull();
    expect(wilson(5, 5)!.high).toBe(1);
  });

  it('holds the proportion and narrows with n', () => {
    const trials = fc
      .integer({ min: 1, max: 5_000 })
      .chain((n) => fc.tuple(fc.integer({ min: 0, max: n }), fc.constant(n)));
    fc.assert(
      fc.property(trials, ([k, n]) => {
        const { low, high } = wilson(k, n)!;
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        expect(low! <= k / n && k / n <= high!).toBe(true);
        const wider = wilson(k, n)!;
        const narrower = wilson(k * 4, n * 4)!;
        expect(narrower.high! - narrower.low!).toBeLessThan(wider.high! - wider.low!);
      }),
      { seed: 20_251_121 },
    );
  });

  it('Garwood: the published bounds, per unit of exposure', () => {
    expect(garwood(0, 1)!.low).toBe(0);
    expect(garwood(0, 1)!.high).toBeCloseTo(3.689, 3);
    expect(garwood(3, 1)!.low).toBeCloseTo(0.619, 3);
    expect(garwood(3, 1)!.high).toBeCloseTo(8.767, 3);
    expect(garwood(3, 7)!.high).toBeCloseTo(8.767 / 7, 3);
    expect(garwood(1, 0)).toBeNull();
  });

  it('EX-SUR-1: t of a bounded scale', () => {
    const interval = tInterval([5, 4, 4, 3, 5, 4, 2, 5], [1, 5])!;
    expect([interval.low!.toFixed(2), interval.high!.toFixed(2)]).toEqual(['3.11', '4.89']);
    expect(tInterval([5, 5, 4], [1, 5])!.high).toBe(5);
    expect(tInterval([4], [1, 5])).toBeNull();
  });
});

describe('the bootstrap', () => {
  it('writes questions canonically', () => {
    expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: true })).toBe('{"a":true,"b":[1,{"c":"x","d":null}]}');
  });

  it('draws evenly and the same again', () => {
    const [first, second] = [drawer({ a: 1, b: 2 }, 10), drawer({ b: 2, a: 1 }, 10)];
    const draws = new Uint32Array(20_000);
    first(draws);
    // In one buffer or in several, the same ones.
    const again = new Uint32Array(7);
    for (const from of [0, 7, 14]) {
      second(again);
      expect([...again]).toEqual([...draws.subarray(from, from + 7)]);
    }
    for (let place = 0; place < 10; place += 1)
      expect(Math.abs(draws.filter((draw) => draw === place).length - 2_000)).toBeLessThan(200);
  });

  it('covers the mean it was drawn from about as often as it says', () => {
    const draw = drawer('coverage of a skewed distribution', 1_000_000);
    const drawn = new Uint32Array(40);
    let held = 0;
    const rounds = 120;
    for (let round = 0; round < rounds; round += 1) {
      draw(drawn);
      const values = Array.from(drawn, (place) => Math.round(-1_000 * Math.log(1 - place / 1_000_000)));
      values.sort((a, b) => a - b);
      const { low, high } = bcaMean(values, 1, round)!;
      if (low! <= 1_000 && 1_000 <= high!) held += 1;
    }
    expect(held / rounds).toBeGreaterThan(0.86);
    expect(held / rounds).toBeLessThan(1);
  });

  it('is silent where it would mislead', () => {
    expect(bcaMean([1, 2, 3, 4, 5, 6, 7, 8, 9], 1, 'nine')).toBeNull();
    expect(
      bcaMean(
        Array.from({ length: 12 }, () => 7),
        1,
        'no spread',
      ),
    ).toBeNull();
  });
});

describe('cadence and bands', () => {
  it('classes by the median week, then month', () => {
    const monday = Date.UTC(2025, 9, 6) / 86_400_000;
    expect(
      cadenceClass(
        [0, 1, 2, 7, 8, 9].map((day) => monday + day),
        [monday, monday + 14],
      ),
    ).toBe('daily');
    expect(cadenceClass([monday, monday + 8], [monday, monday + 14])).toBe('weekly');
    expect(cadenceClass([monday], [monday, monday + 20])).toBe('monthly');
    expect(cadenceClass([], [monday, monday + 20])).toBe('yearly');
  });

  it('EX-BAND-1 and EX-BAND-2: the first level whose upper limit holds', () => {
    expect(bandOf('dora-2024', 'lead_time', 5)).toBe('elite');
    expect(bandOf('dora-2024', 'lead_time', 30)).toBe('high');
    expect(bandOf('dora-2024', 'recovery', 180)).toBe('high or medium');
    expect(bandOf('dora-2021', 'lead_time', 5)).toBe('high');
    expect(bandOf('dora-2021', 'change_fail_rate', 0.2)).toBe('high, medium or low');
    expect(bandOf('dora-2024', 'change_fail_rate', 0.01)).toBeNull();
    expect(bandOf('dora-2023', 'frequency', 1)).toBe('high');
    expect(bandOf('dora-2023', 'frequency', 1.01)).toBe('elite');
    expect(bandOf('dora-2023', 'frequency', 0)).toBe('medium or low');
  });
});
