import { z } from 'zod';
import type { Delivery } from '../../delivery.ts';
import { instant } from '../../time.ts';
import { name } from '../../vocabulary/commit.ts';
import { copiedChange, fixesIncident, revertedChange } from '../mentions.ts';
import { fact, facts, optionalInstant, optionalText, readBody, rejected, snapshot } from '../shape.ts';
import type { Normalized } from '../source.ts';
import { account, accountKind, accountName, repository } from './shape.ts';

const end = z.object({
  branch: z.object({ name }),
  commit: z.object({ hash: optionalText(64) }).nullish(),
  repository: z.object({ full_name: optionalText() }).nullish(),
});
const pullRequest = z.object({
  id: z.int().positive(),
  title: optionalText(),
  description: z.string().nullish(),
  created_on: instant,
  updated_on: instant,
  author: account,
  source: end,
  destination: end,
  merge_commit: z.object({ hash: optionalText(64) }).nullish(),
  links: z.object({ html: z.object({ href: optionalText(2048) }).nullish() }).nullish(),
});

type PullRequest = z.output<typeof pullRequest>;

const payload = z.object({ pullrequest: pullRequest, repository });

/** `pullrequest:created` and `pullrequest:updated`. */
export function pullRequestEvent(delivery: Delivery): Normalized {
  const body = readBody(delivery, payload);
  if (!body.ok) return body.normalized;
  const { pullrequest: pull, repository: repo } = body.value;
  const updated = updatedFact(repo.full_name, pull);
  if (delivery.headers['x-event-key'] !== 'pullrequest:created') return facts(updated);
  const id = changeId(repo.full_name, pull.id);
  return facts(fact('change.created', pull.created_on, [id], opening(repo.full_name, pull)), updated);
}

/**
 * `pullrequest:fulfilled`: merged, at the last update, since Bitbucket states no time of the merge. Hashes are cut to
 * 12 digits here; they are resolved by prefix where they are used.
 */
export function mergedEvent(delivery: Delivery): Normalized {
  const body = readBody(delivery, payload);
  if (!body.ok) return body.normalized;
  const { pullrequest: pull, repository: repo } = body.value;
  const merged = fact('change.merged', pull.updated_on, [changeId(repo.full_name, pull.id)], {
    ...opening(repo.full_name, pull),
    base: pull.destination.branch.name,
    head_sha: pull.source.commit?.hash?.toLowerCase(),
    merge_sha: pull.merge_commit?.hash?.toLowerCase(),
  });
  return facts(merged, updatedFact(repo.full_name, pull));
}

/** `pullrequest:rejected`: declined. */
export function declinedEvent(delivery: Delivery): Normalized {
  const body = readBody(delivery, payload);
  if (!body.ok) return body.normalized;
  const { pullrequest: pull, repository: repo } = body.value;
  const id = changeId(repo.full_name, pull.id);
  const abandoned = { change_id: id, repository: repo.full_name };
  return facts(fact('change.abandoned', pull.updated_on, [id], abandoned), updatedFact(repo.full_name, pull));
}

const word = z.object({ date: optionalInstant, user: account }).nullish();
const reviewPayload = z.object({
  pullrequest: z.object({ id: z.int().positive() }),
  approval: word,
  changes_request: word,
  repository,
});

/** `pullrequest:approved` and `pullrequest:changes_request_created`: one `change.reviewed`. */
export function reviewEvent(delivery: Delivery): Normalized {
  const body = readBody(delivery, reviewPayload);
  if (!body.ok) return body.normalized;
  const { pullrequest: pull, approval, changes_request: request, repository: repo } = body.value;
  const said = approval ?? request;
  if (!said?.date) return rejected('approval.date: is missing');
  const id = changeId(repo.full_name, pull.id);
  const reviewer = accountName(said.user);
  const state = approval ? 'approved' : 'changes_requested';
  return facts(
    fact('change.reviewed', said.date, [id, reviewer ?? '', state], {
      change_id: id,
      repository: repo.full_name,
      reviewer,
      state,
    }),
  );
}

/** The change's identity and all that is settled when it is opened. */
function opening(repo: string, pull: PullRequest) {
  return {
    change_id: changeId(repo, pull.id),
    repository: repo,
    number: pull.id,
    url: pull.links?.html?.href,
    author: accountName(pull.author),
    author_kind: accountKind(pull.author),
    branch: headBranch(repo, pull),
    opened_at: pull.created_on,
  };
}

function updatedFact(repo: string, pull: PullRequest) {
  return snapshot('change.updated', pull.updated_on, [changeId(repo, pull.id)], {
    change_id: changeId(repo, pull.id),
    repository: repo,
    title: pull.title,
    base: pull.destination.branch.name,
    head_sha: pull.source.commit?.hash?.toLowerCase(),
    revert_of: revertOf(repo, pull),
    cherry_pick_of: copiedChange(repo, pull.description),
    fixes_incident: fixesIncident(pull.description),
  });
}

/** Bitbucket's own button quotes the merge's message, which names the pull request. */
function revertOf(repo: string, pull: PullRequest): string | undefined {
  const quoted = /^Revert(?:ed)?\b.{0,400}\(pull request #(\d{1,10})\)/i.exec(pull.title ?? '')?.[1];
  return quoted === undefined ? revertedChange(repo, pull.title, pull.description) : `${repo}#${quoted}`;
}

function changeId(repo: string, id: number): string {
  return `${repo}#${id}`;
}

/** A fork's branch is `owner/fork:branch`, so that its `main` is never taken for ours. */
function headBranch(repo: string, pull: PullRequest): string {
  const { branch, repository: from } = pull.source;
  if (from?.full_name?.toLowerCase() === repo.toLowerCase()) return branch.name;
  return `${from?.full_name ?? '(fork)'}:${branch.name}`.slice(0, 512);
}
