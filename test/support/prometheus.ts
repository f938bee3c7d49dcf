import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../e2e/process.ts';

const START_MS = 60_000;

/** A Prometheus, as Debian packages it, over samples of the past. */
export interface Prometheus {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Says once, visibly, that the tests on a real Prometheus are skipped, and returns true if they are. With
 * `HEADWAY_REQUIRE_PROMTOOL=1` (both are one package) throws instead, so that nothing is skipped where it must not be.
 */
export function skipsPrometheus(): boolean {
  const missing = ['prometheus', 'promtool'].filter((command) => spawnSync(command, ['--version']).status !== 0);
  if (missing.length === 0) return false;
  const reason = `there is no ${missing.join(' and no ')} on this machine`;
  if (process.env.HEADWAY_REQUIRE_PROMTOOL === '1') throw new Error(`Prometheus is required: ${reason}`);
  console.log(`skipped the tests on a real Prometheus: ${reason}`);
  return true;
}

/** Starts one on a free port over samples in the OpenMetrics text format, each with its time. */
export async function startPrometheus(openMetrics: string): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'headway-prometheus-'));
  const [samples, config, data] = ['samples.txt', 'prometheus.yml', 'data'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(samples, openMetrics);
  writeFileSync(config, '{}');
  const made = spawnSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', samples, data], {
    encoding: 'utf8',
  });
  if (made.status !== 0) throw new Error(`promtool made no blocks: ${made.stderr}`);
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(
    'sh',
    // The shell in between ends it when this process is gone, however it went: its standard input then closes.
    ['-c', '"$@" </dev/null 2>&1 & cat >/dev/null; kill -9 $!; wait', 'sh', 'prometheus']
      .concat([`--config.file=${config}`, `--storage.tsdb.path=${data}`, '--storage.tsdb.retention.time=100y'])
      .concat([`--web.listen-address=${address}`]),
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  let output = '';
  child.stdout.on('data', (text: Buffer) => {
    output += text.toString();
  });
  const stop = async () => {
    if (child.exitCode !== null) return;
    const closed = once(child, 'close');
    child.stdin.end();
    await closed;
    rmSync(folder, { recursive: true, force: true });
  };
  const deadline = performance.now() + START_MS;
  while (!(await fetch(`http://${address}/-/ready`).catch(() => null))?.ok) {
    if (performance.now() > deadline) {
      await stop();
      throw new Error(`Prometheus did not start:\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { url: `http://${address}`, stop };
}
