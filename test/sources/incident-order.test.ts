import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { normaliseDelivery } from '../../ingest/normalise.ts';
import { newStory, type Recorded } from '../histories/story.ts';
import { worldOf } from '../oracle/world.ts';
import { type Ledger, openLedger } from '../support/ledger.ts';
import { delivery, RECEIVED_AT } from './deliveries.ts';
import { type IncidentStory, incidentStories } from './incident-stories.ts';

const SEED = 20260307;
console.log(`incidents in any order: seed ${SEED}`);

const instant = (minutes: string) => Date.parse(`2026-03-05T${minutes}:00Z`);
const START = instant('10:00');
const RESTORED = instant('10:45');
const received = Date.parse(RECEIVED_AT);

/** The till is in the catalog, under the names that incident tools have for it. */
function catalog(): readonly Recorded[] {
  const story = newStory();
  story.tell('service.defined', '2026-01-01T00:00Z', { service_id: 'till', incident_services: ['Tills'] });
  story.tell('source.heartbeat', '2026-01-01T00:00Z', { name: 'canonical' });
  return story.history;
}

/** The log after these messages came in this order, each as a delivery of its own. */
function logged({ source, messages }: IncidentStory, order: readonly number[]): Recorded[] {
  return order.flatMap((message, place) => {
    const sent = { ...delivery(source.name, messages[message]), id: `${source.name} ${place}` };
    const reading = normaliseDelivery(source, sent);
    if (reading.outcome === 'rejected') throw new Error(`${source.name} ${message}: ${reading.reason}`);
    const recorded_at = new Date(received + place * 1000).toISOString();
    return reading.outcome === 'events' ? reading.events.map((event) => ({ event, recorded_at })) : [];
  });
}

function incidentsAfter(story: IncidentStory, order: readonly number[]) {
  return worldOf([...catalog(), ...logged(story, order)], received + 3_600_000).incidents;
}

const inOrder = (story: IncidentStory) => story.messages.map((_, index) => index);
const anyOrder = (story: IncidentStory) =>
  fc
    .array(fc.constantFrom(...inOrder(story)), { maxLength: 6 })
    .chain((repeats) =>
      fc.shuffledSubarray([...inOrder(story), ...repeats], { minLength: story.messages.length + repeats.length }),
    );

describe.each(incidentStories.map((story) => ({ name: story.source.name, story })))('$name', ({ story }) => {
  test('told in order, it is one incident of the till with the right times', () => {
    expect(incidentsAfter(story, inOrder(story))).toMatchObject([
      {
        service: 'till',
        startedAt: START,
        acknowledgedAt: story.acknowledged ? instant('10:05') : null,
        restoredAt: RESTORED,
        excluded: '',
      },
    ]);
  });

  test('retried, re-ordered and repeated messages make the same incident', () => {
    const expected = incidentsAfter(story, inOrder(story));
    fc.assert(
      fc.property(anyOrder(story), (order) => {
        expect(incidentsAfter(story, order)).toEqual(expected);
      }),
      { numRuns: 100, seed: SEED },
    );
  });

  if (story.lastTellsAll) {
    test('its last message alone tells when it started and ended', () => {
      expect(incidentsAfter(story, inOrder(story).slice(-1))).toMatchObject([
        { startedAt: START, restoredAt: RESTORED },
      ]);
    });
  }
});

describe('in the store', () => {
  let ledger: Ledger;
  beforeAll(async () => {
    ledger = await openLedger();
  });
  afterAll(() => ledger.close());

  test('all of them, each message twice and the last one first: 45 minutes each', { timeout: 180_000 }, async () => {
    const history = incidentStories.flatMap((story) => logged(story, [...inOrder(story), ...inOrder(story)].reverse()));
    await ledger.write([...catalog(), ...history]);
    await ledger.atoms.rebuild();
    const now = new Date(received + 3_600_000).toISOString();
    const day = { from: '2026-03-05T00:00Z', to: '2026-03-06T00:00Z' };
    const mttr = await ledger.ask('ops.mttr', { ...day, service: 'till' }, now);
    expect(mttr.totals).toMatchObject([{ value: 45, n: incidentStories.length, open_n: 0 }]);
    const downtime = await ledger.ask('ops.downtime', { ...day, service: 'till' }, now);
    expect(downtime.totals).toMatchObject([{ value: 45 }]);
  });
});
