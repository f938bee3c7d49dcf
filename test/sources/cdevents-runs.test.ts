import { describe, expect, test } from 'vitest';
import { event, only, production, read, UUID } from './cdevent.ts';

const SHA = 'a'.repeat(40);

describe('runs', () => {
  test('queued, started and finished share the id of their subject within its source', () => {
    const run = (predicate: string, content: object = {}) => only(`pipelinerun.${predicate}`, content, { id: '5' });
    const all = [run('queued'), run('started'), run('finished', { outcome: 'success' })];
    expect(all.map(({ type }) => type)).toEqual(['pipelinerun.queued', 'pipelinerun.started', 'pipelinerun.finished']);
    expect(all.map(({ data }) => data.run_id)).toEqual(['/ci/5', '/ci/5', '/ci/5']);
    expect(only('pipelinerun.started', {}, { about: { id: '5', source: '/other' } }).data.run_id).toBe('/other/5');
    expect(only('pipelinerun.started', {}, { id: UUID }).data.run_id).toBe(UUID);
  });

  test.each([
    ['success', 'succeeded'],
    ['failure', 'failed'],
    ['error', 'failed'],
    ['cancel', 'cancelled'],
    ['Canceled', 'cancelled'],
    ['timeout', 'timed_out'],
  ])('the outcome %s is %s', (outcome, expected) => {
    expect(only('pipelinerun.finished', { outcome }).data.outcome).toBe(expected);
    expect(only('taskrun.finished', { outcome }).data.outcome).toBe(expected);
  });

  test('without an outcome it has ended, and no more; an unknown one is refused, with its field', () => {
    expect(only('pipelinerun.finished').data.outcome).toBe('neutral');
    expect(only('taskrun.finished').data.outcome).toBe('neutral');
    for (const type of ['pipelinerun.finished', 'taskrun.finished']) {
      expect(read(event(type, { outcome: 'odd' }))).toBe('rejected: subject.content.outcome: is not known');
    }
    expect(only('pipelinerun.finished', {}, { customData: { outcome: 'success' } }).data.outcome).toBe('succeeded');
  });

  test('their source stands for the repository that they do not name', () => {
    expect(only('pipelinerun.started', { pipelineName: 'till' }).data).toMatchObject({
      repository: '/ci',
      workflow: 'till',
    });
    const customData = { repository: 'git@github.com:acme/till', commit: SHA, branch: 'main' };
    expect(only('pipelinerun.started', {}, { customData }).data).toMatchObject({
      repository: 'acme/till',
      revision: SHA,
      branch: 'main',
    });
  });

  test('a task belongs to the run that it names, a build to the one that is added', () => {
    const task = only(
      'taskrun.finished',
      { taskName: 'test', pipelineRun: { id: '5' }, outcome: 'failure' },
      { id: '9' },
    );
    expect(task.data).toMatchObject({ job_id: '/ci/9', run_id: '/ci/5', job: 'test', outcome: 'failed' });
    const elsewhere = only('taskrun.started', { pipelineRun: { id: '5', source: '/other' } }, { id: '9' });
    expect(elsewhere.data.run_id).toBe('/other/5');
    const build = only('build.finished', { artifactId: 'pkg:oci/till' }, { id: '3', customData: { run_id: '/ci/5' } });
    expect(build).toMatchObject({
      type: 'taskrun.finished',
      data: { job: 'build', run_id: '/ci/5', outcome: 'succeeded' },
    });
    expect(only('build.queued', {}, { id: '3' }).data.run_id).toBe('/ci/3');
  });
});

describe('incidents and tickets', () => {
  const slow = { ...production, service: { id: 'till' }, description: 'Slow\nsince noon' };

  test('detected, reported and resolved, with cause and impact', () => {
    const customData = {
      severity: 'sev2',
      impact: 'outage',
      cause: 'acme/till#12',
      started_at: '2026-03-05T09:30:00Z',
    };
    expect(only('incident.detected', slow, { id: 'INC-7', customData })).toEqual({
      type: 'incident.detected',
      at: '2026-03-05T10:00:00.000Z',
      data: {
        incident_id: 'INC-7',
        service: 'till',
        title: 'Slow',
        severity: 'sev2',
        impact: 'outage',
        caused_by: 'acme/till#12',
        impact_started_at: '2026-03-05T09:30:00.000Z',
      },
    });
    const reported = only('incident.reported', { ...slow, ticketURI: 'https://t.example.com/7' }, { id: 'INC-7' });
    expect(reported).toMatchObject({ type: 'incident.detected', data: { url: 'https://t.example.com/7' } });
    const resolved = only('incident.resolved', { ...slow, description: 'Back, caused-by: #12' }, { id: 'INC-7' });
    expect(resolved).toMatchObject({ type: 'incident.resolved', data: { incident_id: 'INC-7', caused_by: '#12' } });
    expect(resolved.data.title).toBeUndefined();
  });

  test('a cause is found wherever the sender’s own data says it', () => {
    const customData = { annotations: { note: 'caused-by: #3' } };
    expect(only('incident.detected', slow, { customData }).data.caused_by).toBe('#3');
    const bytes = Buffer.from(JSON.stringify({ cause: 'r-1' })).toString('base64');
    expect(only('incident.detected', slow, { customData: bytes }).data.caused_by).toBe('r-1');
  });

  test('a ticket is created and closed; an update tells only an escalation', () => {
    const content = { summary: 'Access', ticketType: 'question', creator: 'ada', uri: 'https://t.example.com/1' };
    expect(only('ticket.created', content, { id: 'T-1' }).data).toEqual({
      ticket_id: 'T-1',
      kind: 'question',
      principal: 'ada',
      title: 'Access',
      url: 'https://t.example.com/1',
    });
    expect(only('ticket.closed', { ...content, resolution: 'completed', updatedBy: 'bob' }).data.actor).toBe('bob');
    expect(read(event('ticket.updated', content))).toMatch(/^ignored: an update need be no answer/);
    expect(only('ticket.updated', content, { customData: { tier: 2 } })).toMatchObject({
      type: 'ticket.escalated',
      data: { tier: 2 },
    });
  });
});
