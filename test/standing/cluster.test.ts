import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Store } from '../../ingest/ports.ts';
import { openAtoms } from '../../queries/atoms/atoms.ts';
import { preparePositions } from '../../services/checkpoint.ts';
import { onCluster } from '../../services/cluster.ts';
import { readConfig } from '../../services/config.ts';
import { openStore } from '../../services/store.ts';
import { noteGeneration } from '../../services/store-generation.ts';

const path = mkdtempSync(join(tmpdir(), 'headway-cluster-'));
let store: Store;
/** Every statement by which a process makes its tables. */
const statements: string[] = [];

const listening = (): Store => ({
  ...store,
  command: (sql, params) => {
    statements.push(sql);
    return store.command(sql, params);
  },
});

beforeAll(async () => {
  store = await openStore({ path });
  await openAtoms(listening(), 'cluster').prepare();
  await preparePositions(listening());
  await noteGeneration(listening(), 2);
});
afterAll(async () => {
  await store.close();
  rmSync(path, { recursive: true, force: true });
});

/** The engine's own parser: how it reads a statement, whether or not it could run it. */
async function parsed(sql: string): Promise<string> {
  const [row] = await store.query<{ text: string }>('SELECT formatQuerySingleLine({sql:String}) AS text', { sql });
  return row!.text;
}

it('every table that stays is made on all servers of a cluster, with the engine that copies', async () => {
  const made = statements.filter((sql) => /\bCREATE\b/.test(sql));
  expect(made.length).toBeGreaterThanOrEqual(10);
  for (const sql of made) {
    const text = await parsed(onCluster(sql, 'headway'));
    expect(text).toMatch(/^CREATE (TABLE|MATERIALIZED VIEW) IF NOT EXISTS \w+ ON CLUSTER headway /);
    expect(text).toMatch(/ENGINE = Replicated(Replacing)?MergeTree/);
    // Nothing else about it differs.
    expect(text.replace(' ON CLUSTER headway', '').replace('ENGINE = Replicated', 'ENGINE = ')).toBe(await parsed(sql));
  }
});

it('a table that stayed is removed on all servers, or it would come back from another one', async () => {
  const sql = 'DROP TABLE IF EXISTS events SYNC';
  expect(await parsed(onCluster(sql, 'headway'))).toBe('DROP TABLE IF EXISTS events ON CLUSTER headway SYNC');
});

it('what lives for a while, or makes nothing, is left as it is', () => {
  for (const sql of [
    'CREATE TABLE fold_x_fresh_rollouts ENGINE = Memory AS SELECT 1',
    'TRUNCATE TABLE IF EXISTS events',
    'DROP TABLE IF EXISTS fold_x SYNC',
    'INSERT INTO rollouts SELECT 1',
  ])
    expect(onCluster(sql, 'headway')).toBe(sql);
});

it('a cluster is of a server', () => {
  const config = (env: Record<string, string>) => readConfig({ role: 'all', sources: [], env });
  const url = 'http://127.0.0.1:8123';
  const both = config({ HEADWAY_CLICKHOUSE_URL: url, HEADWAY_CLICKHOUSE_CLUSTER: '{cluster}' });
  expect(both.ok && both.config.clickhouseCluster).toBe('{cluster}');
  for (const env of [{}, { HEADWAY_CLICKHOUSE_URL: url }]) {
    const bad = config({ ...env, HEADWAY_CLICKHOUSE_CLUSTER: env.HEADWAY_CLICKHOUSE_URL ? '`; DROP' : 'c' });
    expect(bad.ok ? [] : bad.problems.map(({ name }) => name)).toEqual([
      env.HEADWAY_CLICKHOUSE_URL ? 'HEADWAY_CLICKHOUSE_CLUSTER' : 'HEADWAY_CLICKHOUSE_URL',
    ]);
  }
});

it('tables of a release that did not let them settle are told to, on all servers, once', async () => {
  const [{ text }] = (await store.query<{ text: string }>(
    "SELECT create_table_query AS text FROM system.tables WHERE database = currentDatabase() AND name = 'rollouts'",
  )) as [{ text: string }];
  expect(text).toContain('min_age_to_force_merge_seconds');
  await store.command('ALTER TABLE rollouts RESET SETTING min_age_to_force_merge_seconds');
  const altered = async () => {
    statements.length = 0;
    await openAtoms(listening(), 'cluster').prepare();
    return statements.filter((sql) => /\bALTER\b/.test(sql));
  };
  const [alter, ...others] = await altered();
  expect(others).toEqual([]);
  expect(await parsed(onCluster(alter!, 'headway'))).toMatch(
    /^ALTER TABLE rollouts ON CLUSTER headway \(?MODIFY SETTING /,
  );
  expect(await altered()).toEqual([]);
});
