import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Erasures, erasedNames, erasures, noErasures } from '../../ingest/erase/known.ts';
import type { Replacing } from '../../ingest/erase/replace.ts';
import type { Clock } from '../../ingest/ports.ts';
import { keepNames } from '../durable-names.ts';
import { openLmdbLog } from '../log/lmdb-log.ts';

/** Where the parts of an erasure are in a data folder. */
export function erasureFolder(dataDir: string) {
  const folder = join(dataDir, 'erasing');
  return {
    folder,
    log: join(dataDir, 'log'),
    store: join(dataDir, 'store'),
    known: join(dataDir, 'erasures.json'),
    newLog: join(folder, 'log'),
    oldLog: join(folder, 'old-log'),
    newKnown: join(folder, 'erasures.json'),
    /** There once the new log is complete: from then on an erasure is finished, before then forgotten. */
    ready: join(folder, 'ready'),
  };
}

/** What is kept of the names erased from a data folder; with a new key if none were. Throws if the file cannot be read. */
export function readErasures(dataDir: string): Erasures {
  const { known } = erasureFolder(dataDir);
  if (!existsSync(known)) return noErasures(randomBytes(32));
  return erasures.parse(JSON.parse(readFileSync(known, 'utf8')));
}

/** How to take names that were erased before out of what arrives; null if none were. A process asks once, at its start. */
export function erasedBefore(dataDir: string): Replacing | null {
  if (!existsSync(erasureFolder(dataDir).known)) return null;
  const known = readErasures(dataDir);
  return { names: erasedNames(known), secret: Buffer.from(known.secret, 'base64') };
}

/**
 * Makes whole what a killed erasure left: one whose new log is complete goes on to its end, one before that never was. Throws
 * if one is under way in another process. `emptyStore` runs while neither log nor store are anybody's. Says what it found.
 */
export async function finishErasure(
  dataDir: string,
  clock: Clock,
  emptyStore: () => Promise<void>,
): Promise<'nothing' | 'forgotten' | 'finished'> {
  const paths = erasureFolder(dataDir);
  if (!existsSync(paths.folder)) return 'nothing';
  const isReady = existsSync(paths.ready);
  // Opened for its lock alone: a log that is in use by another process cannot be opened.
  const held = await openLmdbLog({ path: isReady && existsSync(paths.newLog) ? paths.newLog : paths.log, clock });
  try {
    if (isReady) {
      if (existsSync(paths.newLog)) {
        if (existsSync(paths.log)) renameSync(paths.log, paths.oldLog);
        renameSync(paths.newLog, paths.log);
      }
      if (existsSync(paths.newKnown)) renameSync(paths.newKnown, paths.known);
      keepNames(dataDir);
      await emptyStore();
      rmSync(paths.oldLog, { recursive: true, force: true });
      keepNames(paths.folder);
    }
    rmSync(paths.folder, { recursive: true, force: true });
    keepNames(dataDir);
  } finally {
    await held.close();
  }
  return isReady ? 'finished' : 'forgotten';
}

/** An empty folder for an erasure to fill. */
export function beginErasure(dataDir: string): void {
  const { folder } = erasureFolder(dataDir);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}

/** States that the new log is complete, with what will be known of the erased names: the point of no return. */
export function markReady(dataDir: string, known: Erasures): void {
  const { folder, newKnown, ready } = erasureFolder(dataDir);
  writeFileSync(newKnown, `${JSON.stringify(known)}\n`, { mode: 0o600, flush: true });
  keepNames(folder);
  writeFileSync(ready, '', { flush: true });
  keepNames(folder);
}
