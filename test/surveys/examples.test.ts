import { beforeEach, describe, expect, test } from 'vitest';
import { answer, answers, close, surveyWorld } from './world.ts';

const world = surveyWorld();
beforeEach(() => world.clear());

/** The wave's close, without asking for days that have not come. */
const within = { to: '2025-03-11T00:00:00Z' };
const scores = [5, 4, 4, 3, 5, 4, 2, 5];
const invite = (n: number, team?: string) => {
  for (let i = 0; i < n; i += 1)
    world
      .story()
      .tell('survey.invited', '2025-03-01T00:00Z', { wave: 'W', respondent: `p${i}`, ...(team ? { team } : {}) });
};
const only = async (metric: string, params = {}) => {
  const rows = await world.totals(metric, params);
  expect(rows).toHaveLength(1);
  return rows[0]!;
};
const shown = { value: expect.any(Number), n: expect.any(Number) };
const hidden = { value: null, n: null, ci: null, status: 'suppressed', excluded: {} };
const byTeam = async (params = {}) => {
  const rows = await world.totals('survey.score', { group_by: 'team', ...params });
  return Object.fromEntries(rows.map((row) => [String(row.team), row]));
};

test('EX-SUR-1: mean, interval, goal, favourable share, response rate and finite population', async () => {
  invite(12, 'a');
  scores.forEach((score, i) => {
    answer(world.story(), `p${i}`, score);
  });
  // Said after the close: it does not count.
  world
    .story()
    .tell('survey.answered', '2025-03-11T00:00Z', { wave: 'W', item: 'overall', respondent: 'p0', score: 1 });
  close(world.story());
  await world.write();
  const row = await only('survey.score');
  expect(row).toMatchObject({
    value: 4,
    n: 8,
    unit: 'score',
    status: 'ok',
    target: 4,
    met: false,
    confidently_met: false,
  });
  expect([row.ci?.low, row.ci?.high].map((bound) => Number(bound?.toFixed(2)))).toEqual([3.11, 4.89]);
  // A wave covers all of the time that is asked about, also what lies before its first invitation.
  expect(row.window).toMatchObject({ start: '2025-01-01T00:00:00.000Z', partial: false });
  expect(row).toMatchObject({ invited: 12, distribution: { 2: 1, 3: 1, 4: 3, 5: 3 } });
  const corrected = await only('survey.score', { fpc: 'true' });
  expect((corrected.ci!.high! - corrected.ci!.low!) / 2).toBeCloseTo(0.54, 2);
  expect(await only('survey.score', { target: '3' })).toMatchObject({ met: true, confidently_met: true });
  expect(await only('survey.score', { target: '3.5' })).toMatchObject({ met: true, confidently_met: false });
  expect(await only('survey.favourable')).toMatchObject({
    value: 0.75,
    numerator: 6,
    denominator: 8,
    ci: { method: 'wilson' },
  });
  const responses = await only('survey.response_rate');
  expect(responses).toMatchObject({ numerator: 8, denominator: 12 });
  expect(responses.value).toBeCloseTo(0.667, 3);
  // Who is invited in a team answers for it, whatever the answer says.
  expect((await byTeam()).a).toMatchObject({ value: 4, n: 8 });
});

test('EX-SUR-2: five promoters and two detractors of ten', async () => {
  [10, 9, 9, 10, 9, 7, 8, 7, 6, 0].forEach((score, i) => {
    answer(world.story(), `p${i}`, score, { item: 'enps' });
  });
  close(world.story());
  await world.write();
  const row = await only('survey.enps');
  expect(row).toMatchObject({ n: 10, unit: 'points' });
  expect(row.value).toBeCloseTo(30, 9);
  expect((row.ci!.high! - row.ci!.low!) / 2).toBeCloseTo(48, 0);
  // Another scale is another question.
  expect(await only('survey.score')).toMatchObject({ value: null, n: 0 });
});

test('EX-SUP-PRIV-1: the next smallest is hidden with the one that is too small', async () => {
  for (const [team, n] of [
    ['A', 9],
    ['B', 7],
    ['C', 4],
  ] as const)
    answers(world.story(), team, n);
  close(world.story());
  await world.write();
  for (const metric of ['survey.score', 'survey.favourable', 'survey.response_rate']) {
    const rows = await world.totals(metric, { group_by: 'team' });
    const of = (team: string) => rows.find((row) => row.team === team);
    expect(of('B')).toMatchObject(hidden);
    expect(of('C')).toMatchObject(hidden);
    for (const name of ['numerator', 'denominator', 'distribution', 'invited', 'met'])
      expect(of('C')).not.toHaveProperty(name);
    expect(of('A')!.status).not.toBe('suppressed');
  }
  expect((await byTeam()).A).toMatchObject({ ...shown, n: 9 });
  expect(await only('survey.score')).toMatchObject({
    n: 20,
    value: expect.any(Number),
  });
});

test('EX-SUP-PRIV-2: of two children one too small, both are hidden and the parent shown', async () => {
  answers(world.story(), 'A', 6);
  answers(world.story(), 'B', 3);
  close(world.story());
  await world.write();
  expect(await byTeam()).toMatchObject({ A: hidden, B: hidden });
  expect(await only('survey.score')).toMatchObject({ ...shown, n: 9 });
});

test('EX-SUP-PRIV-3: a filter from which a small team could be told by subtraction is not answered', async () => {
  answers(world.story(), 'A', 5, { region: 'EU' });
  answers(world.story(), 'B', 4, { region: 'EU' });
  answers(world.story(), 'X', 3, { region: 'EU' });
  answers(world.story(), 'U', 8, { region: 'US' });
  close(world.story());
  await world.write();
  expect(await only('survey.score', { region: 'EU' })).toMatchObject({ ...shown, n: 12 });
  expect(await only('survey.score', { region: 'EU', team: 'A,B' })).toMatchObject(hidden);
  expect(await only('survey.score', { team: 'X' })).toMatchObject(hidden);
  expect(await only('survey.score', { team: 'B,X' })).toMatchObject({ ...shown, n: 7 });
  expect(await only('survey.score', { region: 'US' })).toMatchObject({ ...shown, n: 8 });
});

test('EX-SUP-PRIV-4: twelve on Monday are twelve until there are seventeen, whoever asks of when', async () => {
  const count = async (params = {}) => (await only('survey.score', params)).n;
  const monday = '2025-03-10T12:00:00.000Z';
  answers(world.story(), 'A', 12);
  close(world.story());
  await world.write();
  world.at(monday);
  expect(await count(within)).toBe(12);
  const late = (n: number, day: string) => answer(world.story(), `late-${n}`, n, { team: 'A' }, `${day}T08:00:00.000Z`);
  late(1, '2025-03-11');
  await world.write();
  world.at('2025-03-11T12:00:00.000Z');
  expect(await count(within)).toBe(12);
  for (const n of [2, 3, 4, 5]) late(n, '2025-03-14');
  await world.write();
  world.at('2025-03-14T12:00:00.000Z');
  expect(await count(within)).toBe(17);
  expect(await count({ ...within, as_of: monday })).toBe(12);
  expect(await only('survey.score', { ...within, as_of: '2025-03-09T00:00:00.000Z' })).toMatchObject({
    n: 0,
    value: null,
  });
}, 240_000);

describe('beyond the examples', () => {
  test('answers that are all alike are hidden below ten, with what would tell them', async () => {
    for (let i = 0; i < 6; i += 1) answer(world.story(), `a${i}`, 5, { team: 'A' });
    answers(world.story(), 'B', 7);
    answers(world.story(), 'C', 9);
    for (let i = 0; i < 10; i += 1) answer(world.story(), `d${i}`, 4, { team: 'D' });
    close(world.story());
    await world.write();
    expect(await byTeam()).toMatchObject({ A: hidden, B: hidden, C: { n: 9 }, D: { n: 10, value: 4 } });
  });

  test('five late answers that are all alike wait for others', async () => {
    answers(world.story(), 'A', 12);
    close(world.story());
    await world.write();
    expect((await only('survey.score')).n).toBe(12);
    for (let i = 0; i < 5; i += 1) answer(world.story(), `l${i}`, 1, { team: 'A' }, '2025-04-01T00:00:00.000Z');
    await world.write();
    expect((await only('survey.score')).n).toBe(12);
    answer(world.story(), 'l5', 2, { team: 'A' }, '2025-04-02T00:00:00.000Z');
    await world.write();
    expect((await only('survey.score')).n).toBe(18);
  });

  test('what was joined stays joined: a team that grows later does not tell what it was', async () => {
    answers(world.story(), 'A', 9);
    answers(world.story(), 'B', 7);
    answers(world.story(), 'C', 4);
    close(world.story());
    await world.write();
    expect(await byTeam()).toMatchObject({ B: hidden, C: hidden });
    for (let i = 0; i < 9; i += 1)
      answer(world.story(), `c${i}`, 1 + (i % 3), { team: 'C' }, '2025-04-01T00:00:00.000Z');
    await world.write();
    expect(await byTeam()).toMatchObject({ A: { n: 9 }, B: hidden, C: hidden });
    expect((await only('survey.score')).n).toBe(29);
  });

  test('a low response rate and another wording are said', async () => {
    invite(40);
    answers(world.story(), 'A', 6, { version: '1' });
    close(world.story());
    answers(world.story(), 'A', 8, { wave: 'V', version: '2' });
    close(world.story(), 'V', '2025-03-11T00:00:00.000Z');
    await world.write();
    expect((await only('survey.score', { wave: 'W' })).caveat).toContain('30 %');
    const both = await only('survey.score');
    expect(both).toMatchObject({ value: null, status: 'not_applicable' });
    expect(both.caveat).toContain('different words');
    expect(await only('survey.score', { wave: 'V' })).toMatchObject({ n: 8, status: 'ok' });
  });

  test('headcount weighs what was published together', async () => {
    for (let i = 0; i < 12; i += 1)
      world.story().tell('survey.invited', '2025-03-01T00:00Z', { wave: 'W', respondent: `A-${i}`, team: 'A' });
    for (let i = 0; i < 36; i += 1)
      world.story().tell('survey.invited', '2025-03-01T00:00Z', { wave: 'W', respondent: `B-${i}`, team: 'B' });
    for (let i = 0; i < 12; i += 1) answer(world.story(), `A-${i}`, i % 2 ? 5 : 4);
    for (let i = 0; i < 6; i += 1) answer(world.story(), `B-${i}`, i % 2 ? 1 : 2);
    close(world.story());
    await world.write();
    const row = await only('survey.score', { weight: 'headcount' });
    expect(row.value).toBeCloseTo((12 * 4.5 + 36 * 1.5) / 48, 9);
    expect(row.ci).toBeNull();
    expect((await only('survey.score')).value).toBeCloseTo((12 * 4.5 + 6 * 1.5) / 18, 9);
  });

  test('a wave that is open says nothing, and a publication from outside is none', async () => {
    answers(world.story(), 'A', 12);
    await world.write();
    expect(await only('survey.score')).toMatchObject({ n: 0, value: null });
    const cells = [{ team: 'A', region: '(unassigned)' }];
    const block = {
      cells,
      n: 3,
      invited: 3,
      scores: [{ score: 1, count: 3 }],
      known_until: '2025-03-10T00:00:00.000Z',
    };
    const forged = {
      wave: 'W',
      item: 'overall',
      scale: '1-5',
      after: '',
      versions: [],
      closed_at: '2025-03-10T00:00:00.000Z',
      close_known_at: '2025-03-10T00:00:00.000Z',
      blocks: [block],
    };
    world
      .story()
      .tell('survey.published', '2025-03-10T00:00Z', forged, { source: 'headway', deliveryId: 'from-outside' });
    close(world.story());
    await world.write();
    expect(await only('survey.score')).toMatchObject({ n: 12 });
  });
});
