import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLmdbLog } from '../../services/log/lmdb-log.ts';
import { eventLogContract, type LogFixture } from './event-log.ts';

const clock = { now: () => new Date().toISOString() };

for (const partitions of [1, 3]) {
  eventLogContract(`LMDB, ${partitions} partition${partitions > 1 ? 's' : ''}`, async (): Promise<LogFixture> => {
    const path = mkdtempSync(join(tmpdir(), 'headway-log-'));
    return {
      open: () => openLmdbLog({ path, clock, partitions, batchRecords: 40 }),
      beside: async (log) => log,
      destroy: async () => rmSync(path, { recursive: true, force: true }),
    };
  });
}
