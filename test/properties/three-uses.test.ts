import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keyColumns } from '../../queries/atoms/atom.ts';
import { openAtoms } from '../../queries/atoms/atoms.ts';
import { atomKinds } from '../../queries/atoms/subjects/registry.ts';
import type { AtomName, AtomTables } from '../../queries/atoms/tables.ts';
import { randomHistory } from '../histories/histories.ts';
import { type Ledger, openLedger, type Recorded } from '../support/ledger.ts';
import { times } from '../support/thorough.ts';

/** How many histories: the script that must hold everything asks for more. */
const RUNS = Number(process.env.HEADWAY_TEST_HISTORIES_FOLDED ?? 1);
const SEED = Number(process.env.HEADWAY_TEST_SEED ?? 1);

let ledger: Ledger;
beforeAll(async () => {
  ledger = await openLedger();
});
afterAll(() => ledger.close());

// What an atom is, less the order in which its receipts were gathered: a set is compared as a set.
async function atomsIn(tables: AtomTables): Promise<Record<string, unknown[]>> {
  const all: Record<string, unknown[]> = {};
  for (const kind of atomKinds) {
    const columns = Object.keys(kind.columns).map((name) => (name === 'kinds' ? `arraySort(kinds) AS kinds` : name));
    const from = tables[kind.name as keyof AtomTables];
    all[kind.name] = await ledger.store.query(
      `SELECT ${columns.join(', ')} FROM ${from} ORDER BY ${keyColumns(kind).join(', ')}`,
    );
  }
  return all;
}

const allNames = atomKinds.map((kind) => kind.name as AtomName);
const stored = () => ledger.atoms.withAtoms(null, allNames, atomsIn);

/** A history as it may reach the log: shuffled, some events twice, in batches. */
const arrival = (seed: number): fc.Arbitrary<{ history: Recorded[]; batches: Recorded[][] }> => {
  const history = randomHistory(seed);
  return fc
    .tuple(
      fc.shuffledSubarray(history, { minLength: history.length }),
      fc.subarray(history, { maxLength: 8 }),
      fc.integer({ min: times(6, 3), max: times(9, 4) }),
    )
    .map(([order, again, batches]) => {
      const arriving = [...order, ...again];
      const size = Math.ceil(arriving.length / batches);
      return {
        history,
        batches: Array.from({ length: batches }, (_, index) => arriving.slice(index * size, (index + 1) * size)),
      };
    });
};

test(`atoms kept fresh by key, folded as of a past and rebuilt are the same, ${RUNS} histories from seed ${SEED}`, async () => {
  console.log(`three uses of one fold: HEADWAY_TEST_SEED=${SEED} HEADWAY_TEST_HISTORIES_FOLDED=${RUNS}`);
  for (let seed = SEED; seed < SEED + RUNS; seed += 1) {
    const [told] = fc.sample(arrival(seed), { seed, numRuns: 1 });
    const { history, batches } = told!;
    await ledger.clear();
    for (const batch of batches) await ledger.atoms.refresh(await ledger.write(batch));
    const fresh = await stored();
    await ledger.atoms.rebuild();
    const rebuilt = await stored();
    expect(fresh, `seed ${seed}: fresh by key against rebuilt`).toEqual(rebuilt);
    // Small slices, and nothing stored that they could lean on.
    const sliceEntities = times(1 + (seed % 40), 20);
    for (const kind of atomKinds) await ledger.store.command(`TRUNCATE TABLE ${kind.name}`);
    await openAtoms(ledger.store, `sliced${seed}`, false, sliceEntities).rebuild();
    expect(await stored(), `seed ${seed}: rebuilt in slices against at once`).toEqual(rebuilt);

    const recorded = history.map((one) => one.recorded_at).sort();
    const asOf = recorded[Math.floor(recorded.length / 2)]!;
    const past = await ledger.atoms.withAtoms(asOf, allNames, atomsIn);
    await ledger.clear();
    await ledger.write(history.filter((one) => one.recorded_at <= asOf));
    await ledger.atoms.rebuild();
    expect(past, `seed ${seed}: as of ${asOf} against what was recorded by then`).toEqual(await stored());
  }
}, 3_600_000);
