import { z } from 'zod';
import { commit, name } from './commit.ts';

/** A branch moved. `occurred_at` = pushed_at. Commits oldest first; `before` of a new branch is 40 zeros or absent. */
export const branchEvents = {
  'branch.pushed': z.object({
    repository: name,
    branch: name,
    default_branch: name.optional(),
    before: z.string().max(64).optional(),
    after: z.string().max(64).optional(),
    forced: z.boolean().optional(),
    deleted: z.boolean().optional(),
    commits: z.array(commit).max(20_000).default([]),
  }),
};
