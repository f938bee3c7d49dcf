import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceInJson } from '../../ingest/erase/body.ts';
import { type Erasures, withErased } from '../../ingest/erase/known.ts';
import type { Replacing } from '../../ingest/erase/replace.ts';
import type { Clock, EventLog } from '../../ingest/ports.ts';
import { copyLmdbLog } from '../log/lmdb-copy.ts';
import { openLmdbLog } from '../log/lmdb-log.ts';
import type { LongWork } from '../long-work.ts';
import { type Erasing, erasureRecord, type Tally, writeErased } from './erase.ts';
import { beginErasure, erasureFolder, markReady } from './folder.ts';

/**
 * Writes the log without the names beside the old one, states the erasure at its end, and marks it ready: killed before that
 * nothing has happened, after it `finishErasure` puts it in place. The old log must be this process's alone.
 */
export async function eraseEmbedded(
  dataDir: string,
  log: EventLog,
  erasing: Erasing,
  known: Erasures,
  deps: { readonly clock: Clock; readonly onProgress: LongWork },
): Promise<Tally> {
  beginErasure(dataDir);
  const { newLog } = erasureFolder(dataDir);
  const partitions = (await log.ends('headway.events')).size;
  const copy = await copyLmdbLog({ path: newLog, partitions });
  const tally = await writeErased(log, erasing, copy, deps.onProgress).finally(() => copy.close());
  const written = await openLmdbLog({ path: newLog, clock: deps.clock });
  try {
    await written.append('headway.events', [erasureRecord(erasing, tally, deps.clock.now())]);
  } finally {
    await written.close();
  }
  eraseCheckpoints(dataDir, erasing.replacing);
  markReady(dataDir, withErased(known, erasing.replacing.names));
  return tally;
}

/** How far backfills have come is told by rollouts' names, in which people's may stand. */
export function eraseCheckpoints(dataDir: string, replacing: Replacing): void {
  const folder = join(dataDir, 'backfill');
  if (!existsSync(folder)) return;
  for (const file of readdirSync(folder)) {
    const path = join(folder, file);
    const text = readFileSync(path, 'utf8');
    const without = replaceInJson(replacing, text);
    if (without === text) continue;
    writeFileSync(`${path}.new`, without, { flush: true });
    renameSync(`${path}.new`, path);
  }
}
