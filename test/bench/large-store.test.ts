import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Ledger, openLedger } from '../support/ledger.ts';
import { fillLargeStore, multiply, settle } from './large-store.ts';

let ledger: Ledger;
beforeAll(async () => {
  ledger = await openLedger();
});
afterAll(() => ledger.close());

test('a large store is so many times what was folded, with services and people of its own', async () => {
  const counted = async () => {
    const [row] = await ledger.store.query<Record<string, string>>(`
      SELECT toString((SELECT count() FROM events)) AS events, toString((SELECT count() FROM rollouts FINAL)) AS rollouts,
        toString((SELECT count() FROM changes FINAL)) AS changes, toString((SELECT count() FROM maintenances FINAL WHERE excluded = '')) AS maintenances, toString((SELECT uniqExact(service) FROM rollouts FINAL)) AS services,
        toString((SELECT uniqExact(person_key) FROM actions FINAL)) AS people, toString((SELECT uniqExact(team) FROM actions FINAL)) AS teams`);
    return Object.fromEntries(Object.entries(row!).map(([name, n]) => [name, Number(n)]));
  };
  await fillLargeStore(ledger.store, { events: 2_000, services: 2 });
  await ledger.atoms.rebuild();
  const folded = await counted();
  expect(folded).toMatchObject({ rollouts: 200, services: 2, maintenances: 1 });
  await multiply(ledger.store, 3);
  await settle(ledger.store);
  const { teams, ...rest } = folded;
  expect(await counted()).toEqual({
    ...Object.fromEntries(Object.entries(rest).map(([name, n]) => [name, 3 * n])),
    teams,
  });
});
