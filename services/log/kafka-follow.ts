import type { Batch, Consumer, EachBatchPayload } from 'kafkajs';
import type { LogRecord, Reader } from '../../ingest/ports.ts';

/** How one membership of a consumer group came to its end. */
export type Ending =
  | { readonly how: 'aborted' }
  /** The reader could not take what it was given. */
  | { readonly how: 'refused'; readonly error: unknown }
  /** The connection or the group was lost: join again. */
  | { readonly how: 'lost'; readonly error: Error };

/** What one membership needs; the consumer is new, and disconnected at the end. */
export interface FollowOptions {
  readonly consumer: Consumer;
  readonly topic: string;
  readonly reader: Reader;
  readonly signal: AbortSignal;
  /** First offset and next offset of each partition, as the brokers have them. */
  readonly bounds: () => Promise<ReadonlyMap<number, { low: bigint; high: bigint }>>;
}

const HEARTBEAT_MS = 2000;
const COMMIT_MS = 5000;
/** Leaving goes on in the background after this. */
const LEAVE_MS = 2500;

/**
 * One membership of a consumer group, from joining until it ends; never rejects. Everything that touches positions runs in
 * one line: the callbacks of a rebalance only put work into it, so that no start happens during a batch.
 */
export async function followOnce(options: FollowOptions): Promise<Ending> {
  const { consumer, topic, reader, signal } = options;
  const line = createLine();
  let finish: (ending: Ending) => void = () => {};
  const ending = new Promise<Ending>((resolve) => {
    finish = resolve;
  });
  /** Offset expected next, per partition of the present assignment. */
  let expected = new Map<number, bigint>();
  /** Partitions whose first batch after the start has come: from then on the client's own jumps are to be believed. */
  let settled = new Set<number>();
  let started: Promise<void> = Promise.resolve();
  let committedAt = 0;

  const start = async (partitions: readonly number[]) => {
    expected = new Map();
    settled = new Set();
    if (partitions.length === 0) return;
    const positions = await reader.start(partitions).catch((error: unknown) => {
      finish({ how: 'refused', error });
      throw error;
    });
    const bounds = await options.bounds();
    for (const partition of partitions) {
      const { low, high } = bounds.get(partition) ?? { low: 0n, high: 0n };
      const position = positions.get(partition) ?? low;
      // A reader that is ahead of the log has seen another, longer one: it starts over, and folds drop what it repeats.
      const from = position > high || position < low ? low : position;
      expected.set(partition, from);
      consumer.seek({ topic, partition, offset: `${from}` });
    }
  };

  const take = async ({ batch, resolveOffset, heartbeat }: EachBatchPayload) => {
    const { partition } = batch;
    const fetched = fetchedOffset(batch);
    const next = expected.get(partition);
    if (next === undefined) return;
    if (fetched !== next && !settled.has(partition) && BigInt(batch.highWatermark) >= next) {
      // Fetched before the seek took effect: not ours to take.
      consumer.seek({ topic, partition, offset: `${next}` });
      return;
    }
    settled.add(partition);
    const last = batch.messages.at(-1);
    if (last === undefined) return;
    const beat = setInterval(() => heartbeat().catch(() => {}), HEARTBEAT_MS);
    try {
      await reader.handle(batch.messages.map((message) => recordOf(partition, message)));
    } catch (error) {
      finish({ how: 'refused', error });
      return;
    } finally {
      clearInterval(beat);
    }
    resolveOffset(last.offset);
    expected.set(partition, BigInt(batch.lastOffset()) + 1n);
    if (Date.now() - committedAt < COMMIT_MS) return;
    // Only for tools that show lag: where to go on stands with what the reader has taken.
    committedAt = Date.now();
    const offsets = [...expected].map(([each, offset]) => ({ topic, partition: each, offset: `${offset}` }));
    await consumer.commitOffsets(offsets).catch(() => {});
  };

  let over = false;
  ending.then(() => {
    over = true;
  });
  const removals = [
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      const partitions = payload.memberAssignment[topic] ?? [];
      started = line(() => start(partitions));
      started.catch((error: Error) => finish({ how: 'lost', error }));
    }),
    consumer.on(consumer.events.CRASH, ({ payload }) => finish({ how: 'lost', error: payload.error })),
  ];
  const abort = () => finish({ how: 'aborted' });
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  const joined = consumer
    .connect()
    .then(() => consumer.subscribe({ topic, fromBeginning: true }))
    .then(() =>
      consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: 1,
        eachBatch: async (payload) => {
          await started.catch(() => {});
          if (over || payload.isStale() || !payload.isRunning()) return;
          await payload.heartbeat();
          await line(async () => {
            if (!over && !payload.isStale() && payload.isRunning()) await take(payload);
          });
        },
      }),
    )
    .catch((error: Error) => finish({ how: 'lost', error }));
  const how = await ending;
  signal.removeEventListener('abort', abort);
  // Only who has joined can leave: told to disconnect before, the client would join all the same and keep its partitions.
  await within(
    LEAVE_MS,
    joined.then(() => consumer.disconnect()),
  );
  for (const remove of removals) remove();
  return how;
}

/** Runs what it is given one after the other, in the order given. */
function createLine(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    last = result.catch(() => {});
    return result;
  };
}

/** Waits for a leave-taking, but not for ever: a broker that is away does not answer it. */
async function within(milliseconds: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work.catch(() => {}), patience]);
  clearTimeout(timer);
}

/** The offset that was asked for. The client has it on every batch and leaves it out of its types. */
function fetchedOffset(batch: Batch): bigint {
  const { fetchedOffset: offset } = batch as Batch & { readonly fetchedOffset?: string };
  return BigInt(offset ?? batch.firstOffset() ?? 0);
}

/** A message as the port gives it; its time is the broker's, since topics stamp records when they append them. */
export function recordOf(partition: number, message: Batch['messages'][number]): LogRecord {
  return {
    partition,
    offset: BigInt(message.offset),
    key: message.key?.toString('utf8') ?? '',
    value: message.value ?? new Uint8Array(),
    recordedAt: new Date(Number(message.timestamp)).toISOString(),
  };
}
