import { randomUUID } from 'node:crypto';
import { type Admin, Kafka, type KafkaConfig, type LogEntry, logLevel, type Producer } from 'kafkajs';
import { type EventLog, LogUnavailable, type Topic } from '../../ingest/ports.ts';
import { createAppendQueue, type PendingAppend, type Place } from './kafka-append.ts';
import { followOnce } from './kafka-follow.ts';
import { scan } from './kafka-scan.ts';
import { partitionOf } from './partition.ts';

/** Where the log says what happens to its connections; pino's shape. */
export interface LogLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

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

const TOPICS: readonly Topic[] = ['headway.deliveries', 'headway.events'];
const FIND_SLACK_MS = 60_000;
/** A delivery of 25 MiB, its body as base64, and its headers. */
const LARGEST_RECORD = 40 * 1024 * 1024;
const RETRY = { initialRetryTime: 100, maxRetryTime: 1000, retries: 3 };
const REJOIN_MS = 500;

interface Connection {
  readonly producer: Producer;
  readonly partitions: ReadonlyMap<Topic, number>;
}

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
    await makeTopics(client, options, nameOf);
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
  const ask = async <T>(question: (client: Admin) => Promise<T>): Promise<T> => {
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
    const groupId = `${prefix}headway.read.${randomUUID()}`;
    try {
      yield* scan(readerOf(groupId, true), nameOf(topic), ranges);
    } finally {
      await ask((client) => client.deleteGroups([groupId])).catch(() => {});
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
      const { partitions } = await connection.get().catch((error: unknown) => {
        throw new LogUnavailable(`Kafka does not answer: ${messageOf(error)}`, { cause: error });
      });
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

/** Sends all items as one request per broker, and says where each record went. Throws unless every record is acknowledged. */
async function sendAll(
  { producer, partitions }: Connection,
  items: readonly PendingAppend[],
  nameOf: (topic: Topic) => string,
): Promise<(readonly Place[])[]> {
  const messages = new Map<Topic, { partition: number; key: Buffer; value: Buffer }[]>();
  const counts = new Map<string, number>();
  const slots = items.map(({ topic, records }) =>
    records.map(({ key, value }) => {
      const partition = partitionOf(key, partitions.get(topic)!);
      const slot = `${nameOf(topic)}/${partition}`;
      const index = counts.get(slot) ?? 0;
      counts.set(slot, index + 1);
      const list = messages.get(topic) ?? [];
      messages.set(topic, list);
      list.push({
        partition,
        key: Buffer.from(key),
        value: Buffer.from(value.buffer, value.byteOffset, value.byteLength),
      });
      return { slot, partition, index };
    }),
  );
  const acknowledged = await producer.sendBatch({
    acks: -1,
    timeout: 5000,
    topicMessages: [...messages].map(([topic, list]) => ({ topic: nameOf(topic), messages: list })),
  });
  const bases = new Map(acknowledged.map((each) => [`${each.topicName}/${each.partition}`, each.baseOffset]));
  return slots.map((places) =>
    places.map(({ slot, partition, index }) => {
      const base = bases.get(slot);
      // After a change of leaders in mid-send the client can leave a partition out and still resolve.
      if (base === undefined) throw new Error(`no acknowledgement for ${slot}`);
      return { partition, offset: BigInt(base) + BigInt(index) };
    }),
  );
}

async function makeTopics(client: Admin, options: KafkaLogOptions, nameOf: (topic: Topic) => string): Promise<void> {
  const existing = new Set(await client.listTopics());
  const absent = TOPICS.filter((topic) => !existing.has(nameOf(topic)));
  if (absent.length === 0) return;
  const { brokers } = await client.describeCluster();
  const replicationFactor = options.replication ?? Math.min(3, brokers.length);
  await client.createTopics({
    waitForLeaders: true,
    topics: absent.map((topic) => ({
      topic: nameOf(topic),
      numPartitions: options.partitions ?? 6,
      replicationFactor,
      configEntries: [
        { name: 'message.timestamp.type', value: 'LogAppendTime' },
        { name: 'retention.ms', value: '-1' },
        { name: 'retention.bytes', value: '-1' },
        { name: 'max.message.bytes', value: `${LARGEST_RECORD}` },
        { name: 'min.insync.replicas', value: `${Math.max(1, replicationFactor - 1)}` },
      ],
    })),
  });
}

async function countPartitions(client: Admin, nameOf: (topic: Topic) => string): Promise<Map<Topic, number>> {
  const { topics } = await client.fetchTopicMetadata({ topics: TOPICS.map(nameOf) });
  return new Map(
    TOPICS.map((topic) => [topic, topics.find(({ name }) => name === nameOf(topic))?.partitions.length ?? 1]),
  );
}

/** Something costly that is made on first use, kept, and made anew after it was dropped. */
interface Shared<T> {
  get(): Promise<T>;
  drop(release: (value: T) => Promise<void>): Promise<void>;
}

function shared<T>(make: () => Promise<T>): Shared<T> {
  let made: Promise<T> | null = null;
  return {
    get() {
      if (made === null) {
        const making = make();
        made = making;
        making.catch(() => {
          if (made === making) made = null;
        });
      }
      return made;
    },
    async drop(release) {
      const dropped = made;
      made = null;
      if (dropped !== null) await dropped.then(release).catch(() => {});
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
