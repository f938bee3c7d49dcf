import { type Erasures, withErased } from '../../ingest/erase/known.ts';
import type { Clock, EventLog } from '../../ingest/ports.ts';
import { GROUP } from '../following.ts';
import type { Rewrite } from '../log/kafka-rewrite.ts';
import type { LongWork } from '../long-work.ts';
import { type Erasing, erasureRecord, type Tally, writeErased } from './erase.ts';

/** What is done, in this order. Killed after `marked` an erasure is finished by whoever comes next, before that undone. */
export const steps = ['fenced', 'written', 'completed', 'marked', 'removed', 'emptied', 'made'] as const;
export type Step = (typeof steps)[number];

export interface DistributedDeps {
  readonly clock: Clock;
  readonly onProgress: LongWork;
  /** Removes everything that is derived from the log. */
  readonly emptyStore: () => Promise<void>;
  /** Makes it anew from the log as it then is. */
  readonly makeStore: () => Promise<void>;
  /** Told after each step. */
  readonly afterStep?: (step: Step) => Promise<void>;
}

/**
 * Writes the log in Kafka without the names into topics of their own, lets these hold from then on, and makes the store of
 * them. `workers`: some follow the log; nothing was changed. What goes wrong before the new topics hold is undone and thrown.
 */
export async function eraseDistributed(
  log: EventLog,
  rewrite: Rewrite,
  erasing: Erasing,
  known: Erasures,
  deps: DistributedDeps,
): Promise<Tally | 'workers'> {
  const { clock, onProgress, afterStep = async () => undefined } = deps;
  if ((await rewrite.followers(GROUP)) > 0) return 'workers';
  let tally: Tally;
  try {
    await rewrite.fence();
    await afterStep('fenced');
    tally = await writeErased(log, erasing, await rewrite.begin(), onProgress);
    await afterStep('written');
    const record = erasureRecord(erasing, tally, clock.now());
    await rewrite.complete('headway.events', [record]);
    await afterStep('completed');
    await rewrite.check();
    if ((await rewrite.followers(GROUP)) > 0) {
      await rewrite.undo();
      return 'workers';
    }
    await rewrite.mark(withErased(known, erasing.replacing.names));
  } catch (error) {
    // Where this fails too, whoever connects next does it.
    await rewrite.undo().catch(() => undefined);
    throw error;
  }
  await afterStep('marked');
  await rewrite.removeOld();
  await afterStep('removed');
  await deps.emptyStore();
  await afterStep('emptied');
  await deps.makeStore();
  await afterStep('made');
  return tally;
}
