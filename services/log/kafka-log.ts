import { randomUUID } from 'node:crypto';
import { type Admin, Kafka, type KafkaConfig, type LogEntry, logLevel } from 'kafkajs';
import { type EventLog, LogUnavailable, type Topic } from '../../ingest/ports.ts';
import { createAppendQueue } from './kafka-append.ts';
import { followOnce } from './kafka-follow.ts';
import { scan } from './kafka-scan.ts';
import { type Connection, sendAll } from './kafka-send.ts';
import { countPartitions, makeTopics } from './kafka-topics.ts';
import type { LogLogger } from './log-logger.ts';
import { partitionOf } from './partition.ts';
import { shared } from './shared.ts';

/** Where the log is and how it behaves. */
export interface KafkaLogOptions {
  /** `host:port` of one or more brokers to ask for the rest. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly logger: LogLogger;
  /** Before the names of topics and groups, for several installations on one cluster (default none). */
  readonly topicPrefix?: string;
  /** Partitions of topics that this makes (default 6); topics that exist keep theirs. */
  readonly partitions?: number;
  /** Copies of topics that this makes (default: 3, or as many as there are brokers). */
  readonly replication?: number;
  /** How long an append waits for its acknowledgement (default 2000). */
  readonly patienceMs?: number;
  readonly ssl?: NonNullable<KafkaConfig['ssl']>;
  readonly sasl?: NonNullable<KafkaConfig['sasl']>;
}

/** How often a reading is taken up again before it counts as refused. */
const READ_ATTEMPTS = 8;

const FIND_SLACK_MS = 60_000;
const RETRY = { initialRetryTime: 100, maxRetryTime: 1000, retries: 3 };
const REJOIN_MS = 500;
/** Longest that a question about the log may take: its callers answer requests of their own. */
const ANSWER_MS = 5000;

/**
 * The distributed log: Kafka. Makes its topics if they are absent. Opening does not wait for the brokers, so that a gateway
 * starts while they are away: appends then reject with {@link LogUnavailable} after `patienceMs`, followers keep trying, and
 * `ends`, `find` and `readAll` reject with {@link LogUnavailable}.
 */
export async function openKafkaLog(options: KafkaLogOptions): Promise<EventLog> {
  const { logger, patienceMs = 2000 } = options;
  const kafka = new Kafka({
    brokers: [...options.brokers],
    clientId: options.clientId,
    connectionTimeout: 2000,
    requestTimeout: 10_000,
    retry: RETRY,
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => relay(logger, entry),
    ...(options.ssl === undefined ? {} : { ssl: options.ssl }),
    ...(options.sasl === undefined ? {} : { sasl: options.sasl }),
  });
  const prefix = options.topicPrefix ?? '';
  const nameOf = (topic: Topic) => `${prefix}${topic}`;
  const closing = new AbortController();
  const admin = shared(async () => {
    const client = kafka.admin({ retry: RETRY });
    await client.connect();
    await makeTopics(client, {
      partitions: options.partitions ?? 6,
      replication: options.replication,
      logger,
      nameOf,
    });
    return client;
  });

  const connection = shared(async (): Promise<Connection> => {
    const client = await admin.get();
    const producer = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      retry: RETRY,
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition ?? 0,
    });
    await producer.connect();
    return { producer, partitions: await countPartitions(client, nameOf) };
  });

  // Ready before the first append, which has little patience; if the brokers are away, that append tries again.
  connection.get().catch((error: unknown) => logger.warn({ problem: messageOf(error) }, 'Kafka does not answer yet'));

  const queue = createAppendQueue({
    patienceMs,
    async send(items) {
      try {
        return await sendAll(await connection.get(), items, nameOf);
      } catch (error) {
        // Its sequence numbers may no longer agree with the broker's: the next batch could pass for a repeat of this one
        // and be dropped. A new producer starts its own.
        logger.warn({ problem: messageOf(error) }, 'appending to Kafka failed');
        await connection.drop(({ producer }) => producer.disconnect());
        await admin.drop((client) => client.disconnect());
        throw error;
      }
    },
  });

  /** Asks the brokers something that can be asked twice. After a change of leaders the first answer may be a refusal. */
  const ask = <T>(question: (client: Admin) => Promise<T>): Promise<T> => {
    const attempts = async () => {
      for (let attempt = 1; ; attempt++) {
        if (closing.signal.aborted) throw new LogUnavailable('the log is closed');
        try {
          return await question(await admin.get());
        } catch (error) {
          await admin.drop((client) => client.disconnect());
          if (attempt === 3) throw new LogUnavailable(`Kafka does not answer: ${messageOf(error)}`, { cause: error });
          await pause(300, closing.signal);
        }
      }
    };
    return answerWithin(ANSWER_MS, attempts());
  };

  const bounds = (topic: Topic) =>
    ask(async (client) => {
      const offsets = await client.fetchTopicOffsets(nameOf(topic));
      return new Map(offsets.map(({ partition, low, high }) => [partition, { low: BigInt(low), high: BigInt(high) }]));
    });

  const readerOf = (groupId: string, eager: boolean) =>
    kafka.consumer({
      groupId,
      sessionTimeout: 10_000,
      rebalanceTimeout: 60_000,
      heartbeatInterval: 1000,
      allowAutoTopicCreation: false,
      maxWaitTimeInMs: eager ? 100 : 500,
      maxBytesPerPartition: 8 * 1024 * 1024,
      maxBytes: 32 * 1024 * 1024,
      // Whoever loses its place joins again through the loop in follow, which knows when to stop.
      retry: { ...RETRY, restartOnFailure: async () => false },
    });

  async function* read(topic: Topic, from: ReadonlyMap<number, bigint>) {
    const ends = await bounds(topic);
    const ranges = new Map(
      [...from].map(([partition, start]) => [partition, { from: start, to: ends.get(partition)?.high ?? 0n }]),
    );
    // A broker that has just come back may refuse for a while, its coordinator still loading: what is left is asked for again.
    for (let attempt = 1; ; attempt += 1) {
      const groupId = `${prefix}headway.read.${randomUUID()}`;
      try {
        for await (const records of scan(readerOf(groupId, true), nameOf(topic), ranges)) {
          const last = records.at(-1);
          yield records;
          if (last) ranges.set(last.partition, { from: last.offset + 1n, to: ranges.get(last.partition)?.to ?? 0n });
        }
        return;
      } catch (error) {
        if (closing.signal.aborted || attempt === READ_ATTEMPTS)
          throw new LogUnavailable(`Kafka does not answer: ${messageOf(error)}`, { cause: error });
        await pause(1000, closing.signal);
      } finally {
        await ask((client) => client.deleteGroups([groupId])).catch(() => {});
      }
    }
  }

  return {
    async append(topic, records) {
      if (records.length === 0) return [];
      return queue.append({ topic, records });
    },

    async follow(topic, reader, signal) {
      const ended = AbortSignal.any([signal, closing.signal]);
      while (!ended.aborted) {
        const ending = await ask(() => Promise.resolve())
          .then(() =>
            followOnce({
              consumer: readerOf(`${prefix}${reader.group}`, false),
              topic: nameOf(topic),
              reader,
              signal: ended,
              bounds: () => bounds(topic),
            }),
          )
          .catch((error: Error) => ({ how: 'lost', error }) as const);
        if (ending.how === 'aborted') return;
        if (ending.how === 'refused') throw ending.error;
        logger.warn({ group: reader.group, problem: messageOf(ending.error) }, 'lost Kafka; joining again');
        await pause(REJOIN_MS, ended);
      }
    },

    async *readAll(topic) {
      const starts = await bounds(topic);
      yield* read(topic, new Map([...starts].map(([partition, { low }]) => [partition, low])));
    },

    async find(topic, key, since) {
      const partitions = await ask((client) => countPartitions(client, nameOf));
      const partition = partitionOf(key, partitions.get(topic)!);
      const sinceMs = Date.parse(since) - FIND_SLACK_MS;
      const offsets = await ask((client) => client.fetchTopicOffsetsByTimestamp(nameOf(topic), Math.max(0, sinceMs)));
      const from = offsets.find((each) => each.partition === partition)?.offset ?? '0';
      for await (const records of read(topic, new Map([[partition, BigInt(from)]]))) {
        const found = records.find((record) => record.key === key);
        if (found !== undefined) return found;
      }
      return null;
    },

    async ends(topic) {
      return new Map([...(await bounds(topic))].map(([partition, { high }]) => [partition, high]));
    },

    async close() {
      if (closing.signal.aborted) return;
      closing.abort();
      await queue.close();
      await connection.drop(({ producer }) => producer.disconnect());
      await admin.drop((client) => client.disconnect());
    },
  };
}

/** The client's own words. It calls an error what it then recovers from, and warns of what is meant. */
function relay(logger: LogLogger, { namespace, level, log }: LogEntry): void {
  const fields = {
    client: 'kafkajs',
    part: namespace,
    ...(typeof log.error === 'string' ? { problem: log.error } : {}),
  };
  if (level <= logLevel.ERROR) logger.warn(fields, log.message);
  else logger.debug(fields, log.message);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function answerWithin<T>(milliseconds: number, answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new LogUnavailable(`Kafka does not answer within ${milliseconds} ms`)),
      milliseconds,
    );
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done, { once: true });
  });
}
