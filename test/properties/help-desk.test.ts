import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Ask, questionsAbout } from '../histories/asks.ts';
import { helpDeskAskable, helpDeskHistory } from '../histories/help-desk.ts';
import { oracle } from '../oracle/oracle.ts';
import { disagreements } from '../support/agreement.ts';
import { type Ledger, openLedger } from '../support/ledger.ts';

/** How many histories, from which seed on. */
const HISTORIES = Number(process.env.HEADWAY_TEST_HISTORIES ?? 1);
const SEED = Number(process.env.HEADWAY_TEST_SEED ?? 1);

let ledger: Ledger;
beforeAll(async () => {
  ledger = await openLedger();
});
afterAll(() => ledger.close());

test(`support, self-service, training and documentation agree with their definitions on ${HISTORIES} histories, seeds from ${SEED}`, async () => {
  console.log(`help desks: HEADWAY_TEST_SEED=${SEED} HEADWAY_TEST_HISTORIES=${HISTORIES}`);
  for (let seed = SEED; seed < SEED + HISTORIES; seed += 1) {
    const history = helpDeskHistory(seed);
    await ledger.clear();
    await ledger.write(history);
    await ledger.atoms.rebuild();
    for (const ask of questionsOf(seed, history)) {
      const answered = await ledger.ask(ask.metric, ask.params, ask.now);
      expect({ seed, ask, differs: disagreements(answered, oracle(history, ask)).slice(0, 8) }).toEqual({
        seed,
        ask,
        differs: [],
      });
    }
  }
}, 3_600_000);

/** Half of the questions about a history; one past serves them all, since each is folded anew. */
function questionsOf(seed: number, history: ReturnType<typeof helpDeskHistory>): Ask[] {
  const all = questionsAbout(seed, history, helpDeskAskable).filter(
    (_, index) => index % 2 === seed % 2 || index % 3 === 0,
  );
  const past = all.find((ask) => ask.params.as_of !== undefined)?.params.as_of;
  const last = history
    .map((one) => one.recorded_at)
    .sort()
    .at(-1)!;
  return all.map(({ metric, params, now }) => ({
    metric,
    params: params.as_of !== undefined && past !== undefined ? { ...params, as_of: past } : params,
    now: [now, last, past ?? ''].sort().at(-1)!,
  }));
}
