import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseData } from '../../ingest/event.ts';
import { parseJson } from '../../ingest/json.ts';
import { readCanonical } from '../../ingest/sources/canonical.ts';
import { times } from '../support/thorough.ts';
import { cases, fromBase, sampleDeliveries } from './cases.ts';
import { bytesOf, delivery, haveSamples } from './deliveries.ts';
import { hostileDeliveries } from './hostile-bodies.ts';
import { changed, ofAnotherType, pathsOf } from './mutations.ts';
import { cpuMs, expectSound } from './sound.ts';

const SEED = 20260305;
const BODIES = times(2000, 200);
console.log(`hostile bodies: seed ${SEED}, ${BODIES} for each source`);

const allBases = cases.flatMap((each) =>
  each.bases.map((base) => ({ source: each.source.name, event: base.event, each, base })),
);

describe.each(allBases)('$source $event', ({ each, base }) => {
  const made = (body: unknown) => fromBase(each, base, body);

  test('well-formed, it makes events', () => {
    expect(expectSound(made(base.body))).toBe('events');
  });

  test('every field removed, and every field of another type: events or a reason', () => {
    const outcomes = new Set<string>();
    for (const path of pathsOf(base.body)) {
      outcomes.add(expectSound(made(changed(base.body, path, undefined))));
      const value = path.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown>)[key], base.body);
      for (const other of ofAnotherType(value)) outcomes.add(expectSound(made(changed(base.body, path, other))));
    }
    // Some fields are needed and some are not, or this test would have tested nothing.
    expect(outcomes).toContain('events');
    expect(outcomes).toContain('rejected');
  });

  test('cut off anywhere, it is not JSON', () => {
    const text = JSON.stringify(base.body);
    for (let length = 0; length < text.length; length += 7) {
      expect(expectSound(made(text.slice(0, length)))).toBe('rejected');
    }
  });
});

describe.each(cases.map((each) => ({ name: each.source.name, each })))(
  '2,000 arbitrary bodies for $name',
  ({ each }) => {
    test('none throws, none is half right', () => {
      const outcomes = new Map<string, number>();
      fc.assert(
        fc.property(hostileDeliveries(each), (sent) => {
          const outcome = expectSound(sent);
          expect(cpuMs(sent), 'milliseconds that reading holds up others').toBeLessThan(100);
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        }),
        { numRuns: BODIES, seed: SEED },
      );
      expect(Math.min(outcomes.get('events') ?? 0, outcomes.get('rejected') ?? 0)).toBeGreaterThan(BODIES / 20);
    });
  },
);

test('2,000 arbitrary bodies of canonical events: every one is answered for itself', () => {
  const rightOr = (right: fc.Arbitrary<unknown>, wrong: fc.Arbitrary<unknown> = fc.jsonValue()) =>
    fc.oneof({ weight: 9, arbitrary: right }, { weight: 1, arbitrary: wrong });
  const kinds = ['deployment.finished', 'incident.detected', 'branch.pushed', 'change.merged', '__proto__'];
  const data = {
    rollout_id: 'r',
    environment: 'e',
    outcome: 'succeeded',
    incident_id: 'i',
    repository: 'a/b',
    branch: 'm',
    change_id: 'c',
  };
  const event = fc.record({
    id: rightOr(fc.string({ minLength: 1 })),
    type: rightOr(fc.constantFrom(...kinds), fc.string()),
    source: rightOr(fc.constantFrom('spinnaker', 'octopus')),
    occurred_at: rightOr(
      fc
        .date({ min: new Date('1990-01-01'), max: new Date('2026-04-01'), noInvalidDate: true })
        .map((date) => date.toISOString()),
    ),
    data: rightOr(
      fc
        .tuple(
          fc.constant(data),
          fc.dictionary(fc.constantFrom(...Object.keys(data), 'commits', 'title', 'paths'), fc.jsonValue(), {
            maxKeys: 1,
          }),
        )
        .map(([right, wrong]) => ({ ...right, ...wrong })),
    ),
  });
  let accepted = 0;
  fc.assert(
    fc.property(fc.array(fc.oneof(event, fc.jsonValue()), { maxLength: 5 }), fc.boolean(), (list, lines) => {
      const body = lines ? list.map((item) => JSON.stringify(item)).join('\n') : JSON.stringify(list);
      const headers = { 'content-type': lines ? 'application/x-ndjson' : 'application/json' };
      const reading = readCanonical(delivery('canonical', body, headers));
      if (reading.outcome !== 'items') {
        expect(list).toEqual([]);
        return;
      }
      expect(reading.items).toHaveLength(list.length);
      for (const item of reading.items) {
        if (!('event' in item)) {
          expect(item.problems.length).toBeGreaterThan(0);
          continue;
        }
        accepted++;
        expect(parseData(item.event.type, item.event.data)).toEqual({ ok: true, data: item.event.data });
      }
    }),
    { numRuns: BODIES, seed: SEED },
  );
  expect(accepted).toBeGreaterThan(BODIES / 4);
});

describe.runIf(haveSamples)('the senders’ own payloads, maltreated', () => {
  // Evenly spread over each payload, so that the whole of it is met in bounded time.
  const some = <T>(list: readonly T[], count: number) =>
    list.filter((_, index) => index % Math.max(1, Math.ceil(list.length / count)) === 0);

  test.each(cases.map((each) => ({ name: each.source.name, each })))(
    '$name: fields removed, types changed, cut off',
    ({ each }) => {
      for (const whole of sampleDeliveries(each).values()) {
        const sent = (value: unknown) => ({ ...whole, body: bytesOf(value) });
        const parsed = parseJson(whole.body);
        // One publisher's example lacks a comma: there are no fields to change in it.
        const body = parsed.ok ? parsed.value : null;
        for (const [index, path] of some(pathsOf(body), 30).entries()) {
          expectSound(sent(changed(body, path, undefined)));
          expectSound(sent(changed(body, path, [null, 7, 'x', {}, []][index % 5])));
        }
        for (const part of [0.1, 0.5, 0.9, 0.999]) {
          expectSound(sent(whole.body.slice(0, Math.floor(whole.body.length * part))));
        }
      }
    },
  );
});
