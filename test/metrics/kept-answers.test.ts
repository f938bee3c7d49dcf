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

const slo = (service: string, definition: object) => ({
  slo: service,
  public: false,
  definition: { title: service, service, window_days: 30, slice_seconds: 3_600, ...definition } as never,
});

/** Availability at an instant, asked for when it is kept already, and as it is made anew. */
async function keptAndAnew(seconds: number, params: Readonly<Record<string, string>>) {
  for (const before of [10, 11, 12]) await downtime(at(before), params, 'platform.availability');
  const { answer: kept } = await downtime(at(seconds), params, 'platform.availability');
  keeps = keeping();
  const { answer: anew } = await downtime(at(seconds), params, 'platform.availability');
  return { kept, anew };
}

test('is made anew when a definition that was stated ahead comes to hold', async () => {
  const { tell, history } = newStory();
  tell('service.defined', '2026-01-01T00:00:00Z', { service_id: 'shop', registered_at: '2026-01-01T00:00:00.000Z' });
  const incidents = (target: number) => slo('shop', { sli: 'incidents', target });
  tell('slo.defined', '2026-01-01T00:00:00Z', incidents(0.9999));
  tell('slo.defined', '2026-04-01T12:08:00Z', incidents(0.9), { recordedAt: '2026-04-01T12:00:00Z' });
  await ledger.atoms.refresh(await ledger.write(history));
  const { kept, anew } = await keptAndAnew(540, { from: MARCH.from, to: MARCH.to });
  expect(kept).toEqual(anew);
  expect(anew.totals[0]).toMatchObject({ meeting_n: 1 });
});

test('is made anew where the slices of a calendar begin anew', async () => {
  const { tell, history } = newStory();
  tell('service.defined', '2026-01-01T00:00:00Z', { service_id: 'shop', registered_at: '2026-01-01T00:00:00.000Z' });
  const calendar = { count: 1, unit: 'day', anchor: '2026-01-01T12:07:30', tz: 'UTC' };
  const indicator = { from: 'windows', name: 'shop' };
  const five = { slice_seconds: 18_000, window_days: 1 };
  tell('slo.defined', '2026-01-01T00:00:00Z', slo('shop', { sli: 'ratio', target: 0.9, indicator, calendar, ...five }));
  for (let hour = 0; hour < 14 * 24; hour += 1) {
    const [from, to] = [hour, hour + 1].map((each) =>
      new Date(Date.parse(MARCH.from) + each * 3_600_000).toISOString(),
    );
    tell('sli.window', from!, { sli: 'shop', from: from!, to: to!, good: hour % 7, valid: 10 });
  }
  await ledger.atoms.refresh(await ledger.write(history));
  const { kept, anew } = await keptAndAnew(540, { from: MARCH.from, to: MARCH.to, grain: 'day' });
  expect(kept).toEqual(anew);
  expect(anew.totals[0]).toMatchObject({ method: 'events' });
});

test('lets go of what was asked for longest ago, whoever asks at the same time', async () => {
  keeps = { ...keeping(), keptAnswers: keepAnswers(1_000) };
  const hours = { ...MARCH, grain: 'hour' };
  // Just before a quarter is over and just after: one takes what the other lets go of.
  for (let start = 0; start < 9_000; start += 900) {
    for (const seconds of [0, 1]) await downtime(at(start + seconds), hours);
    await Promise.all([downtime(at(start + 899), hours), downtime(at(start + 900), hours)]);
  }
  const windowOf = async (seconds: number, params: Readonly<Record<string, string>>) =>
    (await downtime(at(9_000 + seconds), params)).answer.series[0]!.window;
  for (const seconds of [10, 11]) await windowOf(seconds, hours);
  const kept = await windowOf(12, hours);
  expect(await windowOf(13, hours)).toBe(kept);
  for (const from of ['2026-03-01', '2026-02-28', '2026-02-27'])
    for (const seconds of [14, 15]) await windowOf(seconds, { ...hours, from });
  expect(await windowOf(16, hours)).not.toBe(kept);
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
