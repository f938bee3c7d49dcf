import type { EventLog, Store } from '../ingest/ports.ts';
import { decodeDelivery } from '../ingest/record.ts';
import { type ReplayDeps, replay } from '../ingest/replay.ts';
import type { Atoms } from '../queries/atoms/atoms.ts';
import { materialise } from '../queries/atoms/materialise.ts';
import { noteAllFresh } from './checkpoint.ts';
import type { LongWork } from './long-work.ts';

export interface RebuildDeps {
  readonly log: EventLog;
  readonly store: Store;
  readonly atoms: Atoms;
}

/**
 * Empties the view and makes it anew from the log: every event in the order of the log, then all atoms. The follower must
 * rest meanwhile. Killed on the way, it is finished by the follower at the next start, since events stand in the order of the log.
 */
export async function rebuild({ log, store, atoms }: RebuildDeps, onProgress: LongWork): Promise<void> {
  const total = await endOf(log, 'headway.events');
  for (const table of ['refreshed_positions', 'events', 'entity_refs'])
    await store.command(`TRUNCATE TABLE IF EXISTS ${table}`);
  const target = materialise(store, atoms, () => undefined);
  let done = 0;
  for await (const records of log.readAll('headway.events')) {
    await target.write(records);
    done += records.length;
    onProgress({ phase: 'events', done, total });
  }
  onProgress({ phase: 'atoms', done: 0, total: 1 });
  await atoms.rebuild();
  await noteAllFresh(store);
  onProgress({ phase: 'atoms', done: 1, total: 1 });
}

export interface ReplayChoice {
  /** Only deliveries of this source. */
  readonly source?: string | undefined;
  /** Only those that could not be read, or fed nothing, when they came. */
  readonly unread?: boolean | undefined;
}

/** What a replay came to. */
export interface ReplayTally {
  deliveries: number;
  events: number;
  ignored: number;
  rejected: number;
}

/** Runs today's normalisers over the stored deliveries. Events keep their ids, so repeating it changes nothing. */
export async function replayDeliveries(
  deps: ReplayDeps,
  choice: ReplayChoice,
  onProgress: LongWork,
): Promise<ReplayTally> {
  const { log } = deps;
  const total = await endOf(log, 'headway.deliveries');
  const tally: ReplayTally = { deliveries: 0, events: 0, ignored: 0, rejected: 0 };
  let done = 0;
  for await (const records of log.readAll('headway.deliveries')) {
    for (const record of records) {
      const stored = decodeDelivery(record.value);
      if (stored === null || (choice.source !== undefined && stored.delivery.source !== choice.source)) continue;
      if (choice.unread === true && stored.outcome === 'events') continue;
      const again = await replay(deps, stored.delivery, stored);
      if (again.outcome === 'unavailable')
        throw new Error('the log did not take what was read again; nothing is lost: repeat it');
      tally.deliveries += 1;
      if (again.outcome === 'events') tally.events += again.events;
      else if (again.outcome === 'ignored') tally.ignored += 1;
      else tally.rejected += 1;
    }
    done += records.length;
    onProgress({ phase: 'deliveries', done, total });
  }
  return tally;
}

async function endOf(log: EventLog, topic: 'headway.events' | 'headway.deliveries'): Promise<number> {
  let total = 0n;
  for (const end of (await log.ends(topic)).values()) total += end;
  return Number(total);
}
