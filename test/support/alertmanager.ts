import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { freePort } from '../e2e/process.ts';

const COMMAND = 'prometheus-alertmanager';
const START_MS = 60_000;

/** Prometheus’s own Alertmanager, as Debian packages it, with a configuration and data of its own. */
export interface Alertmanager {
  /** Hands it alerts as Prometheus does. */
  post(alerts: readonly object[]): Promise<void>;
  /** What it has written so far. */
  output(): string;
  stop(): Promise<void>;
}

/**
 * Says once, visibly, that the tests on a real Alertmanager are skipped, and returns true if they are. With
 * `HEADWAY_REQUIRE_ALERTMANAGER=1` throws instead, so that nothing is skipped where it must not be.
 */
export function skipsAlertmanager(): boolean {
  if (spawnSync(COMMAND, ['--version']).status === 0) return false;
  const reason = `there is no ${COMMAND} on this machine`;
  if (process.env.HEADWAY_REQUIRE_ALERTMANAGER === '1') throw new Error(`Alertmanager is required: ${reason}`);
  console.log(`skipped the tests on a real Alertmanager: ${reason}`);
  return true;
}

/** Starts it on a free port; `settings` is told a folder for files that they name, and gives `alertmanager.yml`. */
export async function startAlertmanager(settings: (folder: string) => object): Promise<Alertmanager> {
  const folder = mkdtempSync(join(tmpdir(), 'headway-alertmanager-'));
  const file = join(folder, 'alertmanager.yml');
  writeFileSync(file, stringify(settings(folder)));
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(
    'sh',
    // The shell in between ends it when this process is gone, however it went: its standard input then closes.
    ['-c', '"$@" </dev/null 2>&1 & cat >/dev/null; kill -9 $!; wait', 'sh', COMMAND]
      .concat([`--config.file=${file}`, `--storage.path=${join(folder, 'data')}`])
      .concat([`--web.listen-address=${address}`, '--cluster.listen-address=']),
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  let output = '';
  child.stdout.on('data', (data: Buffer) => {
    output += data.toString();
  });
  const stop = async () => {
    const closed = once(child, 'close');
    child.stdin.end();
    await closed;
    rmSync(folder, { recursive: true, force: true });
  };
  const deadline = performance.now() + START_MS;
  while (!(await fetch(`http://${address}/-/ready`).catch(() => null))?.ok) {
    if (performance.now() > deadline) {
      await stop();
      throw new Error(`Alertmanager did not start:\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    stop,
    output: () => output,
    async post(alerts) {
      const answer = await fetch(`http://${address}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(alerts),
      });
      if (!answer.ok) throw new Error(`Alertmanager answered ${answer.status}: ${await answer.text()}`);
    },
  };
}
