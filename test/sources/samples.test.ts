import { describe, expect, test } from 'vitest';
import { normaliseDelivery } from '../../ingest/normalise.ts';
import { sources } from '../../ingest/sources/registry.ts';
import { haveSamples, sampleDelivery, samplesOf } from './deliveries.ts';

// What each real payload means: kinds with their times in order, or why it says nothing.
const answers: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  github: {
    'check_suite.completed.json': 'ignored: no metric reads check_suite',
    'deployment.created.json': 'deployment.queued 2019-05-15T15:20:53.000Z',
    'deployment_status.created.gh_pages.json': 'deployment.started 2022-01-03T01:28:40.000Z',
    'deployment_status.created.json': 'deployment.finished 2019-05-15T15:20:55.000Z',
    'issues.closed.captured.json': 'ignored: the issue has no label "incident"',
    'issues.labeled.json': 'ignored: the issue has no label "incident"',
    'issues.opened.json': 'ignored: the issue has no label "incident"',
    'merge_group.checks_requested.json': 'ignored: no metric reads merge_group',
    'pull_request.closed.json': 'change.abandoned 2019-05-15T15:21:18.000Z, change.updated 2019-05-15T15:21:18.000Z',
    'pull_request.closed.merged.json':
      'change.merged 2025-05-21T17:35:21.000Z, change.updated 2025-05-21T17:35:21.000Z',
    'pull_request.opened.json': 'change.created 2019-05-15T15:20:33.000Z, change.updated 2019-05-15T15:20:33.000Z',
    'pull_request.ready_for_review.json': 'change.updated 2019-05-15T15:21:18.000Z',
    'pull_request.synchronize.json': 'change.updated 2019-05-15T15:20:33.000Z',
    'pull_request_review.submitted.json': 'change.reviewed 2019-05-15T15:20:38.000Z',
    'push.json': 'branch.pushed 2019-05-15T15:20:57.000Z',
    'push.main_after_merge.captured.json': 'branch.pushed 2025-05-21T17:35:21.000Z',
    'push.new_branch.json': 'branch.pushed 2019-05-15T15:20:57.000Z',
    'push.tag_deleted.json': 'ignored: a push of a tag moves no branch',
    'release.published.json': 'release.published 2019-05-15T15:20:53.000Z',
    'workflow_job.completed.failure.json': 'taskrun.finished 2021-08-05T10:38:16.000Z',
    'workflow_job.completed.success.json': 'taskrun.finished 2021-08-05T10:38:16.000Z',
    'workflow_job.in_progress.json': 'taskrun.started 2021-09-13T02:21:13.000Z',
    'workflow_job.queued.json': 'taskrun.queued 2021-09-13T02:21:13.000Z',
    'workflow_job.queued.with_deployment.json': 'taskrun.queued 2023-04-19T21:12:12.000Z',
    'workflow_run.completed.captured.json': 'pipelinerun.finished 2025-01-22T19:03:50.000Z',
    'workflow_run.completed.json': 'pipelinerun.finished 2020-10-05T16:33:49.000Z',
    'workflow_run.completed.with_pull_requests.json': 'pipelinerun.finished 2020-10-05T16:33:49.000Z',
    'workflow_run.in_progress.captured.json': 'pipelinerun.started 2025-01-22T19:01:11.000Z',
    'workflow_run.requested.captured.json': 'pipelinerun.queued 2025-01-22T19:01:00.000Z',
    'workflow_run.requested.json': 'pipelinerun.queued 2020-10-05T16:33:24.000Z',
  },
  argocd: {
    'captured.000_cli_template.json': 'ignored: no operation has begun',
    'captured.001.json': 'deployment.started 2025-08-14T12:19:17.000Z, deployment.finished 2025-08-14T12:19:19.000Z',
    'captured.003.json': 'ignored: no operation has begun',
    'captured.008_sync_podinfo_1_2.json':
      'deployment.started 2025-10-02T16:20:55.000Z, deployment.finished 2025-10-02T16:20:59.000Z',
    'captured.010_sync_podinfo_1_4.json':
      'deployment.started 2025-10-02T16:21:00.000Z, deployment.finished 2025-10-02T16:31:04.000Z',
    'captured.016_sync_podinfo_3_3.json':
      'deployment.started 2025-10-02T16:53:16.000Z, deployment.finished 2025-10-02T16:53:20.000Z',
    'captured.017_sync_podinfo_3_4.json':
      'deployment.started 2025-10-02T16:53:19.000Z, deployment.finished 2025-10-02T16:53:25.000Z',
    'captured.022_remove_podinfo_2_1.json': 'ignored: the application is being deleted',
  },
  pagerduty: {
    'incident.acknowledged.json': 'incident.acknowledged 2021-06-04T13:55:30.394Z',
    'incident.priority_updated.json': 'incident.reclassified 2020-10-02T18:45:22.169Z',
    'incident.resolved.json': 'incident.resolved 2021-06-04T13:16:53.816Z',
    'incident.triggered.json': 'incident.detected 2021-06-04T13:35:29.781Z',
  },
};

describe.runIf(haveSamples).each(sources.map((source) => ({ name: source.name, source })))(
  'samples of $name',
  ({ name, source }) => {
    test('every sample has an answer, and every answer a sample', () => {
      const told = [...samplesOf(name)].map(([file, body]) => {
        const reading = normaliseDelivery(source, sampleDelivery(name, file, body));
        const events = reading.outcome === 'events' ? reading.events : [];
        const kinds = events.map(({ type, occurred_at }) => `${type} ${occurred_at}`).join(', ');
        return [file, reading.outcome === 'events' ? kinds : `${reading.outcome}: ${reading.reason}`] as const;
      });
      expect(Object.fromEntries(told)).toEqual(answers[name]);
    });

    test('the same delivery under another id makes the same events', () => {
      for (const [file, body] of samplesOf(name)) {
        const first = sampleDelivery(name, file, body);
        const again = { ...first, id: 'delivery-2', received_at: '2026-03-05T13:00:00.000Z' };
        const facts = [first, again].map((sent) => {
          const reading = normaliseDelivery(source, sent);
          return reading.outcome === 'events' ? reading.events.map((event) => ({ ...event, delivery_id: '' })) : [];
        });
        expect(facts[1], file).toEqual(facts[0]);
      }
    });
  },
);
