import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Database, RootDatabase } from 'lmdb';
import { keepNames } from '../durable-names.ts';
import { commit, createCommitter, forget } from './lmdb-commit.ts';
import { BINARY, openLmdb } from './lmdb-open.ts';
import { isShared } from './lmdb-processes.ts';

type Handle = (record: Uint8Array) => Promise<void>;

/**
 * A local waiting room for what the log could not take in time: raw deliveries, as bytes. What `put` acknowledged is on
 * the disk, and is handed to `drain` in order until it was taken. Once all of it was taken, no byte of it is left there.
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
  const hasFiles = existsSync(join(path, 'data.mdb'));
  let { root, records } = openFiles(path);
  const keys = [...records.getKeys()];
  let next = keys.length === 0 ? 0n : keys.at(-1)!.readBigUInt64BE() + 1n;
  let waiting = keys.length;
  let draining: Promise<number> | null = null;
  let closed = false;

  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  };
  const committer = createCommitter<Uint8Array>((batch) =>
    inTurn(async () => {
      const writes = batch.map((record) => ({ table: records, key: placeKey(next++), value: Buffer.from(record) }));
      await commit(root, writes);
      waiting += batch.length;
    }),
  );

  /** What is removed stays readable in free pages of the file, so an empty spool begins a new one. */
  const clear = () =>
    inTurn(async () => {
      if (waiting > 0 || closed || isShared(root)) return;
      await root.close();
      for (const file of ['data.mdb', 'lock.mdb']) rmSync(join(path, file), { force: true });
      ({ root, records } = openFiles(path));
      keepNames(path);
    });
  if (hasFiles) await clear();

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
    if (handed > 0) await clear();
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
      await turn;
      await root.close();
    },
  };
}

function openFiles(path: string): { root: RootDatabase<Buffer, Buffer>; records: Database<Buffer, Buffer> } {
  const root = openLmdb(path);
  return { root, records: root.openDB('records', BINARY) };
}

function placeKey(place: bigint): Buffer {
  const key = Buffer.alloc(8);
  key.writeBigUInt64BE(place);
  return key;
}
