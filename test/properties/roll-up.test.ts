import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Row } from '../../queries/envelope.ts';
import type { Metric } from '../../queries/metric.ts';
import { metrics } from '../../queries/metrics/registry.ts';
import { randomHistory } from '../histories/histories.ts';
import { weekendOf } from '../histories/organisation.ts';
import { newStory, type Recorded } from '../histories/story.ts';
import { surveyWorld } from '../surveys/world.ts';

/** Histories told one beside the other, those of them that lie around the same change of clocks; another number tries others. */
const SEED = Number(process.env.HEADWAY_TEST_SEED ?? 20260322);
const HISTORIES = 24;
const DAY_MS = 86_400_000;

/** Numbers of a row of which the parts' add up to the whole's (metrics.md §1.1), by how the metric aggregates. */
const additive: Readonly<Record<Metric['aggregate']['type'], readonly (keyof Row & string)[]>> = {
  rate: ['n', 'numerator'],
  count: ['n', 'value'],
  sum: ['n', 'value'],
  ratio: ['n', 'numerator', 'denominator'],
  proportion: ['n', 'numerator', 'denominator', 'open_n'],
  snapshot: ['n', 'numerator', 'denominator'],
  quantiles: ['n', 'open_n'],
  mean: ['n', 'open_n'],
  score: ['n'],
  standing: ['n'],
  promoters: ['n'],
  union: [],
  availability: [],
  active: [],
};

/** Of what holds at an instant and of people that are counted once, days do not add up. */
const apartInTime: readonly Metric['aggregate']['type'][] = ['snapshot', 'standing', 'union', 'availability', 'active'];

const world = surveyWorld();
const { at } = weekendOf(SEED);
const from = new Date(Math.floor(at / DAY_MS) * DAY_MS - 30 * DAY_MS).toISOString();
const to = new Date(Math.floor(at / DAY_MS) * DAY_MS + 30 * DAY_MS).toISOString();
const counted = new Set<string>();

beforeAll(async () => {
  console.info(`seed: ${SEED}`);
  await world.clear();
  const seeds = Array.from({ length: HISTORIES }, (_, n) => SEED + n).filter((seed) => weekendOf(seed).at === at);
  const history = [...seeds.flatMap(randomHistory), ...people()].sort(
    (a, b) => Date.parse(a.recorded_at) - Date.parse(b.recorded_at),
  );
  await world.ledger().write(history);
  await world.ledger().atoms.rebuild();
  world.at(new Date(Math.max(...history.map((one) => Date.parse(one.recorded_at))) + 60 * DAY_MS).toISOString());
}, 300_000);

/** Enough people for what is told of people, in teams large and small. */
function people(): readonly Recorded[] {
  const story = newStory();
  const iso = (days: number) => new Date(at + days * DAY_MS).toISOString();
  for (let n = 0; n < 40; n += 1) {
    const person = `person-${n}`;
    const team = n < 22 ? 'payments' : n < 33 ? 'search' : `small-${n % 3}`;
    const start = (n % 20) - 15;
    story.tell('person.joined', iso(start), { person, team, ...(n % 7 === 0 ? { newcomer: false } : {}) });
    story.tell('portal.action', iso(start + 1 + (n % 5)), { principal: person, action: 'create' });
    if (n % 9 === 0) story.tell('person.left', iso(start + 9), { person });
    story.tell('onboarding.started', iso(start), { person });
    if (n % 4 !== 0) story.tell('onboarding.completed', iso(start + 0.4 * (n % 8)), { person });
    const task = { task_id: `task-${n}`, kind: n % 2 === 0 ? 'create' : 'grant', principal: person, team };
    story.tell('task.requested', iso(start), task);
    story.tell('task.started', iso(start), task);
    if (n % 3 !== 0) story.tell('task.finished', iso(start + 2), { ...task, outcome: 'succeeded' });
  }
  for (const source of ['canonical', 'books', 'checklist', 'backstage'])
    for (let day = -30; day <= 30; day += 1) story.tell('source.heartbeat', iso(day), { name: source }, { source });
  return story.history;
}

const whole = async (metric: Metric) => (await world.totals(metric.id, { from, to }))[0]!;
const sum = (rows: readonly Row[], name: string): number => rows.reduce((all, row) => all + Number(row[name] ?? 0), 0);
const excludedOf = (rows: readonly Row[]): Record<string, number> => {
  const all: Record<string, number> = {};
  for (const row of rows) for (const [reason, n] of Object.entries(row.excluded)) all[reason] = (all[reason] ?? 0) + n;
  return all;
};

describe.each(metrics.map((metric) => [metric.id, metric] as const))('%s', (_, metric) => {
  const { type } = metric.aggregate;

  test('of its groups what adds up does, and what does not is no more than its parts and no less than any', async () => {
    const all = await whole(metric);
    if ((all.n ?? 0) > 0) counted.add(metric.id);
    for (const dimension of metric.dimensions) {
      const parts = await world.totals(metric.id, { from, to, group_by: dimension });
      const where = `seed ${SEED} ${metric.id} by ${dimension}`;
      const told = parts.filter(({ status }) => status !== 'suppressed');
      if (metric.suppressBelow !== undefined) {
        // Who is hidden is in the whole, or nowhere: what is told of the parts is never more.
        if (all.status !== 'suppressed' && type !== 'active')
          for (const name of additive[type])
            expect(sum(told, name), `${where}: ${name}`).toBeLessThanOrEqual(Number(all[name] ?? 0));
        for (const part of told) expect(Number(part.n), `${where}: n`).toSatisfy((n: number) => n >= 0);
        continue;
      }
      if (metric.overlapping?.includes(dimension)) {
        // What is in several parts counts in each, and once in the whole.
        for (const name of additive[type]) {
          expect(sum(parts, name), `${where}: ${name}`).toBeGreaterThanOrEqual(Number(all[name]));
          for (const part of parts)
            expect(Number(part[name]), `${where}: ${name}`).toBeLessThanOrEqual(Number(all[name]));
        }
        continue;
      }
      for (const name of additive[type])
        if (all[name] !== null) expect(sum(parts, name), `${where}: ${name}`).toBeCloseTo(Number(all[name]), 6);
      expect(excludedOf(parts), where).toEqual(all.excluded);
      if (type === 'union' && all.value !== null) {
        // Of a part that nothing is known of nothing is told; it is in the whole.
        if (parts.every(({ value }) => value !== null))
          expect(all.value, where).toBeLessThanOrEqual(sum(parts, 'value') + 1e-9);
        for (const part of parts) expect(all.value, where).toBeGreaterThanOrEqual(Number(part.value) - 1e-9);
      }
    }
  }, 300_000);

  if (apartInTime.includes(type) || metric.survey !== undefined) return;
  test('days add up to the whole', async () => {
    const all = await whole(metric);
    const { series } = await world.get(metric.id, { from, to, grain: 'day' });
    // Where a day is hidden the whole may be; what is told of days is never more.
    const isHidden = metric.suppressBelow !== undefined && series.some(({ status }) => status === 'suppressed');
    if (isHidden || all.status === 'suppressed') return;
    for (const name of additive[type])
      if (all[name] !== null)
        expect(sum(series, name), `seed ${SEED} ${metric.id}: ${name}`).toBeCloseTo(Number(all[name]), 6);
  }, 300_000);
});

afterAll(() => {
  const others = metrics.map(({ id }) => id).filter((id) => !counted.has(id));
  console.info(`${counted.size} of ${metrics.length} metrics counted something; the others: ${others.join(' ')}`);
});
