import { z } from 'zod';
import type { Delivery } from '../../delivery.ts';
import type { Fact } from '../../event.ts';
import { instant } from '../../time.ts';
import { name } from '../../vocabulary/commit.ts';
import { copiedChange, fixesIncident, revertedChange } from '../mentions.ts';
import {
  fact,
  facts,
  ignored,
  listOf,
  optionalFlag,
  optionalInstant,
  optionalText,
  readBody,
  rejected,
  senderId,
  snapshot,
} from '../shape.ts';
import type { Normalized } from '../source.ts';
import { account, accountKind, repository } from './shape.ts';

/** A pull request, as webhooks and the REST API tell it. `merged` is a webhook's word; a list of the API has `merged_at` alone. */
export const pullRequest = z.object({
  number: z.int().positive(),
  html_url: optionalText(2048),
  title: optionalText(),
  body: z.string().nullish(),
  user: account,
  merged: optionalFlag,
  created_at: instant,
  updated_at: optionalInstant,
  merged_at: optionalInstant,
  closed_at: optionalInstant,
  merge_commit_sha: optionalText(64),
  head: z.object({
    ref: name,
    label: optionalText(),
    sha: name.max(64),
    repo: z.object({ full_name: optionalText() }).nullish(),
  }),
  base: z.object({ ref: name }),
  labels: listOf(z.object({ name: z.string().max(256) }), 200).nullish(),
});

export type PullRequest = z.output<typeof pullRequest>;

const changePayload = z.object({ action: name, pull_request: pullRequest, repository });
const updating = new Set(['reopened', 'synchronize', 'ready_for_review', 'edited', 'labeled', 'unlabeled']);

/**
 * `pull_request`. What never changes (number, author, opening, merge) is stated once, under keys that a later backfill
 * meets again; what may change (title, labels, what it reverts, copies or fixes) is a `change.updated` of its moment.
 */
export function pullRequestEvent(delivery: Delivery): Normalized {
  const body = readBody(delivery, changePayload);
  if (!body.ok) return body.normalized;
  const { action, pull_request: pull, repository: repo } = body.value;
  const updated = updatedFact(repo.full_name, pull);
  if (action === 'opened') return facts(openedFact(repo.full_name, pull), updated);
  if (updating.has(action)) return facts(updated);
  if (action !== 'closed') return ignored(`pull_request ${action} changes nothing that is measured`);
  const closedAt = pull.merged === true ? (pull.merged_at ?? pull.closed_at) : pull.closed_at;
  if (closedAt === undefined) return rejected('pull_request.closed_at: is missing');
  // Only what GitHub says is merged is: `merge_commit_sha` holds the test merge of what was closed without.
  const closed =
    pull.merged === true ? mergedFact(repo.full_name, pull, closedAt) : abandonedFact(repo.full_name, pull, closedAt);
  return facts(closed, updated);
}

/** The change's identity and all that is settled when it is opened. */
function opening(repo: string, pull: PullRequest) {
  return {
    change_id: changeId(repo, pull),
    repository: repo,
    number: pull.number,
    url: pull.html_url,
    author: pull.user?.login,
    author_kind: accountKind(pull.user),
    branch: headBranch(repo, pull),
    opened_at: pull.created_at,
  };
}

/** Opened: what never changes afterwards. `repo` is the full name. */
export function openedFact(repo: string, pull: PullRequest): Fact {
  return fact('change.created', pull.created_at, [changeId(repo, pull)], opening(repo, pull));
}

/** Its state at `updated_at`: the title, labels and texts change without a time of their own. */
export function updatedFact(repo: string, pull: PullRequest): Fact {
  const at = pull.updated_at ?? pull.closed_at ?? pull.created_at;
  return snapshot('change.updated', at, [changeId(repo, pull)], {
    change_id: changeId(repo, pull),
    repository: repo,
    title: pull.title,
    base: pull.base.ref,
    head_sha: pull.head.sha,
    labels: (pull.labels ?? []).map((label) => label.name),
    revert_of: revertedChange(repo, pull.title, pull.body),
    cherry_pick_of: copiedChange(repo, pull.body),
    fixes_incident: fixesIncident(pull.body),
  });
}

/** Merged, at a UTC ISO instant. */
export function mergedFact(repo: string, pull: PullRequest, mergedAt: string): Fact {
  return fact('change.merged', mergedAt, [changeId(repo, pull)], {
    ...opening(repo, pull),
    base: pull.base.ref,
    head_sha: pull.head.sha,
    merge_sha: pull.merge_commit_sha,
  });
}

/** Closed without a merge, at a UTC ISO instant. */
export function abandonedFact(repo: string, pull: PullRequest, closedAt: string): Fact {
  const id = changeId(repo, pull);
  return fact('change.abandoned', closedAt, [id], { change_id: id, repository: repo });
}

function changeId(repo: string, pull: { readonly number: number }): string {
  return `${repo}#${pull.number}`;
}

/** A fork's branch is `owner:branch`, so that its `main` is never taken for ours. */
function headBranch(repo: string, pull: PullRequest): string {
  const from = pull.head.repo?.full_name;
  const isOurs = from?.toLowerCase() === repo.toLowerCase();
  return isOurs ? pull.head.ref : (pull.head.label ?? pull.head.ref);
}

/** A review, as webhooks and the REST API tell it. One that is still being written has no `submitted_at`. */
export const review = z.object({ id: senderId, state: optionalText(), submitted_at: instant, user: account });

/** A review of the pull request `number`. */
export function reviewedFact(repo: string, number: number, given: z.output<typeof review>): Fact {
  const id = changeId(repo, { number });
  return fact('change.reviewed', given.submitted_at, [id, given.id], {
    change_id: id,
    repository: repo,
    reviewer: given.user?.login,
    // The API shouts what webhooks say.
    state: given.state?.toLowerCase(),
  });
}

const reviewPayload = z.object({
  action: name,
  review,
  pull_request: z.object({ number: z.int().positive() }),
  repository,
});

/** `pull_request_review` submitted: one `change.reviewed`. */
export function reviewEvent(delivery: Delivery): Normalized {
  const body = readBody(delivery, reviewPayload);
  if (!body.ok) return body.normalized;
  const { action, review: given, pull_request: pull, repository: repo } = body.value;
  if (action !== 'submitted') return ignored(`pull_request_review ${action} changes nothing that is measured`);
  return facts(reviewedFact(repo.full_name, pull.number, given));
}
