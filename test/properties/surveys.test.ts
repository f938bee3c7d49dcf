import { afterAll, beforeAll, expect, test } from 'vitest';
import { answerMetric } from '../../queries/answer.ts';
import type { MetricAnswer } from '../../queries/envelope.ts';
import { metrics } from '../../queries/metrics/registry.ts';
import { parseRequest } from '../../queries/request.ts';
import { type Ask, questionsAbout } from '../histories/asks.ts';
import { newRandom } from '../histories/random.ts';
import { surveyAskable, surveyHistory } from '../histories/surveys.ts';
import { bucketsOf } from '../oracle/calendar.ts';
import { oracle } from '../oracle/oracle.ts';
import { type Ledger as Publications, published } from '../oracle/publications.ts';
import { surveyMetric } from '../oracle/surveys.ts';
import { disagreements } from '../support/agreement.ts';
import { type Ledger, openLedger } from '../support/ledger.ts';

/** How many histories, from which seed on. */
const HISTORIES = Number(process.env.HEADWAY_TEST_HISTORIES ?? 1);
const SEED = Number(process.env.HEADWAY_TEST_SEED ?? 1);
const DAY_MS = 86_400_000;

let ledger: Ledger;
beforeAll(async () => {
  ledger = await openLedger();
});
afterAll(() => ledger.close());

test(`surveys agree with their definitions, asked as they come in, on ${HISTORIES} histories, seeds from ${SEED}`, async () => {
  console.log(`surveys: HEADWAY_TEST_SEED=${SEED} HEADWAY_TEST_HISTORIES=${HISTORIES}`);
  for (let seed = SEED; seed < SEED + HISTORIES; seed += 1) {
    const history = surveyHistory(seed);
    const random = newRandom(seed);
    const given: Publications = new Map();
    await ledger.clear();
    let known = 0;
    // What is given out stays given out: the later questions depend on the earlier ones.
    for (const now of turnsOf(history)) {
      const upTo = history.filter((one) => one.recorded_at <= now);
      await ledger.write(upTo.slice(known));
      known = upTo.length;
      await ledger.atoms.rebuild();
      for (const ask of random.shuffled(questionsAbout(seed, history, surveyAskable)).slice(0, 5)) {
        const { as_of, ...params } = ask.params;
        const past = as_of !== undefined && as_of <= now ? { as_of } : {};
        const question = { metric: ask.metric, params: { ...params, ...past }, now };
        const answered = await answer(question);
        const sets = published(upTo, given, Date.parse(now), reachOf(question), Date.parse(as_of ?? now));
        const defined = oracle(upTo, question, surveyMetric(question.metric, sets));
        expect({ seed, question, differs: disagreements(answered, defined).slice(0, 8) }).toEqual({
          seed,
          question,
          differs: [],
        });
      }
    }
  }
}, 3_600_000);

/** Three instants at which some of a history is known. */
function turnsOf(history: readonly { recorded_at: string }[]): string[] {
  const times = history.map((one) => Date.parse(one.recorded_at));
  const last = Math.max(...times);
  return [last - 12 * DAY_MS, last - 6 * DAY_MS, last + DAY_MS].map((at) => new Date(at).toISOString());
}

/** The window with what rolling buckets look back on. */
function reachOf({ params }: Ask): { start: number; end: number } {
  const window = { start: Date.parse(params.from!), end: Date.parse(params.to!) };
  const begins = bucketsOf(window, params.grain ?? null, params.tz ?? 'UTC').map((bucket) => bucket.asked.start);
  return { ...window, start: Math.min(window.start, ...begins) };
}

/** The answer of a process that states in the log what it gives out. Caveats are compared by being there. */
async function answer({ metric: id, params, now }: Ask): Promise<MetricAnswer> {
  const metric = metrics.find((one) => one.id === id)!;
  const parsed = parseRequest(metric, params, { now, reportingZone: 'UTC' });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const publish: Parameters<typeof answerMetric>[0]['publish'] = async (events) => {
    await ledger.write(events.map((event) => ({ event, recorded_at: now })));
  };
  const answered = await answerMetric({ ...ledger.deps(now), publish }, metric, parsed.request);
  if (!answered.ok) throw new Error(JSON.stringify(answered.problems));
  const marked = <T extends object>(row: T): T => ('caveat' in row ? { ...row, caveat: true } : row);
  return { ...answered.answer, totals: answered.answer.totals.map(marked), series: answered.answer.series.map(marked) };
}
