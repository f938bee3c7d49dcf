import type { Producer } from 'kafkajs';
import type { Topic } from '../../ingest/ports.ts';
import type { PendingAppend, Place } from './kafka-append.ts';
import { partitionOf } from './partition.ts';

/** How long the brokers may take for an acknowledgement, in milliseconds: what has none by then never gets one. */
export const APPEND_MS = 5000;

/** A producer, the generation of the log that it appends to, and how many partitions each topic has. */
export interface Connection {
  readonly producer: Producer;
  readonly generation: number;
  readonly nameOf: (topic: Topic) => string;
  readonly partitions: ReadonlyMap<Topic, number>;
}

/** Sends all items as one request per broker, and says where each record went. Throws unless every record is acknowledged. */
export async function sendAll(
  { producer, partitions, nameOf }: Connection,
  items: readonly PendingAppend[],
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
    timeout: APPEND_MS,
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
