import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Store } from '../../ingest/ports.ts';
import { answerMetric } from '../../queries/answer.ts';
import { keepAnswers } from '../../queries/kept-answers.ts';
import { keepCounts } from '../../queries/kept-counts.ts';
import { findMetric } from '../../queries/metrics/registry.ts';
import { parseRequest } from '../../queries/request.ts';
import { newStory } from '../histories/story.ts';
import { type Ledger, openLedger } from '../support/ledger.ts';

let ledger: Ledger;
let asked: string[];
let keeps: ReturnType<typeof keeping>;
/** The real store, and which statements reach it beside those that look at its tables. */
const listening = (): Store => ({
  ...ledger.store,
  query(sql, params) {
    if (!sql.includes('system.parts')) asked.push(sql);
    return ledger.store.query(sql, params);
  },
});
const keeping = () => ({ keptCounts: keepCounts(listening()), keptAnswers: keepAnswers() });

beforeAll(async () => {
  ledger = await openLedger();
});
afterAll(() => ledger.close());
beforeEach(async () => {
  await ledger.clear();
  asked = [];
  keeps = keeping();
  await tellDowntime('2026-03-03T10:00:00Z', '2026-03-03T10:30:00Z');
});

async function tellDowntime(from: string, to: string): Promise<void> {
  const { tell, history } = newStory();
  const incident_id = `incident at ${from}`;
  tell('incident.detected', from, { incident_id, service_id: 'shop', impact: 'outage' });
  tell('incident.resolved', to, { incident_id });
  await ledger.atoms.refresh(await ledger.write(history));
}

const MARCH = { from: '2026-03-02', to: '2026-03-16', grain: 'week' };

/** Its minutes of downtime by week, and how many statements that took. */
async function downtime(now: string, params: Readonly<Record<string, string>> = MARCH, id = 'ops.downtime') {
  const metric = findMetric(id)!;
  const parsed = parseRequest(metric, params, { now, reportingZone: 'UTC' });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const before = asked.length;
  const answered = await answerMetric({ ...ledger.deps(now), ...keeps, store: listening() }, metric, parsed.request);
  if (!answered.ok) throw new Error(JSON.stringify(answered.problems));
  const { answer } = answered;
  return { minutes: answer.series.map(({ value }) => value), statements: asked.length - before, answer };
}

const at = (seconds: number) => new Date(Date.parse('2026-04-01T12:00:00Z') + seconds * 1_000).toISOString();

test('is given from the third time on without a statement, with the as_of of the question', async () => {
  const first = await downtime(at(0));
  expect(first).toMatchObject({ minutes: [30, null] });
  expect(first.statements).toBeGreaterThan(0);
  // That another instant asks for the same is how it shows that the clock is no part of it.
  const second = await downtime(at(1));
  expect(second.statements).toBe(0);
  const third = await downtime(at(2));
  expect(third.answer).toEqual({
    ...second.answer,
    as_of: at(2),
    totals: second.answer.totals.map((row) => ({ ...row, as_of: at(2) })),
    series: second.answer.series.map((row) => ({ ...row, as_of: at(2) })),
  });
  // The rows of the second are those of the third, but for the instant.
  expect(third.answer.series[0]!.window).toBe(second.answer.series[0]!.window);
});

test('is made anew when something comes that it is made of', async () => {
  for (const seconds of [0, 1, 2]) await downtime(at(seconds));
  await tellDowntime('2026-03-10T08:00:00Z', '2026-03-10T08:10:00Z');
  for (const seconds of [3, 4, 5, 6]) expect(await downtime(at(seconds))).toMatchObject({ minutes: [30, 10] });
});

test('is made anew after every quarter of an hour', async () => {
  for (const seconds of [0, 1]) await downtime(at(seconds));
  const kept = (await downtime(at(899))).answer;
  expect(kept.series[0]!.window).toBe((await downtime(at(2))).answer.series[0]!.window);
  expect((await downtime(at(900))).answer.series[0]!.window).not.toBe(kept.series[0]!.window);
});

test('is not kept of a window that is not long over', async () => {
  const recent = { from: '2026-03-02', to: '2026-03-29T12:00:01Z' };
  const [, second, third] = [
    await downtime(at(0), recent),
    await downtime(at(0.4), recent),
    await downtime(at(0.8), recent),
  ];
  expect(third.answer.totals[0]!.window).not.toBe(second.answer.totals[0]!.window);
  const [, later, last] = [await downtime(at(1), recent), await downtime(at(2), recent), await downtime(at(3), recent)];
  expect(last.answer.totals[0]!.window).toBe(later.answer.totals[0]!.window);
});

test('is not kept where its baseline is not over', async () => {
  const open = { from: '2026-03-02', to: '2026-03-16', baseline: '2026-03-16..2026-05-01' };
  const closed = { ...open, baseline: '2026-01-01..2026-03-01' };
  const windowsOf = async (params: Readonly<Record<string, string>>) => {
    for (const seconds of [0, 1]) await downtime(at(seconds), params, 'delivery.time_to_market');
    const [second, third] = [
      await downtime(at(2), params, 'delivery.time_to_market'),
      await downtime(at(3), params, 'delivery.time_to_market'),
    ];
    return [second.answer.totals[0]!.window, third.answer.totals[0]!.window] as const;
  };
  const [first, other] = await windowsOf(open);
  expect(first).not.toBe(other);
  const [kept, same] = await windowsOf(closed);
  expect(kept).toBe(same);
});

test('is not kept where it was asked for twice in the same instant', async () => {
  const [, second, third] = [await downtime(at(0)), await downtime(at(0)), await downtime(at(0))];
  expect(third.answer.totals[0]!.window).not.toBe(second.answer.totals[0]!.window);
});

test('is not kept of what grows by the second, nor of a past', async () => {
  const growing = { ...MARCH, kaplan_meier: 'true' };
  for (const seconds of [0, 1, 2, 3]) {
    const { statements } = await downtime(at(seconds), growing, 'ops.mttr');
    expect(statements).toBeGreaterThan(0);
  }
  const past = { ...MARCH, as_of: '2026-03-20' };
  for (const seconds of [0, 1, 2, 3]) expect((await downtime(at(seconds), past)).statements).toBeGreaterThan(0);
});

test('cannot be changed by who asked', async () => {
  for (const seconds of [0, 1]) await downtime(at(seconds));
  const { answer } = await downtime(at(2));
  expect(() => Object.assign(answer.series[0]!.window, { tz: 'Europe/Berlin' })).toThrow(TypeError);
});
