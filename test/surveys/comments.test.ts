import { beforeEach, describe, expect, test } from 'vitest';
import { findEvent } from '../../services/facts.ts';
import { answers, close, comment, comments, surveyWorld, textOf } from './world.ts';

const world = surveyWorld();
beforeEach(() => world.clear());

const overall = { item: 'overall' };
const texts = (n: number) => Array.from({ length: n }, (_, i) => textOf(i)).sort();
const tooFew = { status: 'suppressed', reason: 'fewer than 10 people commented', n: null, comments: [], items: [] };

/** Tells what the story says and asks on a day. */
async function askOn(day: string, params: Readonly<Record<string, string>> = overall) {
  await world.write();
  world.at(`${day}T12:00:00.000Z`);
  const answer = await world.comments(params);
  return { ...answer, comments: [...answer.comments].sort() };
}

/** Comments that were written before the close and come in on a day after it. */
const late = (from: number, n: number, day: string) =>
  comments(world.story(), n, { from, recordedAt: `${day}T08:00:00.000Z` });

test('nine people are too few; ten are told, nineteen are the first ten still, twenty are all', async () => {
  comments(world.story(), 9);
  close(world.story());
  expect(await askOn('2025-03-11')).toEqual({
    wave: 'W',
    item: 'overall',
    as_of: '2025-03-11T12:00:00.000Z',
    ...tooFew,
  });
  // Whoever says it twice, and whatever comes twice, is one.
  comments(world.story(), 3, { recordedAt: '2025-03-11T13:00:00.000Z' });
  comment(world.story(), 'p1', 'Once more.', { when: '2025-03-04T00:00:00Z' });
  expect(await askOn('2025-03-11')).toMatchObject(tooFew);
  late(9, 1, '2025-03-12');
  const first = { status: 'ok', n: 10, comments: texts(10), items: ['overall'] };
  expect(await askOn('2025-03-12')).toEqual({
    wave: 'W',
    item: 'overall',
    as_of: '2025-03-12T12:00:00.000Z',
    ...first,
  });
  late(10, 9, '2025-03-13');
  expect(await askOn('2025-03-13')).toMatchObject(first);
  late(19, 1, '2025-03-14');
  expect(await askOn('2025-03-14')).toMatchObject({ n: 20, comments: texts(20) });
  // A past says what was told then.
  const asOf = async (at: string) => world.comments({ ...overall, as_of: at });
  expect(await asOf('2025-03-13T23:00:00Z')).toMatchObject({ n: 10 });
  expect(await asOf('2025-03-14T08:00:00Z')).toMatchObject({ n: 20 });
  expect(await asOf('2025-03-12T07:59:59.999Z')).toMatchObject(tooFew);
  expect(await asOf('2025-03-09T00:00:00Z')).toMatchObject({ status: 'not_applicable', n: null, comments: [] });
});

test('a later comment of the same person takes the place of the earlier one; after the close none counts', async () => {
  comments(world.story(), 10);
  comment(world.story(), 'p0', 'On second thought.', { when: '2025-03-06T00:00:00Z' });
  comment(world.story(), 'p1', 'Written earlier, come in later.', {
    when: '2025-03-04T00:00:00Z',
    recordedAt: '2025-03-06T00:00:00.000Z',
  });
  comment(world.story(), 'p2', 'Too late.', { when: '2025-03-10T00:00:00Z', recordedAt: '2025-03-10T00:00:00.500Z' });
  comment(world.story(), 'p11', 'Much too late.', { when: '2025-03-11T00:00:00Z' });
  close(world.story());
  const expected = ['On second thought.', ...texts(10).filter((text) => text !== textOf(0))].sort();
  expect(await askOn('2025-03-12')).toMatchObject({ n: 10, comments: expected });
  // What was given out stays, whatever the same people have said besides; nor are they people more.
  for (let i = 0; i < 10; i += 1)
    comment(world.story(), `p${i}`, `Changed ${i}`, {
      when: '2025-03-08T00:00:00Z',
      recordedAt: '2025-03-13T00:00:00Z',
    });
  expect(await askOn('2025-03-14')).toMatchObject({ n: 10, comments: expected });
  // Nor do they count among the ten that it takes to tell more.
  late(20, 9, '2025-03-15');
  expect(await askOn('2025-03-15')).toMatchObject({ n: 10, comments: expected });
  late(29, 1, '2025-03-16');
  const more = Array.from({ length: 10 }, (_, i) => textOf(20 + i));
  expect(await askOn('2025-03-16')).toMatchObject({ n: 20, comments: [...expected, ...more].sort() });
  late(30, 10, '2025-03-17');
  expect((await askOn('2025-03-17')).comments.filter((text) => text.startsWith('Changed'))).toEqual([]);
});

test('of a wave that is open nothing is told or published', async () => {
  comments(world.story(), 12);
  expect(await askOn('2025-03-11')).toMatchObject({ status: 'not_applicable', n: null, comments: [] });
  expect((await world.comments(overall)).reason).toMatch(/^the wave is not closed/);
  const [row] = await world
    .ledger()
    .store.query<{ n: string }>("SELECT count() AS n FROM events WHERE type = 'survey.comments_published'");
  expect(Number(row?.n)).toBe(0);
  // Nor of one that somebody says will close.
  close(world.story(), 'W', '2025-03-11T12:00:00.001Z');
  expect(await askOn('2025-03-11')).toMatchObject({ status: 'not_applicable' });
});

test('each item is told for itself, the wave as a whole is one, and identical texts are each told', async () => {
  comments(world.story(), 10, { item: '' });
  comments(world.story(), 9, { item: 'docs' });
  for (let i = 0; i < 11; i += 1) comment(world.story(), `p${i}`, i < 2 ? 'Same.' : textOf(i));
  close(world.story());
  expect(await askOn('2025-03-11', {})).toMatchObject({ item: null, n: 10, comments: texts(10), items: ['overall'] });
  expect(await askOn('2025-03-11', { item: 'docs' })).toMatchObject({ ...tooFew, items: ['overall'] });
  expect(await askOn('2025-03-11', { item: 'never asked' })).toMatchObject({ ...tooFew, items: ['overall'] });
  const { n, comments: told } = await askOn('2025-03-11');
  expect([n, told.filter((text) => text === 'Same.')]).toEqual([11, ['Same.', 'Same.']]);
});

test('the order and the answer tell nothing of who, when or in which team', async () => {
  for (let i = 0; i < 20; i += 1)
    comment(world.story(), `p${i}`, textOf(i), { when: `2025-03-0${1 + (i % 8)}T00:00:00Z` });
  close(world.story());
  await world.write();
  const { status, body } = await world.askComments('W', overall);
  expect(status).toBe(200);
  const answer = JSON.parse(body);
  expect(Object.keys(answer).sort()).toEqual(['as_of', 'comments', 'items', 'n', 'status', 'wave', 'item'].sort());
  expect(answer.comments.every((text: unknown) => typeof text === 'string')).toBe(true);
  const order = answer.comments.map((text: string) => Number(/\d+/.exec(text)?.[0]));
  expect(order).not.toEqual([...order].sort((a, b) => a - b));
  // The same texts in the same order, whoever wrote them when.
  await world.clear();
  for (let i = 0; i < 20; i += 1) comment(world.story(), `q${i}`, textOf(19 - i), {});
  close(world.story());
  await world.write();
  expect((await world.comments(overall)).comments).toEqual(answer.comments);
  for (const group of ['group_by', 'team', 'region', 'from', 'limit'])
    expect((await world.askComments('W', { ...overall, [group]: 'x' })).status, group).toBe(400);
});

describe('what is wrong with a question is said', () => {
  test('an unknown wave, an instant ahead or without a zone, an item that is too long', async () => {
    close(world.story());
    await world.write();
    const wrong: readonly (readonly [string, Record<string, string>, number, string])[] = [
      ['never heard of', {}, 404, 'wave'],
      ['W', { as_of: '2035-01-01T00:00:00Z' }, 400, 'as_of'],
      ['W', { as_of: 'yesterday' }, 400, 'as_of'],
      ['W', { item: 'x'.repeat(600) }, 400, 'item'],
    ];
    for (const [wave, params, status, field] of wrong) {
      const asked = await world.askComments(wave, params);
      expect(asked.status, asked.body).toBe(status);
      expect(JSON.parse(asked.body).problems[0].field).toBe(field);
    }
  });
});

test('a comment that is taken back before it was shown is never shown', async () => {
  comments(world.story(), 11);
  close(world.story());
  const [first] = world.story().history;
  world.story().tell('deployment.retracted', '2025-03-10T01:00Z', { event_id: first?.event.id });
  const { n, comments: told } = await askOn('2025-03-11');
  expect([n, told.includes(textOf(0)), told.includes(textOf(1))]).toEqual([10, false, true]);
});

test('whoever says something else by a newer reading, or anew, is nobody more', async () => {
  const said = (i: number, text: string, recordedAt = '2025-03-05T00:00:01.000Z', normaliser = 1) =>
    world
      .story()
      .tell(
        'survey.commented',
        '2025-03-05T00:00:00Z',
        { wave: 'W', item: 'overall', respondent: `p${i}`, text },
        { recordedAt, normaliser, key: [`p${i}`] },
      );
  for (let i = 0; i < 10; i += 1) said(i, textOf(i));
  close(world.story());
  const first = { n: 10, comments: texts(10) };
  expect(await askOn('2025-03-11')).toMatchObject(first);
  for (let i = 0; i < 9; i += 1) said(i, `Q: ${textOf(i)}`, '2025-03-12T00:00:00.000Z', 2);
  said(10, 'The only one who is new.', '2025-03-12T00:00:01.000Z');
  expect(await askOn('2025-03-12')).toMatchObject(first);
  for (let i = 11; i < 20; i += 1) said(i, textOf(i), '2025-03-13T00:00:00.000Z');
  expect((await askOn('2025-03-13')).comments).toContain('The only one who is new.');
});

test('a publication from outside is none', async () => {
  comments(world.story(), 9);
  close(world.story());
  const forged = { wave: 'W', item: 'overall', after: '', known_until: '2025-03-10T00:00:00Z', comments: [textOf(0)] };
  for (const options of [{ source: 'headway', deliveryId: 'from-outside' }, { source: 'survey-tool' }])
    world.story().tell('survey.comments_published', '2025-03-10T00:00Z', forged, options);
  expect(await askOn('2025-03-11')).toMatchObject(tooFew);
});

test('comments are no answers: they change no score, no share and no response rate', async () => {
  const ask = async () => [
    await world.totals('survey.score', { group_by: 'team' }),
    await world.totals('survey.score'),
    await world.totals('survey.response_rate'),
  ];
  answers(world.story(), 'A', 9);
  answers(world.story(), 'B', 4);
  close(world.story());
  await world.write();
  const before = await ask();
  for (let i = 0; i < 4; i += 1) comment(world.story(), `B-${i}`, textOf(i));
  comments(world.story(), 20);
  await world.write();
  expect(await world.comments(overall)).toMatchObject({ n: 24 });
  expect(await ask()).toEqual(before);
});

test('one fact is shown without its text, and a publication without its texts', async () => {
  comments(world.story(), 10);
  close(world.story());
  await world.write();
  await world.comments(overall);
  const { store } = world.ledger();
  const rows = await store.query<{ id: string; type: string }>(
    "SELECT id, type FROM events WHERE type LIKE 'survey.comment%'",
  );
  expect(new Set(rows.map(({ type }) => type))).toEqual(new Set(['survey.commented', 'survey.comments_published']));
  for (const { id } of rows) {
    const shown = JSON.stringify(await findEvent(store, id));
    expect(shown).not.toMatch(/Words of|"p\d/);
    expect(shown).toContain('(removed)');
  }
});
