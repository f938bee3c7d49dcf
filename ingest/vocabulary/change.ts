import { z } from 'zod';
import { instant } from '../time.ts';
import { commit, name } from './commit.ts';

const change = z.object({
  /** Unique over everything Headway hears; `owner/name#12` from forges. */
  change_id: name,
  repository: name,
  number: z.int().optional(),
  url: z.string().max(2048).optional(),
  title: z.string().max(512).optional(),
  author: name.optional(),
  author_kind: z.enum(['human', 'bot']).optional(),
  /** Head branch, and the branch it goes into. */
  branch: name.optional(),
  base: name.optional(),
  head_sha: z.string().max(64).optional(),
  opened_at: instant.optional(),
  labels: z.array(z.string().max(256)).max(200).optional(),
  revert_of: z.string().max(512).optional(),
  cherry_pick_of: z.string().max(512).optional(),
  fixes_incident: z.string().max(512).optional(),
});

/** A change (PR, MR, or a direct push given as a change). `occurred_at` = opened_at, updated, reviewed, merged_at, closed. */
export const changeEvents = {
  'change.created': change,
  'change.updated': change.extend({
    commits: z.array(commit).max(20_000).optional(),
    force_push: z.boolean().optional(),
  }),
  'change.reviewed': z.object({ change_id: name, repository: name, reviewer: name.optional(), state: name.optional() }),
  'change.merged': change.extend({
    merge_sha: z.string().max(64).optional(),
    /** The commits at merge, oldest first, where the sender knows them. */
    commits: z.array(commit).max(20_000).optional(),
    paths: z.array(z.string().max(1024)).max(100_000).optional(),
    /** True for a commit pushed without a PR, reported as a change by an importer. */
    direct: z.boolean().optional(),
  }),
  'change.abandoned': z.object({ change_id: name, repository: name }),
};
