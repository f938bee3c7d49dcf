import { describe, expect, test } from 'vitest';
import type { Delivery } from '../../ingest/delivery.ts';
import { normaliseDelivery } from '../../ingest/normalise.ts';
import { sources } from '../../ingest/sources/registry.ts';
import type { SourceCase } from './cases/case.ts';
import { cases, fromBase, sampleDeliveries } from './cases.ts';
import { haveSamples } from './deliveries.ts';

/** What a delivery means in one line: kinds with their times in order, or why it says nothing. */
function tell({ source }: SourceCase, sent: Delivery): string {
  const reading = normaliseDelivery(source, sent);
  if (reading.outcome !== 'events') return `${reading.outcome}: ${reading.reason}`;
  return reading.events.map(({ type, occurred_at }) => `${type} ${occurred_at}`).join(', ');
}

function factsOf({ source }: SourceCase, sent: Delivery) {
  const reading = normaliseDelivery(source, sent);
  return reading.outcome === 'events' ? reading.events.map((event) => ({ ...event, delivery_id: '' })) : [];
}

const named = cases.map((each) => ({ name: each.source.name, each }));

test('every source of the registry has a case', () => {
  expect(cases.map(({ source }) => source.name)).toEqual(sources.map(({ name }) => name));
});

describe.each(named)('$name', ({ each }) => {
  test('every base makes the events that it should', () => {
    const told = each.bases.map((base) => [base.event, tell(each, fromBase(each, base))]);
    expect(told).toEqual(each.bases.map(({ event, makes }) => [event, makes]));
  });

  test.runIf(haveSamples)('every sample has an answer, and every answer a sample', () => {
    const told = [...sampleDeliveries(each)].map(([file, sent]) => [file, tell(each, sent)]);
    for (const [file, answer] of told) console.log(`${each.source.name} ${file}: ${answer}`);
    expect(Object.fromEntries(told)).toEqual(each.answers);
  });

  test('the same delivery under another id makes the same events', () => {
    const sent = [...each.bases.map((base) => fromBase(each, base)), ...sampleDeliveries(each).values()];
    for (const first of sent) {
      const again = { ...first, id: 'delivery-2', received_at: '2026-03-05T13:00:00.000Z' };
      expect(factsOf(each, again)).toEqual(factsOf(each, first));
    }
  });
});
