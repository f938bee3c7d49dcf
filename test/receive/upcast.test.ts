import { describe, expect, test } from 'vitest';
import { makeEvent } from '../../ingest/event.ts';
import { currentVersion, decodeEvent, encodeEvent, type Steps } from '../../ingest/upcast.ts';
import { bytesOf } from '../sources/deliveries.ts';

const event = makeEvent(
  {
    type: 'team.defined',
    subject: 'team:till',
    occurred_at: '2026-03-05T12:00:00.000Z',
    key: ['till'],
    data: { team: 'till', title: 'Grüße 🚀' },
  },
  { source: 'workspace', normaliser: 1, delivery_id: '' },
);

describe('events in the log', () => {
  test('come back as they went in', () => {
    expect(decodeEvent(encodeEvent(event))).toEqual({ ok: true, event });
    expect(currentVersion('team.defined')).toBe(1);
  });

  test('half of a character, left by a cut, is mended going in and coming out', () => {
    const torn = (title: string) => ({ ...event, data: { team: 'till', title } }) as typeof event;
    const halves = torn('a\uD83D and \uDE80b, a whole 🚀, a written \\ud83d and a \\');
    const whole = torn('a\uFFFD and \uFFFDb, a whole 🚀, a written \\ud83d and a \\');
    expect(decodeEvent(encodeEvent(halves))).toEqual({ ok: true, event: whole });
    expect(decodeEvent(bytesOf(JSON.stringify(halves)))).toEqual({ ok: true, event: whole });
  });

  test('older versions are lifted step by step, newer ones wait for a release that knows them', () => {
    const steps: Steps = {
      'team.defined': [
        ({ name, ...rest }) => ({ ...rest, team: name }),
        ({ team, ...rest }) => ({ ...rest, team: String(team).toLowerCase() }),
      ],
    };
    const stored = (version: number, data: object) => bytesOf({ ...event, version, data });
    const lifted = { ok: true, event: { ...event, version: 3, data: { team: 'till' } } };
    expect(decodeEvent(stored(1, { name: 'Till' }), steps)).toEqual(lifted);
    expect(decodeEvent(stored(2, { team: 'Till' }), steps)).toEqual(lifted);
    expect(decodeEvent(stored(3, { team: 'till' }), steps)).toEqual(lifted);
    const newer = decodeEvent(stored(4, { squad: 'till' }), steps);
    expect(newer).toMatchObject({ ok: false, reason: 'version 4 of team.defined is newer' });
    expect(!newer.ok && JSON.parse(newer.text).data).toEqual({ squad: 'till' });
  });

  test('a step that fails sets its event aside', () => {
    const steps: Steps = {
      'team.defined': [
        () => {
          throw new RangeError('x');
        },
      ],
    };
    expect(decodeEvent(encodeEvent(event), steps)).toMatchObject({
      ok: false,
      reason: 'could not be lifted from version 1: RangeError',
    });
  });

  test.each([
    ['torn', '{"id":"x"', 'is not JSON'],
    ['empty', '', 'is not JSON'],
    ['null', 'null', 'has no event envelope'],
    ['another thing', '{"id":"x"}', 'has no event envelope'],
    ['data as a list', { ...event, data: [] }, 'has no event envelope'],
    ['version 0', { ...event, version: 0 }, 'has no event envelope'],
    ['a kind of tomorrow', { ...event, type: 'robot.sighed' }, 'unknown kind robot.sighed'],
    ['a kind of Object', { ...event, type: 'constructor' }, 'unknown kind constructor'],
  ])('%s is set aside with its text', (_name, value, reason) => {
    expect(decodeEvent(bytesOf(value))).toEqual({ ok: false, reason, text: new TextDecoder().decode(bytesOf(value)) });
  });
});
