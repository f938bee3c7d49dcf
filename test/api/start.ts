import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Clock } from '../../ingest/ports.ts';
import { sources } from '../../ingest/sources/registry.ts';
import { systemClock } from '../../services/clock.ts';
import { type RunningService, startService } from '../../services/compose.ts';
import { readConfig } from '../../services/config.ts';
import { createLogger } from '../../services/logger.ts';

/** A new folder that is gone after the tests of the file. */
export function temporaryFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'headway-api-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
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
  afterAll(() => service.stop());
  return service;
}

/** Headers of a GitHub delivery, signed as GitHub signs it. */
export function githubHeaders(event: string, body: string | Uint8Array, secret: string): Record<string, string> {
  return {
    'content-type': 'application/json',
    'x-github-event': event,
    'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
    'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  };
}

/** A `deployment_status` of GitHub, with the fields that matter. */
export function deploymentStatus(of: {
  repository: string;
  deployment: number;
  sha: string;
  state: string;
  at: string;
  environment?: string;
}): string {
  const environment = of.environment ?? 'production';
  const owner = { login: of.repository.split('/')[0], type: 'Organization' };
  return JSON.stringify({
    action: 'created',
    deployment_status: {
      id: of.deployment * 10,
      state: of.state,
      environment,
      created_at: of.at,
      updated_at: of.at,
      creator: { login: 'octo', type: 'User' },
    },
    deployment: {
      id: of.deployment,
      sha: of.sha,
      ref: 'main',
      task: 'deploy',
      payload: {},
      environment,
      production_environment: environment === 'production',
      created_at: of.at,
      updated_at: of.at,
      creator: { login: 'octo', type: 'User' },
    },
    repository: { id: 1, full_name: of.repository, default_branch: 'main', owner },
    sender: { login: 'octo', type: 'User' },
  });
}
