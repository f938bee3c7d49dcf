import type { Admin, Producer } from 'kafkajs';
import type { LogRecord, Topic } from '../../ingest/ports.ts';
import { FENCE_KEY } from './kafka-fence.ts';
import { APPEND_MS } from './kafka-send.ts';
import { changeSettings, createTopics, settingsOf, TOPICS } from './kafka-topics.ts';
import type { LogCopy } from './lmdb-copy.ts';

/** Topics that are filled with the records of others. Places are `topic/partition`. */
export interface KafkaCopy extends LogCopy {
  /** Appends at the end of what was written, after {@link close}, with the broker's time. */
  append(topic: Topic, records: readonly Placed[]): Promise<void>;
  /** Next offset of the old log, by place: what was read of it so far. */
  readonly taken: ReadonlyMap<string, bigint>;
  /** How many records the new log was given so far, by place. */
  readonly written: ReadonlyMap<string, number>;
}

type Placed = Pick<LogRecord, 'partition' | 'key' | 'value'>;

export interface CopyOptions {
  readonly admin: Admin;
  readonly producer: Producer;
  /** Names of the topics to copy. */
  readonly old: (topic: Topic) => string;
  /** Names of the topics to make. */
  readonly fresh: (topic: Topic) => string;
}

const BATCH_BYTES = 8 * 1024 * 1024;

/** Makes topics like the old ones, but for taking the time of a record from whoever writes it: a copy keeps the time of the log. */
export async function createKafkaCopy({ admin, producer, old, fresh }: CopyOptions): Promise<KafkaCopy> {
  const settings = await settingsOf(admin, TOPICS.map(old));
  const { topics } = await admin.fetchTopicMetadata({ topics: TOPICS.map(old) });
  await createTopics(
    admin,
    TOPICS.map((topic) => {
      const partitions = topics.find(({ name }) => name === old(topic))?.partitions ?? [];
      // What somebody set for the old ones stays, but for what keeps them shut.
      const kept = new Map(settings.get(old(topic)));
      kept.delete('max.message.bytes');
      kept.set('message.timestamp.type', 'CreateTime');
      return {
        name: fresh(topic),
        partitions: partitions.length,
        replication: partitions[0]?.replicas.length,
        settings: kept,
      };
    }),
  );
  const taken = new Map<string, bigint>();
  const written = new Map<string, number>();

  const send = async (topic: Topic, records: readonly (Placed & { readonly recordedAt?: string })[]) => {
    if (records.length === 0) return;
    await producer.send({
      topic: fresh(topic),
      acks: -1,
      timeout: APPEND_MS,
      messages: records.map(({ partition, key, value, recordedAt }) => ({
        partition,
        key,
        value: Buffer.from(value.buffer, value.byteOffset, value.byteLength),
        ...(recordedAt === undefined ? {} : { timestamp: `${Date.parse(recordedAt)}` }),
      })),
    });
    for (const { partition } of records) {
      const place = `${topic}/${partition}`;
      written.set(place, (written.get(place) ?? 0) + 1);
    }
  };

  return {
    taken,
    written,
    append: send,
    async write(topic, records) {
      let batch: LogRecord[] = [];
      let bytes = 0;
      for (const record of records) {
        taken.set(`${topic}/${record.partition}`, record.offset + 1n);
        if (record.key === FENCE_KEY) continue;
        if (batch.length > 0 && bytes + record.value.byteLength > BATCH_BYTES) {
          await send(topic, batch);
          batch = [];
          bytes = 0;
        }
        batch.push(record);
        bytes += record.value.byteLength;
      }
      await send(topic, batch);
    },
    close: () => changeSettings(admin, TOPICS.map(fresh), new Map([['message.timestamp.type', 'LogAppendTime']])),
  };
}
