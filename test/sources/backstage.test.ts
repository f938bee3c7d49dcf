import { expect, test } from 'vitest';
import { normaliseDelivery } from '../../ingest/normalise.ts';
import { backstage } from '../../ingest/sources/backstage.ts';
import { backstage as backstageCase } from './cases/backstage.ts';
import { delivery } from './deliveries.ts';
import { changed } from './mutations.ts';

const [use, , catalog] = backstageCase.bases.map(({ body }) => body);
const tasks = { id: 't-9', template: 'template:default/create-service', principal: 'user-1', status: 'processing' };
const read = (body: unknown) => normaliseDelivery(backstage, delivery('backstage', body));

function eventsOf(body: unknown) {
  const reading = read(body);
  if (reading.outcome !== 'events') throw new Error(reading.reason);
  return reading.events.map(({ type, subject, occurred_at, data }) => ({ type, subject, occurred_at, data }));
}

test('every action is use; searches, results opened and documents say more; what was searched for stays out', () => {
  const who = { principal: 'user-0123456789abcdef', team: 'checkout', session: 's-1' };
  const document = '/docs/default/component/till/deploying';
  const data = eventsOf(use).map((event) => [event.type, event.data]);
  expect(data).toEqual([
    ['portal.action', { ...who, action: 'click', capability: 'catalog', subject: 'Create' }],
    ['portal.action', { ...who, action: 'search' }],
    ['search.performed', { ...who, search_id: 'e-2', results: 7 }],
    ['portal.action', { ...who, action: 'discover', subject: 'Deploying' }],
    ['search.clicked', { ...who, search_id: 'e-2', document }],
    ['portal.action', { ...who, action: 'navigate', capability: 'techdocs', subject: document }],
    ['doc.viewed', { ...who, document, dwell_seconds: 40 }],
    ['portal.action', { ...who, action: 'rate', subject: 'x' }],
    ['doc.rated', { ...who, document: '/docs/x', helpful: true }],
  ]);
  expect(JSON.stringify(eventsOf(use))).not.toContain('how to deploy');
});

test('a person named in clear becomes a pseudonym, the same one each time; one that is none stays', () => {
  const named = (ref: string) => changed(use, ['events', 0, 'principal'], ref);
  const principal = (ref: string) => (eventsOf(named(ref))[0]!.data as { principal: string }).principal;
  expect(principal('user:default/ada')).toMatch(/^user-[0-9a-f]{16}$/);
  expect(principal('User:default/Ada')).toBe(principal('user:default/ada'));
  expect(principal('user:default/bob')).not.toBe(principal('user:default/ada'));
  expect(principal('user-0123456789abcdef')).toBe('user-0123456789abcdef');
  expect(JSON.stringify(eventsOf(named('user:default/ada')))).not.toContain('ada');
});

test('a batch that is sent again makes the same events', () => {
  const ids = (body: unknown) => {
    const reading = read(body);
    return reading.outcome === 'events' ? reading.events.map(({ id }) => id) : [];
  };
  expect(ids(use)).toEqual(ids(use));
  expect(new Set(ids(use)).size).toBe(9);
});

test('a template run: asked for when it was made, finished when it ended, and nothing in between', () => {
  const run = (status: string, finished_at?: string) => ({
    tasks: [{ ...tasks, status, created_at: '2026-03-05T10:00:00Z', ...(finished_at ? { finished_at } : {}) }],
  });
  const stated = { task_id: 't-9', kind: 'create-service', principal: 'user-1', channel: 'portal' };
  const requested = {
    type: 'task.requested',
    subject: 'task:t-9',
    occurred_at: '2026-03-05T10:00:00.000Z',
    data: stated,
  };
  expect(eventsOf(run('open'))).toEqual([requested]);
  expect(eventsOf(run('processing'))).toEqual([requested]);
  for (const [status, outcome] of [
    ['completed', 'succeeded'],
    ['failed', 'failed'],
    ['cancelled', 'cancelled'],
  ] as const) {
    expect(eventsOf(run(status, '2026-03-05T10:02:00Z'))).toEqual([
      requested,
      { ...requested, type: 'task.finished', occurred_at: '2026-03-05T10:02:00.000Z', data: { ...stated, outcome } },
    ]);
  }
  expect(read(run('failed'))).toMatchObject({ outcome: 'rejected', reason: expect.stringMatching(/finished_at/) });
});

test('catalog entities as the API answers them are read as the workspace reads them', () => {
  expect(eventsOf(catalog)).toEqual([
    {
      type: 'service.defined',
      subject: 'service:till',
      occurred_at: '2026-03-05T10:00:00.000Z',
      data: {
        service_id: 'till',
        team: 'checkout',
        title: 'The till',
        repository: 'acme/till',
        tier: '1',
        product: 'shop',
        incident_services: ['The till'],
      },
    },
    {
      type: 'team.defined',
      subject: 'team:checkout',
      occurred_at: '2026-02-01T00:00:00.000Z',
      data: { team: 'checkout', title: 'Checkout' },
    },
  ]);
});

test('a component without an owner, and entities seen at no time, are set aside with the reason', () => {
  const broken = changed(catalog, ['entities', 0, 'spec', 'owner'], undefined);
  expect(read(broken)).toMatchObject({ outcome: 'rejected', reason: expect.stringMatching(/^entities\.0: .*owner/) });
  const timeless = changed(catalog, ['observed_at'], undefined);
  expect(read(timeless)).toMatchObject({ outcome: 'rejected', reason: expect.stringMatching(/^observed_at/) });
  expect(read({ entities: [{ kind: 'API' }], observed_at: '2026-03-05T10:00:00Z' })).toMatchObject({
    outcome: 'ignored',
  });
  expect(read({})).toMatchObject({ outcome: 'rejected' });
});
