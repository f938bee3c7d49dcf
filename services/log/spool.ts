import { mkdirSync } from 'node:fs';
import { type Database, open } from 'lmdb';
import { commit, createCommitter, forget } from './lmdb-commit.ts';

type Handle = (record: Uint8Array) => Promise<void>;

/**
 * A local waiting room for what the log could not take in time: raw deliveries, as bytes. What `put` acknowledged is on
 * the disk, and is handed to `drain` in order until it was taken.
 */
export interface Spool {
  /** Resolves when the record is durable; rejects with LogUnavailable if the disk cannot take it. */
  put(record: Uint8Array): Promise<void>;
  /**
   * Hands over every record, oldest first, and forgets each once `handle` resolved; says how many. If `handle` rejects,
   * rejects with the same reason and keeps that record and all after it. A crash between the two hands the record over
   * again: at least once. Up to `atOnce` (default 1) are handed over without waiting for each other, still in order; what
   * follows a failed one in such a handful is handed over again. Calls made while one is under way join it.
   */
  drain(handle: Handle, atOnce?: number): Promise<number>;
  /** How many records wait. */
  size(): number;
  close(): Promise<void>;
}

/** Opens the spool in its own directory, with what waited there. One process at a time. */
export async function openSpool({ path }: { path: string }): Promise<Spool> {
  mkdirSync(path, { recursive: true });
  const root = open<Buffer, Buffer>({
    path,
    noSubdir: false,
    encoding: 'binary',
    keyEncoding: 'binary',
    overlappingSync: false,
    eventTurnBatching: false,
  });
  const records: Database<Buffer, Buffer> = root.openDB('records', { encoding: 'binary', keyEncoding: 'binary' });
  const keys = [...records.getKeys()];
  let next = keys.length === 0 ? 0n : keys.at(-1)!.readBigUInt64BE() + 1n;
  let waiting = keys.length;
  let draining: Promise<number> | null = null;
  let closed = false;

  const committer = createCommitter<Uint8Array>(async (batch) => {
    const writes = batch.map((record) => ({ table: records, key: placeKey(next++), value: Buffer.from(record) }));
    await commit(root, writes);
    waiting += batch.length;
  });

  const drain = async (handle: Handle, atOnce: number): Promise<number> => {
    let handed = 0;
    while (!closed) {
      const batch = [...records.getRange({ limit: atOnce })];
      if (batch.length === 0) break;
      const outcomes = await Promise.allSettled(batch.map(({ value }) => handle(value)));
      const failed = outcomes.findIndex(({ status }) => status === 'rejected');
      const done = failed === -1 ? batch : batch.slice(0, failed);
      if (done.length > 0) await forget(root, records, done);
      waiting -= done.length;
      handed += done.length;
      const outcome = outcomes[failed];
      if (outcome?.status === 'rejected') throw outcome.reason;
    }
    return handed;
  };

  return {
    put: (record) => committer.commit(record, record.byteLength),
    drain(handle, atOnce = 1) {
      draining ??= drain(handle, atOnce).finally(() => {
        draining = null;
      });
      return draining;
    },
    size: () => waiting,
    async close() {
      closed = true;
      await Promise.allSettled([draining, committer.idle()]);
      await root.close();
    },
  };
}

function placeKey(place: bigint): Buffer {
  const key = Buffer.alloc(8);
  key.writeBigUInt64BE(place);
  return key;
}
