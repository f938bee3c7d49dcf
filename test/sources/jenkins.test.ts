import { describe, expect, test } from 'vitest';
import { normaliseDelivery } from '../../ingest/normalise.ts';
import { jenkins } from '../../ingest/sources/jenkins.ts';
import { delivery } from './deliveries.ts';
import { toldBy } from './told.ts';

const SHA = 'a'.repeat(40);
const ms = (time: string) => Date.parse(`2026-03-05T${time}:00Z`);
const { read, told } = toldBy(jenkins);
const only = (body: unknown) => {
  const made = told(body);
  expect(made).toHaveLength(1);
  return made[0]!;
};

describe('the Notification plugin', () => {
  const scm = { url: 'git@github.com:acme/till.git', branch: 'origin/main', commit: SHA };
  const notified = (build: object, job: object = {}) => ({
    name: 'till',
    url: 'job/acme/job/till/',
    build: {
      full_url: 'https://jenkins.example.com/ci/job/acme/job/till/5/',
      url: 'job/acme/job/till/5/',
      number: 5,
      phase: 'FINALIZED',
      status: 'SUCCESS',
      timestamp: ms('10:09'),
      scm,
      ...build,
    },
    ...job,
  });

  test('queued, started and finalized, each at the time that its phase means', () => {
    expect(only(notified({ phase: 'QUEUED', timestamp: ms('10:00'), status: null }))).toMatchObject({
      type: 'pipelinerun.queued',
      at: '2026-03-05T10:00:00.000Z',
    });
    expect(only(notified({ phase: 'STARTED', timestamp: ms('10:01'), status: null }))).toMatchObject({
      type: 'pipelinerun.started',
      at: '2026-03-05T10:01:00.000Z',
    });
    expect(only(notified({}))).toEqual({
      type: 'pipelinerun.finished',
      at: '2026-03-05T10:09:00.000Z',
      data: {
        run_id: 'jenkins.example.com/ci/job/acme/job/till/5',
        repository: 'acme/till',
        workflow: 'acme/till',
        revision: SHA,
        branch: 'main',
        outcome: 'succeeded',
      },
    });
  });

  test('an unknown time in the queue is no time; the end is told once', () => {
    expect(read(notified({ phase: 'QUEUED', timestamp: 0 }))).toBe('ignored: when it was queued is not known');
    expect(read(notified({ phase: 'COMPLETED' }))).toMatch(/^ignored: FINALIZED follows/);
    expect(read(notified({ phase: 'NONE' }))).toBe('ignored: a note of a running build');
    expect(read(notified({ phase: 'ODD' }))).toBe('rejected: build.phase: "ODD" is not known');
    expect(read(notified({ status: null }))).toBe('rejected: build.status: is not a result');
  });

  test.each([
    ['SUCCESS', 'succeeded'],
    ['UNSTABLE', 'failed'],
    ['FAILURE', 'failed'],
    ['ABORTED', 'cancelled'],
    ['NOT_BUILT', 'skipped'],
  ])('%s is %s', (status, outcome) => expect(only(notified({ status })).data.outcome).toBe(outcome));

  test('a job without a checkout counts under its own name; nothing else of the build is kept', () => {
    const secret = { scm: null, parameters: { PASSWORD: 'hunter2' }, log: 'hunter2' };
    const plain = only(notified(secret));
    expect(plain.data).toMatchObject({ repository: 'acme/till', workflow: 'acme/till' });
    expect(JSON.stringify(plain)).not.toContain('hunter2');
    const encoded = only(notified({ url: 'job/acme/job/till/job/feature%2Fx/5/', full_url: null, scm: null }));
    expect(encoded.data).toMatchObject({
      workflow: 'acme/till/feature/x',
      run_id: 'job/acme/job/till/job/feature%2Fx/5',
    });
  });
});

describe('the Generic Event plugin', () => {
  const event = (type: string, data: object = {}, more: object = {}) => ({
    type,
    source: 'job/acme/job/till/',
    time: '2026-03-05T11:09:02.100+0100',
    data: { number: 5, timestamp: ms('10:01'), duration: 480_000, result: 'SUCCESS', actions: [], ...data },
    ...more,
  });

  test('completed and finalized tell one end; an offset may lack its colon', () => {
    expect(told(event('run.finalized'))).toEqual(told(event('run.completed')));
    expect(told(event('run.completed', { duration: 0 })).at(-1)?.at).toBe('2026-03-05T10:09:02.100Z');
    expect(only(event('run.started', { result: null, duration: 0 })).at).toBe('2026-03-05T10:01:00.000Z');
  });

  test('the run’s own path, the controller by the header, the commit by the Git plugin', () => {
    const actions = [
      {},
      null,
      {
        _class: 'hudson.plugins.git.util.BuildData',
        lastBuiltRevision: { SHA1: SHA },
        remoteUrls: ['https://github.com/acme/till'],
      },
    ];
    const body = event('run.finalized', { actions }, { url: 'job/acme/job/till/5/' });
    const reading = normaliseDelivery(jenkins, delivery('jenkins', body, { referrer: 'https://jenkins.example.com/' }));
    expect(reading).toMatchObject({
      events: [
        { type: 'pipelinerun.started' },
        { data: { run_id: 'jenkins.example.com/job/acme/job/till/5', repository: 'acme/till', revision: SHA } },
      ],
    });
  });

  test('a multibranch project is one workflow, whatever its branches', () => {
    const of = { _multiBranch: true, _parentFullName: 'acme/till', _projectName: 'feature%2Fx' };
    const source = 'job/acme/job/till/job/feature%252Fx/';
    expect(told(event('run.completed', of, { source })).at(-1)?.data).toMatchObject({
      repository: 'acme/till',
      workflow: 'acme/till',
      branch: 'feature/x',
      run_id: 'job/acme/job/till/job/feature%252Fx/5',
    });
  });

  test('jobs that come and go are no runs', () => {
    for (const type of ['run.initialize', 'run.deleted', 'item.created']) {
      expect(read(event(type))).toBe(`ignored: no metric reads ${type}`);
    }
    expect(read(event('run.completed', { result: null }))).toBe('rejected: data.result: is not a result');
    expect(read(event('run.completed', {}, { source: 'x' }))).toBe('rejected: source: is not the path of a job');
  });
});

describe('the CDEvents plugin', () => {
  const cdevent = (type: string, source: string, customData: object, outcome?: string) => ({
    context: {
      id: 'e',
      source,
      type: `dev.cdevents.${type}.0.1.0`,
      timestamp: '2026-03-05T10:00:00Z',
      version: '0.1.2',
    },
    subject: { id: '5', type: 'PIPELINERUN', content: { outcome } },
    customData,
  });
  const build = { queueId: 77, number: 5, fullUrl: 'https://jenkins.example.com/job/acme/job/till/5/' };
  const done = cdevent(
    'pipelinerun.finished',
    'job/acme/job/till/5/',
    { build: { ...build, status: 'ABORTED' } },
    'failure',
  );

  test('the item of the queue makes one run of what was queued, started and finished', () => {
    const waiting = { id: 77, url: 'https://jenkins.example.com/job/acme/job/till/77/' };
    const all = [
      only(cdevent('pipelinerun.queued', 'job/acme/job/till/', waiting)),
      only(cdevent('pipelinerun.started', 'job/acme/job/till/5/', { build })),
      only(done),
    ];
    expect(all.map(({ data }) => data.run_id)).toEqual(Array(3).fill('jenkins.example.com/queue/item/77'));
    expect(all.map(({ data }) => data.workflow)).toEqual(Array(3).fill('acme/till'));
  });

  test('Jenkins’ own result before the one that the plugin makes of it', () => {
    expect(only(done).data.outcome).toBe('cancelled');
    const bare = cdevent('pipelinerun.finished', 'job/till/5/', { build }, 'error');
    expect(only(bare).data.outcome).toBe('failed');
    expect(read(cdevent('pipelinerun.finished', 'job/till/5/', { build }))).toMatch(
      /^rejected: subject.content.outcome/,
    );
  });

  test('stages are not believed', () => {
    expect(read(cdevent('taskrun.finished', 'job/till/5/', {}))).toMatch(/^ignored: the plugin calls every stage/);
    expect(read(cdevent('build.finished', 'job/till/5/', {}))).toMatch(/^ignored: no metric reads/);
  });

  test('what its HTTP sink posts is what Java prints of the event, in either version of the SDK', () => {
    const text = JSON.stringify({ ...done, subject: { ...done.subject, note: 'Grüße' } });
    const bytes = [...new TextEncoder().encode(text)].map((byte) => (byte > 127 ? byte - 256 : byte)).join(', ');
    const before = `CloudEvent{id='1', source=job/acme/job/till/5/, type='dev.cdevents.pipelinerun.finished.0.1.0', datacontenttype='application/json', time=2026-03-05T10:00:00Z, data=`;
    expect(told(`${before}BytesCloudEventData{value=[${bytes}]}, extensions={}}`)).toEqual(told(done));
    expect(told(`${before}[${bytes}], extensions={}}`)).toEqual(told(done));
    for (const wrong of [
      `${before}null}`,
      `${before}[1, 2]`,
      `${before}[${bytes.slice(0, -9)}]}`,
      `${before}[999]}`,
      'CloudEvent{',
    ]) {
      expect(read(wrong)).toMatch(/^rejected: body is not JSON/);
    }
  });
});

test('any other shape is refused', () => {
  expect(read({})).toBe('rejected: body: is neither of the Notification, the Generic Event nor the CDEvents plugin');
  expect(read([])).toBe('rejected: the batch is empty');
});
