import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseData } from '../../ingest/event.ts';
import { secretVariable } from '../../services/config.ts';
import { times } from '../support/thorough.ts';
import { bytesOf, delivery } from './deliveries.ts';
import { eventsOf, read, sourceOf } from './mapped.ts';
import { changed, ofAnotherType, pathsOf } from './mutations.ts';

const SEED = 20260307;
console.log(`bodies for a mapped source: seed ${SEED}`);

describe('the example of the workspace', () => {
  const source = sourceOf(readFileSync('workspace/sources/ship-it.yaml', 'utf8'), 'sources/ship-it.yaml');
  const body = {
    type: 'release.done',
    sent: '2026-03-05T10:04:00Z',
    releases: [
      {
        id: 4711,
        service: 'cart',
        stage: 'live',
        state: 'ok',
        began: '2026-03-05T10:00:00Z',
        ended: '2026-03-05T10:03:30+01:00',
        commit: '9fceb02',
        commits: [{ id: '9fceb02' }, { id: '1234567' }],
      },
      { id: 4712, service: 'till', stage: 'live', state: 'burnt', ended: '2026-03-05T10:03:00Z', undoes: 4700 },
    ],
  };

  test('makes of one body the start and the end of every release', () => {
    const of = (id: number, service: string) => ({
      rollout_id: `ship-it/${id}`,
      service_id: service,
      environment: 'live',
    });
    const url = (id: number) => `https://ship-it.example.org/releases/${id}`;
    expect(
      eventsOf(source, body).map(({ type, subject, occurred_at, data }) => [type, subject, occurred_at, data]),
    ).toEqual([
      ['deployment.started', 'rollout:ship-it/4711', '2026-03-05T10:00:00.000Z', of(4711, 'cart')],
      [
        'deployment.finished',
        'rollout:ship-it/4711',
        '2026-03-05T09:03:30.000Z',
        {
          ...of(4711, 'cart'),
          outcome: 'succeeded',
          revision: '9fceb02',
          commits: ['9fceb02', '1234567'],
          url: url(4711),
        },
      ],
      [
        'deployment.finished',
        'rollout:ship-it/4712',
        '2026-03-05T10:03:00.000Z',
        { ...of(4712, 'till'), outcome: 'failed', rolls_back: 'ship-it/4700', url: url(4712) },
      ],
    ]);
    expect(new Set(eventsOf(source, body).map((event) => event.source))).toEqual(new Set(['custom/ship-it']));
  });

  test('a resend has the same ids, another type feeds nothing', () => {
    const ids = (sent: unknown) => eventsOf(source, sent).map(({ id }) => id);
    expect(ids({ ...body, sent: '2026-03-05T11:00:00Z' })).toEqual(ids(body));
    expect(read(source, { ...body, type: 'release.queued' })).toMatchObject({ outcome: 'ignored' });
  });

  test('is signed as it says, with rotation', async () => {
    const bytes = bytesOf(body);
    const mac = createHmac('sha256', 's').update(bytes).digest('hex');
    const sent = (value: string, secrets: string[], sentBody = bytes) =>
      source.verify(delivery(source.name, sentBody, { 'x-ship-it-signature': value }), secrets);
    expect(await sent(`sha256=${mac}`, ['old', 's'])).toBe(true);
    expect(await sent(`sha256=${mac}`, ['old'])).toBe(false);
    expect(await sent(mac, ['s'])).toBe(false);
    expect(await sent(`sha256=${mac}`, ['s'], new Uint8Array([...bytes, 0x20]))).toBe(false);
    expect(await source.verify(delivery(source.name, bytes), ['s'])).toBe(false);
  });

  test('says how it is connected, with the variable that the configuration knows', () => {
    expect(source.setup).toContain('{url}');
    expect(source.setup).toContain(secretVariable(source.name));
    expect(secretVariable(source.name)).toBe('HEADWAY_SECRET_CUSTOM_SHIP_IT');
  });

  test('hostile bodies: events that are right in every respect, or a reason; never a throw', () => {
    const sound = (sent: unknown) => {
      const reading = read(source, sent);
      if (reading.outcome !== 'events') {
        expect(reading.reason).not.toMatch(/^$|the normaliser failed/);
        return reading.outcome;
      }
      for (const { type, data, occurred_at, subject } of reading.events) {
        expect(parseData(type, data)).toEqual({ ok: true, data });
        expect(occurred_at).toMatch(/^2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        expect(subject).toMatch(/^rollout:./s);
      }
      return reading.outcome;
    };
    const outcomes = new Map<string, number>();
    const count = (outcome: string) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    for (const path of pathsOf(body)) {
      count(sound(changed(body, path, undefined)));
      const value = path.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown>)[key], body);
      for (const other of ofAnotherType(value)) count(sound(changed(body, path, other)));
    }
    const text = JSON.stringify(body);
    for (let length = 0; length < text.length; length += 11) expect(sound(text.slice(0, length))).toBe('rejected');
    const mutated = fc
      .tuple(fc.constantFrom(...pathsOf(body)), fc.jsonValue())
      .map(([path, value]) => changed(body, path, value));
    const arbitrary = fc.oneof(mutated, fc.jsonValue(), fc.string({ unit: 'binary' }), fc.uint8Array());
    fc.assert(
      fc.property(arbitrary, (sent) => void count(sound(sent ?? 'null'))),
      { numRuns: times(2000, 300), seed: SEED },
    );
    expect(Math.min(outcomes.get('events') ?? 0, outcomes.get('rejected') ?? 0)).toBeGreaterThan(15);
  });
});
