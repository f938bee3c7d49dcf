import { gitlab } from '../../ingest/sources/gitlab.ts';
import { daysBack } from './days.ts';
import { type GitlabClient, GitlabRefused, gitlabRefusal } from './gitlab-client.ts';
import { isWithin, query } from './gitlab-query.ts';
import { contentsStep, deploymentsStep } from './gitlab-rollouts.ts';
import type { Forge, HistoryRecord, Step } from './run.ts';

interface RestProject {
  readonly id: number;
  readonly path_with_namespace: string;
  readonly default_branch?: string | null;
  readonly web_url?: string;
  readonly visibility?: string;
  readonly ci_config_path?: string | null;
}

export interface GitlabOptions {
  readonly jobs: boolean;
}

/** A project's history, as its steps. A project that moved is read, and told, under its new path. */
export async function gitlabForge(client: GitlabClient, named: string, options: GitlabOptions): Promise<Forge> {
  const found = await told(named, () => client.get<RestProject>(`/projects/${encodeURIComponent(named)}`));
  if (found === null) throw gitlabRefusal(new GitlabRefused(404), named)!;
  const { id, path_with_namespace, default_branch, web_url, visibility, ci_config_path } = found;
  const at = `/projects/${id}`;
  const steps = [
    requestsStep(client, at),
    commitsStep(client, at, default_branch ?? null),
    pipelinesStep(client, at),
    ...(options.jobs ? [jobsStep(client, at)] : []),
    deploymentsStep(client, at, path_with_namespace),
    contentsStep(client, at),
    releasesStep(client, at),
    incidentsStep(client, at),
  ];
  return {
    source: gitlab,
    of: { project: { id, path_with_namespace, default_branch, web_url, visibility, ci_config_path } },
    repository: path_with_namespace,
    steps: steps.map((step) => ({
      ...step,
      async *read(span, from, rollouts) {
        try {
          yield* step.read(span, from, rollouts);
        } catch (error) {
          throw gitlabRefusal(error, `${step.unit} of ${path_with_namespace}`) ?? error;
        }
      },
    })),
  };
}

async function told<T>(named: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw gitlabRefusal(error, named) ?? error;
  }
}

interface RestRequest {
  readonly iid: number;
  readonly state: string;
  readonly created_at: string;
  readonly updated_at: string;
}

/** Merge requests, the last changed first: a page that shifts while it is read is read twice, never left out. */
function requestsStep(client: GitlabClient, at: string): Step {
  return {
    name: 'requests',
    unit: 'days of merge requests',
    async *read(span, from) {
      const first = `${at}/merge_requests?${query({ scope: 'all', state: 'all', order_by: 'updated_at', sort: 'desc', updated_after: span.since })}`;
      for await (const { items, next } of client.pages<RestRequest>(from ?? first)) {
        const records: HistoryRecord[] = [];
        for (const request of items) {
          if (Date.parse(request.created_at) >= Date.parse(span.until)) continue;
          const of = `${at}/merge_requests/${request.iid}`;
          const isMerged = request.state === 'merged';
          const commits = isMerged ? await client.all<object>(`${of}/commits?${query({})}`) : [];
          const files = isMerged
            ? await client.all<{ old_path: string; new_path: string }>(`${of}/diffs?${query({})}`)
            : [];
          const approvals = await client.get<{ approved_by?: { user: object; approved_at?: string }[] }>(
            `${of}/approvals`,
          );
          records.push({
            kind: 'request',
            request,
            // GitLab lists the newest first.
            commits: commits.reverse(),
            paths: [...new Set(files.flatMap((file) => [file.old_path, file.new_path]))],
            approvals: (approvals?.approved_by ?? []).filter((approval) => approval.approved_at),
          });
        }
        yield { records, next, ...daysBack(span, items.at(-1)?.updated_at ?? span.since) };
      }
    },
  };
}

interface RestCommit {
  readonly id: string;
}

/** Commits of the default branch that came by no merge request: each is a change of its own. */
function commitsStep(client: GitlabClient, at: string, branch: string | null): Step {
  return {
    name: 'commits',
    unit: 'commits',
    async *read({ since, until }, from) {
      if (branch === null) return;
      let done = 0;
      const first = `${at}/repository/commits?${query({ ref_name: branch, since, until })}`;
      for await (const { items, next } of client.pages<RestCommit>(from ?? first)) {
        const records: HistoryRecord[] = [];
        for (const commit of items) {
          const requests = await client.all<{ state: string }>(`${at}/repository/commits/${commit.id}/merge_requests`);
          if (!requests.some(({ state }) => state === 'merged')) records.push({ kind: 'commit', commit });
        }
        done += items.length;
        yield { records, next, done, total: 0 };
      }
    },
  };
}

/** Pipelines: the list lacks their times, so that each is asked for. */
function pipelinesStep(client: GitlabClient, at: string): Step {
  return {
    name: 'pipelines',
    unit: 'days of pipelines',
    async *read(span, from) {
      const first = `${at}/pipelines?${query({ order_by: 'updated_at', sort: 'desc', updated_after: span.since })}`;
      for await (const { items, next } of client.pages<{ id: number; created_at: string; updated_at: string }>(
        from ?? first,
      )) {
        const records: HistoryRecord[] = [];
        for (const { id, created_at } of items) {
          if (!isWithin(created_at, span)) continue;
          const pipeline = await client.get(`${at}/pipelines/${id}`);
          if (pipeline !== null) records.push({ kind: 'pipeline', pipeline });
        }
        yield { records, next, ...daysBack(span, items.at(-1)?.updated_at ?? span.since) };
      }
    },
  };
}

/** Jobs, the newest first, by keyset: offsets end where a project has many. */
function jobsStep(client: GitlabClient, at: string): Step {
  return {
    name: 'jobs',
    unit: 'days of jobs',
    async *read(span, from) {
      const first = `${at}/jobs?${query({ pagination: 'keyset', order_by: 'id', sort: 'desc', include_retried: 'true' })}`;
      for await (const { items, next } of client.pages<{ created_at: string }>(from ?? first)) {
        const records = items
          .filter(({ created_at }) => isWithin(created_at, span))
          .map((job): HistoryRecord => ({ kind: 'job', job }));
        const oldest = items.at(-1)?.created_at ?? span.since;
        yield { records, next, ...daysBack(span, oldest) };
        if (Date.parse(oldest) < Date.parse(span.since)) return;
      }
    },
  };
}

function releasesStep(client: GitlabClient, at: string): Step {
  return {
    name: 'releases',
    unit: 'releases',
    async *read(span, from) {
      let done = 0;
      for await (const { items, next } of client.pages<{ released_at: string | null }>(
        from ?? `${at}/releases?${query({})}`,
      )) {
        done += items.length;
        const records = items
          .filter(({ released_at }) => isWithin(released_at, span))
          .map((release): HistoryRecord => ({ kind: 'release', release }));
        yield { records, next, done, total: 0 };
      }
    },
  };
}

interface RestIssue {
  readonly iid: number;
  readonly created_at: string;
  readonly user_notes_count?: number;
}

/** Issues of the type incident, and those that are labelled so, with their notes, of which one may name the cause. */
function incidentsStep(client: GitlabClient, at: string): Step {
  return {
    name: 'incidents',
    unit: 'incidents',
    async *read(span) {
      const seen = new Set<number>();
      for (const which of [{ issue_type: 'incident' }, { labels: 'incident' }]) {
        const list = `${at}/issues?${query({ ...which, scope: 'all', state: 'all', updated_after: span.since })}`;
        for await (const { items } of client.pages<RestIssue>(list)) {
          const records: HistoryRecord[] = [];
          for (const issue of items) {
            if (seen.has(issue.iid) || !isWithin(issue.created_at, span)) continue;
            seen.add(issue.iid);
            const notes =
              issue.user_notes_count === 0 ? [] : await client.all(`${at}/issues/${issue.iid}/notes?${query({})}`);
            records.push({ kind: 'incident', issue, notes });
          }
          yield { records, next: null, done: seen.size, total: 0 };
        }
      }
    },
  };
}
