import { tekton as source } from '../../../ingest/sources/tekton.ts';
import type { Base, SourceCase } from './case.ts';

const at = (time: string) => `2026-03-05T${time}:00Z`;
const run = (more: object = {}) => ({
  metadata: {
    name: 'till-x7f2p',
    namespace: 'ci',
    uid: 'u-1',
    creationTimestamp: at('10:00'),
    labels: { 'tekton.dev/pipeline': 'till', 'tekton.dev/pipelineTask': 'test' },
    annotations: {
      'pipelinesascode.tekton.dev/repo-url': 'https://github.com/acme/till',
      'pipelinesascode.tekton.dev/sha': 'a'.repeat(40),
    },
    ownerReferences: [{ kind: 'PipelineRun', uid: 'u-0' }],
  },
  spec: { params: [{ name: 'git-url', value: 'https://github.com/acme/till' }], pipelineRef: { name: 'till' } },
  status: {
    startTime: at('10:01'),
    completionTime: at('10:09'),
    conditions: [{ type: 'Succeeded', status: 'True', reason: 'Succeeded', lastTransitionTime: at('10:09') }],
    results: [{ name: 'CHAINS-GIT_COMMIT', value: 'a'.repeat(40) }],
    retriesStatus: [],
  },
  ...more,
});

const sent = (type: string, body: object, makes: string): Base => ({
  event: type,
  headers: {
    'content-type': 'application/json',
    'ce-specversion': '1.0',
    'ce-id': 'e-1',
    'ce-source': '/apis/namespaces/ci/till-x7f2p',
    'ce-type': type,
    'ce-time': at('10:09'),
  },
  body,
  makes,
});

export const tekton: SourceCase = {
  source,
  bases: [
    sent(
      'dev.tekton.event.pipelinerun.successful.v1',
      { pipelineRun: run() },
      'pipelinerun.queued 2026-03-05T10:00:00.000Z, pipelinerun.started 2026-03-05T10:01:00.000Z, pipelinerun.finished 2026-03-05T10:09:00.000Z',
    ),
    sent(
      'dev.tekton.event.taskrun.successful.v1',
      { taskRun: run({ spec: { taskRef: { name: 'test' } } }) },
      'taskrun.queued 2026-03-05T10:00:00.000Z, taskrun.started 2026-03-05T10:01:00.000Z, taskrun.finished 2026-03-05T10:09:00.000Z',
    ),
  ],
  samples: 'tekton',
  headersOf: () => ({
    'content-type': 'application/json',
    'ce-specversion': '1.0',
    'ce-type': 'dev.tekton.event.taskrun.unknown.v1',
  }),
  signsBody: false,
  sign: (_body, secret) => ({ authorization: `Basic ${Buffer.from(`headway:${secret}`).toString('base64')}` }),
  answers: {
    'taskrun.unknown.json': 'taskrun.queued 2021-01-29T14:47:57.000Z, taskrun.started 2021-01-29T14:47:57.000Z',
  },
};
