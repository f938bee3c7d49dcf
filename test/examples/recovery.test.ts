import { expect, test } from 'vitest';
import { newStory } from '../histories/story.ts';
import { apiOver } from './api.ts';
import { connected, deploy, failWindow } from './stories.ts';

const { total } = apiOver('2026-06-01T00:00:00.000Z');

test('EX-FDRT-1 to EX-FDRT-3: recovery of failed deployments', async () => {
  const metric = 'dora.failed_deployment_recovery_time';
  const story = connected(newStory());
  deploy(story, 'd0', '2025-03-01T10:00Z');
  deploy(story, 'd3', '2025-03-03T10:00Z');
  const incident = { incident_id: 'I1', service_id: 'checkout' };
  story.tell('incident.detected', '2025-03-03T10:10Z', {
    ...incident,
    impact_started_at: '2025-03-03T10:05Z',
    caused_by: 'd3',
  });
  deploy(story, 'r3', '2025-03-03T10:40Z', { revision: 'd0', rolls_back: 'd3' });
  story.tell('incident.mitigated', '2025-03-03T10:45Z', incident);
  story.tell('incident.closed', '2025-03-04T10:45Z', incident);
  story.tell('deployment.exposed', '2025-03-03T14:00Z', {
    rollout_id: 'd8',
    service_id: 'checkout',
    environment: 'production',
  });
  deploy(story, 'd8', '2025-03-03T14:06Z', { outcome: 'failed' });
  expect(await total(story, metric, failWindow)).toMatchObject({ value: 23, n: 2, ci: null, open_n: 0 });
  const only3 = { from: '2025-03-03T09:00Z', to: '2025-03-03T11:00Z' };
  expect((await total(story, metric, only3)).value).toBe(40);
  expect((await total(story, metric, { ...only3, start: 'deployed' })).value).toBe(45);
  expect((await total(story, metric, { ...only3, start: 'detected' })).value).toBe(35);

  const second = { incident_id: 'I2', service_id: 'checkout', caused_by: 'd3' };
  story.tell('incident.detected', '2025-03-03T10:20Z', second);
  story.tell('incident.mitigated', '2025-03-03T11:00Z', second);
  expect(await total(story, metric, only3)).toMatchObject({ value: 55, n: 1 });

  const open = connected(newStory());
  [10, 20, 60, null].forEach((minutes, index) => {
    const id = `d${index}`;
    deploy(open, id, `2025-03-0${index + 3}T10:00Z`);
    const one = { incident_id: id, service_id: 'checkout', caused_by: id };
    open.tell('incident.detected', `2025-03-0${index + 3}T10:00Z`, one);
    if (minutes !== null)
      open.tell('incident.resolved', new Date(Date.UTC(2025, 2, index + 3, 10, minutes)).toISOString(), one);
  });
  const row = await total(open, metric, failWindow);
  expect(row).toMatchObject({ value: 40, n: 3, open_n: 1 });
  expect(row.quantiles!.p90).toMatchObject({ value: null, lower_bound: 60 });
  expect((await total(open, metric, { ...failWindow, closed_only: 'true' })).value).toBe(20);
});
