import { afterAll, beforeAll, expect, test } from 'vitest';
import { answerMetric } from '../../queries/answer.ts';
import type { MetricAnswer } from '../../queries/envelope.ts';
import type { Metric } from '../../queries/metric.ts';
import { metrics } from '../../queries/metrics/registry.ts';
import { parseRequest } from '../../queries/request.ts';
import { companyHistory } from '../histories/company.ts';
import { type Ledger, openLedger } from '../support/ledger.ts';
import { THOROUGH, times } from '../support/thorough.ts';

const SEED = Number(process.env.HEADWAY_TEST_SEED ?? 1);
const HOUR = 3_600_000;

let ledger: Ledger;
beforeAll(async () => {
  ledger = await openLedger();
});
afterAll(() => ledger.close());

test(`what is kept of counts never shows: a company told in parts while the clock moves, seed ${SEED}`, async () => {
  console.log(`kept counts: HEADWAY_TEST_SEED=${SEED}`);
  await ledger.clear();
  let heard = 0;
  const history = companyHistory(SEED).toSorted((a, b) => (a.recorded_at < b.recorded_at ? -1 : 1));
  // The same whatever was told: its answers stand until something of it changes.
  const day = (share: number) => history[Math.floor(share * history.length)]!.recorded_at.slice(0, 10);
  const over = { from: day(0.05), to: day(0.45), grain: 'week' };
  const every = times(1, 8);
  const instants: number[] = [];
  const some = metrics.filter((metric, index) => turns(metric) || index % every === SEED % every);
  for (const share of THOROUGH ? [0.6, 0.8, 1] : [0.6, 1]) {
    const told = history.slice(0, Math.floor(share * history.length));
    await ledger.atoms.refresh(await ledger.write(told.slice(heard)));
    heard = told.length;
    const at = Date.parse(told.at(-1)!.recorded_at);
    // Before, at and after what turns by itself: a day for what people want, two weeks for a ticket, four for a funnel. What is asked
    // for the third time within a quarter of an hour is answered from the answer.
    const laters = [
      0,
      1,
      2,
      30 * 60_000,
      25 * HOUR,
      15 * 24 * HOUR,
      29 * 24 * HOUR,
      29 * 24 * HOUR + 1,
      29 * 24 * HOUR + 2,
    ];
    // First of when it was asked for before more was told.
    for (const instant of [...instants.slice(-1).map((last) => last + 1), ...laters.map((later) => at + later)]) {
      instants.push(instant);
      const now = new Date(instant).toISOString();
      for (const metric of some)
        for (const window of [
          { from: new Date(at - 60 * 24 * HOUR).toISOString().slice(0, 10), to: new Date(at + HOUR).toISOString() },
          {},
          over,
        ]) {
          const params = { ...window, ...(metric.dimensions[0] ? { group_by: metric.dimensions[0] } : {}) };
          const [kept, anew] = [await ledger.ask(metric.id, params, now), await askAnew(metric.id, params, now)];
          expect({ seed: SEED, share, now, metric: metric.id, params, kept }).toEqual({
            seed: SEED,
            share,
            now,
            metric: metric.id,
            params,
            kept: anew,
          });
        }
    }
  }
}, 1_800_000);

/** Whether time alone changes what it counts. */
function turns(metric: Metric): boolean {
  const parsed = parseRequest(metric, {}, { now: '2026-01-01T00:00:00.000Z', reportingZone: 'UTC' });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const { closes, turns } = metric.items(parsed.request.options);
  return closes !== undefined || turns !== undefined;
}

async function askAnew(id: string, params: Readonly<Record<string, string>>, now: string): Promise<MetricAnswer> {
  const metric = metrics.find((one) => one.id === id)!;
  const parsed = parseRequest(metric, params, { now, reportingZone: 'UTC' });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const { keptCounts: _counts, keptAnswers: _answers, ...deps } = ledger.deps(now);
  const answered = await answerMetric(deps, metric, parsed.request);
  if (!answered.ok) throw new Error(JSON.stringify(answered.problems));
  return answered.answer;
}
