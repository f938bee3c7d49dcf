import { beforeEach, expect, test } from 'vitest';
import { surveyWorld } from '../surveys/world.ts';

const world = surveyWorld();
beforeEach(() => world.clear());

const DAY = 86_400_000;
const now = Date.parse('2025-03-31T00:00:00.000Z');
const march = { from: '2025-03-01T00:00:00Z', to: '2025-04-01T00:00:00Z' };
const ago = (days: number) => new Date(now - days * DAY).toISOString();
const beat = () => {
  for (let day = 0; day < 120; day += 5)
    world.story().tell('source.heartbeat', new Date(Date.UTC(2025, 0, 1 + day)).toISOString(), { name: 'canonical' });
};
const only = async (metric: string, params = {}) => {
  const rows = await world.totals(metric, { ...march, ...params });
  expect(rows).toHaveLength(1);
  return rows[0]!;
};
const join = (person: string, at: string, more = {}) => world.story().tell('person.joined', at, { person, ...more });
const login = (principal: string, at: string) =>
  world.story().tell('portal.action', at, { principal, action: 'navigate' });
const later = (at: string, days: number) => new Date(Date.parse(at) + days * DAY).toISOString();

test('EX-TTF-1: 1, 2, 3 and 10 days and one not there after 4: the median is 3 days, and who is not there counts', async () => {
  beat();
  const took = { a: 1, b: 2, c: 3, d: 10 };
  for (const [who, days] of Object.entries(took)) {
    join(who, ago(20), { team: 'T' });
    login(who, later(ago(20), days));
    // What somebody did before, or reads outside of the portal, is no first login.
    login(who, ago(25));
    world.story().tell('doc.viewed', later(ago(20), 0.5), { principal: who, document: 'welcome' });
  }
  join('e', ago(4), { team: 'T' });
  // Not newcomers: known from before, not of engineering, a bot, and one who is gone.
  join('old', ago(20), { newcomer: false });
  join('office', ago(20), { engineering: false });
  world.story().tell('person.defined', ago(60), { person: 'robot', kind: 'bot' });
  join('robot', ago(20));
  join('gone', ago(20));
  world.story().tell('person.left', ago(10), { person: 'gone' });
  await world.write();
  world.at(new Date(now).toISOString());
  const row = await only('people.time_to_first_login', { to: '2025-03-31T00:00:00Z' });
  expect(row).toMatchObject({
    value: 3,
    n: 4,
    open_n: 1,
    unit: 'days',
    status: 'insufficient',
    elapsed_days: 3,
    excluded: {},
    quantiles: { p50: { value: 3 }, p90: { value: null, lower_bound: 10 } },
  });
  // Joined on Tuesday 11 March; the third day after is a Friday.
  expect(row.working_days).toBe(3);
  expect(await world.totals('people.time_to_first_login', { ...march, group_by: 'team' })).toMatchObject([
    { team: 'T', value: 3 },
  ]);
  expect(await world.refused('people.time_to_first_login', { team: 'T' })).toContain('not a parameter');
  expect(await world.refused('people.time_to_first_login/atoms', {})).toContain('never shown');
});

test('whose team nobody said when they joined begins in the one that was said first, by whoever said it', async () => {
  beat();
  for (const who of 'abcde') {
    join(who, ago(20));
    login(who, ago(18));
  }
  for (const who of 'abc') world.story().tell('person.moved', ago(5), { person: who, team: 'T' });
  for (const who of 'de') world.story().tell('person.defined', ago(6), { person: who, kind: 'human', team: 'T' });
  await world.write();
  expect(await only('people.time_to_first_login', { group_by: 'team' })).toMatchObject({ team: 'T', value: 2, n: 5 });
});

test('who was told to move before they joined begins with joining all the same, by any spelling of the name', async () => {
  beat();
  for (const who of 'abcde') {
    world.story().tell('person.moved', ago(25), { person: who.toUpperCase(), team: 'T' });
    join(who, ago(20));
    login(who, ago(18));
  }
  join('robot', ago(20), { team: 'T' });
  world.story().tell('person.defined', ago(60), { person: 'robot', kind: 'service' });
  await world.write();
  expect(await only('people.time_to_first_login', { group_by: 'team' })).toMatchObject({
    team: 'T',
    value: 2,
    n: 5,
    open_n: 0,
  });
});

test('fewer than five newcomers are not told', async () => {
  beat();
  for (const who of 'abcd') {
    join(who, ago(20));
    login(who, ago(18));
  }
  await world.write();
  expect(await only('people.time_to_first_login')).toMatchObject({ value: null, n: null, status: 'suppressed' });
  expect(await only('people.time_to_first_login')).not.toHaveProperty('working_days');
});

const merge = (id: string, author: string, at: string, more = {}) =>
  world.story().tell('change.merged', at, {
    change_id: `acme/shop#${id}`,
    repository: 'acme/shop',
    base: 'main',
    author,
    merge_sha: id.padEnd(40, '0'),
    commits: [],
    ...more,
  });
const deploy = (id: string, at: string) =>
  world.story().tell('deployment.finished', at, {
    rollout_id: `r-${id}`,
    service_id: 'shop',
    environment: 'prod',
    outcome: 'succeeded',
    revision: id.padEnd(40, '0'),
    changes: [`acme/shop#${id}`],
  });
const shop = () => {
  world.story().tell('service.defined', ago(80), { service_id: 'shop', repository: 'acme/shop', team: 'T' });
  world.story().tell('environment.defined', ago(80), { name: 'prod', production: true });
  // The service is live with something of nobody's.
  merge('f0', 'founder', ago(70));
  deploy('f0', ago(70));
};

test('first change, first deployment and tenth change are of the person behind the login', async () => {
  beat();
  shop();
  for (const [index, who] of [...'abcde'].entries()) {
    world.story().tell('person.defined', ago(60), { person: `${who}@acme.test`, identities: [`${who}-dev`] });
    join(`${who}@acme.test`, ago(20));
    merge(`${who}0`, `${who}-dev`, later(ago(20), index + 1));
    deploy(`${who}0`, later(ago(20), index + 2));
  }
  // Ten in all for one of them, one opened by a bot, and one from before joining.
  for (let n = 1; n < 10; n += 1) merge(`a${n}`, 'A-dev', later(ago(20), n + 1));
  merge('b1', 'b-dev', ago(21));
  merge('b2', 'b-dev[bot]', later(ago(20), 0.5), { author_kind: 'bot' });
  await world.write();
  world.at(new Date(now).toISOString());
  expect(await only('people.time_to_first_change')).toMatchObject({ value: 3, n: 5, open_n: 0 });
  expect(await only('people.time_to_first_deployment')).toMatchObject({ value: 4, n: 5, open_n: 0 });
  expect(await only('people.time_to_tenth_change')).toMatchObject({
    value: null,
    n: 1,
    open_n: 4,
    quantiles: { p50: { lower_bound: 10 } },
  });
});

test('who comes back or comes to engineering begins anew, who changes teams only where the platform is not', async () => {
  beat();
  shop();
  // Live on the platform since long ago, and registered a week ago.
  const late = { service_id: 'shop', repository: 'acme/shop', team: 'T', registered_at: ago(7) };
  world.story().tell('service.defined', ago(7), late);
  world.story().tell('platform.defined', ago(80), { path_sources: ['canonical'] });
  for (const who of 'abcdefghijkl')
    join(who, ago(60), who === 'f' ? { engineering: false } : { newcomer: false, team: 'other' });
  for (const [index, who] of [...'abcde'].entries()) {
    world.story().tell('person.left', ago(40), { person: who });
    join(who, ago(20), { team: 'new' });
    login(who, ago(30));
    login(who, later(ago(20), index + 1));
  }
  world.story().tell('person.moved', ago(20), { person: 'f', engineering: true, team: 'new' });
  login('f', later(ago(20), 6));
  // No service of the first one's team is on the platform, one of the others' is: as many as would be told of.
  for (const who of 'ghijkl') {
    world.story().tell('person.moved', ago(20), { person: who, team: who === 'g' ? 'new' : 'T' });
    login(who, later(ago(20), 7));
  }
  // Told again, a joining begins nothing.
  join('a', ago(15), { team: 'new' });
  await world.write();
  world.at(new Date(now).toISOString());
  expect(await only('people.time_to_first_login')).toMatchObject({ value: 4, n: 7, open_n: 0 });
});

test('EX-ONB-1: the median with who is not done, and the share of those who began two days ago or earlier', async () => {
  beat();
  const onboard = (person: string, start: string, days: number | null) => {
    world.story().tell('onboarding.started', start, { person, team: 'T' });
    if (days !== null) world.story().tell('onboarding.completed', later(start, days), { person });
  };
  for (const [who, days] of Object.entries({ a: 0.5, b: 1.5, c: 2, d: 3 })) onboard(who, ago(20), days);
  onboard('e', ago(20), null);
  onboard('f', ago(1), null);
  // Started again before being done; left before.
  world.story().tell('onboarding.started', ago(19), { person: 'd' });
  onboard('g', ago(20), null);
  world.story().tell('person.left', ago(19), { person: 'g' });
  await world.write();
  world.at(new Date(now).toISOString());
  const row = await only('people.onboarding_time');
  expect(row).toMatchObject({
    value: 2.5,
    n: 4,
    open_n: 2,
    unit: 'days',
    share_in_time: 0.4,
    in_time_n: 2,
    mature_n: 5,
  });
  expect(await only('people.onboarding_time', { within_days: '2.5' })).toMatchObject({ share_in_time: 0.6 });
  expect(await only('people.onboarding_time', { within_days: '0.75' })).toMatchObject({ in_time_n: 1, mature_n: 6 });
  expect(await world.totals('people.onboarding_time', { ...march, group_by: 'team' })).toMatchObject([
    { team: 'T', value: 2.5, share_in_time: 0.4 },
  ]);
});

test('whoever is done at the very instant of leaving, told to have begun twice, was done once', async () => {
  beat();
  for (const who of 'abcdefghij') {
    for (const days of [20, 19]) world.story().tell('onboarding.started', ago(days), { person: who, team: 'T' });
    for (const type of ['person.left', 'onboarding.completed'] as const)
      world.story().tell(type, ago(19), { person: who });
  }
  // Where they are now tells nothing of where they were.
  for (const who of 'ab') world.story().tell('person.moved', ago(5), { person: who, team: 'U' });
  await world.write();
  const done = { value: 1, n: 10, open_n: 0 };
  expect(await only('people.onboarding_time')).toMatchObject(done);
  const byTeam = await only('people.onboarding_time', { group_by: 'team', ownership: 'now' });
  expect(byTeam).toMatchObject({ team: 'T', ...done });
});

test('who is known to leave counts until then, and an onboarding is mature once its days are over, asked again and again', async () => {
  beat();
  for (const who of 'abcdef') {
    join(who, ago(20), { team: 'T' });
    world.story().tell('onboarding.started', ago(20), { person: who, team: 'T' });
    if (who === 'f') continue;
    login(who, ago(19));
    world.story().tell('onboarding.completed', ago(19), { person: who });
  }
  world.story().tell('person.left', ago(-2), { person: 'f' });
  await world.write();
  const asked = async (days: number) => {
    world.at(ago(days));
    const window = { to: '2025-03-30T00:00:00Z' };
    const first = await only('people.time_to_first_login', window);
    const onboarding = await only('people.onboarding_time', { ...window, within_days: '21' });
    return [first.open_n, onboarding.open_n, onboarding.mature_n];
  };
  expect(await asked(0)).toEqual([1, 1, 0]);
  expect(await asked(-0.9)).toEqual([1, 1, 0]);
  expect(await asked(-1)).toEqual([1, 1, 6]);
  expect(await asked(-1.9)).toEqual([1, 1, 6]);
  expect(await asked(-2)).toEqual([0, 0, 5]);
});
