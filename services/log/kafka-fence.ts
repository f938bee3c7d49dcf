import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, Producer } from 'kafkajs';
import { APPEND_MS } from './kafka-send.ts';
import { changeSettings, LARGEST_RECORD, settingsOf } from './kafka-topics.ts';

/** A topic that is fenced takes nothing more: every record is larger than this. */
const FENCED = '1';
const SIZE = 'max.message.bytes';

/** Key of the empty records by which a fence is tried. They are no events: readers set them aside, copies leave them out. */
export const FENCE_KEY = 'headway.fence';

const AT_FIRST_MS = 300;
const PATIENCE_MS = 30_000;

/** Shuts topics: appends are refused. Once it resolves, everything that was or will be acknowledged is there. */
export async function fence(admin: Admin, producer: Producer, names: readonly string[]): Promise<void> {
  await changeSettings(admin, names, new Map([[SIZE, FENCED]]));
  await sleep(AT_FIRST_MS);
  const until = performance.now() + PATIENCE_MS;
  for (const topic of names)
    for (const { partition } of await admin.fetchTopicOffsets(topic))
      while (!(await refuses(producer, topic, partition))) {
        if (performance.now() > until) throw new Error(`${topic} still takes records, though it was shut`);
        await sleep(AT_FIRST_MS);
      }
  // An append that was taken before is acknowledged within this, or never.
  await sleep(APPEND_MS);
}

/** Each broker hears of a changed setting in its own time; only an answer of the partition's own broker shows that it has. */
async function refuses(producer: Producer, topic: string, partition: number): Promise<boolean> {
  try {
    const messages = [{ partition, key: FENCE_KEY, value: '' }];
    await producer.send({ topic, acks: -1, timeout: APPEND_MS, messages });
    return false;
  } catch (error) {
    if ((error as { type?: string }).type === 'MESSAGE_TOO_LARGE') return true;
    throw error;
  }
}

/** Lets fenced topics take records again. */
export async function unfence(admin: Admin, names: readonly string[]): Promise<void> {
  await changeSettings(admin, names, new Map([[SIZE, `${LARGEST_RECORD}`]]));
}

/** Those of the topics that are fenced. */
export async function fencedAmong(admin: Admin, names: readonly string[]): Promise<string[]> {
  const settings = await settingsOf(admin, names);
  return names.filter((name) => settings.get(name)?.get(SIZE) === FENCED);
}
