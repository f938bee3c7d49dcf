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

/** Where reading is: in a slice of time, at a page of it, after so many of its runs. */
interface Place {
  readonly from: string;
  readonly to: string;
  readonly number?: number;
  readonly read?: number;
}

interface PageOfRuns {
  readonly runs: readonly RestRun[];
  /** Everything before this instant is read. */
  readonly upTo: string;
  /** Where to go on, as {@link placeOf} reads it. */
  readonly next: string;
}

/** `instant`: all before it is read; `from to page read`: within a slice of time. */
function placeOf(cursor: string, until: string): Place {
  const [from = cursor, to = until, number = '1', read = '0'] = cursor.split(' ');
  return { from, to, number: Number(number), read: Number(read) };
}

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

  async function* slice({ from, to, number: begin = 1, read: before = 0 }: Place): AsyncGenerator<PageOfRuns> {
    const first = await page(from, to, begin);
    const spanMs = Date.parse(to) - Date.parse(from);
    if (first.total_count > MOST_RUNS && spanMs > 2000) {
      const middle = new Date(Date.parse(from) + Math.floor(spanMs / 2000) * 1000).toISOString();
      yield* slice({ from, to: middle });
      yield* slice({ from: middle, to });
      return;
    }
    let read = before;
    for (let number = begin; ; number++) {
      const { workflow_runs: runs } = number === begin ? first : await page(from, to, number);
      read += runs.length;
      const isLast = runs.length === 0 || read >= first.total_count;
      yield { runs, upTo: isLast ? to : from, next: isLast ? to : [from, to, number + 1, read].join(' ') };
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
      const place = placeOf(from ?? since, until);
      const slices = place.to === until ? [place] : [place, { from: place.to, to: until }];
      for (const each of slices)
        for await (const { runs, upTo, next } of slice(each)) {
          const records: HistoryRecord[] = [];
          for (const run of runs) records.push(...(await recordsOf(run)));
          yield { records, next, done: days(upTo), total: days(until) };
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
