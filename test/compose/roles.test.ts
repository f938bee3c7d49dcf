import { createHmac, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { createToken } from '../../services/tokens.ts';
import { deploymentStatus } from '../api/messages.ts';
import { type ClickHouseServer, startClickHouse } from '../support/clickhouse.ts';
import { type KafkaBroker, skipsKafka, startKafka } from '../support/kafka.ts';
import { type RoleProcess, startComposed } from './processes.ts';

const SECRET = 'webhook-secret';

describe.skipIf(skipsKafka())('the three roles, as docker-compose.yml starts them', () => {
  const directory = mkdtempSync(join(tmpdir(), 'headway-roles-'));
  const { token, record } = createToken('everything', ['ingest', 'read', 'admin']);
  let kafka: KafkaBroker;
  let clickhouse: ClickHouseServer;
  const running: RoleProcess[] = [];
  let gateway: RoleProcess;
  let api: RoleProcess;

  beforeAll(async () => {
    writeFileSync(join(directory, 'tokens.yaml'), stringify({ tokens: [record] }));
    mkdirSync(join(directory, 'workspace'));
    [kafka, clickhouse] = await Promise.all([startKafka(), startClickHouse()]);
    for (const role of ['gateway', 'worker', 'api']) running.push(await startRole(role));
    gateway = running[0]!;
    api = running[2]!;
  }, 300_000);

  afterAll(async () => {
    for (const role of running.reverse()) await role.stop();
    await kafka?.stop();
    await clickhouse?.stop();
    rmSync(directory, { recursive: true, force: true });
  }, 120_000);

  const startRole = (role: string): Promise<RoleProcess> =>
    startComposed(
      role,
      { HEADWAY_TOKEN: token },
      {
        // As secrets.env gives it.
        HEADWAY_SECRET_GITHUB: SECRET,
        HEADWAY_TOKENS_FILE: join(directory, 'tokens.yaml'),
        HEADWAY_WORKSPACE: join(directory, 'workspace'),
        HEADWAY_DATA_DIR: join(directory, role),
        HEADWAY_KAFKA_BROKERS: kafka.brokers.join(','),
        HEADWAY_CLICKHOUSE_URL: clickhouse.url,
      },
    );

  const deploy = async (deployment: number): Promise<{ status: number; tookMs: number }> => {
    const body = deploymentStatus({
      repository: 'acme/shop',
      deployment,
      sha: `${deployment}`.padStart(40, 'a'),
      state: 'success',
      at: new Date(Date.now() - 60_000).toISOString(),
    });
    const started = performance.now();
    const { status } = await fetch(`${gateway.url}/hooks/github`, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        'x-github-event': 'deployment_status',
        'x-github-delivery': randomUUID(),
        'x-hub-signature-256': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
      },
    });
    return { status, tookMs: performance.now() - started };
  };

  const count = async (): Promise<number> => {
    const day = 24 * 3_600_000;
    const from = new Date(Date.now() - day).toISOString().slice(0, 10);
    const to = new Date(Date.now() + day).toISOString().slice(0, 10);
    const answer = await fetch(`${api.url}/v1/metrics/dora.deployment_frequency?from=${from}&to=${to}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    const { totals } = (await answer.json()) as { totals: { n: number }[] };
    return totals[0]?.n ?? 0;
  };

  const untilStale = async (wanted: boolean, patienceMs: number): Promise<void> => {
    const started = performance.now();
    for (;;) {
      const answer = await fetch(`${api.url}/v1/metrics/dora.deployment_frequency`, {
        headers: { authorization: `Bearer ${token}` },
      });
      const { stale = false, stale_since = null } = (await answer.json()) as { stale?: boolean; stale_since?: string };
      expect(answer.headers.get('headway-stale-since')).toBe(stale_since);
      if (stale === wanted) return;
      if (performance.now() - started > patienceMs) throw new Error(`stale is ${stale} all along`);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  };

  const untilCount = async (wanted: number, patienceMs: number): Promise<number> => {
    const started = performance.now();
    for (;;) {
      const seen = await count();
      if (seen === wanted) return performance.now() - started;
      if (performance.now() - started > patienceMs) throw new Error(`counted ${seen}, not ${wanted}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

  it('counts a deployment that the gateway took', async () => {
    expect(await count()).toBe(0);
    expect((await deploy(1)).status).toBe(202);
    console.log(`first deployment visible after ${Math.round(await untilCount(1, 60_000))} ms`);
    expect((await deploy(2)).status).toBe(202);
    const visibleMs = await untilCount(2, 60_000);
    console.log(`second deployment visible after ${Math.round(visibleMs)} ms`);
  }, 150_000);

  it('asks for a token, and tells Prometheus how it is', async () => {
    for (const { url } of running) {
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      expect((await fetch(`${url}/metrics`)).status).toBe(401);
      const metrics = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
      expect(metrics.status).toBe(200);
    }
  });

  it('takes deliveries while Kafka is away, and counts them once it is back', async () => {
    await kafka.kill();
    const taken = await Promise.all([deploy(3), deploy(4)]);
    for (const { status, tookMs } of taken) {
      expect(status).toBe(202);
      expect(tookMs).toBeLessThan(6000);
    }
    // Numbers that may lack what waits say so, and since when.
    await untilStale(true, 60_000);
    // What it answered 202 outlives it.
    await kafka.start();
    await untilCount(4, 90_000);
    await untilStale(false, 60_000);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(await count()).toBe(4);
  }, 300_000);
});
