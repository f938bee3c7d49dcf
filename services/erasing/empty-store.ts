import { rmSync } from 'node:fs';
import type { Config } from '../config.ts';
import { openStore } from '../store.ts';
import { dropTables } from '../store-generation.ts';
import { erasureFolder } from './folder.ts';

/** Removes everything that is derived from the log: the folder of the embedded engine, or our tables on a server. */
export async function emptyStore({ clickhouseUrl, clickhouseCluster, dataDir }: Config): Promise<void> {
  if (clickhouseUrl === null) {
    rmSync(erasureFolder(dataDir).store, { recursive: true, force: true });
    return;
  }
  const store = await openStore({ url: clickhouseUrl, cluster: clickhouseCluster });
  try {
    await dropTables(store);
  } finally {
    await store.close();
  }
}
