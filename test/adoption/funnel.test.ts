import { beforeEach, expect, test } from 'vitest';
import { surveyWorld } from '../surveys/world.ts';

const world = surveyWorld();
beforeEach(() => world.clear());

const march = { from: '2025-03-03T00:00:00Z', to: '2025-03-31T00:00:00Z' };
const act = (principal: string, at: string, action: string, more = {}) =>
  world.story().tell('portal.action', `2025-03-${at}:00Z`, { principal, action, ...more });
const beat = () => {
  for (let day = 0; day < 120; day += 5)
    world.story().tell('source.heartbeat', new Date(Date.UTC(2025, 0, 1 + day)).toISOString(), { name: 'canonical' });
};
const only = async (metric: string, params = {}) => {
  const rows = await world.totals(metric, { ...march, ...params });
  expect(rows).toHaveLength(1);
  return rows[0]!;
};
const ten = [...'abcdefghij'];

test('EX-FUN-1: of ten in the portal eight use a template, of four who deploy one did before: 80 %, 37.5 % and 30 % of all', async () => {
  beat();
  for (const who of ten) {
    world.story().tell('search.performed', '2025-03-03T09:00:00Z', { principal: who, team: who < 'f' ? 'T1' : 'T2' });
    act(who, '04T09:00', 'navigate');
  }
  for (const who of ten.slice(0, 8)) act(who, '05T09:00', 'create');
  for (const who of ['a', 'b', 'c']) act(who, '06T09:00', 'deploy');
  act('d', '04T10:00', 'deploy');
  world.story().tell('portal.action', '2025-03-02T23:00:00Z', { principal: 'bot[bot]', action: 'create' });
  await world.write();
  const first = { value: 0.8, numerator: 8, denominator: 10, n: 10, status: 'ok', ci: { method: 'wilson' } };
  expect(await only('adoption.funnel', { step: 'login' })).toMatchObject({ value: 1, n: 10 });
  expect(await only('adoption.funnel', { step: 'scaffold' })).toMatchObject(first);
  expect(await only('adoption.funnel', { step: 'deploy' })).toMatchObject({
    value: 0.375,
    numerator: 3,
    denominator: 8,
  });
  expect(await only('adoption.funnel', { step: 'deploy', of: 'first' })).toMatchObject({ value: 0.3, denominator: 10 });
  // Three who could have gone on are too few to be told.
  expect(await only('adoption.funnel', { step: 'second_week' })).toMatchObject({ n: null, status: 'suppressed' });
  expect(await only('adoption.funnel', { step: 'second_week', of: 'first' })).toMatchObject({ value: 0, n: 10 });
  const teams = await world.totals('adoption.funnel', { ...march, group_by: 'team', step: 'scaffold' });
  expect(teams).toMatchObject([
    { team: 'T1', value: 1, n: 5 },
    { team: 'T2', value: 0.6, n: 5 },
  ]);
  // Of a team of which nobody came so far there is nothing to divide by; it is there nevertheless.
  expect(await world.totals('adoption.funnel', { ...march, group_by: 'team', step: 'second_week' })).toMatchObject([
    { team: 'T1', n: null, status: 'suppressed' },
    { team: 'T2', value: null, n: 0, status: 'not_applicable', excluded: {} },
  ]);
});

test('a step before the one before it is not reached, one too late neither, and the last is a week to two after the first', async () => {
  beat();
  for (const who of ten) {
    const at = who === 'd' ? '03T09:00' : '05T09:00';
    world.story().tell('search.performed', '2025-03-03T09:00:00Z', { principal: who });
    act(who, '04T09:00', 'navigate');
    act(who, '06T09:00', 'scaffold');
    // Of these one deploys before there is anything to deploy, one after four weeks and an instant.
    if (who === 'd') act(who, at, 'deploy');
    else if (who === 'e')
      world.story().tell('portal.action', '2025-03-31T09:00:00.001Z', { principal: who, action: 'deploy' });
    else act(who, '07T09:00', 'rollout');
    if (who === 'f') act(who, '10T09:00', 'navigate');
    if (who === 'g') act(who, '10T08:59', 'navigate');
    if (who === 'h') act(who, '17T09:00', 'navigate');
    if (who === 'i') world.story().tell('doc.viewed', '2025-03-12T09:00:00Z', { principal: who, document: 'x' });
  }
  await world.write();
  expect(await only('adoption.funnel', { step: 'scaffold' })).toMatchObject({ value: 1, n: 10 });
  expect(await only('adoption.funnel', { step: 'deploy' })).toMatchObject({ value: 0.8, n: 10 });
  expect(await only('adoption.funnel', { step: 'deploy', within_days: '29' })).toMatchObject({ value: 0.9 });
  expect(await only('adoption.funnel', { step: 'second_week' })).toMatchObject({
    value: 0.25,
    numerator: 2,
    denominator: 8,
  });
  world.at('2025-03-20T00:00:00.000Z');
  // The second week is over, so that nobody can come any more.
  const back = await only('adoption.funnel', { step: 'second_week', of: 'first' });
  expect(back).toMatchObject({ numerator: 2, denominator: 10, open_n: 0 });
  expect(await only('adoption.funnel', { step: 'deploy' })).toMatchObject({ status: 'provisional', open_n: 2 });
  expect(await world.refused('adoption.funnel', { team: 'T1' })).toContain('not a parameter');
  expect(await world.refused('adoption.funnel/atoms', {})).toContain('never shown');
});

test('weeks of fewer than five go together, and what is left of them joins the cohort before', async () => {
  beat();
  const search = (who: string, date: string, team = 'T1') =>
    world.story().tell('search.performed', `2025-03-${date}T09:00:00Z`, { principal: who, team });
  for (const who of 'abcdefg') search(who, '03');
  for (const who of 'hi') search(who, '11');
  for (const who of 'jkl') search(who, '19');
  for (const who of 'm') search(who, '26');
  const weeks = async (params = {}) =>
    (await world.get('adoption.funnel', { ...march, grain: 'week', ...params })).series.map((row) => row.n);
  await world.write();
  expect(await weeks()).toEqual([7, 0, 6, 0]);
  // Whatever the zone, they are the same people.
  expect(await weeks({ tz: 'Asia/Tokyo', from: '2025-03-02T15:00:00Z', to: '2025-03-30T15:00:00Z' })).toEqual([
    7, 0, 6, 0,
  ]);
  // Small teams are told together only, and not at all while they are fewer than five.
  for (const who of ['n', 'o']) search(who, '04', 'T2');
  await world.write();
  expect(await only('adoption.funnel')).toMatchObject({ n: 13, excluded: {} });
  for (const who of ['p', 'q', 'r']) search(who, '05', 'T3');
  await world.write();
  expect(await only('adoption.funnel')).toMatchObject({ n: 18 });
  expect(await world.totals('adoption.funnel', { ...march, group_by: 'team' })).toMatchObject([
    { team: 'T1', n: 13 },
    { team: 'T2', n: null, status: 'suppressed' },
    { team: 'T3', n: null, status: 'suppressed' },
  ]);
});

test('EX-FUN-1, of tasks: of eight that began three came to an end, five are abandoned', async () => {
  beat();
  const tell = (id: number, step: 'requested' | 'started' | 'finished', at: string, more = {}) =>
    world.story().tell(`task.${step}`, `2025-03-${at}:00Z`, {
      task_id: `t${id}`,
      kind: 'create-repository',
      principal: ten[id]!,
      ...more,
    });
  for (let id = 0; id < 10; id += 1) {
    tell(id, 'requested', '03T09:00');
    if (id < 8) tell(id, 'started', '03T10:00');
  }
  tell(0, 'finished', '03T11:00', { outcome: 'succeeded' });
  tell(1, 'finished', '03T11:00', { outcome: 'failed' });
  tell(2, 'finished', '30T11:00', { outcome: 'succeeded' });
  tell(3, 'finished', '03T09:30', { outcome: 'succeeded' });
  tell(4, 'finished', '03T11:00', { outcome: 'cancelled' });
  tell(9, 'finished', '03T11:00', { outcome: 'succeeded' });
  await world.write();
  expect(await only('adoption.abandonment')).toMatchObject({
    value: 0.625,
    numerator: 5,
    denominator: 8,
    status: 'ok',
  });
  expect(await only('adoption.abandonment', { within_days: '7' })).toMatchObject({ value: 0.75 });
  expect(await world.totals('adoption.abandonment', { ...march, group_by: 'kind' })).toMatchObject([
    { kind: 'create-repository', n: 8 },
  ]);
  world.at('2025-03-20T00:00:00.000Z');
  expect(await only('adoption.abandonment')).toMatchObject({ status: 'provisional', open_n: 5 });
  // The same person over and over is one person.
  await world.clear();
  beat();
  for (let id = 0; id < 8; id += 1) {
    tell(id, 'requested', `0${3 + (id % 5)}T09:00`, { principal: 'a' });
    tell(id, 'started', '10T10:00', { principal: 'a' });
  }
  await world.write();
  expect(await only('adoption.abandonment')).toMatchObject({ value: null, n: null, status: 'suppressed' });
});
