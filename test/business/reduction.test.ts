import { beforeEach, expect, test } from 'vitest';
import type { Row } from '../../queries/envelope.ts';
import { progressOf, scoreOf } from '../../queries/okr/score.ts';
import { drawer } from '../../queries/statistics/bootstrap.ts';
import { newRandom } from '../histories/random.ts';
import { surveyWorld } from '../surveys/world.ts';

const world = surveyWorld();
beforeEach(() => world.clear());

const DAY_MS = 86_400_000;
const spring = { from: '2025-03-03', to: '2025-04-14' };
const autumn = { from: '2025-09-01', to: '2025-10-13' };
const baseline = `${spring.from}..${spring.to}`;

/** A feature that took so many days, released on a day of a window. */
const release = (id: string, day: string, days: number, more: object = {}) => {
  const at = Date.parse(`${day}T12:00:00Z`);
  const feature = { feature: id, team: 'a', ...more };
  world.story().tell('feature.committed', new Date(at - days * DAY_MS).toISOString(), feature);
  world.story().tell('feature.released', new Date(at).toISOString(), feature);
};
const later = (day: string, days: number) => new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);

/** The roadmap is heard of that day. */
const heard = (day: string) => world.story().tell('source.heartbeat', `${day}T12:00:00Z`, { name: 'canonical' });

/** Two features a week for six weeks, around a median; returns the values by week. */
const releases = (name: string, from: string, median: number, more: object = {}) =>
  Array.from({ length: 6 }, (_, week) =>
    [-1, 1].map((side) => {
      const days = median + (side < 0 ? -((week * 7) % 11) : (week * 5) % 13);
      release(`${name}-${week}-${side}`, later(from, week * 7 + (side < 0 ? 0 : 4)), days, more);
      return days;
    }),
  );

const only = async (params: object): Promise<Row> => {
  const rows = await world.totals('delivery.time_to_market', { ...autumn, ...params });
  expect(rows).toHaveLength(1);
  return rows[0]!;
};

const middle = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.floor(sorted.length / 2)]!) / 2;
};

type Window = typeof spring;

/** The bootstrap of metrics.md §1.8 written out: weeks drawn anew on each side, what is in them thrown together. */
const secondInterval = (
  now: readonly number[][],
  before: readonly number[][],
  questionOf: (day: Window) => unknown,
) => {
  const side = (weeks: readonly number[][], day: Window) => {
    const draw = drawer(questionOf(day), weeks.length);
    const drawn = new Uint32Array(weeks.length);
    return () => {
      draw(drawn);
      return middle([...drawn].flatMap((week) => weeks[week]!));
    };
  };
  const [after, earlier] = [side(now, autumn), side(before, spring)];
  const draws = Array.from({ length: 10_000 }, () => 1 - after() / earlier()).sort((a, b) => a - b);
  const at = (level: number) => {
    const h = 9_999 * level;
    const low = draws[Math.floor(h)]!;
    return low + (h - Math.floor(h)) * (draws[Math.ceil(h)]! - low);
  };
  return { low: at(0.025), high: at(0.975) };
};

test('EX-TTM-1: a median of 24 days after one of 40 is a reduction by 40 %, with an interval over weeks', async () => {
  const before = releases('before', spring.from, 40);
  const now = releases('after', autumn.from, 24);
  await world.write();
  const row = await only({ baseline });
  const reduction = row.reduction!;
  expect(row).toMatchObject({ value: 24, n: 12, status: 'ok' });
  expect(reduction).toMatchObject({
    baseline: {
      value: 40,
      n: 12,
      status: 'ok',
      window: { start: '2025-03-03T00:00:00.000Z', end: '2025-04-14T00:00:00.000Z' },
    },
    ci: { level: 0.95, method: 'bootstrap' },
  });
  expect(reduction.value).toBeCloseTo(0.4, 12);
  expect(scoreOf(progressOf(40, row.value!, 20)!)).toBeCloseTo(0.8, 12);
  const second = secondInterval(now, before, ({ from, to }) => ({
    metric: 'delivery.time_to_market',
    options: row.options,
    scope: {},
    spec_version: '1.0.0',
    window: { start: `${from}T00:00:00.000Z`, end: `${to}T00:00:00.000Z`, tz: 'UTC', grain: null },
  }));
  expect(reduction.ci?.low).toBeCloseTo(second.low, 12);
  expect(reduction.ci?.high).toBeCloseTo(second.high, 12);
  expect(second.low).toBeLessThan(0.4);
  expect(second.high).toBeGreaterThan(0.4);
  expect(row.options.baseline).toBe('2025-03-03T00:00:00.000Z..2025-04-14T00:00:00.000Z');
  // A series and an answer without a baseline are as ever.
  const { series, totals } = await world.get('delivery.time_to_market', { ...autumn, baseline, grain: 'week' });
  expect(totals[0]!.reduction?.value).toBeCloseTo(0.4, 12);
  for (const one of [...series, await only({})]) expect(one).not.toHaveProperty('reduction');
});

test('the same numbers told in another order have the same interval', async () => {
  releases('before', spring.from, 40);
  releases('after', autumn.from, 24);
  const seed = 20250301;
  const { history } = world.story();
  await world.ledger().write(history);
  await world.ledger().atoms.rebuild();
  const first = await only({ baseline });
  await world.clear();
  await world.ledger().write(newRandom(seed).shuffled(history));
  await world.ledger().atoms.rebuild();
  expect((await only({ baseline })).reduction, `seed ${seed}`).toEqual(first.reduction);
});

test('without ten on both sides nothing is told, and without four weeks no interval', async () => {
  releases('before', spring.from, 40);
  heard('2025-10-10');
  for (let n = 0; n < 10; n += 1) release(`after-${n}`, later(autumn.from, n), 30);
  await world.write();
  // Two weeks of ten features.
  expect((await only({ baseline })).reduction).toMatchObject({ value: 0.25, ci: null });
  const nine = { ...autumn, to: later(autumn.from, 9) };
  const [row] = await world.totals('delivery.time_to_market', { ...nine, baseline });
  expect(row).toMatchObject({ value: 30, n: 9, reduction: { value: null, ci: null, baseline: { value: 40, n: 12 } } });
  const short = `${spring.from}..${later(spring.from, 28)}`;
  expect((await only({ baseline: short })).reduction).toMatchObject({ value: null, baseline: { n: 8 } });
  const never = (await only({ baseline: '2024-03-01..2024-04-01' })).reduction;
  expect(never).toMatchObject({ value: null, ci: null, baseline: { value: null, n: 0, status: 'no_data' } });
});

test('each team is set against itself, and what is still open sorts last', async () => {
  releases('before', spring.from, 40);
  releases('after', autumn.from, 24);
  releases('b-before', spring.from, 20, { team: 'b' });
  releases('b-after', autumn.from, 30, { team: 'b' });
  release('c-after', autumn.from, 30, { team: 'c' });
  await world.write();
  const rows = await world.totals('delivery.time_to_market', { ...autumn, baseline, group_by: 'team', grain: 'week' });
  const values = Object.fromEntries(rows.map((row) => [row.team, row.reduction?.value]));
  expect(values).toEqual({ a: expect.closeTo(0.4, 12), b: expect.closeTo(-0.5, 12), c: null });
  // Of who was not there before nothing is told, of the window that was asked for.
  expect(rows.find((row) => row.team === 'c')?.reduction?.baseline).toEqual({
    value: null,
    n: 0,
    status: 'no_data',
    window: { ...rows[0]!.reduction!.baseline.window, grain: null, partial: false },
  });
  const slower = rows.find((row) => row.team === 'b')?.reduction?.ci;
  expect(slower?.high).toBeLessThan(0);
  // As many again are committed and never released: the median of the cohort is not known, and no reduction either.
  for (let n = 0; n < 40; n += 1)
    world.story().tell('feature.committed', `${later(autumn.from, n)}T00:00:00Z`, { feature: `open-${n}`, team: 'a' });
  await world.write();
  const cohort = await only({ baseline, bucket: 'committed', team: 'a', from: '2025-08-01' });
  expect(cohort).toMatchObject({ value: null, reduction: { value: null, ci: null } });
});

test('a baseline that is none is refused, and so is one of a metric that takes none', async () => {
  const refused = (text: string) => world.refused('delivery.time_to_market', { ...autumn, baseline: text });
  expect(await refused('2025-03-01')).toContain('not a window of two instants');
  expect(await refused('2025-03-01..tomorrow')).toContain('not a window of two instants');
  expect(await refused('2025-04-01..2025-03-01')).toContain('does not begin before its end');
  expect(await refused('2025-08-01..2025-09-02')).toContain('overlaps the window');
  expect(await world.refused('delivery.features_delivered', { baseline })).toContain('not a parameter');
});
