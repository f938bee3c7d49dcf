import { createHmac, randomBytes } from 'node:crypto';
import type { DemoDelivery } from './year/simulation.ts';

/** The secrets that the server was started with, for the senders of the demo. Null token: none is needed. */
export interface DemoSecrets {
  readonly github: string;
  readonly argocd: string;
  readonly pagerduty: string;
  /** Bearer token for `POST /v1/events`. */
  readonly token: string | null;
}

/** Fresh secrets for one demo: unguessable, so that nobody else can write into it. */
export function makeDemoSecrets(): DemoSecrets {
  const secret = (): string => randomBytes(24).toString('base64url');
  return { github: secret(), argocd: secret(), pagerduty: secret(), token: null };
}

/** The headers that prove the body, as its sender computes them over the exact bytes. */
export function signDelivery(
  delivery: Pick<DemoDelivery, 'source' | 'body'>,
  secrets: DemoSecrets,
): Record<string, string> {
  const hmac = (algorithm: string, secret: string): string =>
    createHmac(algorithm, secret).update(delivery.body).digest('hex');
  switch (delivery.source) {
    case 'github':
      return {
        'x-hub-signature': `sha1=${hmac('sha1', secrets.github)}`,
        'x-hub-signature-256': `sha256=${hmac('sha256', secrets.github)}`,
      };
    case 'pagerduty':
      return { 'x-pagerduty-signature': `v1=${hmac('sha256', secrets.pagerduty)}` };
    case 'argocd':
      return { authorization: `Bearer ${secrets.argocd}` };
    case 'canonical':
      return secrets.token === null ? {} : { authorization: `Bearer ${secrets.token}` };
  }
}
