import { z } from 'zod';
import { instant } from '../../time.ts';
import { name } from '../../vocabulary/commit.ts';
import { listOf, optionalFlag, optionalText, senderId } from '../shape.ts';
import { moment, optionalMoment } from './shape.ts';

/** The project, as its API describes it. */
export const project = z.object({
  id: z.int(),
  path_with_namespace: name,
  default_branch: optionalText(),
  web_url: optionalText(2048),
  visibility: optionalText(),
  ci_config_path: optionalText(),
});

export type Project = z.output<typeof project>;

const user = z.object({ username: optionalText() }).nullish();
const labels = listOf(z.string().max(256), 200).nullish();
const optionalSeconds = z
  .number()
  .min(0)
  .nullish()
  .transform((value) => value ?? undefined);

/** A commit, as the API tells it. */
export const commit = z.object({
  id: z.string().regex(/^[0-9a-f]{40,64}$/i, 'is not a commit SHA'),
  message: z.string().nullish(),
  title: z.string().nullish(),
  author_name: optionalText(),
  authored_date: z.unknown(),
  committed_date: instant,
  parent_ids: listOf(z.string().max(64), 64).nullish(),
});

const mergeRequest = z.object({
  iid: z.int().positive(),
  web_url: optionalText(2048),
  title: optionalText(),
  description: z.string().nullish(),
  author: user,
  source_branch: name,
  target_branch: name,
  source_project_id: z.int().nullish(),
  target_project_id: z.int().nullish(),
  sha: optionalText(64),
  merge_commit_sha: optionalText(64),
  squash_commit_sha: optionalText(64),
  labels,
  created_at: moment,
  updated_at: moment,
  merged_at: optionalMoment,
  closed_at: optionalMoment,
});

/** A deployment, as the API tells it. */
export const deployment = z.object({
  id: senderId,
  status: name,
  sha: optionalText(64),
  created_at: moment,
  updated_at: moment,
  environment: z.object({ name, tier: optionalText() }),
  user,
  deployable: z
    .object({ started_at: optionalMoment, finished_at: optionalMoment, web_url: optionalText(2048) })
    .nullish(),
});

/** A pipeline, as the API tells it by its number. */
export const pipeline = z.object({
  id: senderId,
  name: optionalText(),
  status: name,
  source: optionalText(),
  ref: optionalText(),
  sha: optionalText(64),
  user,
  created_at: moment,
  finished_at: optionalMoment,
  queued_duration: optionalSeconds,
});

const job = z.object({
  id: senderId,
  name: optionalText(),
  status: name,
  pipeline: z.object({ id: senderId }),
  commit: z.object({ id: optionalText(64) }).nullish(),
  runner: z.object({ description: optionalText() }).nullish(),
  started_at: optionalMoment,
  finished_at: optionalMoment,
  queued_duration: optionalSeconds,
});

const issue = z.object({
  iid: z.int().positive(),
  issue_type: optionalText(),
  web_url: optionalText(2048),
  title: optionalText(),
  description: z.string().nullish(),
  severity: optionalText(),
  confidential: optionalFlag,
  moved_to_id: z.int().nullish(),
  labels,
  created_at: moment,
  updated_at: optionalMoment,
  closed_at: optionalMoment,
});

const note = z.object({
  body: z.string().nullish(),
  system: optionalFlag,
  internal: optionalFlag,
  created_at: moment,
  updated_at: optionalMoment,
});

/** One thing that the API told, in the API's own fields. */
export const record = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('request'),
    request: mergeRequest,
    commits: listOf(commit, 20_000),
    paths: listOf(z.string(), 100_000),
    approvals: listOf(z.object({ user, approved_at: moment }), 1000),
  }),
  z.object({ kind: z.literal('commit'), commit }),
  z.object({ kind: z.literal('deployment'), deployment }),
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
  z.object({ kind: z.literal('pipeline'), pipeline }),
  z.object({ kind: z.literal('job'), job }),
  z.object({
    kind: z.literal('release'),
    release: z.object({ tag_name: name, released_at: moment, commit: z.object({ id: optionalText(64) }).nullish() }),
  }),
  z.object({ kind: z.literal('incident'), issue, notes: listOf(note, 10_000) }),
  z.object({ kind: z.literal('until'), at: instant }),
]);
