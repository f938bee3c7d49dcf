import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Ask, asks } from '../histories/asks.ts';
import { companyHistory } from '../histories/company.ts';
import { companyAsks } from '../histories/company-asks.ts';
import { randomHistory } from '../histories/histories.ts';
import type { Recorded } from '../histories/story.ts';
import { oracle } from '../oracle/oracle.ts';
import { disagreements } from '../support/agreement.ts';
import { type Ledger, openLedger } from '../support/ledger.ts';

/** How many histories, from which seed on: `.ci/run` asks for more of them. */
const HISTORIES = Number(process.env.HEADWAY_TEST_HISTORIES ?? 4);
const SEED = Number(process.env.HEADWAY_TEST_SEED ?? 1);

let ledger: Ledger;
beforeAll(async () => {
  ledger = await openLedger();
});
afterAll(() => ledger.close());

test(`the answers agree with the definitions on ${HISTORIES} random histories, seeds from ${SEED}`, async () => {
  console.log(`random histories: HEADWAY_TEST_SEED=${SEED} HEADWAY_TEST_HISTORIES=${HISTORIES}`);
  for (let seed = SEED; seed < SEED + HISTORIES; seed += 1) {
    const history = randomHistory(seed);
    await agreeOn(seed, history, questionsOf(seed, lastRecorded(history)));
  }
}, 3_600_000);

/** A company's history is longer than the others, so that there are fewer of them. */
const COMPANIES = Math.ceil(HISTORIES / 2);

test(`so they do on what ${COMPANIES} companies build, spend and do, seeds from ${SEED}`, async () => {
  console.log(`companies: HEADWAY_TEST_SEED=${SEED} HEADWAY_TEST_HISTORIES=${HISTORIES}`);
  for (let seed = SEED; seed < SEED + COMPANIES; seed += 1)
    await agreeOn(seed, companyHistory(seed), companyAsks(seed));
}, 3_600_000);

async function agreeOn(seed: number, history: readonly Recorded[], questions: readonly Ask[]): Promise<void> {
  await ledger.clear();
  await ledger.write(history);
  await ledger.atoms.rebuild();
  for (const ask of questions) {
    const answered = await ledger.ask(ask.metric, ask.params, ask.now);
    expect({ seed, ask, differs: disagreements(answered, oracle(history, ask)).slice(0, 8) }).toEqual({
      seed,
      ask,
      differs: [],
    });
  }
}

function lastRecorded(history: readonly Recorded[]): string {
  return history
    .map((one) => one.recorded_at)
    .sort()
    .at(-1)!;
}

/**
 * Some of the questions about a history: over the seeds every metric is asked plainly and with everything varied. A past is
 * folded anew for each as_of, so that one of them serves all questions of a seed.
 */
function questionsOf(seed: number, lastRecordedAt: string): Ask[] {
  const all = asks(seed).filter((_, index) => index % 4 === seed % 4);
  const past = all.find((ask) => ask.params.as_of !== undefined)?.params.as_of;
  return all.map(({ metric, params, now }) => ({
    metric,
    params: params.as_of !== undefined && past !== undefined ? { ...params, as_of: past } : params,
    now: [now, lastRecordedAt, past ?? ''].sort().at(-1)!,
  }));
}
