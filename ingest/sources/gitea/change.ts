import { z } from 'zod';
import type { Delivery } from '../../delivery.ts';
import { instant } from '../../time.ts';
import { name } from '../../vocabulary/commit.ts';
import { copiedChange, fixesIncident, revertedChange } from '../mentions.ts';
import { fact, facts, ignored, optionalFlag, optionalText, readBody, rejected, snapshot } from '../shape.ts';
import type { Normalized } from '../source.ts';
import { account, labels, loginKind, optionalMoment, repository } from './shape.ts';

const end = z.object({
  label: optionalText(),
  ref: optionalText(),
  sha: optionalText(64),
  repo: z.object({ full_name: optionalText() }).nullish(),
});
const pullRequest = z.object({
  number: z.int().positive(),
  html_url: optionalText(2048),
  title: optionalText(),
  body: z.string().nullish(),
  user: account,
  labels,
  merged: optionalFlag,
  merged_at: optionalMoment,
  merge_commit_sha: optionalText(64),
  head: end,
  base: end,
  created_at: instant,
  updated_at: optionalMoment,
  closed_at: optionalMoment,
});

type PullRequest = z.output<typeof pullRequest>;

const payload = z.object({ action: name, pull_request: pullRequest, repository });
const updating = new Set(['edited', 'reopened', 'synchronized', 'label_updated', 'label_cleared']);

/** `pull_request`, with the same division of facts as GitHub's: what never changes once, what may change as of its moment. */
export function pullRequestEvent(delivery: Delivery): Normalized {
  const body = readBody(delivery, payload);
  if (!body.ok) return body.normalized;
  const { action, pull_request: pull, repository: repo } = body.value;
  const id = changeId(repo.full_name, pull.number);
  const updated = updatedFact(repo.full_name, pull);
  if (action === 'opened') {
    return facts(fact('change.created', pull.created_at, [id], opening(repo.full_name, pull)), updated);
  }
  if (updating.has(action)) return facts(updated);
  if (action !== 'closed') return ignored(`pull_request ${action.slice(0, 100)} changes nothing that is measured`);
  if (pull.merged !== true) {
    const at = pull.closed_at ?? pull.updated_at;
    if (at === undefined) return rejected('pull_request.closed_at: is missing');
    return facts(fact('change.abandoned', at, [id], { change_id: id, repository: repo.full_name }), updated);
  }
  const mergedAt = pull.merged_at ?? pull.closed_at;
  if (mergedAt === undefined) return rejected('pull_request.merged_at: is missing');
  const merged = fact('change.merged', mergedAt, [id], {
    ...opening(repo.full_name, pull),
    base: branchOf(pull.base),
    head_sha: pull.head.sha?.toLowerCase(),
    merge_sha: pull.merge_commit_sha?.toLowerCase(),
  });
  return facts(merged, updated);
}

const reviewPayload = z.object({
  pull_request: z.object({ number: z.int().positive(), updated_at: instant }),
  review: z.object({ type: optionalText() }).nullish(),
  sender: account,
  repository,
});

/** A review. It has no time of its own; giving it updates the pull request. */
export function reviewEvent(delivery: Delivery): Normalized {
  const body = readBody(delivery, reviewPayload);
  if (!body.ok) return body.normalized;
  const { pull_request: pull, review, sender, repository: repo } = body.value;
  const event = review?.type ?? delivery.headers['x-gitea-event'] ?? '';
  const state = /approved$/.test(event) ? 'approved' : /rejected$/.test(event) ? 'changes_requested' : 'commented';
  const id = changeId(repo.full_name, pull.number);
  return facts(
    fact('change.reviewed', pull.updated_at, [id, sender?.login ?? '', state], {
      change_id: id,
      repository: repo.full_name,
      reviewer: sender?.login,
      state,
    }),
  );
}

/** The change's identity and all that is settled when it is opened. */
function opening(repo: string, pull: PullRequest) {
  return {
    change_id: changeId(repo, pull.number),
    repository: repo,
    number: pull.number,
    url: pull.html_url,
    author: pull.user?.login,
    author_kind: loginKind(pull.user?.login),
    branch: headBranch(repo, pull),
    opened_at: pull.created_at,
  };
}

function updatedFact(repo: string, pull: PullRequest) {
  const at = pull.updated_at ?? pull.closed_at ?? pull.created_at;
  return snapshot('change.updated', at, [changeId(repo, pull.number)], {
    change_id: changeId(repo, pull.number),
    repository: repo,
    title: pull.title,
    base: branchOf(pull.base),
    head_sha: pull.head.sha?.toLowerCase(),
    labels: (pull.labels ?? []).map((label) => label.name),
    revert_of: revertedChange(repo, pull.title, pull.body),
    cherry_pick_of: copiedChange(repo, pull.body),
    fixes_incident: fixesIncident(pull.body),
  });
}

function changeId(repo: string, number: number): string {
  return `${repo}#${number}`;
}

/** `ref` turns into `refs/pull/12/head` when the branch is deleted; `label` keeps its name. */
function branchOf(at: z.output<typeof end>): string | undefined {
  return at.label ?? at.ref;
}

/** A fork's branch is `owner/fork:branch`, so that its `main` is never taken for ours. */
function headBranch(repo: string, pull: PullRequest): string | undefined {
  const branch = branchOf(pull.head);
  const from = pull.head.repo?.full_name;
  if (branch === undefined || from?.toLowerCase() === repo.toLowerCase()) return branch;
  return `${from ?? '(fork)'}:${branch}`.slice(0, 512);
}
