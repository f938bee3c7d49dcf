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

const pullRequest = z.object({
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

type PullRequest = z.output<typeof pullRequest>;

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
  if (action === 'opened') return facts(createdFact(repo.full_name, pull), updated);
  if (updating.has(action)) return facts(updated);
  if (action !== 'closed') return ignored(`pull_request ${action} changes nothing that is measured`);
  const closed = closedFact(repo.full_name, pull);
  return closed === null ? rejected('pull_request.closed_at: is missing') : facts(closed, updated);
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

function createdFact(repo: string, pull: PullRequest): Fact {
  return fact('change.created', pull.created_at, [changeId(repo, pull)], opening(repo, pull));
}

function updatedFact(repo: string, pull: PullRequest): Fact {
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

/** Merged only if GitHub says so: `merge_commit_sha` is filled for PRs closed without merge too, with the test merge. */
function closedFact(repo: string, pull: PullRequest): Fact | null {
  const key = [changeId(repo, pull)];
  if (pull.merged !== true) {
    if (pull.closed_at === undefined) return null;
    return fact('change.abandoned', pull.closed_at, key, { change_id: changeId(repo, pull), repository: repo });
  }
  const mergedAt = pull.merged_at ?? pull.closed_at;
  if (mergedAt === undefined) return null;
  return fact('change.merged', mergedAt, key, {
    ...opening(repo, pull),
    base: pull.base.ref,
    head_sha: pull.head.sha,
    merge_sha: pull.merge_commit_sha,
  });
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

const reviewPayload = z.object({
  action: name,
  review: z.object({ id: senderId, state: optionalText(), submitted_at: instant, user: account }),
  pull_request: z.object({ number: z.int().positive() }),
  repository,
});

/** `pull_request_review` submitted: one `change.reviewed`. */
export function reviewEvent(delivery: Delivery): Normalized {
  const body = readBody(delivery, reviewPayload);
  if (!body.ok) return body.normalized;
  const { action, review, pull_request: pull, repository: repo } = body.value;
  if (action !== 'submitted') return ignored(`pull_request_review ${action} changes nothing that is measured`);
  return facts(
    fact('change.reviewed', review.submitted_at, [changeId(repo.full_name, pull), review.id], {
      change_id: changeId(repo.full_name, pull),
      repository: repo.full_name,
      reviewer: review.user?.login,
      state: review.state?.toLowerCase(),
    }),
  );
}
