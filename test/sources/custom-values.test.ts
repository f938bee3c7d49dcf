import { describe, expect, test } from 'vitest';
import { parseSelector, select } from '../../ingest/sources/custom/selector.ts';
import type { Source } from '../../ingest/sources/source.ts';
import { delivery, RECEIVED_AT } from './deliveries.ts';
import { eventsOf, problemsOf, read, sourceOf } from './mapped.ts';

/** One rule with its data, as YAML. */
const ruled = (kind: string, data: string, more = '') => `title: Own
events:
  - kind: ${kind}
    key: [$.id]
    occurred_at: $.at
    data: ${data}
${more}`;

describe('selectors', () => {
  const body = { a: { 'b-c': [{ d: 1 }, { d: 2 }, {}, null] }, 'odd key': { '*': 3 }, list: [[1, 2], [3]], n: null };
  const found = (text: string) => {
    const selector = parseSelector(text);
    return selector === null ? 'no selector' : select(selector, { $: body, '@': body.a, effort: { left: 1000 } });
  };

  test.each([
    ['$', [body]],
    ['$.a.b-c[0].d', [1]],
    ['$.a.b-c[*].d', [1, 2]],
    ['@.b-c[1].d', [2]],
    ["$['odd key']['*']", [3]],
    ['$.list[*][*]', [1, 2, 3]],
    ['$.a.b-c[9].d', []],
    ['$.n', []],
    ['$.a.b-c.length', []],
    ['$.constructor', []],
    ['$.__proto__.toString', []],
    ['$.a[0]', []],
    ['a.b', 'no selector'],
    ['$..a', 'no selector'],
    ['$.a[?(@.d)]', 'no selector'],
    ['$.a[-1]', 'no selector'],
    ['$.a b', 'no selector'],
    ["$['a'", 'no selector'],
    ['$.', 'no selector'],
    [`$${'.a'.repeat(40)}`, 'no selector'],
  ])('%s', (text, expected) => expect(found(text)).toEqual(expected));
});

describe('values', () => {
  test('numbers become the ids they are, texts the numbers and flags, one a list of one', () => {
    const source = sourceOf(
      ruled(
        'deployment.finished',
        '{ rollout_id: $.id, environment: live, outcome: succeeded, attempt_no: $.try, planned: $.planned, labels: $.label, targets: $.targets }',
      ),
    );
    const [event] = eventsOf(source, {
      id: 7,
      at: 1772704800,
      try: '2',
      planned: 'true',
      label: 'x',
      targets: [1, 'eu'],
    });
    expect(event?.occurred_at).toBe('2026-03-05T10:00:00.000Z');
    expect(event?.data).toEqual({
      rollout_id: '7',
      environment: 'live',
      outcome: 'succeeded',
      attempt_no: 2,
      planned: true,
      labels: ['x'],
      targets: ['1', 'eu'],
    });
  });

  test('constants that look like selectors, headers, maps with and without a way out, lists of objects', () => {
    const source = sourceOf(
      ruled(
        'branch.pushed',
        `
      repository: '{$.org}/{$.repo}'
      branch: { header: X-Branch }
      default_branch: { constant: '$.main' }
      forced: { value: $.force, map: { '1': true, '0': false } }
      commits: { each: '$.log[*]', fields: { sha: '@.id', authored_at: '@.time', author: $.by, message: 'by {$.by}: {@.text}' } }`,
      ),
    );
    expect(source.headers).toEqual(['x-branch']);
    const body = {
      id: 1,
      at: 1772704800,
      org: 'acme',
      repo: 'till',
      force: 1,
      by: 'ada',
      log: [
        { id: '9FCEB02', time: 1772700000, text: 'Fix' },
        { id: '1234567', time: 1772700001 },
      ],
    };
    const [event] = eventsOf(source, body, { 'x-branch': 'main' });
    expect(event?.data).toEqual({
      repository: 'acme/till',
      branch: 'main',
      default_branch: '$.main',
      forced: true,
      commits: [
        { sha: '9fceb02', authored_at: '2026-03-05T08:40:00.000Z', author: 'ada', message: 'by ada: Fix' },
        { sha: '1234567', authored_at: '2026-03-05T08:40:01.000Z', author: 'ada' },
      ],
    });
    expect(read(source, body)).toMatchObject({ outcome: 'rejected', reason: expect.stringMatching(/branch/) });
    expect(eventsOf(source, { ...body, force: 2 }, { 'x-branch': 'main' })[0]?.data).not.toHaveProperty('forced');
  });

  test.each([
    ['{ value: $.state, equals: 7 }', { state: '7' }, true],
    ['{ value: $.state, equals: true }', { state: true }, true],
    ['{ value: $.state, equals: done }', {}, false],
    ['{ value: $.state, in: [a, b] }', { state: 'b' }, true],
    ["{ value: '$.tags[*]', in: [a, b] }", { tags: ['x', 'b'] }, true],
    ["{ value: '$.tags[*]', equals: a }", { tags: [] }, false],
    ['{ value: $.state, exists: true }', { state: null }, false],
    ['{ value: $.state, exists: false }', { state: null }, true],
    ["{ value: '$.tags[*]', exists: true }", { tags: [1] }, true],
    ['{ value: { header: x-event }, equals: push }', {}, true],
  ])('when %s, of %j: %s', (condition, body, expected) => {
    const source = sourceOf(ruled('incident.detected', '{ incident_id: $.id }', `    when: [${condition}]\n`));
    const reading = read(source, { id: 'i', at: 1772704800, ...body }, { 'x-event': 'push' });
    expect(reading.outcome).toBe(expected ? 'events' : 'ignored');
  });

  test('what is not there is told by its place in the definition', () => {
    const source = sourceOf(ruled('incident.detected', '{ incident_id: $.id }'));
    expect(read(source, { at: 1772704800 })).toEqual({
      outcome: 'rejected',
      reason: 'events.0.key.0: nothing is there',
    });
    expect(read(source, { id: 1 })).toMatchObject({
      reason: expect.stringMatching(/^events\.0\.occurred_at: is not a timestamp/),
    });
    expect(read(source, { id: 1, at: '2036-01-01T00:00:00Z' })).toMatchObject({ outcome: 'rejected' });
  });

  test('a body that would make too many events is refused, in no time', () => {
    const source = sourceOf(`title: Own
events:
  - { kind: incident.detected, each: '$[*]', key: ['@'], occurred_at: { constant: '2026-03-05T10:00:00Z' }, data: { incident_id: '@' } }
`);
    const many = (count: number) => Array.from({ length: count }, (_, index) => index);
    expect(eventsOf(source, many(400))).toHaveLength(400);
    expect(read(source, many(401))).toMatchObject({
      outcome: 'rejected',
      reason: expect.stringMatching(/more than/),
    });
  });

  test('a body that would be looked through again and again is refused, in no time', () => {
    const source = sourceOf(`title: Own
events:
  - kind: deployment.finished
    each: $.items[*]
    when:
      - { value: '$.all[*]', in: [nothing] }
    key: ['@']
    occurred_at: { constant: '2026-03-05T10:00:00Z' }
    data: { rollout_id: '@', environment: live, outcome: succeeded }
  - kind: incident.detected
    each: $.items[*]
    when:
      - { value: 'x{$.text}', equals: nothing }
    key: [$.text]
    occurred_at: { constant: '2026-03-05T10:00:00Z' }
    data: { incident_id: '@', title: $.text }
`);
    const many = (count: number) => Array.from({ length: count }, (_, index) => index);
    const started = performance.now();
    expect(read(source, { items: many(10_000), all: many(200_000) })).toEqual({
      outcome: 'rejected',
      reason: 'body: its events take too much looking up; send fewer at once',
    });
    const text = 'x'.repeat(5_000_000);
    expect(read(source, { items: many(400), all: ['nothing'] })).toMatchObject({ outcome: 'events' });
    expect(read(source, { items: many(400), all: [1], text })).toMatchObject({ outcome: 'ignored' });
    // Without any bound each of these would take minutes.
    expect(performance.now() - started).toBeLessThan(20_000);
    const long = sourceOf(ruled('incident.detected', '{ incident_id: i, title: $.title }'));
    expect(read(long, { id: text, at: 1772704800 })).toMatchObject({
      reason: 'events.0.key.0: is longer than 512 characters',
    });
    expect(read(long, { id: 1, at: 1772704800, title: text })).toMatchObject({
      reason: expect.stringMatching(/data\.title: /),
    });
  });

  test('a token of its own header, a token of the usual ones; answers are confidential whatever is said', async () => {
    const own = sourceOf(
      ruled('incident.detected', '{ incident_id: $.id }', 'signature: { token: { header: X-Own, prefix: "Key " } }'),
    );
    const sent = (source: Source, headers: Record<string, string>) =>
      source.verify(delivery(source.name, '{}', headers, RECEIVED_AT), ['old', 's']);
    expect(await sent(own, { 'x-own': 'Key s' })).toBe(true);
    expect(await sent(own, { 'x-own': 's' })).toBe(false);
    expect(await sent(own, { authorization: 'Bearer s' })).toBe(false);
    expect(await sent(own, {})).toBe(false);
    const usual = sourceOf(ruled('survey.answered', '{ wave: w, item: i, score: $.score, respondent: $.who }'));
    expect(await sent(usual, { authorization: 'Bearer s' })).toBe(true);
    expect(await sent(usual, { 'x-own': 's' })).toBe(false);
    expect([own.confidential, usual.confidential]).toEqual([undefined, true]);
  });

  test('`version` is the number of the normaliser', () => {
    const source = sourceOf(ruled('incident.detected', '{ incident_id: $.id }', 'version: 3'));
    expect(eventsOf(source, { id: 1, at: 1772704800 })[0]?.normaliser).toBe(3);
  });
});

test('everything that can be known to be wrong is told at once, with its line', () => {
  const text = `title: Own
colour: red
version: 0
signature: { hmac: { prefix: x } }
events:
  - kind: deployment.done
    key: []
    occurred_at: $.at
    data: {}
  - kind: deployment.finished
    each: items
    when:
      - { value: $.a, equals: 1, exists: true }
      - { value: $..a, exists: true }
    key: [$.id]
    occurred_at: $[at]
    data:
      rollout: $.id
      environment: live
      outcome: { value: $.state, map: { ok: fine }, otherwise: failed }
      commits: { each: '$.c[*]', fields: { sha: '@.id' } }
  - kind: branch.pushed
    key: [$.id]
    occurred_at: { header: x-auth-token }
    data:
      repository: $5
      branch: { vlaue: $.a }
      commits: { each: '$.c[*]', fields: { sha: '@.id', autored_at: '@.at' } }
`;
  expect(problemsOf(text)).toEqual([
    expect.stringMatching(/^sources\/own.yaml:2 unknown key 'colour'$/),
    expect.stringMatching(/^sources\/own.yaml:3 version: /),
    expect.stringMatching(/^sources\/own.yaml:4 signature: is neither/),
    expect.stringMatching(
      /^sources\/own.yaml:6 events.0.kind: 'deployment.done' is not a kind of event; there are deployment.queued/,
    ),
    expect.stringMatching(/^sources\/own.yaml:7 events.0.key: /),
    expect.stringMatching(/^sources\/own.yaml:11 events.1.each: is no selector of a list/),
    expect.stringMatching(/^sources\/own.yaml:13 events.1.when.0: needs one of/),
    expect.stringMatching(/^sources\/own.yaml:14 events.1.when.1.value: is no selector/),
    expect.stringMatching(/^sources\/own.yaml:16 events.1.occurred_at: is no selector/),
    expect.stringMatching(/^sources\/own.yaml:18 events.1: deployment.finished needs the field 'rollout_id'/),
    expect.stringMatching(
      /^sources\/own.yaml:18 events.1: deployment.finished has no field 'rollout'; it has rollout_id/,
    ),
    expect.stringMatching(/^sources\/own.yaml:20 events.1: outcome 'fine'/),
    expect.stringMatching(/^sources\/own.yaml:21 events.1: commits is no list of objects/),
    expect.stringMatching(/^sources\/own.yaml:27 events.2.data.branch: has the keys vlaue/),
    expect.stringMatching(/^sources\/own.yaml:28 events.2: commits needs the field 'authored_at'/),
    expect.stringMatching(/^sources\/own.yaml:28 events.2: commits has no field 'autored_at'/),
  ]);
  expect(problemsOf(ruled('branch.pushed', '{ repository: r, branch: { header: x-auth-token } }'))).toEqual([
    expect.stringMatching(/^sources\/own.yaml:3 events.0: the header 'x-auth-token' may hold a secret/),
  ]);
  expect(problemsOf(ruled('incident.detected', '{ incident_id: $.id }'), 'sources/My Tool.yaml')).toEqual([
    expect.stringMatching(/^sources\/My Tool.yaml:1 the file's name is the source's/),
  ]);
  expect(problemsOf('- 1')).toEqual([expect.stringMatching(/^sources\/own.yaml:1 /)]);
});
