import { expect, test } from 'vitest';
import type { Row } from '../../queries/envelope.ts';
import { newStory, type Story } from '../histories/story.ts';
import type { Ask } from '../oracle/oracle.ts';
import { apiOver } from './api.ts';
import { connected, deploy, failWindow } from './stories.ts';

const NOW = '2026-06-01T00:00:00.000Z';

const api = apiOver(NOW);

function total(story: Story, metric: string, params: Ask['params']): Promise<Row> {
  return api.total(story, metric, params);
}

const week44 = { from: '2025-10-26T23:00Z', to: '2025-11-02T23:00Z', tz: 'Europe/Berlin' };

function deploymentFrequencyWeek(): Story {
  const story = connected(newStory());
  deploy(story, 'd0', '2025-10-20T10:00Z');
  const first = { rollout_id: 'd1', service_id: 'checkout', environment: 'production', outcome: 'succeeded' };
  story.tell('deployment.finished', '2025-10-27T10:00Z', { ...first, revision: 'd1' });
  story.tell('deployment.finished', '2025-10-27T10:00Z', { ...first, revision: 'd1' });
  deploy(story, 'd2', '2025-10-28T10:00Z', { attempt_no: 1, outcome: 'failed' });
  deploy(story, 'd2', '2025-10-28T11:00Z', { attempt_no: 2 });
  deploy(story, 'd3', '2025-10-29T10:00Z', { outcome: 'cancelled' });
  story.tell('environment.defined', '2025-01-01T00:00Z', { name: 'staging', production: false });
  deploy(story, 'd4', '2025-10-30T10:00Z', { environment: 'staging' });
  deploy(story, 'r5', '2025-10-30T12:00Z', { revision: 'd1', rolls_back: 'd2' });
  deploy(story, 'n6', '2025-10-31T10:00Z', { revision: 'd1' });
  deploy(story, 'd7', '2025-10-31T23:30Z');
  return story;
}

test('EX-DF-1: one week of one service in Berlin', async () => {
  const story = deploymentFrequencyWeek();
  const row = await total(story, 'dora.deployment_frequency', week44);
  expect(row).toMatchObject({ count: 3, numerator: 3, denominator: 7, deployment_days: 3, status: 'ok', coverage: 1 });
  expect(row.value).toBeCloseTo(0.429, 3);
  expect(row.ci!.low).toBeCloseTo(0.088, 3);
  expect(row.ci!.high).toBeCloseTo(1.252, 3);
  expect(row.excluded).toEqual({ cancelled: 1, not_production: 1, rollback: 1, noop: 1 });
  expect((await total(story, 'dora.deployment_frequency', { ...week44, count: 'all_rollouts' })).count).toBe(5);
  const october = { from: '2025-10-26T23:00Z', to: '2025-10-31T23:00Z', tz: 'Europe/Berlin' };
  expect((await total(story, 'dora.deployment_frequency', october)).count).toBe(2);
});

test('EX-DF-2: an idle week is 0, a silent one is null', async () => {
  const idle = newStory();
  deploy(idle, 'd0', '2025-10-20T10:00Z');
  const row = await total(idle, 'dora.deployment_frequency', { ...week44, from: '2025-10-26T23:00Z' });
  // Silence allowance ends on Monday the 27th: one of seven days is covered.
  expect(row).toMatchObject({ value: null, status: 'no_data', coverage: 1 / 7 });

  deploy(idle, 'next', '2025-11-05T10:00Z');
  const covered = await total(idle, 'dora.deployment_frequency', week44);
  expect(covered).toMatchObject({ value: 0, count: 0, status: 'ok' });
  expect(covered.ci!.low).toBe(0);
  expect(covered.ci!.high).toBeCloseTo(0.527, 3);

  idle.tell('source.silent', '2025-10-28T23:00Z', { name: 'canonical' });
  expect(await total(idle, 'dora.deployment_frequency', week44)).toMatchObject({
    value: null,
    status: 'no_data',
    coverage: 2 / 7,
  });
});

test('EX-DF-3: service-days, not averages of rates', async () => {
  const story = connected(newStory());
  story.tell('service.defined', '2025-01-01T00:00Z', { service_id: 'A', registered_at: '2025-03-01T00:00Z' });
  story.tell('service.defined', '2025-01-01T00:00Z', { service_id: 'B', registered_at: '2025-03-08T00:00Z' });
  for (let i = 0; i < 14; i++)
    deploy(story, `a${i}`, new Date(Date.UTC(2025, 2, 3, 12 * i)).toISOString(), { service_id: 'A' });
  deploy(story, 'b', '2025-03-08T10:00Z', { service_id: 'B' });
  const row = await total(story, 'dora.deployment_frequency', { from: '2025-03-03T00:00Z', to: '2025-03-10T00:00Z' });
  expect(row).toMatchObject({ count: 15, service_days: 9 });
  expect(row.value).toBeCloseTo(15 / 7);
  expect(row.per_service_day).toBeCloseTo(15 / 9);
});

test('EX-DF-4: a rolled-back revision that returns counts again; one merge to three services is three', async () => {
  const story = connected(newStory());
  ['A', 'B', 'A', 'B'].forEach((revision, day) => {
    deploy(story, `d${day}`, `2025-03-0${day + 1}T10:00Z`, { revision });
  });
  const after = { from: '2025-03-02T00:00Z', to: '2025-03-08T00:00Z' };
  expect(await total(story, 'dora.deployment_frequency', after)).toMatchObject({ count: 2, excluded: { rollback: 1 } });

  const monorepo = connected(newStory());
  for (const service of ['x', 'y', 'z'])
    monorepo.tell('service.defined', '2025-01-01T00:00Z', { service_id: service, repository: 'acme/mono' });
  monorepo.tell('deployment.finished', '2025-03-03T10:00Z', {
    rollout_id: 'm',
    repository: 'acme/mono',
    environment: 'production',
    outcome: 'succeeded',
  });
  const answer = await api.answer(monorepo, 'dora.deployment_frequency', { ...after, group_by: 'service' });
  expect(answer.totals.map((row) => [row.service, row.count])).toEqual([
    ['x', 1],
    ['y', 1],
    ['z', 1],
  ]);
});

/** The week of EX-CFR-1, EX-DRR-1 and EX-DSR-1. */
function failWeek(): Story {
  const story = connected(newStory());
  deploy(story, 'd0', '2025-03-01T10:00Z', { planned: true });
  for (const n of [1, 2, 3, 4, 5, 6, 7])
    deploy(story, `d${n}`, `2025-03-0${n + 1}T10:00Z`, {
      planned: n !== 5,
      ...(n === 5 ? { fixes_incident: 'I1' } : {}),
    });
  story.tell('deployment.exposed', '2025-03-08T13:55Z', {
    rollout_id: 'd8',
    service_id: 'checkout',
    environment: 'production',
  });
  deploy(story, 'd8', '2025-03-08T14:00Z', { outcome: 'failed', planned: true });
  deploy(story, 'r1', '2025-03-04T11:00Z', { revision: 'd2', rolls_back: 'd3' });
  deploy(story, 'n1', '2025-03-04T12:00Z', { revision: 'd2' });
  deploy(story, 'x1', '2025-03-05T12:00Z', { outcome: 'failed' });
  deploy(story, 'y1', '2025-03-05T13:00Z', { outcome: 'cancelled' });
  for (const id of ['I1', 'I2']) {
    story.tell('incident.detected', '2025-03-04T10:10Z', { incident_id: id, service_id: 'checkout' });
    story.tell('incident.linked', '2025-03-04T15:00Z', { incident_id: id, cause_deployment_id: 'd3' });
  }
  return story;
}
test('EX-CFR-1, EX-DRR-1, EX-DSR-1: one week, three fractions', async () => {
  const story = failWeek();
  const cfr = await total(story, 'dora.change_fail_rate', failWindow);
  expect(cfr).toMatchObject({ numerator: 2, denominator: 8, value: 0.25, status: 'ok', unlinked_n: 0 });
  expect(cfr.ci!.low).toBeCloseTo(0.071, 3);
  expect(cfr.ci!.high).toBeCloseTo(0.591, 3);
  expect((await total(story, 'dora.deployment_frequency', failWindow)).count).toBe(7);

  const rework = await total(story, 'dora.deployment_rework_rate', failWindow);
  expect(rework).toMatchObject({ numerator: 2, denominator: 9, planned_unknown_n: 0 });
  expect(rework.ci!.low).toBeCloseTo(0.063, 3);
  expect(rework.ci!.high).toBeCloseTo(0.547, 3);

  const success = await total(story, 'delivery.deployment_success_rate', failWindow);
  expect(success).toMatchObject({ numerator: 9, denominator: 11, excluded: { cancelled: 1 } });
  expect(success.ci!.low).toBeCloseTo(0.523, 3);
  expect(success.ci!.high).toBeCloseTo(0.949, 3);
});

test('EX-CFR-2: roll-up of teams is the union', async () => {
  const story = connected(newStory());
  const many = (service: string, n: number, failures: number): void => {
    story.tell('service.defined', '2025-01-01T00:00Z', { service_id: service, team: service });
    for (let i = 0; i < n; i++)
      deploy(story, `${service}${i}`, new Date(Date.UTC(2025, 2, 3, 0, i)).toISOString(), { service_id: service });
    for (let i = 0; i < failures; i++) {
      const incident = { incident_id: `${service}-I${i}`, service_id: service };
      story.tell('incident.detected', '2025-03-04T00:00Z', { ...incident, caused_by: `${service}${i}` });
    }
  };
  many('A', 4, 1);
  many('B', 100, 2);
  const row = await total(story, 'dora.change_fail_rate', failWindow);
  expect(row).toMatchObject({ numerator: 3, denominator: 104 });
  expect(row.ci!.low).toBeCloseTo(0.01, 3);
  expect(row.ci!.high).toBeCloseTo(0.081, 3);
  const byTeam = await api.answer(story, 'dora.change_fail_rate', { ...failWindow, group_by: 'team' });
  expect(byTeam.totals.map((one) => [one.team, one.numerator, one.denominator, one.status])).toEqual([
    ['A', 1, 4, 'insufficient'],
    ['B', 2, 100, 'ok'],
  ]);
});

test('EX-CFR-3: a hotfix chain', async () => {
  const story = connected(newStory());
  deploy(story, 'd1', '2025-03-03T10:00Z', { planned: true });
  deploy(story, 'h1', '2025-03-03T11:00Z', { fixes_rollout: 'd1' });
  deploy(story, 'h2', '2025-03-03T12:00Z', { fixes_rollout: 'h1' });
  expect(await total(story, 'dora.change_fail_rate', failWindow)).toMatchObject({ numerator: 2, denominator: 3 });
  const rework = await total(story, 'dora.deployment_rework_rate', failWindow);
  expect(rework).toMatchObject({ numerator: 2, denominator: 3 });
  expect(rework.ci!.low).toBeCloseTo(0.208, 3);
  expect(rework.ci!.high).toBeCloseTo(0.939, 3);
});

test('EX-CFR-4, EX-BI-1: a late link restates the past, not what was known then', async () => {
  const story = connected(newStory());
  for (let n = 1; n <= 12; n++)
    deploy(story, `d${n}`, new Date(Date.UTC(2025, 8, n + 17, 10)).toISOString(), {
      outcome: n <= 2 ? 'failed_live' : 'succeeded',
    });
  const incident = { incident_id: 'I77', service_id: 'checkout' };
  story.tell('incident.detected', '2025-09-27T12:00Z', incident);
  story.tell('incident.linked', '2025-10-12T09:00Z', { ...incident, cause_deployment_id: 'd9' });
  const quarter = { from: '2025-06-30T22:00Z', to: '2025-09-30T22:00Z', tz: 'Europe/Berlin' };
  const asOf = (day: string): Promise<Row> => total(story, 'dora.change_fail_rate', { ...quarter, as_of: day });
  expect(await asOf('2025-09-30T22:00Z')).toMatchObject({
    numerator: 2,
    denominator: 12,
    unlinked_n: 1,
    status: 'provisional',
  });
  expect(await asOf('2025-10-12T22:00Z')).toMatchObject({ numerator: 3, denominator: 12, unlinked_n: 0, status: 'ok' });
  expect((await asOf('2025-09-30T22:00Z')).ci!.high).toBeCloseTo(0.448, 3);
  expect((await asOf('2025-10-12T22:00Z')).ci!.low).toBeCloseTo(0.089, 3);
});

test('EX-DRR-2: a restart that mitigates an incident is rework, another is nothing', async () => {
  const restart = async (fixes: boolean): Promise<Row> => {
    const story = connected(newStory());
    deploy(story, 'd0', '2025-03-01T10:00Z', { planned: true });
    for (let n = 0; n < 10; n++)
      deploy(story, `s${n}`, new Date(Date.UTC(2025, 2, 3, n)).toISOString(), { planned: true });
    deploy(story, 'again', '2025-03-03T12:00Z', { revision: 's9', ...(fixes ? { fixes_incident: 'I9' } : {}) });
    return total(story, 'dora.deployment_rework_rate', failWindow);
  };
  expect(await restart(true)).toMatchObject({ numerator: 1, denominator: 11 });
  expect(await restart(false)).toMatchObject({ numerator: 0, denominator: 10, excluded: { noop: 1 } });
});

test('EX-DSR-2: the last attempt decides, or each counts', async () => {
  const story = connected(newStory());
  ['failed', 'failed', 'succeeded'].forEach((outcome, index) => {
    deploy(story, 'd', `2025-03-03T1${index}:00Z`, { outcome, attempt_no: index + 1 });
  });
  const metric = 'delivery.deployment_success_rate';
  expect(await total(story, metric, failWindow)).toMatchObject({
    numerator: 1,
    denominator: 1,
    status: 'insufficient',
  });
  expect(await total(story, metric, { ...failWindow, unit: 'attempt' })).toMatchObject({
    numerator: 1,
    denominator: 3,
  });
});

test('EX-BI-1: the diff names what was linked late, and when', async () => {
  const story = connected(newStory());
  deploy(story, 'd0', '2025-06-01T10:00Z');
  for (let n = 1; n <= 12; n += 1) deploy(story, `d${n}`, new Date(Date.UTC(2025, 8, 10 + n)).toISOString());
  const incident = { incident_id: 'I77', service_id: 'checkout' };
  story.tell('incident.detected', '2025-09-19T10:00Z', incident);
  story.tell('incident.resolved', '2025-09-19T11:00Z', incident);
  story.tell('incident.linked', '2025-10-12T09:00Z', { ...incident, cause_deployment_id: 'd9' });
  const diff = await api.get(story, 'dora.change_fail_rate/diff', {
    from: '2025-06-30T22:00Z',
    to: '2025-09-30T22:00Z',
    tz: 'Europe/Berlin',
    as_of: '2025-09-30T22:00Z',
    and: '2025-10-13T00:00Z',
  });
  expect(diff.changes).toMatchObject([{ atom_id: 'd9', service: 'checkout', reason: 'relink' }]);
  expect(JSON.stringify(diff.changes)).toContain('2025-10-12T09:00:01.000Z');
});
