import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, Kafka } from 'kafkajs';
import { z } from 'zod';
import { type Erasures, erasures } from '../../ingest/erase/known.ts';
import type { Topic } from '../../ingest/ports.ts';
import { newConsumer } from './kafka-client.ts';
import { fencedAmong, unfence } from './kafka-fence.ts';
import { scan } from './kafka-scan.ts';
import { TOPICS } from './kafka-topics.ts';
import type { LogLogger } from './log-logger.ts';

/** The log as it was last written anew, in topics of its own. */
export interface Generation {
  /** 1: as the log began. Higher for every later one, not without gaps. */
  readonly number: number;
  /** What is kept of the names that were taken out of it; null: none were. */
  readonly known: Erasures | null;
}

export const FIRST: Generation = { number: 1, known: null };

/** The topic whose last record says which generation holds. To append to it is what makes an erasure final. */
export const erasuresTopic = (prefix: string): string => `${prefix}headway.erasures`;

/** The group that whoever writes the log anew is the one member of, for as long as it lives. */
export const erasingGroup = (prefix: string): string => `${prefix}headway.erasing`;

/** The name of a topic of a generation. */
export function topicName(prefix: string, topic: Topic, generation: number): string {
  return `${prefix}${topic}${generation === 1 ? '' : `.${generation}`}`;
}

/** The generations that any of the listed topics are of, lowest first. */
export function generationsAmong(listed: readonly string[], prefix: string): number[] {
  const numbers = new Set<number>();
  for (const name of listed) {
    const topic = TOPICS.find((each) => name.startsWith(prefix + each));
    if (topic === undefined) continue;
    const suffix = name.slice(prefix.length + topic.length);
    if (suffix === '') numbers.add(1);
    else if (/^\.[1-9]\d*$/.test(suffix)) numbers.add(Number(suffix.slice(1)));
  }
  return [...numbers].sort((a, b) => a - b);
}

const mark = z.object({ generation: z.int().min(2), known: erasures });

/** What is appended so that a generation holds from then on. */
export function markOf(number: number, known: Erasures): Buffer {
  return Buffer.from(JSON.stringify({ generation: number, known } satisfies z.infer<typeof mark>));
}

/** Reads which generation holds, from the last record of its topic, which must exist. What was read last is kept. */
export function generationReader(kafka: Kafka, prefix: string): (client: Admin) => Promise<Generation> {
  const topic = erasuresTopic(prefix);
  let last = { end: 0n, generation: FIRST };
  return async (client) => {
    const [offsets] = await client.fetchTopicOffsets(topic);
    const end = BigInt(offsets?.high ?? 0);
    if (end === last.end) return last.generation;
    const groupId = `${prefix}headway.read.${randomUUID()}`;
    let found: Generation | null = null;
    try {
      const ranges = new Map([[0, { from: end - 1n, to: end }]]);
      for await (const records of scan(newConsumer(kafka, groupId, true), topic, ranges))
        for (const { value } of records) {
          const { generation, known } = mark.parse(JSON.parse(new TextDecoder().decode(value)));
          found = { number: generation, known };
        }
    } finally {
      await client.deleteGroups([groupId]).catch(() => {});
    }
    if (found === null) throw new Error(`the last record of ${topic} cannot be read`);
    last = { end, generation: found };
    return found;
  };
}

/** Names of the members of a group. A broker that has just come up may not know its groups yet: it is asked again. */
export async function membersOf(client: Admin, group: string): Promise<string[]> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { groups } = await client.describeGroups([group]);
      return groups.flatMap(({ members }) => members.map(({ memberId }) => memberId));
    } catch (error) {
      if (attempt === 3) throw error;
      await sleep(500);
    }
  }
}

/** Whether somebody is writing the log anew, or dead for less than a session. */
export async function isErasing(client: Admin, prefix: string): Promise<boolean> {
  return (await membersOf(client, erasingGroup(prefix))).length > 0;
}

export interface SettleOptions {
  readonly prefix: string;
  readonly logger: LogLogger;
  readonly read: (client: Admin) => Promise<Generation>;
}

/**
 * Says which generation of the log holds, and which topics there are. What a killed erasure left is put in order: topics of
 * generations that do not hold go, and those of the one that does take records again. While one is under way all is left.
 */
export async function settleGenerations(
  client: Admin,
  { prefix, logger, read }: SettleOptions,
): Promise<{ generation: Generation; listed: readonly string[] }> {
  // In this order: what is there, whether anybody is at work on it, and only then what holds. Read the other way round,
  // an erasure that ends in between would pass for one that was killed before its end.
  const listed = await client.listTopics();
  const numbers = generationsAmong(listed, prefix);
  const named = (number: number) =>
    TOPICS.map((topic) => topicName(prefix, topic, number)).filter((name) => listed.includes(name));
  const fenced = await fencedAmong(client, numbers.flatMap(named));
  const isLeft = numbers.length > 1 || fenced.length > 0;
  const isUnderWay = isLeft && (await isErasing(client, prefix));
  const generation = listed.includes(erasuresTopic(prefix)) ? await read(client) : FIRST;
  const holding = named(generation.number);
  // A log whose first topics are yet to be made is the only one that may lack any.
  const isNew = generation.number === 1 && numbers.every((number) => number === 1);
  if (holding.length < TOPICS.length && !isNew)
    throw new Error(
      `topics of generation ${generation.number} of the log are missing in Kafka, which ${erasuresTopic(prefix)} says holds; if this lasts, restore them`,
    );
  if (!isLeft || isUnderWay) return { generation, listed };
  const others = numbers.filter((number) => number !== generation.number).flatMap(named);
  if (others.length > 0) await deleteTopics(client, others);
  const shut = fenced.filter((name) => holding.includes(name));
  if (shut.length > 0) await unfence(client, shut);
  logger.warn({ removed: others, opened: shut }, 'put in order what an interrupted erasure had left in Kafka');
  return { generation, listed };
}

/** Deletes topics, those that are gone already among them. */
export async function deleteTopics(client: Admin, names: readonly string[]): Promise<void> {
  for (const name of names) {
    if (!(await client.listTopics()).includes(name)) continue;
    await client.deleteTopics({ topics: [name] }).catch(async (error: unknown) => {
      // Somebody else was quicker.
      if ((await client.listTopics()).includes(name)) throw error;
    });
  }
}
