import { afterAll, beforeAll, expect, test } from 'vitest';
import { catalogLayers } from '../../queries/atoms/catalog.ts';
import { factsAmong, superseded } from '../../queries/atoms/facts.ts';
import { type Fold, fill, newWorkbench, readBy } from '../../queries/atoms/filling.ts';
import { layers } from '../../queries/atoms/fold.ts';
import type { Layer } from '../../queries/atoms/layer.ts';
import { helpDeskHistory } from '../histories/help-desk.ts';
import { randomHistory } from '../histories/histories.ts';
import { type Ledger, openLedger } from '../support/ledger.ts';
import { THOROUGH, times } from '../support/thorough.ts';

const SEED = Number(process.env.HEADWAY_TEST_SEED ?? 1);
const HISTORIES = times(6, 1);

const isKind = (origin: string): boolean => origin.includes('.');
const stated = [...new Map([...layers, ...catalogLayers].map((layer) => [layer.name, layer])).values()].filter(
  ({ rowsOf }) => rowsOf !== undefined,
);

let ledger: Ledger;
beforeAll(async () => {
  ledger = await openLedger();
});
afterAll(() => ledger.close());

test('a layer reads what it says its rows are of', () => {
  for (const layer of stated)
    for (const origin of layer.rowsOf!)
      expect([...readBy(layer)], `${layer.name} of ${origin}`).toContain(isKind(origin) ? 'facts' : origin);
});

test(`without a row of that it has none, on ${HISTORIES} histories from seed ${SEED}`, async () => {
  console.log(`rows of layers: HEADWAY_TEST_SEED=${SEED}`);
  const everyFact = factsAmong((table) => `SELECT * FROM ${table('known')}`);
  const others = catalogLayers.filter(({ name }) => !layers.some((layer) => layer.name === name));
  const withRows = new Set<string>();
  for (let seed = SEED; seed < SEED + HISTORIES; seed += 1) {
    await ledger.clear();
    await ledger.write([...randomHistory(seed), ...helpDeskHistory(seed)]);
    const steps = [superseded, everyFact, ...layers, ...others];
    const filled = await fill(ledger.store, newWorkbench(`rows_${seed}`), { steps, asOf: null, params: {} });
    for (const layer of stated) {
      if ((await count(`SELECT * FROM ${filled.table(layer.name)}`)) > 0) withRows.add(layer.name);
      const rows = await count(layer.sql(await without(layer, filled)));
      expect({ seed, layer: layer.name, rows }).toEqual({ seed, layer: layer.name, rows: 0 });
    }
    await filled.drop();
  }
  // Of a layer that is empty anyway nothing was shown; no history tells of pushes that go round in a circle.
  const shown = stated.map(({ name }) => name).filter((name) => name !== 'loop_cuts');
  if (THOROUGH) expect([...withRows].sort()).toEqual(shown.sort());
}, 300_000);

/** The tables as a layer would read them if there were no row of its origins. */
async function without({ rowsOf = [] }: Layer, filled: Fold): Promise<Fold['table']> {
  for (const name of ['facts', ...rowsOf.filter((origin) => !isKind(origin))]) {
    await ledger.store.command(`DROP TABLE IF EXISTS without_${name} SYNC`);
    await ledger.store.command(`CREATE TABLE without_${name} AS ${filled.table(name)}`);
  }
  const kinds = rowsOf
    .filter(isKind)
    .map((kind) => (kind.endsWith('*') ? `startsWith(type, '${kind.slice(0, -1)}')` : `type = '${kind}'`));
  const others = `SELECT * FROM ${filled.table('facts')} WHERE NOT (${['0', ...kinds].join(' OR ')})`;
  await ledger.store.command(`INSERT INTO without_facts ${others}`);
  return (name) => (name === 'facts' || rowsOf.includes(name) ? `without_${name}` : filled.table(name));
}

async function count(sql: string): Promise<number> {
  const [row] = await ledger.store.query<{ n: string }>(`SELECT toString(count()) AS n FROM (${sql})`);
  return Number(row!.n);
}
