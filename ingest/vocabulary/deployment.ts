import { z } from 'zod';
import { name } from './commit.ts';

/** How a rollout ended. A bare `failed` means failed_dark unless users were exposed or the environment says otherwise. */
export const outcome = z.enum([
  'succeeded',
  'failed',
  'failed_live',
  'failed_dark',
  'cancelled',
  'superseded',
  'timed_out',
]);

const rollout = z.object({
  rollout_id: name,
  attempt_no: z.int().min(1).max(10_000).optional(),
  /** At least one of these three says what is rolled out; atoms resolve it to a service. */
  service_id: name.optional(),
  repository: name.optional(),
  application: name.optional(),
  environment: name,
  /** GitHub's own flag; only `true` means anything. */
  production_environment: z.boolean().optional(),
  revision: z.string().max(512).optional(),
  /** Changes and commits that this rollout delivers, where the sender knows them: the full list, or none. */
  changes: z.array(name).max(100_000).optional(),
  commits: z.array(z.string().max(64)).max(1_000_000).optional(),
  artifact_digest: z.string().max(512).optional(),
  config_digest: z.string().max(512).optional(),
  /** On queued and started: every target required; on finished and exposed: those reached. */
  targets: z.array(name).max(1000).optional(),
  trigger: name.optional(),
  rolls_back: name.optional(),
  precautionary: z.boolean().optional(),
  fixes_rollout: name.optional(),
  fixes_incident: name.optional(),
  planned: z.boolean().optional(),
  labels: z.array(z.string().max(256)).max(200).optional(),
  actor: name.optional(),
  /** Whether it went through the platform's path, where the sender knows; else the workspace decides by source. */
  platform_path: z.boolean().optional(),
  url: z.string().max(2048).optional(),
});

const finished = rollout.extend({ outcome });

/** A rollout. `occurred_at` = queued, started, exposed_at (first user-visible target), finished_at. */
export const deploymentEvents = {
  'deployment.queued': rollout,
  'deployment.started': rollout,
  'deployment.exposed': rollout,
  'deployment.finished': finished,
  'service.rolledback': finished.extend({ outcome: outcome.default('succeeded'), rolls_back: name }),
};
