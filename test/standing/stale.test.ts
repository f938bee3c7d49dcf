import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { EventLog, Store } from '../../ingest/ports.ts';
import { type Atoms, openAtoms } from '../../queries/atoms/atoms.ts';
import { preparePositions } from '../../services/checkpoint.ts';
import { openLmdbLog } from '../../services/log/lmdb-log.ts';
import { createLogger } from '../../services/logger.ts';
import { openReading } from '../../services/reading.ts';
import { metricRoutes } from '../../services/routes/metrics.ts';
import { buildServer } from '../../services/server.ts';
import { type Standing, watchStanding } from '../../services/standing.ts';
import { openStore } from '../../services/store.ts';
import { temporaryFolder } from '../api/start.ts';
import { startClickHouse } from '../support/clickhouse.ts';

const TOLERANCE_MS = 400;
const clock = { now: () => new Date().toISOString() };
const dir = temporaryFolder();

let log: EventLog;
let store: Store;
let atoms: Atoms;
let standing: Standing;
let app: Awaited<ReturnType<typeof buildServer>>;
let stopClickHouse: () => Promise<void>;

beforeAll(async () => {
  const server = await startClickHouse();
  stopClickHouse = server.stop;
  log = await openLmdbLog({ path: join(dir, 'log'), clock });
  store = await openStore({ url: server.url });
  atoms = openAtoms(store, 'stale');
  await atoms.prepare();
  await preparePositions(store);
  standing = watchStanding({ store, log, clock, toleranceMs: TOLERANCE_MS, intervalMs: 30 });
  const reading = openReading({
    store,
    withAtoms: atoms.withAtoms,
    clock,
    reportingZone: 'UTC',
    fiscalStartMonth: 1,
    organisation: 'Stale',
    sources: [],
    defaults: () => ({}),
    staleSince: standing.staleSince,
  });
  app = await buildServer({
    tokens: null,
    rateLimit: null,
    logger: createLogger('fatal'),
    staleSince: standing.staleSince,
    routes: (routed) => metricRoutes(routed, reading.metrics),
  });
});
afterAll(async () => {
  await app.close();
  await standing.stop();
  await store.close();
  await log.close();
});

const url = '/v1/metrics/dora.deployment_frequency?from=2025-01-01&to=2025-02-01&as_of=2025-06-01T00:00:00Z';
const ask = (more = '') => app.inject({ method: 'GET', url: `${url}${more}` });

async function until(isStale: boolean): Promise<void> {
  const patience = performance.now() + 30_000;
  while ((standing.staleSince() !== null) !== isStale) {
    if (performance.now() > patience) throw new Error(`never ${isStale ? 'stale' : 'fresh'}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

it('says nothing while the numbers have all that the log has', async () => {
  await until(false);
  const fresh = await ask();
  expect(fresh.statusCode).toBe(200);
  expect(fresh.headers).not.toHaveProperty('headway-stale-since');
  expect(fresh.json()).not.toHaveProperty('stale');
  expect(fresh.headers['cache-control']).toBe('private, max-age=3600');
});

it('says since when the numbers lack what the log has, and no longer once they have it', async () => {
  const before = clock.now();
  const [written] = await log.append('headway.events', [{ key: 'a', value: Buffer.from('{}') }]);
  const after = clock.now();
  await until(true);
  const since = standing.staleSince()!;
  // Complete up to the last look before the record.
  expect(since <= after && Date.parse(since) >= Date.parse(before) - 20_000).toBe(true);
  const stale = await ask();
  expect(stale.statusCode).toBe(200);
  expect(stale.headers['headway-stale-since']).toBe(since);
  expect(stale.json()).toMatchObject({ stale: true, stale_since: since, metric: 'dora.deployment_frequency' });
  // Nobody may keep it for as long as a past that is complete.
  expect(stale.headers['cache-control']).toBe('private, no-cache');
  const csv = await ask('&format=csv');
  expect(csv.headers['headway-stale-since']).toBe(since);
  expect(csv.body).not.toContain('stale');

  const position = await standing.position();
  const { partition, offset } = written!;
  await store.insert('refreshed_positions', [{ log_partition: partition, next: (offset + 1n).toString() }]);
  await until(false);
  expect((await ask()).json()).not.toHaveProperty('stale');
  expect(await standing.position()).not.toBe(position);
});

it('answers 503 and says since when, while the store cannot be reached', async () => {
  await stopClickHouse();
  await until(true);
  const away = await ask();
  expect(away.statusCode).toBe(503);
  expect(away.headers['retry-after']).toBeDefined();
  expect(away.headers['headway-stale-since']).toBe(standing.staleSince());
});
