import { afterAll, beforeAll, expect, test } from 'vitest';
import { metrics } from '../../queries/metrics/registry.ts';
import { type Ledger, openLedger } from '../support/ledger.ts';
import { byHand } from './by-hand.ts';

let ledger: Ledger;
beforeAll(async () => {
  ledger = await openLedger();
});
afterAll(() => ledger.close());

test('every metric is measured by SQL that somebody would write by hand, and that runs', async () => {
  expect(Object.keys(byHand).sort()).toEqual(metrics.map(({ id }) => id).sort());
  for (const [id, sql] of Object.entries(byHand))
    await expect(ledger.store.query(sql), id).resolves.toBeInstanceOf(Array);
});
