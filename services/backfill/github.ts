import { github } from '../../ingest/sources/github.ts';
import { isIncidentLabel } from '../../ingest/sources/labels.ts';
import { CommandFailed } from '../commands/failure.ts';
import { daysBack } from './days.ts';
import { allowed, type GithubClient, refusal } from './github-client.ts';
import { pagesOf, type RepositoryName, seconds } from './github-pages.ts';
import { pullRecords, type RestPull } from './github-pulls.ts';
import { type CommitNode, commitRecord, HISTORY, type HistoryNode } from './github-queries.ts';
import { contentsStep, deploymentsStep, type JobIndex } from './github-rollouts.ts';
import { runsStep } from './github-runs.ts';
import type { Forge, HistoryRecord, Step } from './run.ts';

export interface GithubOptions {
  /** Whether jobs are read, at one request for each run. */
  readonly jobs: boolean;
}

interface RestRepository {
  readonly full_name: string;
  readonly default_branch: string;
  readonly fork: boolean;
  readonly size: number;
}

/** The repositories that a person named: one by `owner/name`, all of an organisation or user but forks by `owner`. */
export async function githubRepositories(client: GithubClient, named: string): Promise<readonly string[]> {
  if (named.includes('/')) return [named];
  const of = async (route: 'GET /orgs/{owner}/repos' | 'GET /users/{owner}/repos') =>
    (await client.paginate(route as string, { owner: named, per_page: 100 })) as RestRepository[];
  const all = await allowed(named, 'the list of repositories', () =>
    of('GET /orgs/{owner}/repos').catch((error: { status?: number }) => {
      if (error.status === 404) return of('GET /users/{owner}/repos');
      throw error;
    }),
  );
  return all.filter(({ fork }) => !fork).map(({ full_name }) => full_name);
}

/** A repository's history, as its steps. A repository that moved is read, and told, under its new name. */
export async function githubForge(client: GithubClient, named: string, options: GithubOptions): Promise<Forge> {
  const [owner = '', repo = '', ...rest] = named.split('/');
  if (owner === '' || repo === '' || rest.length > 0) throw new CommandFailed(`${named} is not owner/name.`);
  const found = await allowed(named, 'metadata', () => client.request('GET /repos/{owner}/{repo}', { owner, repo }));
  const { full_name, default_branch } = found.data as RestRepository;
  const [newOwner = '', newRepo = ''] = full_name.split('/');
  const name = { owner: newOwner, repo: newRepo };
  const jobs: JobIndex = { jobs: new Map(), events: new Map() };
  const steps = [
    pullsStep(client, name),
    commitsStep(client, name),
    runsStep(client, name, jobs, options.jobs),
    deploymentsStep(client, name, jobs),
    contentsStep(client, name),
    releasesStep(client, name),
    incidentsStep(client, name),
  ];
  return {
    source: github,
    of: { repository: { full_name, default_branch } },
    repository: full_name,
    steps: steps.map((step) => explained(step, full_name)),
  };
}

const permissions: Readonly<Record<string, string>> = {
  pulls: 'Pull requests',
  commits: 'Contents',
  runs: 'Actions',
  deployments: 'Deployments',
  contents: 'Contents',
  releases: 'Contents',
  incidents: 'Issues',
};

/** A step whose refusals say which permission is needed. */
function explained(step: Step, repository: string): Step {
  return {
    ...step,
    async *read(span, from, rollouts) {
      try {
        yield* step.read(span, from, rollouts);
      } catch (error) {
        throw refusal(error, repository, permissions[step.name] ?? step.name) ?? error;
      }
    },
  };
}

/**
 * Pull requests, the last changed first: a page that shifts while it is read is read twice, never left out. Those that change
 * meanwhile come to the front again, so the front is read once more at the end.
 */
function pullsStep(client: GithubClient, name: RepositoryName): Step {
  const list = 'GET /repos/{owner}/{repo}/pulls';
  const parameters = { ...name, state: 'all', sort: 'updated', direction: 'desc' };
  return {
    name: 'pulls',
    unit: 'days of pull requests',
    async *read(span, from) {
      for await (const { items, page } of pagesOf<RestPull>(client, list, parameters, Number(from ?? 1))) {
        const wanted = items.filter(
          ({ updated_at, created_at }) => updated_at >= span.since && created_at < span.until,
        );
        const records = await pullRecords(client, name, wanted);
        const oldest = items.at(-1)?.updated_at ?? span.since;
        yield { records, next: String(page + 1), ...daysBack(span, oldest) };
        if (oldest < span.since) break;
      }
      for await (const { items } of pagesOf<RestPull>(client, list, parameters, 1)) {
        const changed = items.filter(
          ({ updated_at, created_at }) => updated_at >= span.until && created_at < span.until,
        );
        yield { records: await pullRecords(client, name, changed), next: null, ...daysBack(span, span.since) };
        if (changed.length < items.length || items.length === 0) break;
      }
    },
  };
}

interface HistoryAnswer {
  readonly repository: {
    readonly defaultBranchRef: {
      readonly target: {
        readonly history?: {
          readonly totalCount: number;
          readonly nodes: readonly HistoryNode[];
          readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
        };
      };
    } | null;
  };
}

/** Commits of the default branch that came by no pull request: each is a change of its own. */
function commitsStep(client: GithubClient, name: RepositoryName): Step {
  const full = `${name.owner}/${name.repo}`.toLowerCase();
  const cameByPull = (node: HistoryNode) =>
    node.associatedPullRequests.nodes.some(
      ({ merged, baseRepository }) => merged && baseRepository?.nameWithOwner.toLowerCase() === full,
    );
  return {
    name: 'commits',
    unit: 'commits',
    async *read({ since, until }, from) {
      const variables = { owner: name.owner, name: name.repo, since: seconds(since), until: seconds(until) };
      let done = 0;
      // The library that turns pages fails on an empty repository, which has no branch and so no page.
      for (let cursor = from; ; ) {
        const answer = await client.graphql<HistoryAnswer>(HISTORY, { ...variables, cursor });
        const history = answer.repository.defaultBranchRef?.target.history;
        if (history === undefined) return;
        done += history.nodes.length;
        const direct: readonly CommitNode[] = history.nodes.filter((node) => !cameByPull(node));
        const records = direct.map((node): HistoryRecord => ({ kind: 'commit', commit: commitRecord(node) }));
        cursor = history.pageInfo.endCursor;
        yield { records, next: cursor, done, total: history.totalCount };
        if (!history.pageInfo.hasNextPage || cursor === null) return;
      }
    },
  };
}

interface RestRelease {
  readonly published_at: string | null;
}

function releasesStep(client: GithubClient, name: RepositoryName): Step {
  return {
    name: 'releases',
    unit: 'releases',
    async *read(span, from) {
      let done = 0;
      const pages = pagesOf<RestRelease>(client, 'GET /repos/{owner}/{repo}/releases', { ...name }, Number(from ?? 1));
      for await (const { items, page } of pages) {
        const within = items.filter(({ published_at: at }) => at !== null && at >= span.since && at < span.until);
        done += items.length;
        yield {
          records: within.map((release) => ({ kind: 'release', release })),
          next: String(page + 1),
          done,
          total: 0,
        };
      }
    },
  };
}

interface RestIssue {
  readonly number: number;
  readonly created_at: string;
  readonly comments: number;
  readonly pull_request?: unknown;
}

/** The repository's labels that mark an incident, as it spells them. */
async function incidentLabels(client: GithubClient, name: RepositoryName): Promise<string[]> {
  const labels = await client.paginate('GET /repos/{owner}/{repo}/labels', { ...name, per_page: 100 });
  return (labels as { name: string }[]).map((label) => label.name).filter(isIncidentLabel);
}

/** Issues that carry a label of an incident, with their comments, of which one may name the cause. */
function incidentsStep(client: GithubClient, name: RepositoryName): Step {
  const issues = 'GET /repos/{owner}/{repo}/issues';
  return {
    name: 'incidents',
    unit: 'incidents',
    async *read(span) {
      let done = 0;
      for (const label of await incidentLabels(client, name)) {
        for await (const { items } of pagesOf<RestIssue>(
          client,
          issues,
          { ...name, state: 'all', labels: label, since: span.since },
          1,
        )) {
          const records: HistoryRecord[] = [];
          for (const issue of items) {
            if (issue.pull_request || issue.created_at < span.since || issue.created_at >= span.until) continue;
            const comments: unknown[] =
              issue.comments > 0
                ? await client.paginate('GET /repos/{owner}/{repo}/issues/{issue_number}/comments', {
                    ...name,
                    issue_number: issue.number,
                    per_page: 100,
                  })
                : [];
            records.push({ kind: 'incident', issue, comments });
          }
          done += items.length;
          yield { records, next: null, done, total: 0 };
        }
      }
    },
  };
}
