import { mkdirSync } from 'node:fs';
import { open, type RootDatabase } from 'lmdb';

/** How the tables of every LMDB of ours hold keys and values: as bytes. */
export const BINARY = { encoding: 'binary', keyEncoding: 'binary' } as const;

/** Opens the LMDB in a directory, which is made if it is not there. Throws if it cannot be used. */
export function openLmdb(path: string): RootDatabase<Buffer, Buffer> {
  mkdirSync(path, { recursive: true });
  return open<Buffer, Buffer>({
    path,
    noSubdir: false,
    ...BINARY,
    maxDbs: 8,
    // A commit is then durable when it resolves: one state to reason about, and no reader ahead of the disk.
    overlappingSync: false,
    // Every write stands in a batch of ours. The binding's own batches reject where nobody can catch it.
    eventTurnBatching: false,
  });
}
