import { createHmac } from 'node:crypto';
import { flux as source } from '../../../ingest/sources/flux.ts';
import type { Base, SourceCase } from './case.ts';

const sha = 'a'.repeat(40);

const sent = (kind: string, reason: string, parts: object, makes: string): Base => ({
  event: `${kind}: ${reason}`,
  headers: { 'gotk-component': 'kustomize-controller', 'content-type': 'application/json' },
  body: {
    involvedObject: { apiVersion: 'v1', kind, name: 'till', namespace: 'flux-system', uid: 'u-1' },
    severity: 'info',
    timestamp: '2026-03-05T10:00:00Z',
    reason,
    reportingController: 'kustomize-controller',
    ...parts,
  },
  makes,
});

export const flux: SourceCase = {
  source,
  bases: [
    sent(
      'Kustomization',
      'Progressing',
      {
        message: 'Deployment/till/till configured\nService/till/till created',
        metadata: {
          revision: `main@sha1:${sha}`,
          environment: 'production',
          cluster: 'eu-1',
          repository: 'https://github.com/acme/till',
          service: 'till',
          fixes: 'INC-7',
        },
      },
      'deployment.finished 2026-03-05T10:00:00.000Z',
    ),
    sent(
      'HelmRelease',
      'UpgradeSucceeded',
      {
        message: 'Helm upgrade succeeded for release till/till.v7 with chart till@6.5.0',
        metadata: { revision: '6.5.0', 'oci-digest': `sha256:${'b'.repeat(64)}`, env: 'production' },
      },
      'deployment.finished 2026-03-05T10:00:00.000Z',
    ),
  ],
  samples: 'flux',
  signsBody: true,
  sign: (body, secret) => ({ 'x-signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` }),
  answers: {
    'generic-webhook.error.json': 'deployment.finished 2022-10-28T07:26:19.000Z',
    'kustomization.error.json': 'deployment.finished 2022-10-28T07:26:19.000Z',
  },
};
