import type { Delivery } from '../delivery.ts';
import { pullRequestEvent, reviewEvent } from './gitea/change.ts';
import { issueCommentEvent, issueEvent } from './gitea/issue.ts';
import { forgejoRunEvent, releaseEvent, statusEvent, workflowJobEvent, workflowRunEvent } from './gitea/pipeline.ts';
import { push } from './gitea/push.ts';
import { ignored, rejected } from './shape.ts';
import { hmacMatches, hubSignatureMatches } from './signature.ts';
import type { Normalized, Source } from './source.ts';

const readers: ReadonlyMap<string, (delivery: Delivery) => Normalized> = new Map([
  ['push', push],
  ['pull_request', pullRequestEvent],
  ['pull_request_approved', reviewEvent],
  ['pull_request_rejected', reviewEvent],
  ['pull_request_comment', reviewEvent],
  ['issues', issueEvent],
  ['issue_comment', issueCommentEvent],
  ['workflow_run', workflowRunEvent],
  ['workflow_job', workflowJobEvent],
  ['action_run_success', forgejoRunEvent],
  ['action_run_failure', forgejoRunEvent],
  ['action_run_recover', forgejoRunEvent],
  ['status', statusEvent],
  ['release', releaseEvent],
]);

/** Webhooks of Gitea and of Forgejo, which sends the same under both names. */
export const gitea: Source = {
  name: 'gitea',
  title: 'Gitea and Forgejo',
  normaliser: 1,
  events: [
    { event: 'push', feeds: 'branch positions, first commits, direct changes' },
    { event: 'pull_request', feeds: 'changes: lead time, rework' },
    { event: 'pull_request_approved, pull_request_rejected, pull_request_comment', feeds: 'reviews of changes' },
    { event: 'workflow_run, workflow_job', feeds: 'pipeline runs and jobs of Gitea Actions, queue time' },
    {
      event: 'action_run_success, action_run_failure, action_run_recover',
      feeds: 'pipeline runs of Forgejo Actions, once they are over',
    },
    { event: 'status', feeds: 'pipeline runs of other builders, as far as they report to the commit' },
    { event: 'release', feeds: 'releases; rollouts where the workspace says so' },
    { event: 'issues', feeds: 'incidents, by the label `incident`' },
    { event: 'issue_comment', feeds: 'the cause of an incident, by `caused-by:`, in repositories that are not public' },
  ],
  headers: [
    'x-gitea-event',
    'x-gitea-event-type',
    'x-gitea-delivery',
    'x-forgejo-event',
    'x-forgejo-event-type',
    'x-forgejo-delivery',
  ],
  signature:
    'HMAC-SHA256 of the raw body in `X-Gitea-Signature`, `X-Forgejo-Signature` or `X-Hub-Signature-256`; every one that is sent must be right.',
  dedupe:
    'The id, state and time of the thing reported: a hook of the organisation beside one of the repository adds nothing.',
  setup: `1. Open the repository's, the organisation's or the instance's *Settings → Webhooks → Add webhook → Gitea* (or *Forgejo*).
2. Target URL \`{url}\`, method POST, content type \`application/json\`, and a secret that you also set as
   \`HEADWAY_SECRET_GITEA\`. An address of your own network has to be allowed by \`ALLOWED_HOST_LIST\` under \`[webhook]\`
   of \`app.ini\`.
3. *Custom events*: push; pull request with labels, reviews and synchronisation; issues with labels and comments; release;
   workflow run and workflow job (Gitea), action run success, failure and recover (Forgejo), statuses. Branch filter: empty.
4. A push lists at most as many commits as \`PAYLOAD_COMMIT_LIMIT\` (15) allows: raise it, or those cut off have no position.
5. Neither reports deployments: let the step that deploys send \`deployment.finished\` to \`/v1/events\`, connect Argo CD or
   Flux, or say in the workspace which run, job or release deploys where.
6. Incidents: label the issue \`incident\`; \`sev1\` or \`severity/high\`, \`outage\` or \`degraded\`, \`service/name\`,
   \`false-alarm\` say more. \`caused-by: <PR or revision>\` in its text, or in a comment of a private or internal repository,
   links the cause; \`fixes: <incident>\` on a line of its own in a pull request or commit message says what repairs it.`,
  verify({ headers, body }, secrets) {
    const plain = [headers['x-gitea-signature'], headers['x-forgejo-signature']].filter(isSent);
    const hub = [headers['x-hub-signature-256']].filter(isSent);
    if (plain.length + hub.length === 0) return false;
    const right = [
      ...plain.map((given) => hmacMatches(given, body, secrets)),
      ...hub.map((given) => hubSignatureMatches(given, body, secrets)),
    ];
    return right.every(Boolean);
  },
  normalise(delivery) {
    const event = delivery.headers['x-gitea-event'] || delivery.headers['x-forgejo-event'];
    if (!event) return rejected('header x-gitea-event: is missing');
    const read = readers.get(event);
    return read ? read(delivery) : ignored(`no metric reads ${event.slice(0, 100)}`);
  },
};

function isSent(given: string | undefined): given is string {
  return given !== undefined && given !== '';
}
