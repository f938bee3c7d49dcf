import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { makeEvent, type NormalizedEvent } from '../../ingest/event.ts';
import type { EventData, EventType } from '../../ingest/vocabulary/vocabulary.ts';
import { type Ledger, openLedger, type Recorded } from '../support/ledger.ts';

let ledger: Ledger;
beforeAll(async () => {
  ledger = await openLedger();
});
beforeEach(() => ledger.clear());
afterAll(() => ledger.close());

const instant = (day: number, hour = 10) => new Date(Date.UTC(2025, 2, day, hour)).toISOString();

function told<T extends EventType>(type: T, day: number, data: EventData<T>, source = 'argocd'): Recorded {
  const draft = {
    type,
    subject: type,
    occurred_at: instant(day),
    key: [type, JSON.stringify(data), String(day)],
    data,
  };
  return {
    event: makeEvent(draft as never, { source, normaliser: 1, delivery_id: '' }) as NormalizedEvent,
    recorded_at: instant(day, 11),
  };
}

const deployed = (service: string, day: number) =>
  told('deployment.finished', day, {
    rollout_id: `${service}-${day}`,
    service_id: service,
    environment: 'production',
    revision: `${day}`.padStart(40, 'a'),
    outcome: 'succeeded',
  } as EventData<'deployment.finished'>);

/** Counted and covered days of a service in March, with the spans as a rebuild makes them once more. */
async function march(service: string): Promise<unknown> {
  const params = { from: '2025-03-01', to: '2025-03-29', service, group_by: 'service' };
  const { totals } = await ledger.ask('dora.deployment_frequency', params, instant(29));
  return totals.map(({ value, coverage, status }) => ({ value, coverage, status }));
}

async function arrive(...history: readonly Recorded[]): Promise<void> {
  for (const one of history) await ledger.atoms.refresh(await ledger.write([one]));
}

test('a service to which nothing happens stays covered while its source tells of others', async () => {
  await arrive(deployed('busy', 1), deployed('quiet', 1), ...[6, 11, 16, 21, 26].map((day) => deployed('busy', day)));
  const fresh = await march('quiet');
  expect(fresh).toMatchObject([{ coverage: 1 }]);
  await ledger.atoms.rebuild();
  expect(fresh).toEqual(await march('quiet'));
});

test('what its source says of it alone goes with what the source says of all', async () => {
  const name = 'argocd';
  await arrive(
    deployed('busy', 1),
    deployed('quiet', 1),
    told('source.silent', 5, { name, service_id: 'quiet' }, 'platform-team'),
    ...[6, 11, 16].map((day) => deployed('busy', day)),
  );
  const silent = await march('quiet');
  await arrive(
    told('source.heartbeat', 20, { name }, 'probe'),
    told('portal.action', 22, { principal: 'x', action: 'look' }),
  );
  const heard = await march('quiet');
  await ledger.atoms.rebuild();
  expect(heard).toEqual(await march('quiet'));
  expect(heard).not.toEqual(silent);
});

test('what a newer normaliser no longer tells is no sign of life', async () => {
  const of = (record: Recorded, normaliser: number): Recorded => ({
    event: { ...record.event, normaliser, delivery_id: 'one' },
    recorded_at: normaliser === 1 ? record.recorded_at : instant(28),
  });
  const [first, last] = [deployed('busy', 1), deployed('quiet', 14)];
  await arrive(of(first, 1), of(last, 1));
  expect(await march('busy')).toMatchObject([{ coverage: 21 / 28 }]);
  // The delivery is read again, and tells of the first alone.
  await arrive(of(first, 2));
  const fresh = await march('busy');
  expect(fresh).toMatchObject([{ coverage: 8 / 28 }]);
  expect(await march('quiet')).toEqual([]);
  await ledger.atoms.rebuild();
  expect(await march('busy')).toEqual(fresh);
  expect(await march('quiet')).toEqual([]);
});
