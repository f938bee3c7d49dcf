import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { NormalizedEvent } from '../../ingest/event.ts';
import { type HookRequest, type Receipt, receive } from '../../ingest/receive.ts';
import { replay } from '../../ingest/replay.ts';
import { cases, fromBase, sampleDeliveries } from '../sources/cases.ts';
import { changed, pathsOf } from '../sources/mutations.ts';
import { type Bench, openBench } from './log.ts';

const SEED = 4711;
console.log(`storm of deliveries: seed ${SEED}`);

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

/** Every base and every sample; each base also with one field gone, and each of all cut in half. */
function requests(): HookRequest[] {
  const whole: HookRequest[] = cases.flatMap((each) => [
    ...each.bases.map((base) => fromBase(each, base)),
    ...sampleDeliveries(each).values(),
  ]);
  const lacking = cases.flatMap((each) =>
    each.bases.flatMap((base) =>
      pathsOf(base.body).map((path) => fromBase(each, base, changed(base.body, path, undefined))),
    ),
  );
  const torn = whole.map((request) => ({ ...request, body: request.body.slice(0, request.body.length / 2) }));
  return [...whole, ...whole, ...lacking, ...torn];
}

test('shuffled, repeated, maltreated, with the log going away: nothing acknowledged is missing, nothing is half there', async () => {
  const [order] = fc.sample(fc.shuffledSubarray(requests(), { minLength: requests().length }), {
    numRuns: 1,
    seed: SEED,
  });
  const receipts: Receipt[] = [];
  for (let from = 0; from < order!.length; from += 50) {
    bench.away = (from / 50) % 4 === 3;
    receipts.push(...(await Promise.all(order!.slice(from, from + 50).map((request) => receive(bench.deps, request)))));
  }
  bench.away = false;

  const stored = new Map((await bench.deliveries()).map((record) => [record.delivery.id, record]));
  const events = new Map<string, NormalizedEvent[]>();
  for (const event of await bench.events()) {
    events.set(event.delivery_id, [...(events.get(event.delivery_id) ?? []), event]);
  }
  const outcomes = new Set<string>();
  for (const receipt of receipts) {
    outcomes.add(receipt.outcome);
    if (!('delivery' in receipt)) continue;
    const record = stored.get(receipt.delivery);
    const made = events.get(receipt.delivery) ?? [];
    const refused = made.filter((event) => event.type === 'delivery.rejected');
    expect(record?.outcome === 'rejected' ? 1 : 0).toBe(refused.length);
    expect(made.length - refused.length).toBe(record?.events);
    expect(receipt.outcome === 'accepted' ? receipt.events : 0).toBe(record?.events);
  }
  expect([...outcomes].sort()).toEqual(['accepted', 'unavailable', 'unreadable']);
  expect(stored.size).toBe(receipts.filter((receipt) => 'delivery' in receipt).length);
});

test('equal ids carry equal facts, whichever delivery brought them', async () => {
  const other = await openBench();
  const sent = cases.flatMap((each) => each.bases.map((base) => fromBase(each, base)));
  for (const request of [...sent, ...[...sent].reverse()]) await receive(other.deps, request);
  const byId = new Map<string, Set<string>>();
  const all = await other.events();
  for (const event of all) {
    byId.set(event.id, (byId.get(event.id) ?? new Set()).add(JSON.stringify({ ...event, delivery_id: '' })));
  }
  await other.close();
  expect(all.length).toBeGreaterThanOrEqual(2 * byId.size);
  for (const copies of byId.values()) expect([...copies]).toHaveLength(1);
});

test('a replay of the whole log says what the log already says', async () => {
  const before = await bench.events();
  for (const { delivery } of await bench.deliveries()) await replay(bench.deps, delivery);
  const after = await bench.events();
  const text = (event: NormalizedEvent) => JSON.stringify(event);
  const known = new Set(before.map(text));
  const added = after.filter((event) => !known.has(text(event)));
  expect(new Set(added.map((event) => event.type))).toEqual(new Set(['delivery.ignored']));
});
