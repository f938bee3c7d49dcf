import type { LogRecord, Topic } from '../../ingest/ports.ts';
import { commit, type Write } from './lmdb-commit.ts';
import { COUNT_KEY, INDEXED, NOTHING, stateKey, TOPICS } from './lmdb-layout.ts';
import { BINARY, openLmdb } from './lmdb-open.ts';
import { encodeRecord, encodeState, indexKey, type PartitionState, recordKey } from './lmdb-record.ts';

/** A new log that is filled with another one's records, each at its place and with its time of recording. */
export interface LogCopy {
  /** Resolves when the records are durable. A record keeps its partition, whatever its key is now. */
  write(topic: Topic, records: readonly LogRecord[]): Promise<void>;
  /** Completes the log: what is opened there afterwards goes on after the last record. */
  close(): Promise<void>;
}

const BATCH_BYTES = 16 * 1024 * 1024;

/** Begins a log in an empty directory, in the layout of `openLmdbLog`. Until it is closed it is not complete. */
export async function copyLmdbLog({ path, partitions }: { path: string; partitions: number }): Promise<LogCopy> {
  const root = openLmdb(path);
  const states = root.openDB<Buffer, Buffer>('partitions', BINARY);
  const records = new Map(TOPICS.map((topic) => [topic, root.openDB<Buffer, Buffer>(topic, BINARY)]));
  const index = root.openDB<Buffer, Buffer>(`${INDEXED}.by_key`, BINARY);
  const reached = new Map<string, { key: Buffer; state: PartitionState }>();

  return {
    async write(topic, batch) {
      let writes: Write[] = [];
      let bytes = 0;
      for (const { partition, offset, key, value, recordedAt } of batch) {
        const at = Number(offset);
        const recordedAtMs = Date.parse(recordedAt);
        const table = records.get(topic)!;
        writes.push({ table, key: recordKey(partition, at), value: encodeRecord(recordedAtMs, key, value) });
        if (topic === INDEXED) writes.push({ table: index, key: indexKey(key, partition, at), value: NOTHING });
        reached.set(`${topic}/${partition}`, {
          key: stateKey(topic, partition),
          state: { next: at + 1, lastMs: recordedAtMs },
        });
        bytes += value.byteLength;
        if (bytes < BATCH_BYTES) continue;
        await commit(root, writes);
        writes = [];
        bytes = 0;
      }
      if (writes.length > 0) await commit(root, writes);
    },
    async close() {
      const count = Buffer.alloc(4);
      count.writeUInt32BE(partitions);
      const writes = [...reached.values()].map(({ key, state }) => ({ table: states, key, value: encodeState(state) }));
      await commit(root, [...writes, { table: states, key: COUNT_KEY, value: count }]);
      await root.close();
    },
  };
}
