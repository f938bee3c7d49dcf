import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const rollout = z.object({
  rollout_id: z.string(),
  attempt_no: z.number().optional(),
  service_id: z.string().optional(),
  environment: z.string(),
  revision: z.string(),
  created_at: z.string(),
  /** Its end, if it has ended; and whether that was well. */
  finished_at: z.string().nullable(),
  succeeded: z.boolean(),
  /** Its sender lists what it delivers. */
  listed: z.boolean(),
});

/** A rollout that was read, as far as it is needed to compare it with others. Times are UTC ISO. */
export type SeenRollout = z.infer<typeof rollout>;

const checkpoint = z.object({
  version: z.literal(1),
  /** What was asked for, as it was asked: another wish begins anew. */
  asked: z.string(),
  since: z.string(),
  until: z.string(),
  /** Names of the steps that are done. */
  done: z.array(z.string()),
  /** Where to go on within the step after them; null: at its beginning. */
  cursor: z.string().nullable(),
  rollouts: z.array(rollout),
  records: z.number(),
  unreadable: z.number(),
  incomparable: z.number(),
});

/** How far a backfill has come. Everything up to it was acknowledged by the server. */
export type Checkpoint = z.infer<typeof checkpoint>;

/** Where the checkpoint of one repository's backfill is kept. */
export interface CheckpointFile {
  /** What was saved for the same wish; null: nothing, or of another wish. */
  load(asked: string): Checkpoint | null;
  save(state: Checkpoint): void;
  remove(): void;
}

/** A small file under the data folder, one per API and repository; replaced as a whole, so that a kill leaves a whole one. */
export function checkpointFile(dataDir: string, api: string, repository: string): CheckpointFile {
  const folder = join(dataDir, 'backfill');
  const name = createHash('sha256').update(`${api} ${repository.toLowerCase()}`).digest('hex').slice(0, 24);
  const path = join(folder, `${name}.json`);
  return {
    load(asked) {
      if (!existsSync(path)) return null;
      const read = checkpoint.safeParse(parsed(readFileSync(path, 'utf8')));
      return read.success && read.data.asked === asked ? read.data : null;
    },
    save(state) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(`${path}.new`, JSON.stringify(state), { flush: true });
      renameSync(`${path}.new`, path);
    },
    remove: () => rmSync(path, { force: true }),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
