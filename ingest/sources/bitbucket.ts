import type { Delivery } from '../delivery.ts';
import { declinedEvent, mergedEvent, pullRequestEvent, reviewEvent } from './bitbucket/change.ts';
import { push } from './bitbucket/push.ts';
import { statusEvent } from './bitbucket/status.ts';
import { ignored, rejected } from './shape.ts';
import { hubSignatureMatches } from './signature.ts';
import type { Normalized, Source } from './source.ts';

const readers: ReadonlyMap<string, (delivery: Delivery) => Normalized> = new Map([
  ['repo:push', push],
  ['repo:commit_status_created', statusEvent],
  ['repo:commit_status_updated', statusEvent],
  ['pullrequest:created', pullRequestEvent],
  ['pullrequest:updated', pullRequestEvent],
  ['pullrequest:fulfilled', mergedEvent],
  ['pullrequest:rejected', declinedEvent],
  ['pullrequest:approved', reviewEvent],
  ['pullrequest:changes_request_created', reviewEvent],
]);

/** Bitbucket Cloud's webhooks, of a repository or a workspace. */
export const bitbucket: Source = {
  name: 'bitbucket',
  title: 'Bitbucket Cloud',
  normaliser: 1,
  events: [
    { event: 'repo:push', feeds: 'branch positions, first commits, direct changes' },
    { event: 'pullrequest:created, pullrequest:updated', feeds: 'changes: opening, what they revert, copy or fix' },
    { event: 'pullrequest:fulfilled', feeds: 'changes: lead time, rework' },
    { event: 'pullrequest:rejected', feeds: 'changes that were given up' },
    { event: 'pullrequest:approved, pullrequest:changes_request_created', feeds: 'reviews of changes' },
    {
      event: 'repo:commit_status_created, repo:commit_status_updated',
      feeds: 'pipeline runs: run time and success; Bitbucket tells neither attempts nor queue times',
    },
  ],
  headers: ['x-event-key', 'x-event-time', 'x-request-uuid', 'x-hook-uuid'],
  signature: 'HMAC-SHA256 of the raw body in `X-Hub-Signature`, which Bitbucket sends only if the hook has a secret.',
  dedupe: 'The id, state and time of the thing reported: a further attempt or a second hook adds nothing.',
  setup: `1. Open *Repository settings → Webhooks → Add webhook* (or the workspace's, for all of its repositories).
2. URL \`{url}\`, and a secret that you also set as \`HEADWAY_SECRET_BITBUCKET\`; without one Bitbucket signs nothing.
3. *Choose from a full list of triggers*: repository push, build status created and updated; pull request created,
   updated, approved, changes request created, merged, declined.
4. Bitbucket reports no deployments: let the step that deploys send \`deployment.finished\` to \`/v1/events\`, connect
   Argo CD or Flux, or say in the workspace which build deploys where.
5. \`fixes: <incident>\` on a line of its own in a pull request's description or a commit message says what it repairs;
   a branch \`hotfix/…\` makes its rollout unplanned work.
6. Bitbucket lists the newest few commits of a push and may send nothing above 256 KB: of a longer push, the commits cut
   off have no position. People are known by their \`account_id\`: list it under a person's identities in \`people.yaml\`.`,
  verify: ({ headers, body }, secrets) => hubSignatureMatches(headers['x-hub-signature'], body, secrets),
  normalise(delivery) {
    const event = delivery.headers['x-event-key'];
    if (event === undefined || event === '') return rejected('header x-event-key: is missing');
    const read = readers.get(event);
    return read ? read(delivery) : ignored(`no metric reads ${event.slice(0, 100)}`);
  },
};
