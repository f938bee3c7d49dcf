import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, Consumer, Producer } from 'kafkajs';
import type { Erasures } from '../../ingest/erase/known.ts';
import { type AppendRecord, LogUnavailable, type Topic } from '../../ingest/ports.ts';
import { type KafkaPlace, kafkaClient, messageOf, newConsumer, newProducer, RETRY } from './kafka-client.ts';
import { createKafkaCopy, type KafkaCopy } from './kafka-copy.ts';
import { fence, unfence } from './kafka-fence.ts';
import {
  deleteTopics,
  erasingGroup,
  erasuresTopic,
  generationReader,
  generationsAmong,
  markOf,
  membersOf,
  settleGenerations,
  topicName,
} from './kafka-generations.ts';
import { APPEND_MS } from './kafka-send.ts';
import { createTopics, TOPICS } from './kafka-topics.ts';
import { partitionOf } from './partition.ts';

/** The log in Kafka in the hands of one process, which writes it anew as its next generation. Steps in this order. */
export interface Rewrite {
  /** How many processes of a group follow the log. One that was killed counts for a session more. */
  followers(group: string): Promise<number>;
  /** Nobody can append any more. Once it resolves, whatever was acknowledged is there to be read. */
  fence(): Promise<void>;
  /** Makes empty topics of the next generation, to be filled. */
  begin(): Promise<KafkaCopy>;
  /** Completes the filled topics: brokers stamp their records from now on, and these come last. */
  complete(topic: Topic, records: readonly AppendRecord[]): Promise<void>;
  /** Throws unless the new topics hold all that the old ones do, and nobody else can have interfered. */
  check(): Promise<void>;
  /** The next generation holds from now on, and with it what is known of the names: the point of no return. */
  mark(known: Erasures): Promise<void>;
  /** Deletes the topics of all other generations. */
  removeOld(): Promise<void>;
  /** Before the mark: as if nothing had been done. Throws after it, and where the hold on the log was lost. */
  undo(): Promise<void>;
  /** Lets go of the log. Whoever connects next puts in order what is left. */
  release(): Promise<void>;
}

const HOLD_ATTEMPTS = 5;

/** Takes the log in hand; null if somebody else has it. Readers and writers are not kept away by that alone. */
export async function holdKafkaLog(place: KafkaPlace): Promise<Rewrite | null> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await hold(place);
    } catch (error) {
      // A broker that has just come up may refuse for a while, its coordinator still loading.
      if (attempt === HOLD_ATTEMPTS)
        throw new LogUnavailable(`Kafka does not answer: ${messageOf(error)}`, { cause: error });
      await sleep(1000);
    }
  }
}

async function hold(place: KafkaPlace): Promise<Rewrite | null> {
  const prefix = place.topicPrefix ?? '';
  const kafka = kafkaClient(place);
  const admin = kafka.admin({ retry: RETRY });
  const producer = newProducer(kafka);
  const consumer = newConsumer(kafka, erasingGroup(prefix), false);
  const release = async () => {
    for (const each of [consumer, producer, admin]) await each.disconnect().catch(() => {});
  };
  try {
    await admin.connect();
    await producer.connect();
    if (!(await admin.listTopics()).includes(erasuresTopic(prefix)))
      await createTopics(admin, [{ name: erasuresTopic(prefix), partitions: 1 }]);
    const member = await join(consumer, erasuresTopic(prefix));
    const isHeld = async () => {
      const members = await membersOf(admin, erasingGroup(prefix));
      return members.length === 1 && members[0] === member;
    };
    if (!(await isHeld())) {
      await release();
      return null;
    }
    const read = generationReader(kafka, prefix);
    // Nothing is put in order by this, since somebody is at work: topics that a killed erasure left go with the old ones.
    const { generation, listed } = await settleGenerations(admin, { prefix, logger: place.logger, read });
    const next = Math.max(generation.number, ...generationsAmong(listed, prefix)) + 1;
    /** A client that knows no topics yet: one that has asked about a topic fails in all it does once that is deleted. */
    const anew = async (use: (client: Admin) => Promise<void>) => {
      const client = kafka.admin({ retry: RETRY });
      await client.connect();
      await use(client).finally(() => client.disconnect());
    };
    const holds = async (client: Admin) => (await read(client)).number === next;
    return {
      ...rewriteOf({
        admin,
        prefix,
        old: (topic) => topicName(prefix, topic, generation.number),
        fresh: (topic) => topicName(prefix, topic, next),
        producer,
        anew,
        isHeld,
        holds,
      }),
      async mark(known) {
        const messages = [{ partition: 0, key: `${next}`, value: markOf(next, known) }];
        try {
          await producer.send({ topic: erasuresTopic(prefix), acks: -1, timeout: APPEND_MS, messages });
        } catch (error) {
          // It may have been taken all the same, or be on its way.
          await producer.disconnect();
          await sleep(2 * APPEND_MS);
          if (!(await holds(admin))) throw error;
        }
      },
      release,
    };
  } catch (error) {
    await release();
    throw error;
  }
}

interface RewriteParts {
  readonly admin: Admin;
  readonly producer: Producer;
  readonly prefix: string;
  readonly old: (topic: Topic) => string;
  readonly fresh: (topic: Topic) => string;
  readonly isHeld: () => Promise<boolean>;
  /** Whether the new generation is the one that holds. */
  readonly holds: (client: Admin) => Promise<boolean>;
  readonly anew: (use: (client: Admin) => Promise<void>) => Promise<void>;
}

function rewriteOf(parts: RewriteParts): Omit<Rewrite, 'mark' | 'release'> {
  const { admin, producer, prefix, old, fresh, isHeld, holds, anew } = parts;
  let filled: KafkaCopy | null = null;
  const copy = () => {
    if (filled === null) throw new Error('there is no new log yet');
    return filled;
  };
  const endsOf = async (nameOf: (topic: Topic) => string) => {
    const ends = new Map<string, { low: bigint; high: bigint }>();
    for (const topic of TOPICS)
      for (const { partition, low, high } of await admin.fetchTopicOffsets(nameOf(topic)))
        ends.set(`${topic}/${partition}`, { low: BigInt(low), high: BigInt(high) });
    return ends;
  };
  /** Deletes what other generations have topics of, if the one that holds has all of its own. */
  const removeAllBut = async (client: Admin, kept: (topic: Topic) => string) => {
    const present = await client.listTopics();
    const keeping = new Set(TOPICS.map(kept));
    if (![...keeping].every((name) => present.includes(name)))
      throw new Error('topics of the log are missing in Kafka: nothing more is deleted');
    const names = generationsAmong(present, prefix).flatMap((number) =>
      TOPICS.map((topic) => topicName(prefix, topic, number)),
    );
    await deleteTopics(
      client,
      names.filter((name) => !keeping.has(name)),
    );
  };
  return {
    followers: async (group) => (await membersOf(admin, `${prefix}${group}`)).length,
    fence: () => fence(admin, producer, TOPICS.map(old)),
    async begin() {
      filled = await createKafkaCopy({ admin, producer, old, fresh });
      return filled;
    },
    async complete(topic, records) {
      await copy().close();
      const { length: partitions } = await admin.fetchTopicOffsets(fresh(topic));
      const placed = records.map((record) => ({ ...record, partition: partitionOf(record.key, partitions) }));
      await copy().append(topic, placed);
    },
    async check() {
      if (!(await isHeld())) throw new Error('the log in Kafka was not held all the time: give the command again');
      const { taken, written } = copy();
      for (const [place, { low, high }] of await endsOf(old))
        if (high > low && taken.get(place) !== high)
          throw new Error('the log in Kafka has grown while it was written anew: give the command again');
      for (const [place, { high }] of await endsOf(fresh))
        if (high !== BigInt(written.get(place) ?? 0))
          throw new Error('the new topics are not as they were written: give the command again');
    },
    removeOld: () =>
      anew(async (client) => {
        // Else whoever has it does that.
        if (await isHeld()) await removeAllBut(client, fresh);
      }),
    undo: () =>
      anew(async (client) => {
        if (await holds(client)) throw new Error('the erasure holds already: the next start finishes it');
        if (!(await isHeld())) throw new Error('the log is in other hands, which put it in order');
        await removeAllBut(client, old);
        await unfence(client, TOPICS.map(old));
      }),
  };
}

/** Joins a group and stays in it; resolves with the name that the group knows this member by. */
async function join(consumer: Consumer, topic: string): Promise<string> {
  const joined = new Promise<string>((resolve, reject) => {
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => resolve(payload.memberId));
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
  });
  joined.catch(() => {});
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: false });
  await consumer.run({ autoCommit: false, eachBatch: async () => {} });
  return joined;
}
