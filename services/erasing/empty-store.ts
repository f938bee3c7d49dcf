import { rmSync } from 'node:fs';
import { atomKinds } from '../../queries/atoms/subjects/registry.ts';
import type { Config } from '../config.ts';
import { openStore } from '../store.ts';
import { erasureFolder } from './folder.ts';

/**
 * Removes everything that is derived from the log, bytes and all: the folder of the embedded engine, or our tables on a
 * server. What the engine would only mark as removed, and keep for a while, is gone at once.
 */
export async function emptyStore({ clickhouseUrl, clickhouseCluster, dataDir }: Config): Promise<void> {
  if (clickhouseUrl === null) {
    rmSync(erasureFolder(dataDir).store, { recursive: true, force: true });
    return;
  }
  const store = await openStore({ url: clickhouseUrl, cluster: clickhouseCluster });
  try {
    const scratch = await store.query<{ name: string }>(
      "SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, 'fold_')",
    );
    const kept = [
      'entity_refs',
      'events',
      'refreshed_positions',
      'atoms_made_by',
      ...atomKinds.map(({ name }) => name),
    ];
    for (const table of [...kept, ...scratch.map(({ name }) => name)])
      await store.command(`DROP TABLE IF EXISTS ${table} SYNC`);
  } finally {
    await store.close();
  }
}
