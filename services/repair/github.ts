import { createSign } from 'node:crypto';
import { allowed, type GithubClient } from '../backfill/github-client.ts';
import type { Received } from '../deliveries.ts';

/** A delivery that GitHub made, or tried to, and that was never received. */
export interface Missed {
  /** The hook: its path in GitHub's API. */
  readonly hook: string;
  /** Number of the last attempt, by which GitHub repeats it. */
  readonly attempt: number;
  /** `X-GitHub-Delivery`, the same for every attempt. */
  readonly guid: string;
  /** `event` or `event.action`. */
  readonly event: string;
  /** UTC ISO. */
  readonly deliveredAt: string;
  /** What the last attempt was answered, in GitHub's words. */
  readonly status: string;
}

interface HookDelivery {
  readonly id: number;
  readonly guid: string;
  readonly delivered_at: string;
  readonly status: string;
  readonly status_code: number;
  readonly event: string;
  readonly action: string | null;
}

interface Hook {
  readonly id: number;
  readonly active: boolean;
  readonly config: { readonly url?: string };
}

const ADMIN =
  'Webhooks (administration; a classic token needs the scope read:repo_hook, or write:repo_hook to repeat; admin:org_hook for an organisation)';

/** The hooks of a repository (`owner/name`) or an organisation (`owner`) that report to `/hooks/github` of a Headway, as paths in GitHub's API. */
export async function hooksOf(client: GithubClient, name: string): Promise<string[]> {
  const path = `/${name.includes('/') ? 'repos' : 'orgs'}/${name}/hooks`;
  const hooks = await allowed(name, ADMIN, () => client.paginate(`GET ${path}`, { per_page: 100 }));
  const isOurs = ({ config }: Hook) =>
    URL.canParse(config.url ?? '') && /\/hooks\/github\/?$/.test(new URL(config.url ?? '').pathname);
  return (hooks as Hook[]).filter(isOurs).map(({ id }) => `${path}/${id}`);
}

/** The hook of the App whose key signs the requests. */
export const APP_HOOK = '/app/hook';

/**
 * Deliveries of a hook since an instant (UTC ISO) that are not among the received ones, the oldest first. An attempt that
 * failed is nothing if a later one was received: all attempts at a delivery share their guid.
 */
export async function missedBy(
  client: GithubClient,
  hook: string,
  since: string,
  received: readonly Pick<Received, 'sender_id'>[],
): Promise<Missed[]> {
  const known = new Set(received.map(({ sender_id }) => sender_id));
  const missed = new Map<string, Missed>();
  const read = async () => {
    for await (const { data } of client.paginate.iterator(`GET ${hook}/deliveries`, { per_page: 100 })) {
      const deliveries = data as HookDelivery[];
      for (const { id, guid, delivered_at: deliveredAt, status, event, action } of deliveries) {
        if (Date.parse(deliveredAt) < Date.parse(since)) return;
        // The newest attempt comes first.
        if (known.has(guid) || missed.has(guid) || event === 'ping') continue;
        missed.set(guid, {
          hook,
          attempt: id,
          guid,
          event: action ? `${event}.${action}` : event,
          deliveredAt,
          status,
        });
      }
    }
  };
  await allowed(hook, ADMIN, read);
  return [...missed.values()].reverse();
}

/** Asks GitHub to deliver again, signed as ever. Resolves when GitHub has taken the wish; it delivers a moment later. */
export async function redeliver(client: GithubClient, { hook, attempt }: Missed): Promise<void> {
  await allowed(hook, ADMIN, () => client.request(`POST ${hook}/deliveries/${attempt}/attempts`));
}

/** A token with which an App speaks for itself, for nine minutes: its id, signed with its private key (PEM). */
export function appToken(appId: string, privateKey: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  // A minute back, since clocks differ; GitHub takes ten minutes at most.
  const text = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ iat: seconds - 60, exp: seconds + 540, iss: appId })}`;
  return `${text}.${createSign('RSA-SHA256').update(text).sign(privateKey).toString('base64url')}`;
}
