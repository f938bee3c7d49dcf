import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { MAX_BODY_BYTES, makeRecentIds, receive } from '../../ingest/receive.ts';
import { decodeDelivery } from '../../ingest/record.ts';
import { github } from '../../ingest/sources/github.ts';
import type { Source } from '../../ingest/sources/source.ts';
import { bytesOf } from '../sources/deliveries.ts';
import { bench, closeBenches, hook, NOW, push } from './log.ts';

afterEach(closeBenches);

describe('receive', () => {
  test('the delivery and its events are in the log when the answer comes', async () => {
    const { deps, deliveries, events } = await bench();
    expect(await receive(deps, hook(push))).toEqual({
      outcome: 'accepted',
      delivery: 'delivery-1',
      events: 1,
      duplicates: 0,
    });
    const [stored] = await deliveries();
    expect(stored).toMatchObject({ outcome: 'events', events: 1, delivery: { source: 'github', received_at: NOW } });
    expect(stored?.delivery.body).toEqual(bytesOf(push));
    expect(await events()).toMatchObject([
      { type: 'branch.pushed', delivery_id: 'delivery-1', subject: 'branch:acme/api' },
    ]);
  });

  test('a redelivery is another delivery and the same event', async () => {
    const { deps, deliveries, events } = await bench();
    await receive(deps, hook(push));
    expect(await receive(deps, hook(push))).toMatchObject({ delivery: 'delivery-2', events: 1, duplicates: 1 });
    expect(await deliveries()).toHaveLength(2);
    expect(new Set((await events()).map((event) => event.id)).size).toBe(1);
  });

  test('no secret of the sender reaches the log', async () => {
    const { deps, records } = await bench();
    const secrets = {
      authorization: 'Bearer hunter2',
      cookie: 'session=hunter2',
      'x-hub-signature-256': 'sha256=hunter2',
      'x-headway-token': 'hunter2',
      'x-github-token': 'hunter2',
      'x-forwarded-for': 'hunter2',
    };
    await receive(deps, hook(push, { ...secrets, 'x-github-delivery': 'kept' }));
    const [record] = await records('headway.deliveries');
    const text = new TextDecoder().decode(record?.value);
    expect(text).not.toContain('hunter2');
    expect(text).toContain('"x-github-delivery":"kept"');
  });

  test('a flood of headers is cut', async () => {
    const { deps, deliveries } = await bench();
    const flood = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`ce-x${n}`, 'y'.repeat(9000)]));
    await receive(deps, hook(push, flood));
    const kept = Object.entries((await deliveries())[0]?.delivery.headers ?? {});
    expect(kept.length).toBeLessThanOrEqual(50);
    expect(Math.max(...kept.map(([, value]) => value.length))).toBeLessThanOrEqual(2048);
  });
});

describe('who may send', () => {
  const secretsOf = () => ['old', 'new'];
  const sign = (secret: string) => ({
    'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(bytesOf(push)).digest('hex')}`,
  });

  test('with secrets set: any of them, and nothing is stored of the others', async () => {
    const { deps, deliveries, events } = await bench({ secretsOf });
    expect((await receive(deps, hook(push, sign('old')))).outcome).toBe('accepted');
    expect((await receive(deps, hook(push, sign('new')))).outcome).toBe('accepted');
    for (const headers of [{}, sign('wrong'), { 'x-hub-signature-256': '' }]) {
      expect(await receive(deps, hook(push, headers))).toEqual({
        outcome: 'unauthorized',
        reason: 'the signature is missing or wrong',
      });
    }
    expect(await deliveries()).toHaveLength(2);
    expect(await events()).toHaveLength(2);
  });

  test('without a secret: only where that is allowed, and an empty one is none', async () => {
    const open = await bench({ secretsOf: () => [''] });
    expect((await receive(open.deps, hook(push))).outcome).toBe('accepted');
    const closed = await bench({ secretsOf: () => [''], allowUnsigned: false });
    expect((await receive(closed.deps, hook(push))).outcome).toBe('unauthorized');
    expect(await closed.deliveries()).toEqual([]);
  });

  test('an unknown source, and a body beyond the limit', async () => {
    const { deps, deliveries } = await bench();
    for (const source of ['custom/nobody', '__proto__', 'constructor', '', 'canonical']) {
      expect(await receive(deps, hook(push, {}, source))).toEqual({ outcome: 'unknown_source' });
    }
    expect(await receive(deps, hook(new Uint8Array(MAX_BODY_BYTES + 1)))).toEqual({ outcome: 'too_large' });
    expect(await deliveries()).toEqual([]);
  });
});

describe('what cannot be read', () => {
  test('not JSON: kept and listed, and said to be unreadable', async () => {
    const { deps, deliveries, events } = await bench();
    expect(await receive(deps, hook('{"ref": "refs/'))).toEqual({
      outcome: 'unreadable',
      delivery: 'delivery-1',
      reason: 'body is not JSON',
    });
    expect(await deliveries()).toMatchObject([{ outcome: 'rejected', reason: 'body is not JSON', events: 0 }]);
    expect(await events()).toMatchObject([
      {
        type: 'delivery.rejected',
        subject: 'delivery:delivery-1',
        occurred_at: NOW,
        data: { source: 'github', reason: 'body is not JSON', event: 'push' },
      },
    ]);
  });

  test('JSON of another shape: accepted, kept and listed with the field', async () => {
    const { deps, events } = await bench();
    const receipt = await receive(deps, hook({}));
    expect(receipt).toMatchObject({ outcome: 'accepted', events: 0, rejected: expect.stringMatching(/^ref: /) });
    expect(await events()).toMatchObject([{ type: 'delivery.rejected' }]);
  });

  test('a year-1015 date is quarantined whole', async () => {
    const { deps, events } = await bench();
    const ancient = { ...push, repository: { ...push.repository, pushed_at: '1015-01-01T00:00:00Z' } };
    expect(await receive(deps, hook(ancient))).toMatchObject({
      events: 0,
      rejected: expect.stringContaining('before 2000'),
    });
    expect((await events()).map((event) => event.type)).toEqual(['delivery.rejected']);
  });

  test('of no use: kept, counted, no event', async () => {
    const { deps, deliveries, events } = await bench();
    const receipt = await receive(deps, hook({}, { 'x-github-event': 'star' }));
    expect(receipt).toMatchObject({ outcome: 'accepted', events: 0, ignored: 'no metric reads star' });
    expect(await deliveries()).toHaveLength(1);
    expect(await events()).toEqual([]);
  });

  test.each([
    ['deep', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, /deeper than 64/],
    ['deep, but small', `${'['.repeat(30_000)}${']'.repeat(30_000)}`, /^body: /],
    ['deep, small, with half a surrogate', `${'['.repeat(30_000)}"\\ud800"${']'.repeat(30_000)}`, /deeper than 64/],
    ['empty', '', /empty/],
    ['not UTF-8', new Uint8Array([0x7b, 0xff, 0x7d]), /not UTF-8/],
    ['a number', '7', /^body: /],
    ['null', 'null', /^body: /],
    ['__proto__', '{"__proto__": {"ref": "refs/heads/main", "repository": {"full_name": "a/b"}}}', /^ref: /],
  ])('%s', async (_name, body, reason) => {
    const { deps } = await bench();
    const receipt = await receive(deps, hook(body));
    expect('reason' in receipt ? receipt.reason : 'rejected' in receipt && receipt.rejected).toMatch(reason);
    expect(({} as { ref?: string }).ref).toBeUndefined();
  });

  test('a normaliser that throws sets its delivery aside, and gives nothing away', async () => {
    const broken: Source = {
      ...github,
      normalise: () => {
        throw new TypeError('secret hunter2');
      },
    };
    const { deps, records } = await bench({ findSource: () => broken });
    expect(await receive(deps, hook(push))).toMatchObject({ events: 0, rejected: 'the normaliser failed: TypeError' });
    for (const record of await records('headway.events')) {
      expect(new TextDecoder().decode(record.value)).not.toContain('hunter2');
    }
  });

  test('half of a lone surrogate becomes a replacement character, which every store can hold', async () => {
    const { deps, events } = await bench();
    const body = JSON.stringify(push).replace('refs/heads/main', 'refs/heads/m\\ud800\\ud83d\\ude80');
    await receive(deps, hook(body));
    expect((await events())[0]?.data).toMatchObject({ branch: 'm\uFFFD🚀' });
  });
});

describe('the ids of late', () => {
  test('are bounded, the least lately seen going first', () => {
    const recent = makeRecentIds(2);
    for (const id of ['a', 'b', 'a', 'c']) recent.add(id);
    expect(['a', 'b', 'c'].map((id) => recent.has(id))).toEqual([true, false, true]);
  });
});

test('a stored delivery that is something else is null', () => {
  for (const value of ['', 'x', '{}', '[]', 'null', '{"id":1}']) expect(decodeDelivery(bytesOf(value))).toBeNull();
});
