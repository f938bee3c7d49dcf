import { describe, expect, test } from 'vitest';
import { normaliseDelivery } from '../../ingest/normalise.ts';
import { tekton } from '../../ingest/sources/tekton.ts';
import { delivery } from './deliveries.ts';
import { toldBy } from './told.ts';

const SHA = 'a'.repeat(40);
const at = (time: string) => `2026-03-05T${time}:00Z`;
const { read, told } = toldBy(tekton);

interface Parts {
  readonly metadata?: object;
  readonly spec?: object;
  readonly status?: object;
}
const run = ({ metadata, spec, status }: Parts = {}) => ({
  metadata: { name: 'till-x7f2p', namespace: 'ci', uid: 'u-1', creationTimestamp: at('10:00'), ...metadata },
  spec: { pipelineRef: { name: 'till' }, ...spec },
  status: { startTime: at('10:01'), ...status },
});
const ended = (status: string, reason: string) => ({
  completionTime: at('10:09'),
  conditions: [{ type: 'Succeeded', status, reason, lastTransitionTime: at('10:09') }],
});
const pipeline = (parts?: Parts) => told({ pipelineRun: run(parts) });
const task = (parts?: Parts) => told({ taskRun: run(parts) });

describe('a PipelineRun', () => {
  test('queued, started and finished, whichever of its events arrives', () => {
    const done = pipeline({ status: ended('True', 'Completed') });
    expect(done.map(({ type, at: time }) => `${type} ${time.slice(11, 16)}`)).toEqual([
      'pipelinerun.queued 10:00',
      'pipelinerun.started 10:01',
      'pipelinerun.finished 10:09',
    ]);
    expect(done.at(-1)?.data).toEqual({ run_id: 'u-1', repository: 'ci/till', workflow: 'till', outcome: 'succeeded' });
    expect(pipeline()).toEqual(done.slice(0, 2));
    expect(told({ pipelineRun: { ...run(), status: null } })).toEqual(done.slice(0, 1));
  });

  test.each([
    ['Failed', 'failed'],
    ['Cancelled', 'cancelled'],
    ['CancelledRunningFinally', 'cancelled'],
    ['PipelineRunCancelled', 'cancelled'],
    ['StoppedRunningFinally', 'cancelled'],
    ['PipelineRunTimeout', 'timed_out'],
    ['CouldntGetPipeline', 'failed'],
  ])('failed because %s: %s', (reason, outcome) => {
    expect(pipeline({ status: ended('False', reason) }).at(-1)?.data.outcome).toBe(outcome);
  });

  test('still running, whatever the reason', () => {
    const status = {
      conditions: [{ type: 'Succeeded', status: 'Unknown', reason: 'Running', lastTransitionTime: at('10:02') }],
    };
    expect(pipeline({ status }).map(({ type }) => type)).toEqual(['pipelinerun.queued', 'pipelinerun.started']);
  });

  test('repository, commit and branch by Pipelines as Code', () => {
    const pac = 'pipelinesascode.tekton.dev';
    const labels = {
      [`${pac}/url-org`]: 'acme',
      [`${pac}/url-repository`]: 'till',
      [`${pac}/sha`]: SHA,
      [`${pac}/event-type`]: 'push',
    };
    const annotations = { [`${pac}/branch`]: 'refs/heads/main', [`${pac}/sender`]: 'ada' };
    expect(pipeline({ metadata: { labels, annotations } })[0]?.data).toMatchObject({
      repository: 'acme/till',
      revision: SHA,
      branch: 'main',
      trigger: 'push',
      actor: 'ada',
    });
    const url = { [`${pac}/repo-url`]: 'https://gitlab.example.com/acme/sub/till' };
    expect(pipeline({ metadata: { labels, annotations: url } })[0]?.data.repository).toBe('acme/sub/till');
  });

  test('by parameters with plain names, by results, and first of all by annotations of ours', () => {
    const params = [
      { name: 'REPO-URL', value: 'git@github.com:acme/till.git' },
      { name: 'revision', value: 'main' },
      { name: 'url', value: 'https://example.com/not/this' },
      { name: 'files', value: ['a'] },
    ];
    expect(pipeline({ spec: { params } })[0]?.data).toMatchObject({ repository: 'acme/till', branch: 'main' });
    expect(pipeline({ spec: { params } })[0]?.data.revision).toBeUndefined();
    const results = [
      { name: 'CHAINS-GIT_COMMIT', value: `${SHA}` },
      { name: 'CHAINS-GIT_URL', value: 'https://github.com/acme/chain' },
    ];
    expect(pipeline({ spec: { params }, status: { results } })[0]?.data).toMatchObject({
      revision: SHA,
      repository: 'acme/chain',
    });
    const annotations = {
      'headway/repository': 'acme/ours',
      'headway/revision': 'b'.repeat(40),
      'headway/branch': 'release',
    };
    expect(pipeline({ spec: { params }, status: { results }, metadata: { annotations } })[0]?.data).toMatchObject({
      repository: 'acme/ours',
      revision: 'b'.repeat(40),
      branch: 'release',
    });
  });
});

describe('a TaskRun', () => {
  test('is a job of the run that owns it', () => {
    const metadata = {
      uid: 't-1',
      labels: { 'tekton.dev/pipelineTask': 'test', 'tekton.dev/pipeline': 'till' },
      ownerReferences: [{ kind: 'PipelineRun', uid: 'u-1' }],
    };
    expect(task({ metadata, status: ended('True', 'Succeeded') }).at(-1)).toEqual({
      type: 'taskrun.finished',
      at: '2026-03-05T10:09:00.000Z',
      data: {
        job_id: 't-1',
        run_id: 'u-1',
        attempt_no: 1,
        repository: 'ci/till',
        workflow: 'till',
        job: 'test',
        outcome: 'succeeded',
      },
    });
    const labelled = { uid: 't-1', labels: { 'tekton.dev/pipelineRunUID': 'u-2' } };
    expect(task({ metadata: labelled })[0]?.data.run_id).toBe('u-2');
  });

  test('retried: another attempt, which was not queued again', () => {
    const status = { ...ended('False', 'TaskRunTimeout'), retriesStatus: [{}, {}] };
    expect(task({ status }).map(({ type, data }) => [type, data.attempt_no])).toEqual([
      ['taskrun.started', 3],
      ['taskrun.finished', 3],
    ]);
  });

  test('by itself it is a run of one job', () => {
    expect(task({ spec: { pipelineRef: null, taskRef: { name: 'curl' } } })[0]?.data).toMatchObject({
      run_id: 'u-1',
      job_id: 'u-1',
      job: 'curl',
      repository: 'ci/curl',
    });
  });
});

test('sent again after a restart under another id it is the same fact', () => {
  const sent = (id: string) => {
    const headers = { 'ce-specversion': '1.0', 'ce-type': 'dev.tekton.event.pipelinerun.started.v1', 'ce-id': id };
    const reading = normaliseDelivery(tekton, delivery('tekton', { pipelineRun: run() }, headers));
    return reading.outcome === 'events' ? reading.events : reading.reason;
  };
  expect(sent('1')).toEqual(sent('2'));
  expect(sent('1')).toHaveLength(2);
});

test('structured mode says the same as binary', () => {
  const type = 'dev.tekton.event.pipelinerun.started.v1';
  expect(told({ specversion: '1.0', id: '1', source: '/x', type, data: { pipelineRun: run() } })).toEqual(pipeline());
});

test('what is no run is ignored or refused', () => {
  expect(read({ customRun: run() })).toBe('ignored: a custom run is no job of ours');
  expect(read({ specversion: '1.0', type: 'dev.cdevents.x', data: {} })).toBe(
    'ignored: no metric reads dev.cdevents.x',
  );
  expect(read({ pipelineRun: { metadata: {} } })).toMatch(/^rejected: pipelineRun\.metadata\.name/);
  expect(read({})).toMatch(/^rejected: taskRun/);
  expect(read({ pipelineRun: { metadata: { name: 'x', uid: 'u' } } })).toBe('ignored: the run says no time');
});
