import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { buildkite } from '../../ingest/sources/buildkite.ts';
import { bytesOf, delivery, RECEIVED_AT } from './deliveries.ts';
import { eventsFrom, SHA } from './reading.ts';

const pipeline = { slug: 'api-deploy', repository: 'git@github.com:acme/api.git' };
const build = {
  id: 'b-1',
  number: 42,
  state: 'passed',
  blocked: false,
  commit: SHA,
  branch: 'main',
  source: 'webhook',
  created_at: '2026-03-05T10:00:00.000Z',
  scheduled_at: '2026-03-05T10:00:01.000Z' as string | null,
  started_at: '2026-03-05T10:01:00.000Z' as string | null,
  finished_at: '2026-03-05T10:07:00.000Z' as string | null,
  creator: { name: 'Ada' },
};
const job = {
  id: 'j-1',
  type: 'script',
  name: 'test',
  state: 'passed',
  exit_status: 0 as number | null,
  scheduled_at: '2026-03-05T10:00:00.000Z',
  runnable_at: '2026-03-05T10:02:00.000Z' as string | null,
  started_at: '2026-03-05T10:03:00.000Z' as string | null,
  finished_at: '2026-03-05T10:05:00.000Z' as string | null,
  retries_count: 0 as number | null,
};

const ofBuild = (event: string, over: object = {}) =>
  eventsFrom(buildkite, { event, build: { ...build, ...over }, pipeline });
const ofJob = (event: string, over: object = {}) =>
  eventsFrom(buildkite, { event, build, job: { ...job, ...over }, pipeline });
const outcomeOf = (events: ReturnType<typeof ofBuild>) =>
  typeof events === 'string' ? events : (events.at(-1)!.data as { outcome?: string }).outcome;

describe('Buildkite', () => {
  test('a build is a run of its pipeline, with the repository that the forge knows', () => {
    expect(ofBuild('build.finished')).toMatchObject([
      { type: 'pipelinerun.queued', occurred_at: '2026-03-05T10:00:01.000Z' },
      { type: 'pipelinerun.started', occurred_at: '2026-03-05T10:01:00.000Z' },
      {
        type: 'pipelinerun.finished',
        subject: 'run:b-1',
        occurred_at: '2026-03-05T10:07:00.000Z',
        data: {
          run_id: 'b-1',
          repository: 'acme/api',
          workflow: 'api-deploy',
          revision: SHA,
          branch: 'main',
          trigger: 'webhook',
          actor: 'Ada',
          outcome: 'succeeded',
        },
      },
    ]);
  });

  test('a body that is ahead of its event tells no end that its event does not', () => {
    const kinds = (events: ReturnType<typeof ofBuild>) =>
      typeof events === 'string' ? events : events.map((e) => e.type);
    expect(kinds(ofBuild('build.scheduled'))).toEqual(['pipelinerun.queued', 'pipelinerun.started']);
    expect(kinds(ofBuild('build.running', { finished_at: null }))).toEqual([
      'pipelinerun.queued',
      'pipelinerun.started',
    ]);
    expect(ofBuild('build.running')[0]).toEqual(ofBuild('build.finished')[0]);
  });

  test('a blocked build is not over, whatever its event is called', () => {
    for (const over of [{ blocked: true }, { state: 'blocked' }]) {
      const events = ofBuild('build.finished', over);
      expect(typeof events === 'string' ? events : events.map(({ type }) => type)).toEqual([
        'pipelinerun.queued',
        'pipelinerun.started',
      ]);
    }
  });

  test('its states', () => {
    const states = ['passed', 'failed', 'canceled', 'skipped', 'not_run'];
    expect(states.map((state) => outcomeOf(ofBuild('build.finished', { state })))).toEqual([
      'succeeded',
      'failed',
      'cancelled',
      'skipped',
      'skipped',
    ]);
    expect(ofBuild('build.finished', { state: 'canceling' })).toBe('rejected: build.state: "canceling" is not known');
    expect(ofBuild('build.finished', { finished_at: null })).toBe('rejected: build.finished_at: is missing');
    const skipped = ofBuild('build.skipped', { state: 'skipped', started_at: null, finished_at: null });
    expect(skipped).toMatchObject([
      { type: 'pipelinerun.queued' },
      { type: 'pipelinerun.finished', occurred_at: '2026-03-05T10:00:01.000Z', data: { outcome: 'skipped' } },
    ]);
  });

  test('HEAD is no revision; a short hash is one', () => {
    const data = (commit: string) => JSON.parse(JSON.stringify(ofBuild('build.finished', { commit })[2])).data;
    expect(data('HEAD')).not.toHaveProperty('revision');
    expect(data('abc123def456').revision).toBe('abc123def456');
  });

  test('a job queues from when it could run, and is retried under its attempt', () => {
    expect(ofJob('job.finished', { retries_count: 2 })).toMatchObject([
      { type: 'taskrun.queued', occurred_at: '2026-03-05T10:02:00.000Z' },
      { type: 'taskrun.started', occurred_at: '2026-03-05T10:03:00.000Z' },
      {
        type: 'taskrun.finished',
        subject: 'run:b-1',
        data: {
          job_id: 'j-1',
          run_id: 'b-1',
          attempt_no: 3,
          workflow: 'api-deploy',
          job: 'test',
          outcome: 'succeeded',
        },
      },
    ]);
    expect(ofJob('job.scheduled', { runnable_at: null, started_at: null, finished_at: null })).toMatchObject([
      { type: 'taskrun.queued', occurred_at: '2026-03-05T10:00:00.000Z' },
    ]);
    expect(ofJob('job.activated', { type: 'manual' })).toMatch(/^ignored: a job of type manual/);
  });

  test('how a job ended, by its state or its exit', () => {
    const states = ['passed', 'failed', 'canceled', 'timed_out', 'expired', 'broken'];
    expect(states.map((state) => outcomeOf(ofJob('job.finished', { state })))).toEqual([
      'succeeded',
      'failed',
      'cancelled',
      'timed_out',
      'timed_out',
      'skipped',
    ]);
    expect(outcomeOf(ofJob('job.finished', { state: 'finished' }))).toBe('succeeded');
    expect(outcomeOf(ofJob('job.finished', { state: 'finished', exit_status: 127 }))).toBe('failed');
    expect(ofJob('job.finished', { state: 'finished', exit_status: null })).toMatch(/^rejected: job.state/);
  });

  test('pings and unknown kinds are ignored', () => {
    expect(eventsFrom(buildkite, { event: 'ping', service: {} })).toMatch(/^ignored: a ping/);
    expect(eventsFrom(buildkite, { event: 'agent.connected' })).toMatch(/^ignored/);
    expect(ofBuild('build.scheduled', { created_at: null, scheduled_at: null, started_at: null })).toMatch(/^ignored/);
    expect(eventsFrom(buildkite, {})).toMatch(/^rejected: event/);
  });
});

describe('Buildkite: signatures', () => {
  const body = bytesOf('{"event":"ping"}');
  const seconds = Date.parse(RECEIVED_AT) / 1000;
  const signed = (timestamp: number | string, secret = 's') =>
    `timestamp=${timestamp},signature=${createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex')}`;
  const verified = (headers: Record<string, string>) =>
    buildkite.verify(delivery('buildkite', body, headers), ['old', 's']);

  test('the time is part of it, and five minutes are the window', () => {
    expect(verified({ 'x-buildkite-signature': signed(seconds) })).toBe(true);
    expect(verified({ 'x-buildkite-signature': signed(seconds - 300, 'old') })).toBe(true);
    expect(verified({ 'x-buildkite-signature': signed(seconds - 301) })).toBe(false);
    expect(verified({ 'x-buildkite-signature': signed(seconds + 301) })).toBe(false);
    const moved = signed(seconds).replace(String(seconds), String(seconds + 1));
    expect(verified({ 'x-buildkite-signature': moved })).toBe(false);
  });

  test('the token alone will do; beside a signature it does not', () => {
    expect(verified({ 'x-buildkite-token': 's' })).toBe(true);
    expect(verified({ 'x-buildkite-token': 'old' })).toBe(true);
    expect(verified({ 'x-buildkite-token': 'S' })).toBe(false);
    expect(verified({ 'x-buildkite-token': '' })).toBe(false);
    expect(verified({ 'x-buildkite-token': 's', 'x-buildkite-signature': signed(seconds, 'x') })).toBe(false);
    expect(verified({ 'x-buildkite-token': 's', 'x-buildkite-signature': 'nonsense' })).toBe(false);
  });
});
