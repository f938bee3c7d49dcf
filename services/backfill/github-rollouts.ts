import { z } from 'zod';
import { placeOf, successions } from '../../ingest/import/contents.ts';
import { deployment, deploymentStatus, rolloutOf } from '../../ingest/sources/github/rollout.ts';
import type { SeenRollout } from './checkpoint.ts';
import { contentsRecord } from './contents-record.ts';
import { daysBack } from './days.ts';
import type { GithubClient } from './github-client.ts';
import { pagesOf, type RepositoryName } from './github-pages.ts';
import { optional } from './github-runs.ts';
import type { HistoryRecord, Step } from './run.ts';

/** What is known of runs and jobs by their ids, so that a deployment's need not be asked for again. */
export interface JobIndex {
  readonly jobs: Map<string, { readonly run_id: string; readonly run_attempt: number }>;
  /** Run to what triggered it. */
  readonly events: Map<string, string>;
}

interface RestDeployment {
  readonly id: number;
  readonly created_at: string;
}

const endings = new Map([
  ['success', true],
  ['failure', false],
  ['error', false],
]);

/** So many deployments before the span are looked at for the ones that were live when it began. */
const MOST_BEFORE = 300;

/**
 * Deployments with their statuses, the newest first; and before the span, for each environment, the one that was live when
 * it began: without it the first one within would have nothing to be compared with.
 */
export function deploymentsStep(client: GithubClient, name: RepositoryName, index: JobIndex): Step {
  const list = 'GET /repos/{owner}/{repo}/deployments';
  return {
    name: 'deployments',
    unit: 'days of deployments',
    async *read(span, from, known) {
      const places = new Map<string, boolean>();
      const note = (seen: SeenRollout) => {
        const isBase = seen.created_at < span.since;
        if (!isBase || places.has(placeOf(seen))) places.set(placeOf(seen), isBase && seen.succeeded);
      };
      for (const seen of known) note(seen);
      let before = 0;
      for await (const { items, page } of pagesOf<RestDeployment>(client, list, { ...name }, Number(from ?? 1))) {
        const records: HistoryRecord[] = [];
        const rollouts: SeenRollout[] = [];
        for (const made of items) {
          if (made.created_at >= span.until) continue;
          const isBefore = made.created_at < span.since;
          if (isBefore && (before >= MOST_BEFORE || [...places.values()].every(Boolean))) continue;
          if (isBefore) before++;
          const told = await readDeployment(client, name, index, made);
          if (told === null) {
            records.push({ kind: 'deployment', deployment: made });
            continue;
          }
          // Of what came before, only the last success of a place that the span knows is of use.
          if (isBefore && (places.get(placeOf(told.seen)) !== false || !told.seen.succeeded)) continue;
          note(told.seen);
          rollouts.push(told.seen);
          records.push(told.record);
        }
        const oldest = items.at(-1)?.created_at ?? span.since;
        yield { records, rollouts, next: String(page + 1), ...daysBack(span, oldest) };
        if (oldest < span.since && (before >= MOST_BEFORE || [...places.values()].every(Boolean))) break;
      }
    },
  };
}

async function readDeployment(client: GithubClient, name: RepositoryName, index: JobIndex, made: RestDeployment) {
  const statuses: unknown[] = await client.paginate('GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses', {
    ...name,
    deployment_id: made.id,
    per_page: 100,
  });
  const read = z.object({ made: deployment, statuses: z.array(deploymentStatus) }).safeParse({ made, statuses });
  // It is sent nevertheless, so that it is counted among what cannot be read.
  if (!read.success) return null;
  const run = await runOf(client, name, index, read.data.statuses);
  const deployed = { repo: `${name.owner}/${name.repo}`, deployment: read.data.made, run };
  const ends = read.data.statuses
    .filter(({ state }) => endings.has(state))
    .sort((a, b) => (a.created_at < b.created_at ? -1 : a.created_at > b.created_at ? 1 : Number(a.id) - Number(b.id)));
  const end = ends.at(-1);
  const said = rolloutOf(deployed, end?.environment ?? read.data.made.environment);
  const seen: SeenRollout = {
    rollout_id: said.rollout_id,
    ...(said.attempt_no === undefined ? {} : { attempt_no: said.attempt_no }),
    ...(said.service_id === undefined ? {} : { service_id: said.service_id }),
    environment: said.environment,
    revision: said.revision.toLowerCase(),
    created_at: read.data.made.created_at,
    finished_at: end?.created_at ?? null,
    succeeded: end !== undefined && endings.get(end.state) === true,
    listed: said.commits !== undefined || said.changes !== undefined,
  };
  const record: HistoryRecord = { kind: 'deployment', deployment: made, statuses, run };
  return { record, seen };
}

/**
 * The run of Actions that made a deployment. A webhook names it; through the API only the addresses of the statuses do, by
 * the job: `…/actions/runs/1/job/2`, in older ones `…/runs/2`.
 */
async function runOf(
  client: GithubClient,
  name: RepositoryName,
  index: JobIndex,
  statuses: readonly { readonly log_url?: string | undefined; readonly target_url?: string | undefined }[],
) {
  const of = `/${name.owner}/${name.repo}/`.toLowerCase();
  for (const { log_url, target_url } of statuses) {
    const url = (log_url ?? target_url ?? '').toLowerCase();
    const job = url.includes(of) ? /\/(?:actions\/runs\/\d+\/job|runs)\/(\d+)(?:[?#]|$)/.exec(url)?.[1] : undefined;
    if (job === undefined) continue;
    if (!index.jobs.has(job)) {
      const route = 'GET /repos/{owner}/{repo}/actions/jobs/{job_id}';
      const answer = await optional(() => client.request(route, { ...name, job_id: Number(job) }));
      if (answer === null) continue;
      const { run_id, run_attempt } = answer.data as { run_id: number; run_attempt?: number };
      index.jobs.set(job, { run_id: String(run_id), run_attempt: run_attempt ?? 1 });
    }
    const { run_id: id, run_attempt } = index.jobs.get(job)!;
    if (!index.events.has(id)) {
      const route = 'GET /repos/{owner}/{repo}/actions/runs/{run_id}';
      const answer = await optional(() => client.request(route, { ...name, run_id: Number(id) }));
      index.events.set(id, (answer?.data as { event?: string } | undefined)?.event ?? '');
    }
    return { id, run_attempt, event: index.events.get(id) };
  }
  return null;
}

/** For each rollout the commits that its revision has and the one live before it has not, by comparing the two. */
export function contentsStep(client: GithubClient, name: RepositoryName): Step {
  return {
    name: 'contents',
    unit: 'deployments compared',
    async *read(span, from, rollouts) {
      const all = successions(rollouts).filter(({ rollout }) => rollout.created_at >= span.since && !rollout.listed);
      const AT_ONCE = 20;
      for (let at = Number(from ?? 0); at < all.length; at += AT_ONCE) {
        const records: HistoryRecord[] = [];
        let incomparable = 0;
        for (const { before, rollout } of all.slice(at, at + AT_ONCE)) {
          const commits =
            before === null
              ? await commitsUpTo(client, name, rollout.revision)
              : await commitsBetween(client, name, before.revision, rollout.revision);
          if (commits === null) incomparable++;
          else records.push(contentsRecord(rollout, commits));
        }
        const done = Math.min(at + AT_ONCE, all.length);
        yield { records, next: String(done), done, total: all.length, incomparable };
      }
    },
  };
}

/** So many commits of a first deployment are listed; an older repository is left to branch positions. */
const MOST_COMMITS = 10_000;

/** Everything that the first deployment of a place brought; null if that is gone, or too much to ask for. */
async function commitsUpTo(client: GithubClient, name: RepositoryName, revision: string): Promise<string[] | null> {
  const commits: string[] = [];
  const list = 'GET /repos/{owner}/{repo}/commits';
  return optional(async () => {
    for await (const { items } of pagesOf<{ sha: string }>(client, list, { ...name, sha: revision }, 1)) {
      commits.push(...items.map(({ sha }) => sha));
      if (commits.length > MOST_COMMITS) return null;
    }
    return commits;
  });
}

/** Commits of `head` that `base` has not; null if one of them is gone. */
async function commitsBetween(
  client: GithubClient,
  name: RepositoryName,
  base: string,
  head: string,
): Promise<string[] | null> {
  const commits: string[] = [];
  for (let page = 1; ; page++) {
    const answer = await optional(() =>
      client.request('GET /repos/{owner}/{repo}/compare/{basehead}', {
        ...name,
        basehead: `${base}...${head}`,
        per_page: 100,
        page,
      }),
    );
    if (answer === null) return null;
    const { total_commits, commits: some } = answer.data as { total_commits: number; commits: { sha: string }[] };
    commits.push(...some.map(({ sha }) => sha));
    if (some.length === 0 || commits.length >= total_commits) return commits;
  }
}
