import { afterEach, describe, expect, test } from 'vitest';
import { LogUnavailable } from '../../ingest/ports.ts';
import { receive, receiveCanonical } from '../../ingest/receive.ts';
import { receiveSpooled, replay } from '../../ingest/replay.ts';
import { github } from '../../ingest/sources/github.ts';
import type { Source } from '../../ingest/sources/source.ts';
import { bytesOf } from '../sources/deliveries.ts';
import { bench, closeBenches, hook, push } from './log.ts';

afterEach(closeBenches);

describe('when the log is away', () => {
  test('without a spool: unavailable, and nothing counts as seen', async () => {
    const b = await bench();
    b.away = true;
    expect(await receive(b.deps, hook(push))).toEqual({ outcome: 'unavailable' });
    b.away = false;
    expect(await receive(b.deps, hook(push))).toMatchObject({ outcome: 'accepted', duplicates: 0 });
  });

  test('with a spool: acknowledged, and later the same delivery and events as if it had been there', async () => {
    const b = await bench({ spooling: true });
    b.away = true;
    expect(await receive(b.deps, hook(push))).toMatchObject({ outcome: 'accepted', delivery: 'delivery-1', events: 1 });
    expect(await receive(b.deps, hook('{'))).toMatchObject({ outcome: 'unreadable', delivery: 'delivery-2' });
    expect([...b.spooled.keys()]).toEqual(['delivery-1', 'delivery-2']);
    for (const record of b.spooled.values())
      await expect(receiveSpooled(b.deps, record)).rejects.toThrow(LogUnavailable);
    b.away = false;
    for (const record of b.spooled.values()) expect(await receiveSpooled(b.deps, record)).toBe('taken');
    expect(await receiveSpooled(b.deps, bytesOf('torn'))).toBe('unreadable');
    expect((await b.events()).map(({ type, delivery_id }) => [type, delivery_id]).sort()).toEqual([
      ['branch.pushed', 'delivery-1'],
      ['delivery.rejected', 'delivery-2'],
    ]);
    const straight = await bench();
    await receive(straight.deps, hook(push));
    expect((await b.deliveries()).find(({ delivery }) => delivery.id === 'delivery-1')).toEqual(
      (await straight.deliveries())[0],
    );
  });

  test('a spool that fails too: unavailable', async () => {
    const spool = { put: () => Promise.reject(new Error('disk full')) };
    const b = await bench({ spool });
    b.away = true;
    expect(await receive(b.deps, hook(push))).toEqual({ outcome: 'unavailable' });
  });
});

describe('replay', () => {
  const newer = (over: Partial<Source>): Partial<Parameters<typeof replay>[0]> => ({
    findSource: () => ({ ...github, normaliser: 2, ...over }),
  });

  test('a better normaliser says the same facts under the same ids with a higher number', async () => {
    const b = await bench();
    await receive(b.deps, hook(push));
    const [stored] = await b.deliveries();
    const again = await replay({ ...b.deps, ...newer({}) }, stored!.delivery);
    expect(again).toEqual({ outcome: 'events', events: 1, reason: undefined });
    const [first, second] = await b.events();
    expect(second).toEqual({ ...first, normaliser: 2 });
  });

  test('what was refused and now can be read supersedes the refusal', async () => {
    const b = await bench();
    await receive(b.deps, hook({}));
    const [stored] = await b.deliveries();
    const fixed = newer({ normalise: () => github.normalise({ ...stored!.delivery, body: bytesOf(push) }) });
    await replay({ ...b.deps, ...fixed }, stored!.delivery);
    expect(
      (await b.events()).map(({ type, normaliser, delivery_id }) => [type, normaliser, delivery_id]).sort(),
    ).toEqual([
      ['branch.pushed', 2, 'delivery-1'],
      ['delivery.rejected', 1, 'delivery-1'],
    ]);
  });

  test('a replay that finds nothing says so, or the older events would live on', async () => {
    const b = await bench();
    await receive(b.deps, hook(push));
    const [stored] = await b.deliveries();
    const none = newer({ normalise: () => ({ outcome: 'ignored', reason: 'no longer read' }) });
    expect(await replay({ ...b.deps, ...none }, stored!.delivery)).toMatchObject({ outcome: 'ignored', events: 0 });
    expect((await b.events()).find((event) => event.type === 'delivery.ignored')).toMatchObject({ normaliser: 2 });
  });

  test('a source that is gone, and a log that is away, are answers', async () => {
    const b = await bench();
    await receive(b.deps, hook(push));
    const [stored] = await b.deliveries();
    expect(await replay({ ...b.deps, findSource: () => undefined }, stored!.delivery)).toEqual({
      outcome: 'unknown_source',
    });
    b.away = true;
    expect(await replay(b.deps, stored!.delivery)).toEqual({ outcome: 'unavailable' });
  });
});

describe('comments that nobody asks for any more', () => {
  const form = {
    event_type: 'form_response',
    form_response: {
      form_id: 'f',
      token: 't',
      submitted_at: '2026-03-05T10:00:00Z',
      answers: [
        { type: 'number', number: 4, field: { id: 'a', type: 'rating' } },
        { type: 'text', text: 'so it is', field: { id: 'b', type: 'long_text' } },
      ],
    },
  };
  const commented = {
    id: 'c',
    type: 'survey.commented',
    source: 'tool',
    occurred_at: '2026-03-05T10:00:00Z',
    data: { wave: 'w', respondent: 'r', text: 'so it is' },
  };
  const json = { 'content-type': 'application/json' };

  test('a replay of what was kept while they were makes none', async () => {
    const b = await bench({ takesComments: true });
    await receive(b.deps, hook(form, {}, 'typeform'));
    await receiveCanonical(b.deps, { headers: json, body: bytesOf(commented) });
    const types = async () => (await b.events()).map(({ type }) => type).sort();
    const before = await types();
    expect(before).toEqual(['survey.answered', 'survey.commented', 'survey.commented']);
    const { takesComments: _, ...off } = b.deps;
    for (const { delivery } of await b.deliveries()) await replay(off, delivery);
    expect(await types()).toEqual([...before, 'delivery.rejected', 'survey.answered'].sort());
    for (const { delivery } of await b.deliveries()) await replay(b.deps, delivery);
    expect((await types()).filter((type) => type === 'survey.commented')).toHaveLength(4);
  });

  test('what was spooled while they were goes to the log without them', async () => {
    const b = await bench({ spooling: true, takesComments: true });
    b.away = true;
    await receive(b.deps, hook(form, {}, 'typeform'));
    await receiveCanonical(b.deps, { headers: json, body: bytesOf(commented) });
    b.away = false;
    const { takesComments: _, ...off } = b.deps;
    for (const record of b.spooled.values()) expect(await receiveSpooled(off, record)).toBe('taken');
    expect((await b.events()).map(({ type }) => type).sort()).toEqual(['delivery.rejected', 'survey.answered']);
    const bodies = (await b.deliveries()).map(({ delivery }) => Buffer.from(delivery.body).toString());
    expect(bodies).toHaveLength(2);
    expect(bodies.join()).not.toContain('so it is');
  });
});
