import type { EventLog, LogRecord, Positions } from './ports.ts';

/** What the follower needs of the store: where it stands, and a way to write a batch and make its atoms fresh. */
export interface FollowTarget<T> {
  /** Next offset to take per partition, from the rows themselves: no cursor to disagree with them. */
  positions(): Promise<Positions>;
  /** Told, before it is asked where to go on, which partitions it has from now on. What it rejects with ends the follower. */
  begin?(partitions: readonly number[]): Promise<void>;
  /** Writes a batch. Returns what it touched. */
  write(records: readonly LogRecord[]): Promise<T>;
  /** Makes everything touched fresh. */
  refresh(touched: T): Promise<void>;
  merge(a: T, b: T): T;
}

export interface Follower {
  /** Resolves when the follower has stopped; rejects if it could not go on. */
  readonly done: Promise<void>;
  /** Resolves once everything taken so far is fresh. */
  settled(): Promise<void>;
  /** True while records are taken whose atoms are not fresh yet. */
  behind(): boolean;
}

/**
 * Log → events → fresh atoms. Records are written in the order of their partition; refreshes run one at a time beside the
 * reading, and while one runs what is touched meanwhile gathers for the next, so that a backlog costs few refreshes.
 */
export function follow<T>(
  log: EventLog,
  target: FollowTarget<T>,
  options: { group: string; signal: AbortSignal },
): Follower {
  let waiting: T | undefined;
  /** Ends with the batches that are being written: their rows may be seen before they are known to be touched. */
  let writing: Promise<unknown> | undefined;
  let refreshing: Promise<void> | undefined;
  const stop = new AbortController();
  if (options.signal.aborted) stop.abort();
  options.signal.addEventListener('abort', () => stop.abort(), { once: true });
  let failure: unknown;

  const refreshAll = async (): Promise<void> => {
    while (waiting !== undefined) {
      const touched = waiting;
      waiting = undefined;
      await target.refresh(touched);
    }
  };
  const wake = (): void => {
    refreshing ??= refreshAll()
      .catch((error: unknown) => {
        failure ??= error;
        stop.abort();
      })
      .finally(() => {
        refreshing = undefined;
        if (waiting !== undefined && failure === undefined) wake();
      });
  };

  const reading = log.follow(
    'headway.events',
    {
      group: options.group,
      start: async (partitions) => {
        await target.begin?.(partitions);
        return target.positions();
      },
      handle: async (records) => {
        const written = target.write(records).then((touched) => {
          waiting = waiting === undefined ? touched : target.merge(waiting, touched);
          wake();
        });
        const all = Promise.allSettled([writing, written]).then(() => {
          if (writing === all) writing = undefined;
        });
        writing = all;
        await written;
      },
    },
    stop.signal,
  );

  const settled = async (): Promise<void> => {
    while (writing ?? refreshing) await (writing ?? refreshing);
  };
  return {
    done: reading.then(settled).then(() => {
      if (failure !== undefined) throw failure;
    }),
    settled,
    behind: () => writing !== undefined || refreshing !== undefined,
  };
}
