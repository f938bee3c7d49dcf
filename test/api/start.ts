import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../ingest/ports.ts';
import { sources } from '../../ingest/sources/registry.ts';
import { systemClock } from '../../services/clock.ts';
import { type RunningService, startService } from '../../services/compose.ts';
import { readConfig } from '../../services/config.ts';
import { createLogger } from '../../services/logger.ts';
import { releaseAfterFile } from '../support/release.ts';

/** A new folder that is gone after the tests of the file. */
export function temporaryFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'headway-api-'));
  releaseAfterFile(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Starts the real embedded service on a free port, with data in a temporary folder, until the tests of the file are over. */
export async function startEmbedded(
  env: Record<string, string> = {},
  clock: Clock = systemClock,
): Promise<RunningService> {
  const dir = temporaryFolder();
  const result = readConfig({
    role: 'all',
    sources: sources.map((source) => source.name),
    env: {
      HEADWAY_PORT: '0',
      HEADWAY_DATA_DIR: join(dir, 'data'),
      HEADWAY_WORKSPACE: dir,
      HEADWAY_LOG_LEVEL: 'error',
      ...env,
    },
  });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  const service = await startService(result.config, { clock, logger: createLogger(result.config.logLevel) });
  releaseAfterFile(() => service.stop());
  return service;
}
