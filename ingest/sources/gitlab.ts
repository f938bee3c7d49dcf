import { z } from 'zod';
import type { Delivery } from '../delivery.ts';
import { name } from '../vocabulary/commit.ts';
import { mergeRequestEvent } from './gitlab/change.ts';
import { gitlabHistory } from './gitlab/history.ts';
import { issueEvent, noteEvent } from './gitlab/issue.ts';
import { jobEvent, pipelineEvent } from './gitlab/pipeline.ts';
import { push } from './gitlab/push.ts';
import { releaseEvent } from './gitlab/release.ts';
import { deploymentEvent } from './gitlab/rollout.ts';
import { ignored, readAs, readBody } from './shape.ts';
import { equalInConstantTime, SIGNING_SECRET, standardWebhookMatches } from './signature.ts';
import type { Normalized, Source } from './source.ts';

const readers: ReadonlyMap<string, (body: unknown, delivery: Delivery) => Normalized> = new Map([
  ['push', push],
  ['tag_push', () => ignored('a push of a tag moves no branch')],
  ['merge_request', mergeRequestEvent],
  ['pipeline', pipelineEvent],
  ['build', jobEvent],
  ['deployment', deploymentEvent],
  ['release', releaseEvent],
  ['issue', issueEvent],
  ['work_item', issueEvent],
  ['note', noteEvent],
]);

/** GitLab's webhooks, of a project or a group. */
export const gitlab: Source = {
  name: 'gitlab',
  title: 'GitLab',
  normaliser: 1,
  events: [
    { event: 'push', feeds: 'branch positions, first commits, direct changes' },
    { event: 'merge_request', feeds: 'changes: lead time, rework; reviews' },
    { event: 'pipeline', feeds: 'pipeline runs' },
    { event: 'build', feeds: 'jobs of pipeline runs, queue time' },
    { event: 'deployment', feeds: 'rollouts: deployment frequency, lead time, failures' },
    { event: 'release', feeds: 'releases; rollouts where the workspace says so' },
    { event: 'issue, work_item', feeds: 'incidents, by their type or the label `incident`' },
    { event: 'note', feeds: 'the cause of an incident, by `caused-by:`' },
  ],
  headers: ['x-gitlab-event', 'x-gitlab-event-uuid', 'x-gitlab-instance', 'idempotency-key', 'webhook-id'],
  signature:
    'Standard Webhooks in `webhook-signature`, signed at most five minutes ago; a request without one must carry the secret token in `X-Gitlab-Token`.',
  dedupe:
    'The id, state and time of the thing reported: a resent delivery, or hooks of both project and group, add nothing.',
  setup: `1. Open the project's *Settings → Webhooks → Add new webhook*, or the group's where the licence has that. An
   installation of your own reaches a private address only if an administrator allows it, under *Admin → Settings →
   Network → Outbound requests*.
2. URL \`{url}\`. Where it is offered, generate a *Signing token* and set it, \`whsec_\` included, as
   \`HEADWAY_SECRET_GITLAB\`; else make up a *Secret token* and set that. Both may stand there, with a comma between:
   take the token out once every hook signs.
3. Tick *Push events* (all branches), *Comments*, *Confidential comments*, *Issues events*, *Confidential issues events*,
   *Merge request events*, *Job events*, *Pipeline events*, *Releases events* and *Deployment events*. Leave the payload
   template empty.
4. Deployments: a job with \`environment:\` reports itself. An environment of the tier \`production\` is production.
5. Incidents: the type *Incident*, or the label \`incident\` (before GitLab 17.2 the label alone); \`severity::high\`,
   \`impact::outage\` or \`impact::degraded\`, \`service::name\` and \`false-alarm\` say more. \`caused-by: !12\`, a merge
   request's address or a revision in its text or in a comment (an internal one, if the project is public) links the
   cause; \`fixes: group/project#7\` on a line of its own in a merge request or commit message says what repairs it.
6. Projects that squash and fast-forward: put \`See merge request %{reference}\` on the last line of the template of squash
   commit messages (*Settings → Merge requests*), since GitLab tells nowhere else which request such a commit merged.
7. GitLab sends nothing for a push of more than three branches at once, only the newest 20 commits of any push, and nothing
   again that once failed: after four failures in a row it rests the hook, as *Recent events* shows.`,
  verify({ headers, body, received_at: receivedAt }, secrets) {
    const [keys, tokens] = [secrets.filter(isSigningSecret), secrets.filter((secret) => !isSigningSecret(secret))];
    // A signature that does not match is never made good by a token, which anyone on the way could have read.
    if (headers['webhook-signature'] !== undefined) return standardWebhookMatches(headers, body, keys, receivedAt);
    const given = headers['x-gitlab-token'] ?? '';
    let matches = false;
    for (const token of tokens) if (given !== '' && equalInConstantTime(given, token)) matches = true;
    return matches;
  },
  normalise(delivery) {
    const body = readBody(delivery, z.unknown());
    if (!body.ok) return body.normalized;
    const kind = readAs(body.value, z.object({ object_kind: name }));
    // A hook's own payload template may have put anything in its place.
    if (!kind.ok) return kind.normalized;
    const read = readers.get(kind.value.object_kind);
    return read ? read(body.value, delivery) : ignored(`no metric reads ${kind.value.object_kind.slice(0, 100)}`);
  },
  history: gitlabHistory,
};

function isSigningSecret(secret: string): boolean {
  return secret.startsWith(SIGNING_SECRET);
}
