import { cdevents as source } from '../../../ingest/sources/cdevents.ts';
import type { Base, SourceCase } from './case.ts';

const AT = '2026-03-05T10:00:00Z';
const SHA = 'a'.repeat(40);

/** One event of the newest specification, in binary mode unless `headers` say otherwise. */
const sent = (type: string, content: object, customData: object, makes: string, id = 'till'): Base => ({
  event: type,
  headers: {
    'content-type': 'application/json',
    'ce-specversion': '1.0',
    'ce-id': 'e-1',
    'ce-source': '/ci',
    'ce-type': `dev.cdevents.${type}.0.3.0`,
    'ce-time': AT,
  },
  body: {
    context: { specversion: '0.5.1', id: 'e-1', source: '/ci', type: `dev.cdevents.${type}.0.3.0`, timestamp: AT },
    subject: { id, source: '/ci', content },
    customData,
  },
  makes,
});

const bases: readonly Base[] = [
  sent(
    'service.deployed',
    {
      environment: { id: 'production' },
      artifactId: `pkg:oci/till@sha256%3A${'b'.repeat(64)}?vcs_url=git%2Bhttps://github.com/acme/till%40${SHA}`,
    },
    { started_at: '2026-03-05T09:50:00Z', commit: SHA, changes: ['acme/till#1'], planned: false, rollout_id: 'r-1' },
    'deployment.started 2026-03-05T09:50:00.000Z, deployment.finished 2026-03-05T10:00:00.000Z',
  ),
  sent(
    'service.rolledback',
    { environment: { id: 'production', source: '/k8s' }, artifactId: 'pkg:oci/till@1.0' },
    { rolls_back: 'r-1' },
    'service.rolledback 2026-03-05T10:00:00.000Z',
  ),
  sent(
    'change.merged',
    { repository: { id: 'acme/till', source: 'https://github.com' }, description: 'Faster\n\nfixes: INC-7' },
    { commit: SHA, commits: [{ sha: SHA, authored_at: '2026-03-04T10:00:00Z' }], author: 'ada', paths: ['a.ts'] },
    'change.merged 2026-03-05T10:00:00.000Z',
    '12',
  ),
  sent(
    'pipelinerun.finished',
    { pipelineName: 'till', uri: 'https://ci.example.com/1', outcome: 'success' },
    { repository: 'acme/till', commit: SHA, branch: 'main' },
    'pipelinerun.finished 2026-03-05T10:00:00.000Z',
  ),
  sent(
    'taskrun.finished',
    { taskName: 'test', pipelineRun: { id: '5' }, outcome: 'failure' },
    { repository: 'acme/till' },
    'taskrun.finished 2026-03-05T10:00:00.000Z',
  ),
  sent(
    'incident.detected',
    { environment: { id: 'production' }, service: { id: 'till' }, description: 'Slow, caused-by: acme/till#12' },
    { severity: 'sev2', impact: 'degraded', cause: 'acme/till#12' },
    'incident.detected 2026-03-05T10:00:00.000Z',
  ),
  sent(
    'ticket.created',
    { summary: 'Access', ticketType: 'question', creator: 'ada', uri: 'https://t.example.com/1' },
    { tier: 2 },
    'ticket.created 2026-03-05T10:00:00.000Z',
  ),
  sent(
    'environment.created',
    { name: 'Production, EU' },
    { production: true, group: 'production' },
    'environment.defined 2026-03-05T10:00:00.000Z',
    'eu',
  ),
];

const batch: Base = {
  event: 'a batch',
  headers: { 'content-type': 'application/cloudevents-batch+json' },
  body: bases.slice(3, 5).map(({ event, body }) => ({
    specversion: '1.0',
    id: 'e-1',
    source: '/ci',
    type: `dev.cdevents.${event}.0.3.0`,
    data: body,
  })),
  makes: 'pipelinerun.finished 2026-03-05T10:00:00.000Z, taskrun.finished 2026-03-05T10:00:00.000Z',
};

export const cdevents: SourceCase = {
  source,
  bases: [...bases, batch],
  samples: 'cdevents',
  headersOf: () => ({ 'content-type': 'application/json' }),
  signsBody: false,
  sign: (_body, secret) => ({ authorization: `Bearer ${secret}` }),
  answers: {
    'v0.4.1.incident_detected.json': 'incident.detected 2022-11-11T13:52:20.079Z',
    'v0.4.1.service_deployed.json': 'deployment.finished 2023-03-20T14:27:05.315Z',
    'v0.5.1.build_finished.json': 'taskrun.finished 2023-03-20T14:27:05.315Z',
    'v0.5.1.change_created.json': 'change.created 2023-03-20T14:27:05.315Z',
    'v0.5.1.change_merged.json': 'change.merged 2023-03-20T14:27:05.315Z',
    'v0.5.1.incident_detected.json': 'incident.detected 2022-11-11T13:52:20.079Z',
    'v0.5.1.incident_reported.json': 'incident.detected 2022-11-11T13:52:20.079Z',
    'v0.5.1.incident_resolved.json': 'incident.resolved 2022-11-11T13:52:20.079Z',
    'v0.5.1.pipelinerun_finished.json': 'pipelinerun.finished 2023-03-20T14:27:05.315Z',
    'v0.5.1.pipelinerun_started.json': 'pipelinerun.started 2023-03-20T14:27:05.315Z',
    'v0.5.1.service_deployed.json': 'deployment.finished 2023-03-20T14:27:05.315Z',
    'v0.5.1.service_removed.json': 'ignored: a service that leaves an environment is no rollout',
    'v0.5.1.service_rolledback.json': 'deployment.finished 2023-03-20T14:27:05.315Z',
    'v0.5.1.service_upgraded.json': 'deployment.finished 2023-03-20T14:27:05.315Z',
    'v0.5.1.taskrun_finished.json': 'taskrun.finished 2023-03-20T14:27:05.315Z',
  },
};
