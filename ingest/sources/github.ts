import { Webhooks } from '@octokit/webhooks';
import type { Delivery } from '../delivery.ts';
import { pullRequestEvent, reviewEvent } from './github/change.ts';
import { githubHistory } from './github/history.ts';
import { issueCommentEvent, issueEvent } from './github/issue.ts';
import { workflowJobEvent, workflowRunEvent } from './github/pipeline.ts';
import { push } from './github/push.ts';
import { releaseEvent } from './github/release.ts';
import { deploymentEvent, deploymentStatusEvent } from './github/rollout.ts';
import { ignored, rejected } from './shape.ts';
import type { Normalized, Source } from './source.ts';

const readers: ReadonlyMap<string, (delivery: Delivery) => Normalized> = new Map([
  ['push', push],
  ['pull_request', pullRequestEvent],
  ['pull_request_review', reviewEvent],
  ['workflow_run', workflowRunEvent],
  ['workflow_job', workflowJobEvent],
  ['deployment', deploymentEvent],
  ['deployment_status', deploymentStatusEvent],
  ['release', releaseEvent],
  ['issues', issueEvent],
  ['issue_comment', issueCommentEvent],
]);

/** GitHub's webhooks, of a repository, an organisation or an App. */
export const github: Source = {
  name: 'github',
  title: 'GitHub',
  normaliser: 1,
  events: [
    { event: 'push', feeds: 'branch positions, first commits, direct changes' },
    { event: 'pull_request', feeds: 'changes: lead time, rework' },
    { event: 'pull_request_review', feeds: 'reviews of changes' },
    { event: 'workflow_run', feeds: 'pipeline runs' },
    { event: 'workflow_job', feeds: 'jobs of pipeline runs, queue time' },
    { event: 'deployment', feeds: 'rollouts' },
    { event: 'deployment_status', feeds: 'how rollouts end: deployment frequency, lead time, failures' },
    { event: 'release', feeds: 'releases; rollouts where the workspace says so' },
    { event: 'issues', feeds: 'incidents, by the label `incident`' },
    { event: 'issue_comment', feeds: 'the cause of an incident, by `caused-by:`' },
  ],
  headers: [
    'x-github-event',
    'x-github-delivery',
    'x-github-hook-id',
    'x-github-hook-installation-target-type',
    'x-github-hook-installation-target-id',
  ],
  signature: 'HMAC-SHA256 of the raw body in `X-Hub-Signature-256`; the older SHA-1 header is not looked at.',
  dedupe: 'The id, state and time of the thing reported: a redelivery or a second hook adds nothing.',
  setup: `1. Open the repository's or the organisation's *Settings → Webhooks → Add webhook*.
2. Payload URL \`{url}\`, content type \`application/json\`, and a secret that you also set as \`HEADWAY_SECRET_GITHUB\`.
3. Choose *Let me select individual events* and tick those of the list above.
4. Deployments: a job with \`environment:\` reports itself. What your own tool creates through the deployments API may
   carry in its \`payload\`: \`service\`, \`artifact_digest\`, \`config_digest\`, \`planned\` (true or false), \`precautionary\`,
   \`fixes\` (an incident), \`fixes_rollout\`, \`rolls_back\` (a rollout), \`changes\` and \`commits\` (lists of all that it delivers).
5. Incidents: label the issue \`incident\`; \`sev1\` or \`severity: high\`, \`outage\` or \`degraded\`, \`service: name\` say more.
   \`caused-by: <PR or revision>\` in its text, or in a comment by a member, links the cause; \`fixes: <incident>\` on a
   line of its own in a PR or commit message says what repairs it.`,
  async verify(delivery, secrets) {
    const signature = delivery.headers['x-hub-signature-256'];
    if (!signature || delivery.body.length === 0) return false;
    // The library takes text. Bytes that are not UTF-8 do not survive it, so their signature does not match: as it should be.
    const payload = Buffer.from(delivery.body).toString('utf8');
    const checks = await Promise.all(
      secrets.filter(Boolean).map((secret) => new Webhooks({ secret }).verify(payload, signature)),
    );
    return checks.includes(true);
  },
  normalise(delivery) {
    const event = delivery.headers['x-github-event'];
    if (event === undefined || event === '') return rejected('header x-github-event: is missing');
    if (event === 'ping') return ignored('a ping says that the hook is connected');
    const read = readers.get(event);
    return read ? read(delivery) : ignored(`no metric reads ${event.slice(0, 100)}`);
  },
  history: githubHistory,
};
