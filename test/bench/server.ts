import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sources } from '../../ingest/sources/registry.ts';
import { systemClock } from '../../services/clock.ts';
import { type RunningService, startService } from '../../services/compose.ts';
import { readConfig } from '../../services/config.ts';
import { createLogger } from '../../services/logger.ts';

export const SECRET = 'benchmark-secret';

/** The real embedded service on a free port, with an empty workspace and data that are gone afterwards. */
export async function withServer<T>(use: (service: RunningService) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'headway-bench-'));
  const result = readConfig({
    role: 'all',
    sources: sources.map((source) => source.name),
    env: {
      HEADWAY_PORT: '0',
      HEADWAY_DATA_DIR: join(dir, 'data'),
      HEADWAY_WORKSPACE: dir,
      HEADWAY_LOG_LEVEL: 'error',
      HEADWAY_SECRET_GITHUB: SECRET,
    },
  });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  const service = await startService(result.config, { clock: systemClock, logger: createLogger('error') });
  try {
    await service.ready;
    await service.warm();
    return await use(service);
  } finally {
    await service.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}
