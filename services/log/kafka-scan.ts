import type { Consumer } from 'kafkajs';
import type { LogRecord } from '../../ingest/ports.ts';
import { recordOf } from './kafka-follow.ts';

/** From the first offset up to but not the second. */
export type Ranges = ReadonlyMap<number, { readonly from: bigint; readonly to: bigint }>;

/**
 * Reads given ranges of a topic once, in order per partition. The consumer's group is its own and nobody else's. Reads no
 * further ahead than what was asked for; ends early, and leaves the group, when the caller stops asking.
 */
export async function* scan(consumer: Consumer, topic: string, ranges: Ranges): AsyncGenerator<readonly LogRecord[]> {
  const left = new Map([...ranges].filter(([, { from, to }]) => from < to));
  if (left.size === 0) return;
  const passage = createPassage<readonly LogRecord[]>();
  consumer.on(consumer.events.CRASH, ({ payload }) => passage.fail(payload.error));
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    const assigned = payload.memberAssignment[topic] ?? [];
    for (const partition of assigned) {
      const range = left.get(partition);
      if (range === undefined) consumer.pause([{ topic, partitions: [partition] }]);
      else consumer.seek({ topic, partition, offset: `${range.from}` });
    }
  });
  const running = consumer
    .connect()
    .then(() => consumer.subscribe({ topic, fromBeginning: true }))
    .then(() =>
      consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        eachBatch: async ({ batch, resolveOffset, heartbeat, isRunning, isStale }) => {
          const range = left.get(batch.partition);
          if (range === undefined || isStale() || !isRunning()) return;
          const records = batch.messages
            .map((message) => recordOf(batch.partition, message))
            .filter(({ offset }) => offset >= range.from && offset < range.to);
          const beat = setInterval(() => heartbeat().catch(() => {}), 2000);
          if (records.length > 0) await passage.hand(records).finally(() => clearInterval(beat));
          else clearInterval(beat);
          resolveOffset(batch.lastOffset());
          const next = BigInt(batch.lastOffset()) + 1n;
          if (next < range.to) left.set(batch.partition, { from: next, to: range.to });
          else {
            left.delete(batch.partition);
            consumer.pause([{ topic, partitions: [batch.partition] }]);
          }
          if (left.size === 0) passage.end();
        },
      }),
    );
  running.catch((error: Error) => passage.fail(error));
  try {
    yield* passage.items();
  } finally {
    passage.end();
    await consumer.disconnect().catch(() => {});
  }
}

interface Passage<T> {
  /** Resolves when the item was fetched and the next one asked for, or the passage ended. */
  hand(item: T): Promise<void>;
  end(): void;
  fail(error: Error): void;
  items(): AsyncGenerator<T>;
}

/** One item at a time from callbacks to an iterator. */
function createPassage<T>(): Passage<T> {
  const items: { item: T; taken: () => void }[] = [];
  let state: 'open' | 'ended' | Error = 'open';
  let wake: () => void = () => {};
  const close = (how: 'ended' | Error) => {
    if (state === 'open') state = how;
    wake();
  };
  return {
    hand(item) {
      if (state !== 'open') return Promise.resolve();
      return new Promise((taken) => {
        items.push({ item, taken });
        wake();
      });
    },
    end: () => close('ended'),
    fail: close,
    async *items() {
      try {
        for (;;) {
          const next = items[0];
          if (next !== undefined) {
            yield next.item;
            items.shift();
            next.taken();
          } else if (state === 'open') {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          } else if (state === 'ended') return;
          else throw state;
        }
      } finally {
        state = 'ended';
        for (const { taken } of items) taken();
      }
    },
  };
}
