import { z } from 'zod';
import type { Delivery } from '../../delivery.ts';
import type { Fact } from '../../event.ts';
import { instant } from '../../time.ts';
import { type Commit, name } from '../../vocabulary/commit.ts';
import { contentsFact, detailsFact, directFact, MAX_RECORDS, readHistory, readUntilFact } from '../history.ts';
import { authoredAt, messageFacts } from '../pushed.ts';
import { listOf, optionalText } from '../shape.ts';
import type { Normalized } from '../source.ts';
import { abandonedFact, mergedFact, openedFact, pullRequest, review, reviewedFact, updatedFact } from './change.ts';
import { causeFact, comment, incidentFacts, isIncident, issue } from './issue.ts';
import {
  jobFinished,
  jobQueued,
  jobStarted,
  runFinished,
  runQueued,
  type WorkflowJob,
  workflowJob,
  workflowRun,
} from './pipeline.ts';
import { release, releasedFact } from './release.ts';
import {
  deployment,
  deploymentFact,
  deploymentStatus,
  deploymentStatusFact,
  workflowRun as madeBy,
} from './rollout.ts';
import { isBotLogin, repository } from './shape.ts';

/** A commit, as both of GitHub's APIs can tell it. `login` is the account of its author, where GitHub knows one. */
export const commit = z.object({
  sha: z.string().regex(/^[0-9a-f]{40,64}$/i, 'is not a commit SHA'),
  message: z.string().nullish(),
  authored_at: z.unknown(),
  committed_at: instant,
  author: optionalText(),
  login: optionalText(),
  parents: listOf(z.string().max(64), 64),
});

/** One thing that the API told, in the API's own fields. */
const record = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('pull'),
    pull: pullRequest,
    commits: listOf(commit, 20_000),
    paths: listOf(z.string(), 100_000),
    reviews: listOf(review, 20_000),
  }),
  z.object({ kind: z.literal('commit'), commit }),
  z.object({ kind: z.literal('deployment'), deployment, statuses: listOf(deploymentStatus, 10_000), run: madeBy }),
  z.object({
    kind: z.literal('contents'),
    created_at: instant,
    contents: z.object({
      rollout_id: name,
      attempt_no: z.int().positive().optional(),
      service_id: name.optional(),
      environment: name,
      revision: name,
      commits: listOf(z.string().max(64), 1_000_000),
    }),
  }),
  z.object({ kind: z.literal('run'), run: workflowRun }),
  z.object({ kind: z.literal('job'), job: workflowJob }),
  z.object({ kind: z.literal('release'), release }),
  z.object({ kind: z.literal('incident'), issue, comments: listOf(comment, 10_000) }),
  z.object({ kind: z.literal('until'), at: instant }),
]);

const history = z.object({ repository, records: listOf(record, MAX_RECORDS) });

/** What a backfill sends, before it is checked. */
export interface GithubHistory {
  readonly repository: { readonly full_name: string; readonly default_branch?: string };
  readonly records: readonly ({ readonly kind: z.input<typeof record>['kind'] } & Readonly<Record<string, unknown>>)[];
}

/**
 * History from GitHub's API. What a webhook tells too has the webhook's id; the commits of a change and those that a rollout
 * delivered are facts of their own, since no webhook tells them.
 */
export function githubHistory(delivery: Delivery): Normalized {
  return readHistory(delivery, history, ({ repository: { full_name: repo }, records }) =>
    records.flatMap((told) => factsOf(repo, told)),
  );
}

function factsOf(repo: string, told: z.output<typeof record>): Fact[] {
  switch (told.kind) {
    case 'pull':
      return pullFacts(repo, told);
    case 'commit':
      return [directFact(repo, commitOf(told.commit), told.commit.committed_at)];
    case 'deployment': {
      const deployed = { repo, deployment: told.deployment, run: told.run };
      return [
        deploymentFact(deployed),
        ...told.statuses.flatMap((status) => deploymentStatusFact(deployed, status) ?? []),
      ];
    }
    case 'contents':
      return [contentsFact(told.created_at, { ...told.contents, repository: repo })];
    case 'run':
      return [runQueued(repo, told.run), ...present(runFinished(repo, told.run))];
    case 'job':
      return jobFacts(repo, told.job);
    case 'release': {
      const { published_at: publishedAt, draft } = told.release;
      return publishedAt === undefined || draft === true ? [] : [releasedFact(repo, told.release, publishedAt)];
    }
    case 'incident':
      if (!isIncident(told.issue)) return [];
      return [
        ...incidentFacts(repo, told.issue),
        ...told.comments.flatMap((said) => present(causeFact(repo, told.issue, said))),
      ];
    case 'until':
      return [readUntilFact('github', repo, told.at)];
  }
}

function pullFacts(repo: string, told: Extract<z.output<typeof record>, { kind: 'pull' }>): Fact[] {
  const { pull, commits, paths, reviews } = told;
  const facts = [
    openedFact(repo, pull),
    updatedFact(repo, pull),
    ...reviews.map((given) => reviewedFact(repo, pull.number, given)),
  ];
  if (pull.merged_at === undefined)
    return pull.closed_at === undefined ? facts : [...facts, abandonedFact(repo, pull, pull.closed_at)];
  const details = {
    change_id: `${repo}#${pull.number}`,
    repository: repo,
    merge_sha: pull.merge_commit_sha,
    commits: commits.map(commitOf),
    paths: [...new Set(paths.map((path) => path.slice(0, 1024)))],
  };
  return [...facts, mergedFact(repo, pull, pull.merged_at), detailsFact(pull.merged_at, details)];
}

function commitOf(told: z.output<typeof commit>): Commit {
  const author = told.login ?? told.author;
  return {
    sha: told.sha.toLowerCase(),
    authored_at: authoredAt(told.authored_at, told.committed_at),
    committed_at: told.committed_at,
    author,
    author_kind: isBotLogin(author ?? '') ? 'bot' : told.login === undefined ? undefined : 'human',
    parents: told.parents,
    ...messageFacts(told.message),
  };
}

/** Of a job that GitHub has forgotten the times of, what is left. */
function jobFacts(repo: string, job: WorkflowJob): Fact[] {
  const ran = job.status === 'in_progress' || (job.conclusion !== undefined && job.conclusion !== 'skipped');
  return [
    ...(job.created_at === undefined ? [] : [jobQueued(repo, job, 'queued', job.created_at)]),
    ...(ran && job.started_at !== undefined ? [jobStarted(repo, job, job.started_at)] : []),
    ...(job.completed_at === undefined ? [] : present(jobFinished(repo, job, job.completed_at))),
  ];
}

function present(fact: Fact | null): Fact[] {
  return fact === null ? [] : [fact];
}
