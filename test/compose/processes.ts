import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect } from 'vitest';
import { program } from '../support/program.ts';
import { ROOT, readCompose } from './file.ts';

/** `headway serve` as a process of its own, outside any container. */
export interface RoleProcess {
  readonly url: string;
  /** SIGTERM; it must end by itself within the grace period, and cleanly. */
  stop(): Promise<void>;
}

/** As docker-compose.yml gives it, stop_grace_period. */
const STOP_MS = 30_000;

/**
 * Starts one service of docker-compose.yml. `outside` are the variables that the file wants filled in, `environment` is what a
 * container's network and mounts would provide. The address of the store is set only where the file sets one.
 */
export function startComposed(
  role: string,
  outside: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>>,
): Promise<RoleProcess> {
  const given = { CLICKHOUSE_PASSWORD: 'unused', GRAFANA_ADMIN_PASSWORD: 'unused', ...outside };
  const service = readCompose(given).services[role]!;
  const { HEADWAY_CLICKHOUSE_URL: store, ...rest } = environment;
  return startProcess(role, service.command!, {
    ...service.environment,
    HEADWAY_HOST: '0.0.0.0',
    ...rest,
    ...(service.environment!.HEADWAY_CLICKHOUSE_URL && store ? { HEADWAY_CLICKHOUSE_URL: store } : {}),
  });
}

/** Starts the command line with these arguments and this environment, on a free port; resolves once it listens. */
export async function startProcess(
  name: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<RoleProcess> {
  const child = spawn(process.execPath, [program(), ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'pipe'],
    env: { PATH: process.env.PATH, ...environment, HEADWAY_PORT: '0' },
  });
  const ended = once(child, 'close');
  // A run that is broken off leaves none behind.
  const end = () => void child.kill('SIGKILL');
  process.once('exit', end);
  child.once('close', () => process.off('exit', end));
  const { url, words } = await listening(name, child);
  return {
    url: url.replace('0.0.0.0', '127.0.0.1'),
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await ended;
      clearTimeout(timer);
      expect(child.exitCode, `${name} stops cleanly, having said\n${words.join('\n')}`).toBe(0);
    },
  };
}

/** Where a process says that it listens, and its last words, kept up to date. Rejects with these if it ends before. */
function listening(name: string, child: ChildProcess): Promise<{ url: string; words: readonly string[] }> {
  return new Promise((resolve, reject) => {
    const words: string[] = [];
    createInterface({ input: child.stderr! }).on('line', (line) => {
      words.push(line);
      if (words.length > 30) words.shift();
      const found = /"url":"(http:[^"]+)"/.exec(line);
      if (found !== null) resolve({ url: found[1]!, words });
    });
    child.on('close', () => reject(new Error(`${name} ended before it listened:\n${words.join('\n')}`)));
  });
}
