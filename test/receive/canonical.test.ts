import { CloudEvent, HTTP } from 'cloudevents';
import { afterEach, describe, expect, test } from 'vitest';
import { receiveCanonical } from '../../ingest/receive.ts';
import { receiveSpooled, replay } from '../../ingest/replay.ts';
import { bytesOf } from '../sources/deliveries.ts';
import { type Bench, bench, closeBenches } from './log.ts';

afterEach(closeBenches);

const rollout = {
  id: 'r-1-done',
  type: 'deployment.finished',
  source: 'spinnaker',
  occurred_at: '2026-03-05T11:00:00+01:00',
  data: { rollout_id: 'r-1', environment: 'production', service_id: 'till', outcome: 'succeeded' },
};

function request(body: unknown, contentType = 'application/json', headers: Record<string, string> = {}) {
  return { headers: { 'content-type': contentType, ...headers }, body: bytesOf(body) };
}

/** Status and id of each answer; or the outcome of the whole. */
async function answers(b: Bench, ...args: Parameters<typeof request>) {
  const receipt = await receiveCanonical(b.deps, request(...args));
  return receipt.outcome === 'answered' ? receipt.events.map(({ id, status }) => `${id} ${status}`) : receipt.outcome;
}

describe('canonical events', () => {
  test('one, with the sender’s source, its entity as the key and its time in UTC', async () => {
    const b = await bench();
    expect(await answers(b, rollout)).toEqual(['r-1-done accepted']);
    expect(await b.events()).toMatchObject([
      {
        type: 'deployment.finished',
        source: 'spinnaker',
        subject: 'rollout:r-1',
        occurred_at: '2026-03-05T10:00:00.000Z',
        delivery_id: 'delivery-1',
        data: rollout.data,
      },
    ]);
    expect(await b.deliveries()).toMatchObject([{ outcome: 'events', events: 1, delivery: { source: 'canonical' } }]);
  });

  test('each is answered for itself and all valid ones are durable', async () => {
    const b = await bench();
    const wrong = { ...rollout, id: 'r-2', data: { rollout_id: 'r-2', environment: 'production', outcome: 'fine' } };
    const sent = [rollout, wrong, rollout, 7, { id: 'r-3' }, { ...rollout, id: 'r-4' }];
    const receipt = await receiveCanonical(b.deps, request(sent));
    expect(receipt).toMatchObject({
      outcome: 'answered',
      events: [
        { id: 'r-1-done', status: 'accepted' },
        { id: 'r-2', status: 'invalid', problems: [{ field: 'data.outcome' }] },
        { id: 'r-1-done', status: 'duplicate' },
        { id: null, status: 'invalid' },
        {
          id: 'r-3',
          status: 'invalid',
          problems: [{ field: 'type' }, { field: 'source' }, { field: 'occurred_at' }, { field: 'data' }],
        },
        { id: 'r-4', status: 'accepted' },
      ],
    });
    const events = await b.events();
    expect(events.filter((event) => event.type === 'deployment.finished')).toHaveLength(3);
    expect(events.find((event) => event.type === 'delivery.rejected')?.data).toMatchObject({
      source: 'canonical',
      reason: expect.stringMatching(/^3 of 6 events are invalid; the first: data\.outcome: /),
    });
  });

  test('an id is unique within its source and kind', async () => {
    const b = await bench();
    expect(await answers(b, rollout)).toEqual(['r-1-done accepted']);
    expect(
      await answers(b, [
        rollout,
        { ...rollout, source: 'octopus' },
        { ...rollout, type: 'service.rolledback', data: { ...rollout.data, rolls_back: 'r-0' } },
      ]),
    ).toEqual(['r-1-done duplicate', 'r-1-done accepted', 'r-1-done accepted']);
  });

  test('the entity decides the log’s key, whatever subject the sender gives', async () => {
    const b = await bench();
    await answers(b, { ...rollout, subject: 'x'.repeat(5000) });
    expect((await b.events())[0]?.subject).toBe('rollout:r-1');
  });

  test.each([
    ['before 2000', '1999-12-31T23:59:59Z', 'invalid'],
    ['at 2000', '2000-01-01T00:00:00Z', 'accepted'],
    ['ten minutes ahead', '2026-03-05T12:10:00Z', 'accepted'],
    ['more', '2026-03-05T12:10:00.001Z', 'invalid'],
    ['without a zone', '2026-03-05T12:00:00', 'invalid'],
    ['in the year 1015', '1015-05-05T00:00:00Z', 'invalid'],
  ])('occurred %s', async (_when, occurred_at, status) => {
    expect(await answers(await bench(), { ...rollout, occurred_at })).toEqual([`r-1-done ${status}`]);
  });

  test('times that metrics start from are judged too; authors’ clocks are settled', async () => {
    const b = await bench();
    const change = (over: object) => ({
      ...rollout,
      id: 'c',
      type: 'change.merged',
      data: { change_id: 'a/b#1', repository: 'a/b', ...over },
    });
    expect(await answers(b, change({ opened_at: '1015-05-05T00:00:00Z' }))).toEqual(['c invalid']);
    const commits = [
      { sha: 'a'.repeat(40), authored_at: '1015-05-05T00:00:00Z' },
      { sha: 'b'.repeat(40), authored_at: '1970-01-01T00:00:01Z', committed_at: '2026-03-01T00:00:00Z' },
      { sha: 'c'.repeat(40), authored_at: '2031-01-01T00:00:00Z' },
    ];
    expect(await answers(b, change({ commits }))).toEqual(['c accepted']);
    const merged = (await b.events()).find((event) => event.type === 'change.merged');
    expect(merged?.type === 'change.merged' && merged.data.commits?.map((commit) => commit.authored_at)).toEqual([
      '2026-03-05T10:00:00.000Z',
      '2026-03-01T00:00:00.000Z',
      '2031-01-01T00:00:00.000Z',
    ]);
    expect(await answers(b, change({ commits: [{ sha: 'd'.repeat(40), authored_at: 'yesterday' }] }))).toEqual([
      'c invalid',
    ]);
  });

  test('kinds that Headway itself states, and kinds of Object, are not taken', async () => {
    for (const type of ['delivery.rejected', 'delivery.ignored', 'constructor', '__proto__', 'deployment', '']) {
      expect(await answers(await bench(), { ...rollout, type })).toEqual(['r-1-done invalid']);
    }
  });
});

describe('forms', () => {
  test('NDJSON: a bad line spoils no other', async () => {
    const b = await bench();
    const lines = `${JSON.stringify(rollout)}\r\n\n{"torn\n  \n${JSON.stringify({ ...rollout, id: 'r-2' })}`;
    expect(await answers(b, lines, 'application/x-ndjson; charset=utf-8')).toEqual([
      'r-1-done accepted',
      'null invalid',
      'r-2 accepted',
    ]);
    expect(await answers(b, '\n', 'application/x-ndjson')).toBe('unreadable');
  });

  test('CloudEvents as the SDK sends them: binary, structured, batch', async () => {
    const b = await bench();
    const { occurred_at: time, ...rest } = rollout;
    const event = new CloudEvent({ ...rest, time, source: '/ci/spinnaker', subject: 'x' });
    const seen = [];
    for (const message of [HTTP.binary(event), HTTP.structured(event)]) {
      const headers = Object.fromEntries(
        Object.entries(message.headers).map(([key, value]) => [key.toLowerCase(), String(value)]),
      );
      const receipt = await receiveCanonical(b.deps, { headers, body: bytesOf(message.body as string) });
      seen.push(receipt.outcome === 'answered' ? receipt.events[0]?.status : receipt.outcome);
    }
    const batch = JSON.stringify([event, { ...event.toJSON(), id: 'r-2' }]);
    expect(seen).toEqual(['accepted', 'duplicate']);
    expect(await answers(b, batch, 'application/cloudevents-batch+json')).toEqual([
      'r-1-done duplicate',
      'r-2 accepted',
    ]);
    expect((await b.events())[0]).toMatchObject({ occurred_at: '2026-03-05T10:00:00.000Z', data: rollout.data });
  });

  test('binary attributes are percent-encoded in headers', async () => {
    const b = await bench();
    const ce = {
      'ce-specversion': '1.0',
      'ce-id': 'caf%C3%A9%',
      'ce-type': rollout.type,
      'ce-source': 'spin%20naker',
      'ce-time': '2026-03-05T10:00:00Z',
    };
    expect(await answers(b, rollout.data, 'application/json', ce)).toEqual(['caf%C3%A9% accepted']);
    expect(await answers(b, rollout.data, 'application/json', { ...ce, 'ce-id': 'caf%C3%A9' })).toEqual([
      'café accepted',
    ]);
    expect((await b.events())[0]?.source).toBe('spin naker');
  });

  test('a CloudEvent without time is told so by its own name', async () => {
    const receipt = await receiveCanonical(
      (await bench()).deps,
      request({ ...rollout, specversion: '1.0', occurred_at: undefined }),
    );
    expect(receipt).toMatchObject({ events: [{ status: 'invalid', problems: [{ field: 'time' }] }] });
  });

  test('anything else is unsupported, unreadable or too much', async () => {
    const b = await bench();
    expect(await answers(b, rollout, 'text/plain')).toBe('unsupported');
    expect(await answers(b, rollout, 'application/xml')).toBe('unsupported');
    expect(await b.deliveries()).toEqual([]);
    expect(await answers(b, '[{', 'application/json')).toBe('unreadable');
    expect(await answers(b, `[${'0,'.repeat(20_000)}0]`, 'application/json')).toBe('unreadable');
    expect(await answers(b, '0\n'.repeat(20_001), 'application/x-ndjson')).toBe('unreadable');
    expect((await b.events()).map((event) => event.type)).toEqual(Array(3).fill('delivery.rejected'));
    expect(await answers(b, '[]')).toEqual([]);
  });
});

describe('when the log is away', () => {
  test('unavailable without a spool; acknowledged with one, and taken later', async () => {
    const without = await bench();
    without.away = true;
    expect(await answers(without, rollout)).toBe('unavailable');
    const b = await bench({ spooling: true });
    b.away = true;
    expect(await answers(b, [rollout, 7])).toEqual(['r-1-done accepted', 'null invalid']);
    b.away = false;
    for (const record of b.spooled.values()) await receiveSpooled(b.deps, record);
    expect((await b.events()).map((event) => event.type).sort()).toEqual(['delivery.rejected', 'deployment.finished']);
  });

  test('a replay says the same under the same ids', async () => {
    const b = await bench();
    await answers(b, [rollout]);
    const [stored] = await b.deliveries();
    expect(await replay(b.deps, stored!.delivery)).toMatchObject({ outcome: 'events', events: 1 });
    const [one, two] = await b.events();
    expect(two).toEqual(one);
  });
});
