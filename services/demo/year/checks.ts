import type { GitCommit } from '../senders/github.ts';
import { type Run, workflowJob, workflowRun } from '../senders/github-actions.ts';
import { MINUTE } from './calendar.ts';
import { numberOf } from './random.ts';
import { type RepositoryState, send, type World } from './world.ts';

/** The next run of a workflow on a commit. */
export function makeRun(
  world: World,
  repository: RepositoryState,
  run: { workflow: string; file: string; event: Run['event']; branch: string; head: GitCommit; actor: string },
): Run {
  const now = world.simulation.now();
  const number = repository.runs++;
  const id = 7_000_000_000 + (numberOf(world.simulation.seed, repository.fullName, 'run', number) % 2_000_000_000);
  return { ...run, id, number, createdAt: now, attempt: 1, startedAt: now };
}

/** The checks that a push starts. The hooks of some repositories tell of main only; of some, of each job. */
export function runChecks(
  world: World,
  repository: RepositoryState,
  branch: string,
  head: GitCommit,
  event: 'push' | 'pull_request',
): void {
  if (event === 'pull_request' && !repository.reportsBranches) return;
  const { simulation } = world;
  const random = simulation.random(`checks/${repository.fullName}`);
  const run = makeRun(world, repository, {
    workflow: 'ci',
    file: 'ci.yml',
    event,
    branch,
    head,
    actor: head.author.login,
  });
  const waits = random.chance(0.985) ? random.lognormal(9, 0.5) * 1000 : random.between(61_000, 400_000);
  const runs = random.lognormal(6, 0.35) * MINUTE;
  const conclusion = random.chance(event === 'push' ? 0.03 : 0.12) ? 'failure' : 'success';
  const job = {
    name: 'test',
    createdAt: run.createdAt,
    startedAt: run.createdAt + waits,
    completedAt: run.createdAt + waits + runs,
  };
  if (event === 'push' && repository.reportsJobs) {
    send(world, workflowRun(repository, run, 'requested', run.createdAt));
    send(world, workflowJob(repository, run, job, 'queued', conclusion));
    simulation.schedule(job.startedAt, () => {
      send(world, workflowRun(repository, run, 'in_progress', simulation.now()));
      send(world, workflowJob(repository, run, job, 'in_progress', conclusion));
    });
    simulation.schedule(job.completedAt, () => send(world, workflowJob(repository, run, job, 'completed', conclusion)));
  }
  const end = job.completedAt + random.between(2, 9) * 1000;
  simulation.schedule(end, () => send(world, workflowRun(repository, run, conclusion, simulation.now())));
}
