import { type AppendRecord, LogUnavailable, type Topic } from '../../ingest/ports.ts';

/** One append that waits to be sent, or for its acknowledgement. */
export interface PendingAppend {
  readonly topic: Topic;
  /** The generation of the log that the records were made for: what has to be taken out of them differs. */
  readonly generation: number;
  readonly records: readonly AppendRecord[];
}

/** Where a record went. */
export type Place = { readonly partition: number; readonly offset: bigint };

/** What {@link createAppendQueue} makes. */
export interface AppendQueue {
  /** Resolves with the places once the broker has acknowledged; rejects with {@link LogUnavailable} after the patience. */
  append(item: PendingAppend): Promise<readonly Place[]>;
  /** Rejects what still waits and takes no more; resolves when nothing is being sent. */
  close(): Promise<void>;
}

/** How {@link createAppendQueue} sends, and how long it may. */
export interface AppendQueueOptions {
  /** How long an append may wait for its acknowledgement, in milliseconds. */
  readonly patienceMs: number;
  /**
   * Sends all items, in order, and resolves with the places of each when all are acknowledged; null for one that is not to
   * be sent any more, whose append then rejects at once.
   */
  readonly send: (items: readonly PendingAppend[]) => Promise<readonly (readonly Place[] | null)[]>;
}

/** Well below the largest request that a broker takes; a single larger append goes alone. */
const BATCH_BYTES = 8 * 1024 * 1024;
const BATCH_ITEMS = 5000;
const PAUSE_MS = 100;

interface Waiting extends PendingAppend {
  readonly bytes: number;
  readonly settle: { resolve(places: readonly Place[]): void; reject(reason: Error): void };
  readonly timer: NodeJS.Timeout;
  /** False once the caller was told that the log is unavailable. */
  wanted: boolean;
}

/**
 * Groups appends, one group in flight: what arrives meanwhile goes into the next, so order is kept and many requests share
 * a round trip. A failed group is sent again as long as its callers have patience, at least once.
 */
export function createAppendQueue({ patienceMs, send }: AppendQueueOptions): AppendQueue {
  let queue: Waiting[] = [];
  let running: Promise<void> | null = null;
  let closed = false;
  let lastProblem = 'no answer yet';

  const giveUp = (item: Waiting, reason: string) => {
    item.wanted = false;
    clearTimeout(item.timer);
    queue = queue.filter((each) => each !== item);
    item.settle.reject(new LogUnavailable(reason));
  };

  const run = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    while (queue.length > 0) {
      const batch = takeBatch(queue);
      try {
        const places = await send(batch);
        for (const [index, item] of batch.entries()) {
          const place = places[index];
          if (!place) giveUp(item, 'the log was written anew in the meantime');
          else {
            clearTimeout(item.timer);
            item.settle.resolve(place);
          }
        }
      } catch (error) {
        lastProblem = error instanceof Error ? error.message : String(error);
        if (closed) break;
        queue.unshift(...batch.filter(({ wanted }) => wanted));
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
    running = null;
  };

  return {
    append(item) {
      if (closed) return Promise.reject(new LogUnavailable('the log is closed'));
      return new Promise((resolve, reject) => {
        const bytes = item.records.reduce((sum, { key, value }) => sum + key.length + value.byteLength + 64, 0);
        const waiting: Waiting = {
          ...item,
          bytes,
          wanted: true,
          settle: { resolve, reject },
          timer: setTimeout(
            () => giveUp(waiting, `Kafka did not acknowledge within ${patienceMs} ms: ${lastProblem}`),
            patienceMs,
          ),
        };
        queue.push(waiting);
        running ??= run();
      });
    },
    async close() {
      closed = true;
      for (const item of queue) giveUp(item, 'the log was closed');
      await running;
    },
  };
}

function takeBatch(queue: Waiting[]): Waiting[] {
  let count = 0;
  let bytes = 0;
  for (const item of queue) {
    if (count > 0 && (count >= BATCH_ITEMS || bytes + item.bytes > BATCH_BYTES)) break;
    count += 1;
    bytes += item.bytes;
  }
  return queue.splice(0, count);
}
