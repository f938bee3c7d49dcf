import { beforeEach, expect, test } from 'vitest';
import { surveyWorld } from '../surveys/world.ts';
import { march, questionsTo } from './world.ts';

const world = surveyWorld();
beforeEach(() => world.clear());
const { only, by, beat } = questionsTo(world);

type More = Readonly<Record<string, unknown>>;
const at = (day: number, time: string) => `2025-03-${String(day).padStart(2, '0')}T${time}Z`;
let nth = 0;
/** A task that runs for a minute. */
const run = (principal: string, when: string, outcome: string | null, more: More = {}) => {
  nth += 1;
  const task = { task_id: `t${nth}`, kind: 'create-repository', principal, ...more };
  world.story().tell('task.requested', when, task);
  if (outcome === null) return;
  const end = new Date(Date.parse(when) + 60_000).toISOString();
  world.story().tell('task.finished', end, { ...task, outcome });
};
const ask = (principal: string, when: string, more: More = {}) => {
  nth += 1;
  world.story().tell('ticket.created', when, { ticket_id: `k${nth}`, kind: 'create-repository', principal, ...more });
};

test('EX-SSR-1: what people wanted, and what of it they got by themselves', async () => {
  beat();
  for (const who of ['a', 'b', 'c', 'd', 'e', 'f']) run(who, at(3, '10:00:00'), 'succeeded', { team: 'x' });
  run('g', at(3, '10:00:00'), 'succeeded', { team: 'y' });
  ask('G', at(3, '13:00:00'));
  run('h', at(3, '10:00:00'), 'failed', { team: 'y' });
  ask('h', at(3, '10:30:00'));
  ask('i', at(3, '10:00:00'), { kind: 'Create-Repository' });
  ask('j', at(3, '10:00:00'));
  // Neither side: nobody can do it by themselves; a machine; another day's ticket without a kind.
  ask('k', at(3, '10:00:00'), { kind: 'advice' });
  run('robot[bot]', at(3, '10:00:00'), 'succeeded');
  world.story().tell('ticket.created', at(3, '10:00:00'), { ticket_id: 'plain', principal: 'a' });
  await world.write();
  const success = await only('platform.self_service_success');
  expect(success).toMatchObject({ numerator: 6, denominator: 10, value: 0.6, open_n: 0, status: 'ok' });
  expect(success.excluded).toEqual({ bot: 1, not_in_catalogue: 1 });
  expect(success.ci!.low).toBeCloseTo(0.313, 3);
  expect(success.ci!.high).toBeCloseTo(0.832, 3);
  expect(await only('platform.self_service_share')).toMatchObject({ numerator: 8, denominator: 10 });
  const runs = await only('platform.automation_run_success');
  expect(runs).toMatchObject({ numerator: 7, denominator: 8, excluded: { bot: 1 } });
  expect(await by('team', 'platform.self_service_success')).toMatchObject({
    x: { numerator: 6, denominator: 6 },
    y: { numerator: 0, denominator: 2 },
    '(unassigned)': { numerator: 0, denominator: 2 },
  });
  expect(await by('kind', 'platform.self_service_success')).toMatchObject({
    advice: { value: null, excluded: { not_in_catalogue: 1 } },
  });
  expect(await only('platform.self_service_success', { team: 'y' })).toMatchObject({ denominator: 2 });
});

test('EX-SSR-2: nobody wanted anything, which is no rate', async () => {
  beat();
  await world.write();
  const none = { value: null, status: 'not_applicable', numerator: 0, denominator: 0 };
  expect(await only('platform.self_service_success')).toMatchObject(none);
  expect(await only('platform.self_service_share')).toMatchObject(none);
  expect(await only('platform.automation_run_success')).toMatchObject(none);
});

test('an intent lasts a day from its first event, of one person and one kind', async () => {
  beat();
  world.story().tell('person.defined', '2025-01-01T00:00:00Z', { person: 'ada', identities: ['ada-2'], team: 'own' });
  // A failure and a success of two logins are one intent; the day after is another, whose ticket says nothing of the first.
  run('ada', at(3, '10:00:00'), 'failed');
  run('ada-2', at(3, '10:30:00'), 'succeeded');
  run('ada', at(4, '09:59:59'), 'cancelled');
  ask('ada', at(4, '10:00:00'));
  // Another kind at the same time; helped, and asked of people though told as a task.
  run('ada', at(3, '10:00:00'), 'succeeded', { kind: 'database', human_touch: true });
  run('bob', at(3, '10:00:00'), 'succeeded', { channel: 'ticket' });
  run('bob', at(3, '10:00:00'), null, { kind: 'database' });
  await world.write();
  const success = await only('platform.self_service_success');
  expect(success).toMatchObject({ numerator: 1, denominator: 5 });
  expect(await only('platform.self_service_share')).toMatchObject({ numerator: 3, denominator: 5 });
  expect(await only('platform.automation_run_success')).toMatchObject({
    numerator: 2,
    denominator: 3,
    excluded: { by_ticket: 1, cancelled: 1, not_finished: 1 },
  });
  expect(await by('team', 'platform.self_service_success')).toMatchObject({ own: { denominator: 3 } });
  world.at('2025-03-03T12:00:00.000Z');
  const { series } = await world.get('platform.self_service_success', { ...march, grain: 'day' });
  expect(series[2]).toMatchObject({ numerator: 1, denominator: 4, open_n: 1 });
  const told = await world.ledger().store.query('SELECT count() AS n FROM tasks FINAL');
  expect(Number(told[0]!.n)).toBe(6);
});

test('EX-TRN-1: completed by the due date ÷ due, without those who left, and never of few', async () => {
  beat();
  const due = at(20, '00:00:00');
  const train = (who: string, completed: string | null, more: More = {}) => {
    const training = { person: who, course: 'Security', team: 'x', ...more };
    world.story().tell('training.assigned', at(1, '09:00:00'), { ...training, due_at: '2025-03-20T00:00:00.000Z' });
    if (completed !== null) world.story().tell('training.completed', completed, { person: who, course: 'security' });
  };
  for (const who of ['a', 'b', 'c', 'd', 'e', 'f']) train(who, at(5, '10:00:00'));
  train('g', due);
  train('h', '2025-03-20T00:00:00.001Z');
  train('i', null);
  train('j', null);
  world.story().tell('person.left', at(10, '00:00:00'), { person: 'j' });
  await world.write();
  expect(await only('people.training_completion')).toMatchObject({
    numerator: 7,
    denominator: 9,
    excluded: {},
    late_n: 1,
    pass_rate: null,
    open_n: 0,
    status: 'ok',
  });
  // Those who come back before it is due count; what they passed is told apart.
  world.story().tell('person.joined', at(12, '00:00:00'), { person: 'j' });
  world.story().tell('training.completed', at(13, '00:00:00'), { person: 'j', course: 'Security', passed: false });
  world.story().tell('training.completed', at(14, '00:00:00'), { person: 'j', course: 'Security', passed: true });
  world.story().tell('training.completed', at(25, '00:00:00'), { person: 'i', course: 'Security', passed: false });
  for (const who of ['k', 'l', 'm', 'n']) train(who, at(5, '10:00:00'), { team: 'few' });
  await world.write();
  const all = await only('people.training_completion');
  expect(all).toMatchObject({ numerator: 8, denominator: 10, late_n: 2, pass_rate: 0.5 });
  const teams = await by('team', 'people.training_completion');
  const hidden = { value: null, n: null, status: 'suppressed' };
  expect(teams).toMatchObject({ few: hidden, x: { numerator: 8, denominator: 10 } });
  expect(teams.few).not.toHaveProperty('late_n');
  expect(await world.refused('people.training_completion/atoms', {})).toContain('never shown');
  expect(await world.refused('people.training_completion', { team: 'few' })).toContain('team');
});

test('EX-DOC-1: what is searched, found and given up', async () => {
  beat();
  const act = (
    type: 'search.performed' | 'search.clicked' | 'doc.viewed' | 'doc.rated',
    who: string,
    time: string,
    more: More = {},
  ) => world.story().tell(type, at(3, time), { principal: who, ...more });
  act('doc.viewed', 'a', '09:50:00', { document: 'home' });
  act('search.performed', 'a', '10:00:00', { results: 3, team: 'x' });
  act('search.clicked', 'a', '10:00:20', { document: 'guide' });
  act('search.performed', 'b', '10:00:00', { results: 3 });
  act('search.clicked', 'b', '10:00:10', { document: 'wrong' });
  act('search.performed', 'b', '10:00:18', { results: 2 });
  act('doc.viewed', 'b', '10:01:00', { document: 'right' });
  act('search.performed', 'c', '10:00:00', { results: 0 });
  await world.write();
  expect(await only('docs.search_success')).toMatchObject({ numerator: 2, denominator: 3, open_n: 0 });
  const found = await only('docs.time_to_find');
  expect(found).toMatchObject({ value: 40, n: 2, unit: 'seconds', excluded: { abandoned: 1 } });
  expect(found.abandonment_rate).toBeCloseTo(1 / 3, 12);
  expect(await only('docs.zero_result_rate')).toMatchObject({ value: 0.25, numerator: 1, denominator: 4 });
  expect(await by('team', 'docs.search_success')).toMatchObject({ x: { value: 1 }, '(unassigned)': { value: 0.5 } });
  expect(await world.refused('docs.search_success/atoms', {})).toContain('never shown');
  // What was found is support that nobody had to give; its rows say nothing of who it was.
  world.story().tell('ticket.created', at(3, '11:00:00'), { ticket_id: '1', tier: 2, team: 'x', principal: 'a' });
  world.story().tell('ticket.created', at(3, '11:00:00'), { ticket_id: '2', tier: 3, principal: 'c' });
  await world.write();
  expect(await only('support.deflection')).toMatchObject({ value: 0.5, numerator: 2, denominator: 4 });
  expect(await by('support_tier', 'support.volume')).toMatchObject({
    0: { value: 2 },
    2: { value: 1 },
    3: { value: 1 },
  });
  expect(await only('support.tier_share', { at_tier: '0', team: 'x' })).toMatchObject({ numerator: 1, denominator: 2 });
  expect(await only('support.resolution_time')).toMatchObject({ open_n: 2, n: 0 });
  const listed = JSON.stringify(await world.get('support.volume/atoms', march));
  expect(listed).toContain('"ticket_id":"2"');
  expect(listed).toContain('"documentation"');
  expect(listed).not.toMatch(/principal|person_key/);
});

test('how long somebody stays is what the documentation tells, and a session ends with a pause', async () => {
  beat();
  const act = (
    type: 'search.performed' | 'search.clicked' | 'doc.viewed' | 'doc.rated',
    who: string,
    time: string,
    more: More = {},
  ) => world.story().tell(type, at(3, time), { principal: who, ...more });
  // Left after nine seconds, as told of the same document; found half an hour later, in another session.
  act('search.performed', 'a', '10:00:00');
  act('search.clicked', 'a', '10:00:05', { document: 'guide' });
  act('doc.viewed', 'a', '10:00:06', { document: 'guide', dwell_seconds: 9 });
  act('doc.viewed', 'a', '10:30:06', { document: 'late', dwell_seconds: 600 });
  // Gone on to another document after nine seconds, then a stay of ten, and a query within half a minute.
  act('search.performed', 'b', '10:00:00');
  act('search.clicked', 'b', '10:00:05', { document: 'one' });
  act('search.clicked', 'b', '10:00:14', { document: 'two' });
  act('search.clicked', 'b', '10:00:24', { document: 'three' });
  act('search.performed', 'b', '10:00:40');
  // Short, but helpful; another session an hour later gives up.
  act('search.performed', 'c', '10:00:00');
  act('doc.viewed', 'c', '10:00:05', { document: 'one', dwell_seconds: 2 });
  act('doc.rated', 'c', '10:00:08', { document: 'one', helpful: true });
  act('search.performed', 'c', '11:00:00');
  await world.write();
  const rows = await world
    .ledger()
    .store.query(
      "SELECT subject, formatDateTime(began_at, '%H:%i:%S', 'UTC') AS begun, ifNull(formatDateTime(found_at, '%i:%S', 'UTC'), '') AS found FROM searches FINAL ORDER BY subject, began_at",
    );
  expect(rows.map((row) => [row.subject, row.begun, row.found])).toEqual([
    ['principal:a', '10:00:00', ''],
    ['principal:b', '10:00:00', ''],
    ['principal:c', '10:00:00', '00:05'],
    ['principal:c', '11:00:00', ''],
  ]);
});

test('each team in its own zone, those too of which only tickets or only searches tell; a kind in any case is one', async () => {
  beat();
  world.story().tell('team.defined', '2025-01-01T00:00:00Z', { team: 'west', timezone: 'America/New_York' });
  run('a', at(3, '10:00:00'), 'succeeded', { team: 'west' });
  ask('b', at(3, '10:00:00'), { kind: 'Create-Repository', team: 'east' });
  world.story().tell('search.performed', at(3, '10:00:00'), { principal: 'c', team: 'south' });
  world.story().tell('doc.viewed', at(3, '10:00:05'), { principal: 'c', document: 'guide' });
  await world.write();
  const success = await by('team', 'platform.self_service_success', { tz: 'team' });
  expect(Object.keys(success)).toEqual(['east', 'west']);
  expect(success.west!.window.tz).toBe('America/New_York');
  expect(Object.keys(await by('team', 'support.volume', { tz: 'team' }))).toEqual(['east', 'south']);
  const kinds = await by('kind', 'platform.self_service_success');
  expect(Object.keys(kinds)).toEqual(['create-repository']);
  expect(kinds['create-repository']).toMatchObject({ numerator: 1, denominator: 2 });
});

test('a training counts for the team of when it was due, and not where its person had left by another name', async () => {
  beat();
  const people = ['a', 'b', 'c', 'd', 'e'];
  for (const person of [...people, 'f', 'g'])
    world
      .story()
      .tell('training.assigned', at(1, '09:00:00'), { person, course: 'Security', due_at: at(20, '00:00:00') });
  for (const person of [...people, 'f'])
    world.story().tell('person.moved', at(10, '00:00:00'), { person, team: 'new' });
  world.story().tell('person.defined', at(1, '00:00:00'), { person: 'eff', identities: ['f', 'f@example.org'] });
  world.story().tell('person.left', at(12, '00:00:00'), { person: 'F@example.org' });
  world.story().tell('person.left', at(20, '00:00:00'), { person: 'a' });
  for (const person of people) world.story().tell('person.joined', '2025-01-01T00:00:00Z', { person, team: 'old' });
  await world.write();
  expect(await only('people.training_completion')).toMatchObject({ n: 5, excluded: {} });
  const teams = await by('team', 'people.training_completion');
  expect(Object.keys(teams).sort()).toEqual(['(unassigned)', 'new']);
});

test('trainings of few people stand together, so that no two answers differ by one of them', async () => {
  beat();
  const train = (team: string, people: readonly number[], courses: number, due: number) => {
    for (const person of people)
      for (let course = 0; course < courses; course += 1) {
        const training = { person: `${team}-${person}`, course: `course ${course} of ${due}`, team };
        world.story().tell('training.assigned', at(1, '09:00:00'), { ...training, due_at: at(due, '00:00:00') });
      }
  };
  // Many trainings are not many people.
  train('a', [1, 2], 3, 20);
  train('b', [1, 2], 3, 20);
  train('c', [1, 2], 1, 6);
  train('c', [2, 3, 4, 5], 1, 13);
  train('c', [6], 1, 20);
  train('d', [1, 2, 3, 4, 5, 6], 1, 20);
  await world.write();
  const numbers = async (params = {}) =>
    Object.entries(await by('team', 'people.training_completion', params)).map(([team, row]) => [team, row.n]);
  expect(await numbers()).toEqual([
    ['a', null],
    ['b', null],
    ['c', 7],
    ['d', 6],
  ]);
  expect(await only('people.training_completion')).toMatchObject({ n: 13, excluded: {} });
  // Whatever part of the month is asked for: all of a cohort, or nobody.
  expect(await numbers({ to: at(10, '00:00:00') })).toEqual([]);
  expect(await numbers({ to: at(17, '00:00:00') })).toEqual([['c', 7]]);
  expect(await numbers({ ownership: 'now' })).toEqual(await numbers());
});
