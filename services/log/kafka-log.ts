import { randomUUID } from 'node:crypto';
import type { Admin } from 'kafkajs';
import { type EventLog, LogUnavailable, type Topic } from '../../ingest/ports.ts';
import { createAppendQueue } from './kafka-append.ts';
import { type KafkaPlace, kafkaClient, messageOf, newConsumer, newProducer, RETRY } from './kafka-client.ts';
import { followOnce } from './kafka-follow.ts';
import {
  erasuresTopic,
  FIRST,
  type Generation,
  generationReader,
  isErasing,
  settleGenerations,
  topicName,
} from './kafka-generations.ts';
import { scan } from './kafka-scan.ts';
import { type Connection, sendAll } from './kafka-send.ts';
import { checkSettings, countPartitions, createTopics, TOPICS } from './kafka-topics.ts';
import { partitionOf } from './partition.ts';
import { shared } from './shared.ts';

/** Where the log is and how it behaves. */
export interface KafkaLogOptions extends KafkaPlace {
  /** Partitions of topics that this makes (default 6); topics that exist keep theirs. */
  readonly partitions?: number;
  /** Copies of topics that this makes (default: 3, or as many as there are brokers). */
  readonly replication?: number;
  /** How long an append waits for its acknowledgement (default 2000). */
  readonly patienceMs?: number;
}

/** The log in Kafka, which can be written anew under whoever uses it. */
export interface KafkaLog extends EventLog {
  /**
   * The generation as this process knows it by now. What is appended in the same turn is appended to that one, or not at
   * all: an append that finds a later one rejects with {@link LogUnavailable}.
   */
  generation(): Generation;
  /** Asks the brokers which generation holds; null while another one is being written. Rejects with {@link LogUnavailable}. */
  settled(): Promise<Generation | null>;
}

/** How often a reading is taken up again before it counts as refused. */
const READ_ATTEMPTS = 8;

const FIND_SLACK_MS = 60_000;
const REJOIN_MS = 500;
/** Longest that a question about the log may take: its callers answer requests of their own. */
const ANSWER_MS = 5000;

/**
 * The distributed log: Kafka. Makes its topics if they are absent. Opening does not wait for the brokers, so that a gateway
 * starts while they are away: appends then reject with {@link LogUnavailable} after `patienceMs`, followers keep trying, and
 * `ends`, `find` and `readAll` reject with {@link LogUnavailable}.
 */
export async function openKafkaLog(options: KafkaLogOptions): Promise<KafkaLog> {
  const { logger, patienceMs = 2000 } = options;
  const kafka = kafkaClient(options);
  const prefix = options.topicPrefix ?? '';
  const read = generationReader(kafka, prefix);
  let generation = FIRST;
  const nameOf = (topic: Topic) => topicName(prefix, topic, generation.number);
  const closing = new AbortController();
  // Made anew after whatever failed, which is how a process hears of another generation: the topics of the last one are gone.
  const admin = shared(async () => {
    const client = kafka.admin({ retry: RETRY });
    await client.connect();
    const found = await settleGenerations(client, { prefix, logger, read });
    generation = found.generation;
    const { partitions = 6, replication } = options;
    const absent = TOPICS.map(nameOf).filter((name) => !found.listed.includes(name));
    await createTopics(
      client,
      absent.map((name) => ({ name, partitions, replication })),
    );
    const present = TOPICS.map(nameOf).filter((name) => found.listed.includes(name));
    await checkSettings(client, present, logger);
    return client;
  });

  const connection = shared(async (): Promise<Connection> => {
    const client = await admin.get();
    const { number } = generation;
    const named = (topic: Topic) => topicName(prefix, topic, number);
    const producer = newProducer(kafka);
    await producer.connect();
    return { producer, generation: number, nameOf: named, partitions: await countPartitions(client, named) };
  });

  // Ready before the first append, which has little patience; if the brokers are away, that append tries again.
  connection.get().catch((error: unknown) => logger.warn({ problem: messageOf(error) }, 'Kafka does not answer yet'));

  const queue = createAppendQueue({
    patienceMs,
    async send(items) {
      try {
        const current = await connection.get();
        if (items.some((item) => item.generation > current.generation)) throw new Error('connecting to a newer log');
        // Made before names were taken out of the log, they may hold some.
        const fitting = items.filter((item) => item.generation === current.generation);
        const places = fitting.length === 0 ? [] : await sendAll(current, fitting);
        let sent = 0;
        return items.map((item) => (item.generation === current.generation ? places[sent++]! : null));
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

  async function* records(topic: Topic, from: ReadonlyMap<number, bigint>) {
    const ends = await bounds(topic);
    const name = nameOf(topic);
    const ranges = new Map(
      [...from].map(([partition, start]) => [partition, { from: start, to: ends.get(partition)?.high ?? 0n }]),
    );
    // A broker that has just come back may refuse for a while, its coordinator still loading: what is left is asked for again.
    for (let attempt = 1; ; attempt += 1) {
      const groupId = `${prefix}headway.read.${randomUUID()}`;
      try {
        for await (const batch of scan(newConsumer(kafka, groupId, true), name, ranges)) {
          const last = batch.at(-1);
          yield batch;
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
      return queue.append({ topic, generation: generation.number, records });
    },

    async follow(topic, reader, signal) {
      const ended = AbortSignal.any([signal, closing.signal]);
      while (!ended.aborted) {
        const ending = await ask(() => Promise.resolve())
          .then(() =>
            followOnce({
              consumer: newConsumer(kafka, `${prefix}${reader.group}`, false),
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
        await admin.drop((client) => client.disconnect());
        await pause(REJOIN_MS, ended);
      }
    },

    async *readAll(topic) {
      const starts = await bounds(topic);
      yield* records(topic, new Map([...starts].map(([partition, { low }]) => [partition, low])));
    },

    async find(topic, key, since) {
      const partitions = await ask((client) => countPartitions(client, nameOf));
      const partition = partitionOf(key, partitions.get(topic)!);
      const sinceMs = Date.parse(since) - FIND_SLACK_MS;
      const offsets = await ask((client) => client.fetchTopicOffsetsByTimestamp(nameOf(topic), Math.max(0, sinceMs)));
      const from = offsets.find((each) => each.partition === partition)?.offset ?? '0';
      for await (const batch of records(topic, new Map([[partition, BigInt(from)]]))) {
        const found = batch.find((record) => record.key === key);
        if (found !== undefined) return found;
      }
      return null;
    },

    async ends(topic) {
      return new Map([...(await bounds(topic))].map(([partition, { high }]) => [partition, high]));
    },

    generation: () => generation,

    settled: () =>
      ask(async (client) => {
        if (!(await client.listTopics()).includes(erasuresTopic(prefix))) return generation;
        const isUnderWay = await isErasing(client, prefix);
        const { number } = await read(client);
        if (number !== generation.number) throw new Error('the log was written anew');
        return isUnderWay ? null : generation;
      }),

    async close() {
      if (closing.signal.aborted) return;
      closing.abort();
      await queue.close();
      await connection.drop(({ producer }) => producer.disconnect());
      await admin.drop((client) => client.disconnect());
    },
  };
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
