import { describe, expect, test } from 'vitest';
import { circleci } from '../../ingest/sources/circleci.ts';
import { bytesOf, delivery } from './deliveries.ts';
import { eventsFrom, SHA } from './reading.ts';

const vcs = { target_repository_url: 'https://github.com/acme/api', revision: SHA, branch: 'main' };
const pipeline = {
  id: 'p-1',
  number: 26,
  created_at: '2026-03-05T10:00:00.000Z',
  trigger: { type: 'webhook' },
  vcs: vcs as object | undefined,
};
const project = { id: 'x', name: 'api', slug: 'github/acme/api' };
const workflow = {
  id: 'w-1',
  name: 'build',
  status: 'success',
  created_at: '2026-03-05T10:00:05.000Z',
  stopped_at: '2026-03-05T10:07:00.016Z' as string | undefined,
};
const job = {
  id: 'j-1',
  name: 'test',
  status: 'success',
  number: 6,
  started_at: '2026-03-05T10:01:00Z' as string | undefined,
  stopped_at: '2026-03-05T10:05:00Z',
};
const happened_at = '2026-03-05T10:07:00.685719Z';

const workflowDone = (over: object = {}, from: object = pipeline, of: object = project) =>
  eventsFrom(circleci, {
    type: 'workflow-completed',
    id: 'd-1',
    happened_at,
    workflow: { ...workflow, ...over },
    pipeline: from,
    project: of,
  });
const jobDone = (over: object = {}) =>
  eventsFrom(circleci, {
    type: 'job-completed',
    id: 'd-2',
    happened_at,
    workflow: { id: 'w-1', name: 'build' },
    job: { ...job, ...over },
    pipeline,
    project,
  });

describe('CircleCI', () => {
  test('a workflow is a run, queued with its pipeline, started when it was made, and over when it stopped', () => {
    expect(workflowDone()).toMatchObject([
      { type: 'pipelinerun.queued', occurred_at: '2026-03-05T10:00:00.000Z' },
      { type: 'pipelinerun.started', occurred_at: '2026-03-05T10:00:05.000Z' },
      {
        type: 'pipelinerun.finished',
        subject: 'run:w-1',
        occurred_at: '2026-03-05T10:07:00.016Z',
        data: {
          run_id: 'w-1',
          repository: 'acme/api',
          workflow: 'build',
          revision: SHA,
          branch: 'main',
          trigger: 'webhook',
          outcome: 'succeeded',
        },
      },
    ]);
  });

  test('a re-run is another workflow of an old pipeline: it did not wait for weeks', () => {
    const rerun = { id: 'w-2', created_at: '2026-03-05T11:00:01.000Z', stopped_at: '2026-03-05T11:05:00Z' };
    expect(workflowDone(rerun)).toMatchObject([
      { type: 'pipelinerun.started', subject: 'run:w-2', occurred_at: '2026-03-05T11:00:01.000Z' },
      { type: 'pipelinerun.finished' },
    ]);
    expect(workflowDone({ ...rerun, created_at: '2026-03-05T11:00:00.000Z' })).toHaveLength(3);
  });

  test('a resent delivery has another id and the same facts', () => {
    const again = eventsFrom(circleci, {
      type: 'workflow-completed',
      id: 'd-9',
      happened_at: '2026-03-05T10:09:00Z',
      workflow,
      pipeline,
      project,
    });
    expect(again).toEqual(workflowDone());
  });

  test('the states', () => {
    const outcome = (status: string) => {
      const events = workflowDone({ status });
      return typeof events === 'string' ? events : (events.at(-1)!.data as { outcome: string }).outcome;
    };
    expect(['success', 'failed', 'error', 'canceled', 'unauthorized'].map(outcome)).toEqual([
      'succeeded',
      'failed',
      'failed',
      'cancelled',
      'action_required',
    ]);
    expect(outcome('running')).toBe('rejected: workflow.status: "running" is not known');
  });

  test('without stopped_at it was over when it happened', () => {
    const events = workflowDone({ stopped_at: undefined });
    expect(events[2]).toMatchObject({ occurred_at: '2026-03-05T10:07:00.685Z' });
  });

  test('projects of GitHub’s App and of GitLab have no vcs: what triggered them tells', () => {
    const parameters = {
      git: { branch: 'main', checkout_sha: SHA, repo_owner: 'acme', repo_name: 'api' },
      circleci: { event_type: 'push', actor_id: 'u-1' },
    };
    const opaque = { slug: 'circleci/9YytKzouJxzu4TjCRFqAoD/44n9wujWcTnVZ2b5S8Fnat', name: 'api' };
    const from = { ...pipeline, trigger: undefined, vcs: undefined, trigger_parameters: parameters };
    expect(workflowDone({}, from, opaque)[1]).toMatchObject({
      data: { repository: 'acme/api', revision: SHA, branch: 'main', trigger: 'push', actor: 'u-1' },
    });
    const byUrl = { ...from, trigger_parameters: { git: { repo_url: 'git@gitlab.com:acme/group/api.git' } } };
    expect(workflowDone({}, byUrl, opaque)[1]).toMatchObject({ data: { repository: 'acme/group/api' } });
    expect(workflowDone({}, { ...from, trigger_parameters: undefined })[1]).toMatchObject({
      data: { repository: 'acme/api' },
    });
  });

  test('jobs of a workflow', () => {
    expect(jobDone()).toMatchObject([
      { type: 'taskrun.started', subject: 'run:w-1', occurred_at: '2026-03-05T10:01:00.000Z' },
      {
        type: 'taskrun.finished',
        occurred_at: '2026-03-05T10:05:00.000Z',
        data: { job_id: 'j-1', run_id: 'w-1', job: 'test', workflow: 'build', revision: SHA, outcome: 'succeeded' },
      },
    ]);
    expect(jobDone({ status: 'canceled', started_at: undefined })).toMatchObject([
      { type: 'taskrun.finished', data: { outcome: 'cancelled' } },
    ]);
  });

  test('pings and unknown kinds are ignored', () => {
    expect(eventsFrom(circleci, { type: 'ping', id: 'x' })).toMatch(/^ignored: a ping/);
    expect(eventsFrom(circleci, { type: 'workflow-started' })).toMatch(/^ignored/);
    expect(eventsFrom(circleci, {})).toMatch(/^rejected: type/);
  });

  test('the published test vector, and only version 1', () => {
    const verified = (signature: string) =>
      circleci.verify(delivery('circleci', bytesOf('hello world'), { 'circleci-signature': signature }), ['secret']);
    const hex = '734cc62f32841568f45715aeb9f4d7891324e6d948e4c6c60c0621cdac48623a';
    expect(verified(`v1=${hex}`)).toBe(true);
    expect(verified(`v1=${hex},v2=${'0'.repeat(64)}`)).toBe(true);
    expect(verified(`v2=${hex}`)).toBe(false);
    expect(verified(hex)).toBe(false);
    expect(verified('')).toBe(false);
  });
});
