import { expect, test } from 'vitest';
import { histogram } from '../../dashboards/web/charts/histogram.ts';
import { niceStep, runsOf } from '../../dashboards/web/charts/scale.ts';
import type { Point } from '../../dashboards/web/charts/series.ts';
import { sparkline } from '../../dashboards/web/charts/sparkline.ts';
import { timeline } from '../../dashboards/web/charts/timeline.ts';
import { toText } from '../../dashboards/web/html.ts';

const WEEK = 7 * 86_400_000;
const points = (values: readonly (number | null)[], openFrom = values.length): Point[] =>
  values.map((value, index) => ({
    start: new Date(Date.UTC(2025, 4, 19) + index * WEEK).toISOString(),
    end: new Date(Date.UTC(2025, 4, 19) + (index + 1) * WEEK).toISOString(),
    value,
    low: value === null ? null : value * 0.8,
    high: value === null ? null : value * 1.2,
    n: value === null ? null : 9,
    gap: 'no data',
    isProvisional: index >= openFrom,
  }));
const spark = (values: readonly (number | null)[], openFrom?: number) =>
  toText(
    sparkline({
      title: 'Weeks',
      points: points(values, openFrom),
      window: null,
      before: null,
      width: 100,
      height: 41,
      hasBand: true,
    }),
  );
const lines = (svg: string) => [...svg.matchAll(/<path d="(M[^"]*)" fill="none"/g)].map((match) => match[1] ?? '');

test('null is a gap in line and band: neither joined nor drawn at zero', () => {
  const svg = spark([4, 4, null, null, 4, 4]);
  expect(lines(svg)).toHaveLength(2);
  for (const path of lines(svg)) expect(path.match(/[ML]/g)).toHaveLength(2);
  // The baseline is at 40: no value of the line may stand there.
  expect(lines(svg).join()).not.toMatch(/ 40(?:L|$)/);
  expect(svg.match(/Z" fill="var\(--s1\)"/g)).toHaveLength(2);
});

test('zero is drawn on the baseline, a lone week as a dot', () => {
  expect(lines(spark([0, 0, 4, 0]))[0]).toMatch(/^M12.5 40L37.5 40/);
  expect(spark([null, 3, null, 4, 5])).toContain('r="1.5"');
});

test('the provisional end is dashed, hatched and hollow', () => {
  const svg = spark([4, 5, 6, 7], 3);
  expect(svg).toContain('url(#ht)');
  expect(svg).toContain('stroke-dasharray="2 2"');
  expect(svg).toMatch(/r="2.5" fill="var\(--paper\)"/);
  expect(spark([4, 5, 6, 7])).toMatch(/r="2.5" fill="var\(--s1\)"/);
});

const wide = (values: readonly (number | null)[], title = 'How soon?') =>
  toText(
    timeline({
      title,
      points: points(values),
      zone: 'UTC',
      unit: 'h',
      label: ['Lead time', '<5 h>'],
      brackets: [],
    }),
  );

test('the time line keeps gaps, passes tokens through and is the same every time', () => {
  const values = [30, 32, null, 31, 28, 27];
  const svg = wide(values);
  expect(svg).toBe(wide(values));
  expect(svg).not.toMatch(/zr\d|class="zr|<style|pointer-events|NaN|undefined|#[0-9a-f]{3,6}\b(?!.*\))/i);
  expect(svg).toContain('var(--s1)');
  expect(svg).toContain('&lt;5 h&gt;');
  expect(svg.match(/<svg /g)).toHaveLength(2);
  // Each rendering draws the value line in two parts.
  const drawn = [...svg.matchAll(/<path d="([^"]*)"[^>]*stroke-width="2"/g)].map((match) => match[1] ?? '');
  expect(drawn.join('').match(/M/g)?.length).toBeGreaterThanOrEqual(4);
  expect(svg.length).toBeLessThan(15_000);
});

test('the histogram stands on a logarithmic axis and says its quantiles', () => {
  const seconds = Array.from({ length: 200 }, (_, index) => 600 * 1.03 ** index);
  const svg = toText(histogram({ things: 'changes', seconds, median: 11_000, threeInFour: null, nineInTen: 120_000 }));
  expect(svg).toContain('How the 200 changes are spread. Half took up to 3');
  expect(svg).not.toContain('three in four');
  // Evenly spread logarithms fill all bins alike.
  const heights = [...svg.matchAll(/height="([\d.]+)" fill="var\(--s1\)"/g)].map((match) => Number(match[1]));
  expect(heights).toHaveLength(12);
  expect(Math.min(...heights) / Math.max(...heights)).toBeGreaterThan(0.85);
  expect(toText(histogram({ things: 'changes', seconds: [], median: null, threeInFour: null, nineInTen: null }))).toBe(
    '',
  );
});

test('steps of an axis are round, runs split at what is missing', () => {
  expect([47, 50, 9, 0.9, 0].map((max) => niceStep(max, 5))).toEqual([10, 10, 2, 0.2, 1]);
  expect(runsOf([1, 2, null, 3, null], (item) => item !== null)).toEqual([[1, 2], [3]]);
});
