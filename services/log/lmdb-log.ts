import type { Database } from 'lmdb';
import {
  type AppendRecord,
  type Clock,
  type EventLog,
  LogUnavailable,
  type Positions,
  type Reader,
  type Topic,
} from '../../ingest/ports.ts';
import { type Bell, createBell } from './bell.ts';
import { createGroup, type Group } from './group.ts';
import { commit, createCommitter, type Write } from './lmdb-commit.ts';
import { COUNT_KEY, INDEXED, NOTHING, stateKey, TOPICS } from './lmdb-layout.ts';
import { BINARY, openLmdb } from './lmdb-open.ts';
import { isShared } from './lmdb-processes.ts';
import { findRecord, readBatch, type TopicTables } from './lmdb-read.ts';
import { decodeState, encodeRecord, encodeState, indexKey, type PartitionState, recordKey } from './lmdb-record.ts';
import { partitionOf } from './partition.ts';

const FIND_SLACK_MS = 60_000;

/** Where the log is and how it behaves. */
export interface LmdbLogOptions {
  /** Directory of the log; made if absent. One process at a time. */
  readonly path: string;
  readonly clock: Clock;
  /** Partitions per topic of a new log (default 1). An existing log keeps the number that it was made with. */
  readonly partitions?: number;
  /** Most records that a reader is handed at once (default 5000; never more than about 8 MiB unless one record is larger). */
  readonly batchRecords?: number;
}

interface TopicState extends TopicTables {
  readonly bell: Bell;
  readonly groups: Map<string, Group>;
}

/**
 * The embedded log: LMDB in this process. Appends that arrive while a transaction is being written share the next one, so
 * that one fsync serves many requests. A failed transaction (disk full) leaves nothing behind and rejects every
 * append in it with {@link LogUnavailable}; later appends try again. Opening throws if the directory cannot be used.
 */
export async function openLmdbLog(options: LmdbLogOptions): Promise<EventLog> {
  const root = openLmdb(options.path);
  const states = root.openDB<Buffer, Buffer>('partitions', BINARY);
  const partitions = await partitionsOf(states, options.partitions ?? 1);
  if (isShared(root)) {
    await root.close();
    throw new Error(`another process is using the log in ${options.path}: stop it first, or choose another directory`);
  }
  const topics = new Map<Topic, TopicState>();
  for (const topic of TOPICS) {
    topics.set(topic, {
      records: root.openDB<Buffer, Buffer>(topic, BINARY),
      index: topic === INDEXED ? root.openDB<Buffer, Buffer>(`${topic}.by_key`, BINARY) : null,
      durable: Array.from({ length: partitions }, (_, partition) =>
        decodeState(states.get(stateKey(topic, partition))),
      ),
      bell: createBell(),
      groups: new Map(),
    });
  }
  const topicState = (topic: Topic) => topics.get(topic)!;
  const batchRecords = options.batchRecords ?? 5000;
  const closing = new AbortController();

  const committer = createCommitter<Pending>(async (batch) => {
    const nowMs = Date.parse(options.clock.now());
    const writes: Write[] = [];
    const moved = new Map<Topic, Map<number, PartitionState>>();
    for (const { topic, records: appended, places } of batch) {
      const { records, index, durable } = topicState(topic);
      const ahead = moved.get(topic) ?? new Map<number, PartitionState>();
      moved.set(topic, ahead);
      for (const { key, value } of appended) {
        const partition = partitionOf(key, partitions);
        const { next, lastMs } = ahead.get(partition) ?? durable[partition]!;
        const at = Math.max(nowMs, lastMs);
        writes.push({ table: records, key: recordKey(partition, next), value: encodeRecord(at, key, value) });
        if (index) writes.push({ table: index, key: indexKey(key, partition, next), value: NOTHING });
        ahead.set(partition, { next: next + 1, lastMs: at });
        places.push({ partition, offset: BigInt(next) });
      }
    }
    for (const [topic, ahead] of moved) {
      for (const [partition, state] of ahead) {
        writes.push({ table: states, key: stateKey(topic, partition), value: encodeState(state) });
      }
    }
    await commit(root, writes);
    for (const [topic, ahead] of moved) {
      const { durable, bell } = topicState(topic);
      for (const [partition, state] of ahead) durable[partition] = state;
      bell.ring();
    }
  });

  return {
    async append(topic, records) {
      if (closing.signal.aborted) throw new LogUnavailable('the log is closed');
      if (records.length === 0) return [];
      const pending: Pending = { topic, records, places: [] };
      await committer.commit(pending, sizeOf(records));
      return pending.places;
    },

    async follow(topic, reader, signal) {
      const state = topicState(topic);
      const ended = AbortSignal.any([signal, closing.signal]);
      const group = state.groups.get(reader.group) ?? createGroup(partitions, () => state.bell.ring());
      state.groups.set(reader.group, group);
      const member = {};
      const positions = new Map<number, number>();
      group.join(member);
      try {
        while (!ended.aborted) {
          const seen = state.bell.rings();
          const { taken, given } = group.settle(member);
          for (const partition of given) positions.delete(partition);
          if (taken.length > 0) await startAt(reader, taken, state, positions);
          if (ended.aborted) return;
          let handled = false;
          for (const [partition, position] of positions) {
            if (ended.aborted) return;
            const records = readBatch(state, partition, position, state.durable[partition]!.next, batchRecords);
            if (records.length === 0) continue;
            await reader.handle(records);
            positions.set(partition, Number(records.at(-1)!.offset) + 1);
            handled = true;
          }
          if (!handled) await state.bell.after(seen, ended);
        }
      } finally {
        group.leave(member);
      }
    },

    async *readAll(topic) {
      const state = topicState(topic);
      const ends = state.durable.map(({ next }) => next);
      for (const [partition, end] of ends.entries()) {
        let position = 0;
        while (position < end) {
          const records = readBatch(state, partition, position, end, batchRecords);
          if (records.length === 0) break;
          position = Number(records.at(-1)!.offset) + 1;
          yield records;
        }
      }
    },

    async find(topic, key, since) {
      return findRecord(topicState(topic), key, Date.parse(since) - FIND_SLACK_MS);
    },

    async ends(topic) {
      return new Map(topicState(topic).durable.map(({ next }, partition) => [partition, BigInt(next)]));
    },

    async close() {
      if (closing.signal.aborted) return;
      closing.abort();
      await committer.idle();
      await root.close();
    },
  };
}

interface Pending {
  readonly topic: Topic;
  readonly records: readonly AppendRecord[];
  readonly places: { partition: number; offset: bigint }[];
}

async function partitionsOf(states: Database<Buffer, Buffer>, wanted: number): Promise<number> {
  const stored = states.get(COUNT_KEY);
  if (stored !== undefined) return stored.readUInt32BE(0);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(wanted);
  await states.put(COUNT_KEY, bytes);
  return wanted;
}

function sizeOf(records: readonly AppendRecord[]): number {
  return records.reduce((sum, record) => sum + record.value.byteLength + 64, 0);
}

/** A reader that is ahead of the log has seen another, longer one: it starts over, and folds drop what it repeats. */
async function startAt(
  reader: Reader,
  taken: readonly number[],
  state: TopicState,
  positions: Map<number, number>,
): Promise<void> {
  const starts: Positions = await reader.start(taken);
  for (const partition of taken) {
    const start = Number(starts.get(partition) ?? 0n);
    positions.set(partition, start > state.durable[partition]!.next ? 0 : start);
  }
}
