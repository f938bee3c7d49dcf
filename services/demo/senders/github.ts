import type { Person } from '../year/organisation.ts';
import { numberOf, shaOf, uuidOf } from '../year/random.ts';
import type { Outgoing } from '../year/simulation.ts';
import {
  account,
  common,
  type GitCommit,
  githubTime,
  headCommit,
  pushedCommit,
  type Repository,
} from './github-parts.ts';

/** What stands for the missing side when a branch is new or gone. */
export const NO_SHA = '0'.repeat(40);

/** A request as GitHub makes it. `key` names the fact: the delivery's id follows from it. */
export function githubRequest(event: string, key: string, body: Record<string, unknown>): Outgoing {
  return {
    source: 'github',
    headers: {
      accept: '*/*',
      'content-type': 'application/json',
      'user-agent': 'GitHub-Hookshot/8f2c1d7',
      'x-github-delivery': uuidOf('delivery', event, key),
      'x-github-event': event,
      'x-github-hook-id': '498210377',
      'x-github-hook-installation-target-id': '81203344',
      'x-github-hook-installation-target-type': 'organization',
    },
    body: JSON.stringify(body),
  };
}

/** A push to one branch; `forced` if it rewrote what was there. */
export interface Push {
  readonly branch: string;
  readonly before: string;
  readonly commits: readonly GitCommit[];
  readonly pusher: string;
  readonly forced?: boolean;
}

/** `push`: commits oldest first; `repository.pushedAt` is when it happened. */
export function push(repository: Repository, { branch, before, commits, pusher, forced = false }: Push): Outgoing {
  const head = commits.at(-1);
  const after = head?.sha ?? before;
  const listed = commits.map((commit) => pushedCommit(repository, commit));
  const created = before === NO_SHA;
  return githubRequest('push', `${repository.fullName}/${branch}/${before}/${after}`, {
    ref: `refs/heads/${branch}`,
    before,
    after,
    ...common(repository, pusher, true),
    pusher: { name: pusher, email: `${pusher}@users.noreply.github.com` },
    created,
    deleted: false,
    forced,
    base_ref: null,
    compare: `https://github.com/${repository.fullName}/compare/${before.slice(0, 12)}...${after.slice(0, 12)}`,
    commits: listed,
    head_commit: listed.at(-1) ?? null,
  });
}

/** A pull request as it stands; later deliveries show what has changed. Instants in epoch ms. */
export interface PullRequest {
  readonly number: number;
  readonly title: string;
  readonly body: string | null;
  readonly author: Person;
  readonly branch: string;
  readonly labels: readonly string[];
  readonly openedAt: number;
  readonly baseSha: string;
  headSha: string;
  commits: number;
  mergeSha: string | null;
  mergedAt: number | null;
  closedAt: number | null;
  mergedBy: string | null;
}

/** `pull_request` with its action. `before` and `after` stand on synchronize only. */
export function pullRequest(
  repository: Repository,
  pull: PullRequest,
  action: 'opened' | 'synchronize' | 'closed',
  now: number,
  sender: string,
  before?: string,
): Outgoing {
  return githubRequest('pull_request', `${repository.fullName}/${pull.number}/${action}/${now}`, {
    action,
    number: pull.number,
    pull_request: pullObject(repository, pull, now),
    ...(before === undefined ? {} : { before, after: pull.headSha }),
    ...common(repository, sender),
  });
}

function pullObject(repository: Repository, pull: PullRequest, now: number): Record<string, unknown> {
  const api = `https://api.github.com/repos/${repository.fullName}`;
  const web = `https://github.com/${repository.fullName}/pull/${pull.number}`;
  const [login = ''] = repository.fullName.split('/');
  const user = { ...account(login), type: 'Organization' };
  return {
    url: `${api}/pulls/${pull.number}`,
    id: numberOf('pull', repository.fullName, pull.number),
    node_id: `PR_kwDO${numberOf('pull', repository.fullName, pull.number).toString(36)}`,
    html_url: web,
    number: pull.number,
    state: pull.closedAt === null ? 'open' : 'closed',
    locked: false,
    title: pull.title,
    user: account(pull.author.login),
    body: pull.body,
    created_at: githubTime(pull.openedAt),
    updated_at: githubTime(now),
    closed_at: pull.closedAt === null ? null : githubTime(pull.closedAt),
    merged_at: pull.mergedAt === null ? null : githubTime(pull.mergedAt),
    // Filled from the start: until the merge it is GitHub's test merge.
    merge_commit_sha: pull.mergeSha ?? shaOf('test merge', pull.headSha),
    assignee: null,
    assignees: [],
    requested_reviewers: [],
    requested_teams: [],
    labels: pull.labels.map((name) => ({
      id: numberOf('label', name),
      node_id: `LA_kwDO${numberOf('label', name).toString(36)}`,
      url: `${api}/labels/${encodeURIComponent(name)}`,
      name,
      color: 'd73a4a',
      default: false,
      description: '',
    })),
    milestone: null,
    draft: false,
    head: { label: `${login}:${pull.branch}`, ref: pull.branch, sha: pull.headSha, user },
    base: { label: `${login}:main`, ref: 'main', sha: pull.baseSha, user },
    author_association: 'MEMBER',
    auto_merge: null,
    active_lock_reason: null,
    merged: pull.mergedAt !== null,
    mergeable: null,
    rebaseable: null,
    mergeable_state: 'unknown',
    merged_by: pull.mergedBy === null ? null : account(pull.mergedBy),
    comments: 0,
    review_comments: 0,
    maintainer_can_modify: false,
    commits: pull.commits,
    additions: 40 * pull.commits,
    deletions: 12 * pull.commits,
    changed_files: 2 * pull.commits,
  };
}

/** `pull_request_review` submitted. */
export function review(
  repository: Repository,
  pull: PullRequest,
  reviewer: string,
  state: 'approved' | 'changes_requested' | 'commented',
  now: number,
): Outgoing {
  const id = numberOf('review', repository.fullName, pull.number, now);
  const web = `https://github.com/${repository.fullName}/pull/${pull.number}`;
  // A review carries the pull request without what only the pull request's own deliveries know.
  const { mergeable, rebaseable, mergeable_state, merged, merged_by, comments, review_comments, ...rest } = pullObject(
    repository,
    pull,
    now,
  );
  const { maintainer_can_modify, commits, additions, deletions, changed_files, ...reviewed } = rest;
  return githubRequest('pull_request_review', `${repository.fullName}/${pull.number}/${id}`, {
    action: 'submitted',
    review: {
      id,
      node_id: `PRR_kwDO${id.toString(36)}`,
      user: account(reviewer),
      body: null,
      commit_id: pull.headSha,
      submitted_at: githubTime(now),
      state,
      html_url: `${web}#pullrequestreview-${id}`,
      pull_request_url: `https://api.github.com/repos/${repository.fullName}/pulls/${pull.number}`,
      author_association: 'MEMBER',
    },
    pull_request: reviewed,
    ...common(repository, reviewer),
  });
}

/** An issue as it stands. Instants in epoch ms. */
export interface Issue {
  readonly number: number;
  readonly title: string;
  readonly labels: readonly string[];
  readonly openedAt: number;
  readonly author: string;
  body: string;
  closedAt: number | null;
  stateReason: 'completed' | 'not_planned' | null;
}

/** `issues` with its action; incidents of teams that keep them as issues. */
export function issueEvent(repository: Repository, issue: Issue, action: 'opened' | 'closed', now: number): Outgoing {
  const api = `https://api.github.com/repos/${repository.fullName}`;
  const id = numberOf('issue', repository.fullName, issue.number);
  return githubRequest('issues', `${repository.fullName}/${issue.number}/${action}`, {
    action,
    issue: {
      url: `${api}/issues/${issue.number}`,
      repository_url: api,
      html_url: `https://github.com/${repository.fullName}/issues/${issue.number}`,
      id,
      node_id: `I_kwDO${id.toString(36)}`,
      number: issue.number,
      title: issue.title,
      user: account(issue.author),
      labels: issue.labels.map((name) => ({
        id: numberOf('label', name),
        node_id: `LA_kwDO${numberOf('label', name).toString(36)}`,
        url: `${api}/labels/${encodeURIComponent(name)}`,
        name,
        color: 'd73a4a',
        default: false,
        description: '',
      })),
      state: issue.closedAt === null ? 'open' : 'closed',
      state_reason: issue.stateReason,
      locked: false,
      assignee: null,
      assignees: [],
      milestone: null,
      comments: 0,
      created_at: githubTime(issue.openedAt),
      updated_at: githubTime(now),
      closed_at: issue.closedAt === null ? null : githubTime(issue.closedAt),
      author_association: 'MEMBER',
      active_lock_reason: null,
      body: issue.body,
    },
    ...common(repository, issue.author),
  });
}

export { type GitCommit, headCommit, type Repository };
