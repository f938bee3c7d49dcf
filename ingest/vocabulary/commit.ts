import { z } from 'zod';
import { instant } from '../time.ts';

/** Most characters of a name. */
export const LONGEST_NAME = 512;

/** A non-empty name as a sender writes it: repository, login, environment, id. Bounded, so that no body can bloat the store. */
export const name = z.string().trim().min(1).max(LONGEST_NAME);

/** One commit. `authored_at` is the author's own clock and is clamped where it is used, never here. */
export const commit = z.object({
  sha: z
    .string()
    .regex(/^[0-9a-f]{7,64}$/i, 'is not a commit SHA')
    .transform((sha) => sha.toLowerCase()),
  authored_at: instant,
  committed_at: instant.optional(),
  author: z.string().max(512).optional(),
  author_kind: z.enum(['human', 'bot']).optional(),
  parents: z.array(z.string().max(64)).max(64).optional(),
  patch_id: z.string().max(64).optional(),
  paths: z.array(z.string().max(1024)).max(20_000).optional(),
  /** First line of the message, and no more: it tells merges and reverts where the parents are unknown. */
  message: z.string().max(200).optional(),
  revert_of: z.string().max(512).optional(),
  cherry_pick_of: z.string().max(512).optional(),
  fixes_incident: z.string().max(512).optional(),
});

export type Commit = z.infer<typeof commit>;
