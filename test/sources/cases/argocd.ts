import { argocd as source } from '../../../ingest/sources/argocd.ts';
import type { SourceCase } from './case.ts';

const at = (time: string) => `2026-03-05T${time}:00Z`;
const sha = 'a'.repeat(40);

export const argocd: SourceCase = {
  source,
  bases: [
    {
      event: 'the whole Application',
      body: {
        context: { argocdUrl: 'https://argo.example.com' },
        app: {
          metadata: {
            name: 'till',
            namespace: 'argocd',
            uid: 'u-1',
            labels: { env: 'production' },
            annotations: { 'headway/repository': 'acme/till', 'headway/revision': sha },
            ownerReferences: [{ kind: 'ApplicationSet', name: 'till' }],
          },
          spec: {
            destination: { name: 'eu', namespace: 'till' },
            sources: [{ repoURL: 'https://github.com/acme/deploy' }],
          },
          status: {
            operationState: {
              phase: 'Succeeded',
              startedAt: at('10:00'),
              finishedAt: at('10:01'),
              syncResult: {
                revision: '',
                revisions: [sha],
                sources: [{ repoURL: 'https://github.com/acme/deploy' }],
              },
              operation: { initiatedBy: { username: 'ada' }, sync: { revisions: [sha] } },
            },
            health: { status: 'Healthy', lastTransitionTime: at('10:03') },
            summary: { images: ['acme/till:1'] },
          },
        },
      },
      makes: 'deployment.started 2026-03-05T10:00:00.000Z, deployment.finished 2026-03-05T10:03:00.000Z',
    },
    {
      event: 'an aborted Argo Rollout',
      body: {
        event: 'aborted',
        at: at('11:30'),
        environment: 'production',
        rollout: {
          metadata: {
            name: 'till',
            namespace: 'till',
            uid: 'r-1',
            labels: { env: 'production' },
            annotations: {
              'rollout.argoproj.io/revision': '7',
              'argocd.argoproj.io/tracking-id': 'till-prod:argoproj.io/Rollout:till/till',
            },
          },
          status: {
            currentPodHash: '6c54544bf9',
            blueGreen: {},
            conditions: [{ type: 'Completed', status: 'False', lastTransitionTime: at('10:00') }],
          },
        },
      },
      makes: 'deployment.started 2026-03-05T10:00:00.000Z, deployment.finished 2026-03-05T11:30:00.000Z',
    },
  ],
  samples: 'argocd',
  signsBody: false,
  sign: (_body, secret) => ({ authorization: `Bearer ${secret}` }),
  answers: {
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
};
