import type { Delivery } from '../delivery.ts';
import {
  declinedEvent,
  deletedEvent,
  mergedEvent,
  openedEvent,
  reviewEvent,
  updatedEvent,
} from './bitbucket-server/change.ts';
import { refsChanged } from './bitbucket-server/push.ts';
import { ignored, rejected } from './shape.ts';
import { hubSignatureMatches } from './signature.ts';
import type { Normalized, Source } from './source.ts';

const readers: ReadonlyMap<string, (delivery: Delivery) => Normalized> = new Map([
  ['repo:refs_changed', refsChanged],
  ['pr:opened', openedEvent],
  ['pr:from_ref_updated', updatedEvent],
  ['pr:modified', updatedEvent],
  ['pr:merged', mergedEvent],
  ['pr:declined', declinedEvent],
  ['pr:deleted', deletedEvent],
  ['pr:reviewer:approved', reviewEvent],
  ['pr:reviewer:needs_work', reviewEvent],
  ['pr:reviewer:changes_requested', reviewEvent],
]);

/** Bitbucket Data Center's (and Server's) webhooks, of a repository or a project. */
export const bitbucketServer: Source = {
  name: 'bitbucket-server',
  title: 'Bitbucket Data Center',
  normaliser: 1,
  events: [
    { event: 'repo:refs_changed', feeds: 'branch positions, first commits, direct changes' },
    { event: 'pr:opened, pr:from_ref_updated, pr:modified', feeds: 'changes: opening, what they revert, copy or fix' },
    { event: 'pr:merged', feeds: 'changes: lead time, rework' },
    { event: 'pr:declined, pr:deleted', feeds: 'changes that were given up' },
    {
      event: 'pr:reviewer:approved, pr:reviewer:needs_work, pr:reviewer:changes_requested',
      feeds: 'reviews of changes',
    },
  ],
  headers: ['x-event-key', 'x-request-id'],
  signature: 'HMAC-SHA256 of the raw body in `X-Hub-Signature`, which Bitbucket sends only if the hook has a secret.',
  dedupe:
    'The id, state and time of the thing reported: a hook of the project beside one of the repository adds nothing.',
  setup: `1. Open *Repository settings → Webhooks → Create webhook* (or the project's, for all of its repositories).
2. URL \`{url}\`, and a secret that you also set as \`HEADWAY_SECRET_BITBUCKET_SERVER\`; without one Bitbucket signs nothing.
   *Test connection* sends a ping, which is answered and feeds nothing.
3. Tick *Push*; and of the pull request's events *Opened*, *Source branch updated*, *Modified*, *Approved*,
   *Changes requested*, *Merged*, *Declined*, *Deleted*.
4. Repositories are called \`PROJECT/slug\`, pull requests \`PROJECT/slug#12\`.
5. Versions that list no commits with a push tell only where the branch went: a push is then one commit, authored when it
   was pushed. Pull requests keep their own times, so only direct pushes lose theirs.
6. Builds and deployments come from the tool that runs them: Jenkins, Argo CD, Flux, or \`/v1/events\`.
7. \`fixes: <incident>\` on a line of its own in a pull request's description or a commit message says what it repairs;
   a branch \`hotfix/…\` makes its rollout unplanned work.`,
  verify: ({ headers, body }, secrets) => hubSignatureMatches(headers['x-hub-signature'], body, secrets),
  normalise(delivery) {
    const event = delivery.headers['x-event-key'];
    if (event === undefined || event === '') return rejected('header x-event-key: is missing');
    if (event === 'diagnostics:ping') return ignored('a ping says that the hook is connected');
    const read = readers.get(event);
    return read ? read(delivery) : ignored(`no metric reads ${event.slice(0, 100)}`);
  },
};
