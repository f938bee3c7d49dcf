import { gatekeeper as source } from '../../../ingest/sources/gatekeeper.ts';
import type { SourceCase } from './case.ts';

export const gatekeeper: SourceCase = {
  source,
  bases: [
    {
      event: 'violation_audited (log)',
      body: {
        level: 'info',
        ts: 1772704800.25,
        msg: 'container <till> has no resource limits',
        process: 'audit',
        audit_id: '2026-03-05T10:00:00Z',
        event_type: 'violation_audited',
        constraint_kind: 'K8sContainerLimits',
        constraint_name: 'must-have-limits',
        constraint_action: 'deny',
        constraint_enforcement_actions: [],
        resource_kind: 'Pod',
        resource_namespace: 'shop',
        resource_name: 'till-1',
        resource_labels: { app: 'till' },
      },
      makes: 'policy.evaluated 2026-03-05T00:00:00.000Z',
    },
    {
      event: 'violation (log)',
      body: [
        {
          ts: 1772704800.25,
          process: 'admission',
          event_type: 'violation',
          constraint_kind: 'K8sRequiredLabels',
          constraint_name: 'owner',
          constraint_action: 'warn',
          resource_kind: 'Namespace',
          resource_name: 'shop',
          request_username: 'ada',
        },
      ],
      makes: 'policy.evaluated 2026-03-05T10:00:00.250Z',
    },
    {
      event: 'violation_audited (export)',
      body: {
        id: '2026-03-05T10:00:00Z',
        eventType: 'violation_audited',
        kind: 'K8sRequiredLabels',
        name: 'owner',
        message: 'you must provide labels',
        enforcementAction: 'dryrun',
        resourceKind: 'Pod',
        resourceNamespace: 'shop',
        resourceName: 'till-1',
        resourceLabels: { 'app.kubernetes.io/name': 'till', app: 'other' },
      },
      makes: 'policy.evaluated 2026-03-05T00:00:00.000Z',
    },
  ],
  samples: 'gatekeeper',
  signsBody: false,
  sign: (_body, secret) => ({ 'x-headway-token': secret }),
  answers: {
    'violation.audit_log.invalid.json': 'rejected: body is not JSON',
    'violation.export.json': 'policy.evaluated 2023-07-18T00:00:00.000Z',
  },
};
