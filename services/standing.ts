import type { Clock, EventLog, Positions, Store } from '../ingest/ports.ts';

/** How far the numbers are, against what the log has. */
export interface Standing {
  /** How far the numbers are, as one text: where it is the same twice, the same is counted. Rejects if the store is away. */
  position(): Promise<string>;
  /** While numbers lag behind the log, or it cannot be told whether they do: the instant up to which they are complete (UTC ISO). */
  staleSince(): string | null;
  /** Ends watching; resolves when nothing is asked any more. */
  stop(): Promise<void>;
}

export interface StandingDeps {
  readonly store: Store;
  readonly log: EventLog;
  readonly clock: Clock;
  /** Numbers may lag for as long without being called stale: a batch under way is no trouble. */
  readonly toleranceMs?: number;
  readonly intervalMs?: number;
}

const TOLERANCE_MS = 10_000;
const INTERVAL_MS = 1_000;

/** Where the log ended at an instant, by the clock and by one that never jumps. */
interface Mark {
  readonly at: string;
  readonly monotonicMs: number;
  readonly ends: Positions;
}

/**
 * Watches where the log ends and how far the numbers are, once a second. What the log had at an instant and the numbers have
 * now makes them complete up to that instant, however fast the log grows meanwhile.
 */
export function watchStanding(deps: StandingDeps): Standing {
  const { store, log, clock, toleranceMs = TOLERANCE_MS, intervalMs = INTERVAL_MS } = deps;
  let marks: Mark[] = [];
  let completeAt = clock.now();
  let completeMs = performance.now();
  let stopped = false;
  let looking: Promise<void> = Promise.resolve();

  const look = async (): Promise<void> => {
    const mark = { at: clock.now(), monotonicMs: performance.now(), ends: await log.ends('headway.events') };
    marks.push(mark);
    const fresh = await freshPositions(store);
    const reached = marks.findLastIndex(({ ends }) =>
      [...ends].every(([partition, end]) => (fresh.get(partition) ?? 0n) >= end),
    );
    if (reached < 0) {
      // The oldest is the one that is waited for, the newest the one that may come next.
      if (marks.length > MOST_MARKS) marks.splice(1, marks.length - MOST_MARKS);
      return;
    }
    completeAt = marks[reached]!.at;
    completeMs = marks[reached]!.monotonicMs;
    marks = marks.slice(reached + 1);
  };
  const watch = async (): Promise<void> => {
    // The log's end is asked for and not waited for any longer than until the next look.
    looking = look().catch(() => undefined);
    await Promise.race([looking, pause(intervalMs * 3)]);
    if (!stopped) timer = setTimeout(() => void watch(), intervalMs).unref();
  };
  let timer = setTimeout(() => void watch(), 0).unref();

  return {
    async position() {
      return [...(await freshPositions(store))].map(([partition, next]) => `${partition}:${next}`).join();
    },
    staleSince: () => (performance.now() - completeMs > toleranceMs ? completeAt : null),
    async stop() {
      stopped = true;
      clearTimeout(timer);
      // A log that is away may not answer for long.
      await Promise.race([looking, pause(LAST_LOOK_MS)]);
    },
  };
}

const MOST_MARKS = 1_000;
const LAST_LOOK_MS = 5_000;

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}

/** Next offset per partition of which the atoms are fresh; nothing before the first start. */
async function freshPositions(store: Store): Promise<Positions> {
  const rows = await store.query<{ log_partition: number; next: string }>(
    'SELECT log_partition, toString(max(next)) AS next FROM refreshed_positions GROUP BY log_partition ORDER BY log_partition',
  );
  return new Map(rows.map((row) => [Number(row.log_partition), BigInt(row.next)]));
}
