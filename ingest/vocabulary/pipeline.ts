import { z } from 'zod';
import { name } from './commit.ts';

const run = z.object({
  run_id: name,
  attempt_no: z.int().min(1).optional(),
  repository: name,
  workflow: name.optional(),
  /** File that defines the workflow, where the sender knows it: `.github/workflows/deploy.yml`. */
  workflow_path: name.optional(),
  revision: z.string().max(512).optional(),
  branch: name.optional(),
  trigger: name.optional(),
  actor: name.optional(),
});
const runOutcome = z.enum(['succeeded', 'failed', 'cancelled', 'timed_out', 'skipped', 'action_required', 'neutral']);
const task = z.object({
  job_id: name,
  run_id: name,
  attempt_no: z.int().min(1).optional(),
  repository: name,
  workflow: name.optional(),
  job: name.optional(),
  revision: z.string().max(512).optional(),
  /** Why it waited, where the sender says: approval, concurrency, runner. */
  wait_reason: name.optional(),
  runner: name.optional(),
  environment: name.optional(),
});

/** A pipeline run and its jobs. `occurred_at` = queued, started, finished. A release is a rollout only by the workspace's word. */
export const pipelineEvents = {
  'pipelinerun.queued': run,
  'pipelinerun.started': run,
  'pipelinerun.finished': run.extend({ outcome: runOutcome }),
  'taskrun.queued': task,
  'taskrun.started': task,
  'taskrun.finished': task.extend({ outcome: runOutcome }),
  'release.published': z.object({
    repository: name,
    tag: name,
    revision: z.string().max(512).optional(),
    prerelease: z.boolean().optional(),
    author: name.optional(),
  }),
};
