import type { Topic } from '../../ingest/ports.ts';

/** Names and keys of the embedded log's tables. */
export const TOPICS: readonly Topic[] = ['headway.deliveries', 'headway.events'];
/** Only deliveries are looked up one by one; the keys of events are subjects, of which there may be very many records. */
export const INDEXED: Topic = 'headway.deliveries';
export const NOTHING = Buffer.alloc(0);
/** Where the number of partitions stands, among their states. */
export const COUNT_KEY = Buffer.from('count');

/** Where the state of a partition stands. */
export function stateKey(topic: Topic, partition: number): Buffer {
  return Buffer.from(`${topic}/${partition}`);
}
