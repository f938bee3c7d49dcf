import type { GithubClient } from './github-client.ts';
import { type RepositoryName, seconds } from './github-pages.ts';
import type { JobIndex } from './github-rollouts.ts';
import type { HistoryRecord, Step } from './run.ts';

interface RestRun {
  readonly id: number;
  readonly run_attempt?: number;
  readonly event: string;
  readonly status: string;
}

interface RestJob {
  readonly id: number;
  readonly run_id: number;
  readonly run_attempt?: number;
}

/** GitHub shows no more runs of one question than these. */
const MOST_RUNS = 1000;

/**
 * Workflow runs, the oldest first, slice of time by slice of time; each with its earlier attempts and, if wanted, the jobs of
 * all of them. A run that is not finished yet is left to its webhooks.
 */
export function runsStep(client: GithubClient, name: RepositoryName, index: JobIndex, withJobs: boolean): Step {
  const page = async (from: string, to: string, number: number) => {
    const created = `${seconds(from)}..${seconds(to)}`;
    const route = 'GET /repos/{owner}/{repo}/actions/runs';
    const { data } = await client.request(route, { ...name, created, per_page: 100, page: number });
    return data as { total_count: number; workflow_runs: RestRun[] };
  };

  async function* slice(
    from: string,
    to: string,
  ): AsyncGenerator<{ runs: readonly RestRun[]; upTo: string; left: number }> {
    const first = await page(from, to, 1);
    const spanMs = Date.parse(to) - Date.parse(from);
    if (first.total_count > MOST_RUNS && spanMs > 2000) {
      const middle = new Date(Date.parse(from) + Math.floor(spanMs / 2000) * 1000).toISOString();
      yield* slice(from, middle);
      yield* slice(middle, to);
      return;
    }
    let read = 0;
    for (let number = 1; ; number++) {
      const { workflow_runs: runs } = number === 1 ? first : await page(from, to, number);
      read += runs.length;
      const isLast = runs.length === 0 || read >= first.total_count;
      yield { runs, upTo: isLast ? to : from, left: first.total_count - read };
      if (isLast) return;
    }
  }

  async function recordsOf(run: RestRun): Promise<HistoryRecord[]> {
    index.events.set(String(run.id), run.event);
    const records: HistoryRecord[] = [];
    for (let attempt = 1; attempt < (run.run_attempt ?? 1); attempt++) {
      const earlier = await optional(() =>
        client.request('GET /repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}', {
          ...name,
          run_id: run.id,
          attempt_number: attempt,
        }),
      );
      if (earlier) records.push({ kind: 'run', run: earlier.data });
    }
    if (run.status === 'completed') records.push({ kind: 'run', run });
    if (!withJobs) return records;
    const jobs = await client.paginate('GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs', {
      ...name,
      run_id: run.id,
      filter: 'all',
      per_page: 100,
    });
    for (const job of jobs as RestJob[]) {
      index.jobs.set(String(job.id), { run_id: String(job.run_id), run_attempt: job.run_attempt ?? 1 });
      records.push({ kind: 'job', job });
    }
    return records;
  }

  return {
    name: 'runs',
    unit: 'days of workflow runs',
    async *read({ since, until }, from) {
      const days = (to: string) => Math.round((Date.parse(to) - Date.parse(since)) / 86_400_000);
      for await (const { runs, upTo } of slice(from ?? since, until)) {
        const records: HistoryRecord[] = [];
        for (const run of runs) records.push(...(await recordsOf(run)));
        yield { records, next: upTo, done: days(upTo), total: days(until) };
      }
    },
  };
}

/** An answer, or null if GitHub has it no longer. */
export async function optional<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    const { status } = error as { status?: number };
    if (status === 404 || status === 410 || status === 422) return null;
    throw error;
  }
}
