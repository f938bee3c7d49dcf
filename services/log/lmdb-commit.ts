import type { Database, RootDatabase } from 'lmdb';
import { LogUnavailable } from '../../ingest/ports.ts';

/** Group commit: what arrives while a batch is being written goes into the next one. */
export interface Committer<T> {
  /** Resolves when the batch that holds `item` is durable; rejects with what writing it rejected with. */
  commit(item: T, bytes: number): Promise<void>;
  /** Resolves when nothing waits and nothing is being written. */
  idle(): Promise<void>;
}

/** A transaction is bounded, so that a flood of appends does not become one long stall. */
const BATCH_BYTES = 32 * 1024 * 1024;
const BATCH_ITEMS = 4096;

interface Waiting<T> {
  readonly item: T;
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** `write` is never called while an earlier call is still under way. */
export function createCommitter<T>(write: (batch: readonly T[]) => Promise<void>): Committer<T> {
  const queue: Waiting<T>[] = [];
  let running: Promise<void> | null = null;

  const run = async () => {
    // Requests of one turn of the event loop go together even when the disk is idle.
    await new Promise((resolve) => setImmediate(resolve));
    while (queue.length > 0) {
      const batch = takeBatch(queue);
      try {
        await write(batch.map(({ item }) => item));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    running = null;
  };

  return {
    commit(item, bytes) {
      return new Promise((resolve, reject) => {
        queue.push({ item, bytes, resolve, reject });
        running ??= run();
      });
    },
    async idle() {
      while (running !== null) await running;
    },
  };
}

function takeBatch<T>(queue: Waiting<T>[]): Waiting<T>[] {
  let count = 0;
  let bytes = 0;
  for (const { bytes: size } of queue) {
    if (count > 0 && (count >= BATCH_ITEMS || bytes + size > BATCH_BYTES)) break;
    count += 1;
    bytes += size;
  }
  return queue.splice(0, count);
}

/** One entry to write. The value must not change until the write has settled. */
export interface Write {
  readonly table: Database<Buffer, Buffer>;
  readonly key: Buffer;
  readonly value: Buffer;
}

/**
 * Makes all writes one transaction and resolves when it is on the disk. Rejects with {@link LogUnavailable}, and nothing is
 * written, if the disk is full or anything else prevents it.
 */
export async function commit(root: RootDatabase<Buffer, Buffer>, writes: readonly Write[]): Promise<void> {
  await transact(root, () => {
    for (const { table, key, value } of writes) table.put(key, value);
  });
}

/** Removes all entries in one transaction; resolves and rejects as {@link commit} does. */
export async function forget(
  root: RootDatabase<Buffer, Buffer>,
  table: Database<Buffer, Buffer>,
  entries: readonly { readonly key: Buffer }[],
): Promise<void> {
  await transact(root, () => {
    for (const { key } of entries) table.remove(key);
  });
}

async function transact(root: RootDatabase<Buffer, Buffer>, action: () => void): Promise<void> {
  try {
    await root.batch(action);
  } catch (error) {
    throw new LogUnavailable(`the log could not be written: ${await reasonOf(error)}`, { cause: error });
  }
}

/** LMDB's binding hands the reason over as a second promise; left alone, its rejection would end the process. */
async function reasonOf(error: unknown): Promise<string> {
  if (!(error instanceof Error)) return String(error);
  if (!('commitError' in error)) return error.message;
  const patience = new Promise<string>((resolve) => setTimeout(resolve, 100, error.message).unref());
  const told = Promise.resolve(error.commitError).then(
    () => error.message,
    (reason: unknown) => (reason instanceof Error ? reason.message : error.message),
  );
  return Promise.race([told, patience]);
}
