import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Store } from '../../ingest/ports.ts';
import { openStore } from '../../services/store.ts';
import { type ClickHouseServer, startClickHouse } from './clickhouse.ts';

let server: ClickHouseServer;
let store: Store;
beforeAll(async () => {
  server = await startClickHouse();
  store = await openStore({ url: server.url });
});
afterAll(async () => {
  await store.close();
  await server.stop();
});

const nasty = `it's "quoted" \\ back\tslash\nline \\n NULL [1] {x} 🚀`;

it('speaks to the server as to the engine in process', async () => {
  await store.command('CREATE TABLE front (id String, at DateTime64(3), n UInt64) ENGINE = MergeTree ORDER BY id');
  await store.insert('front', [
    { id: nasty, at: '2025-11-21 10:00:00.123', n: '18446744073709551615' },
    { id: 'plain', at: '2025-11-21 10:00:00.000', n: 1 },
  ]);
  const rows = await store.query('SELECT id, at, n FROM front WHERE id IN ({ids:Array(String)}) AND id = {id:String}', {
    ids: [nasty, 'other', 'NULL'],
    id: nasty,
  });
  expect(rows).toEqual([{ id: nasty, at: '2025-11-21T10:00:00.123Z', n: '18446744073709551615' }]);
  await expect(store.query('SELECT * FROM nowhere')).rejects.toMatchObject({ type: 'UNKNOWN_TABLE' });
});

it('takes lists that no address could carry, in questions and in commands', async () => {
  const ids = Array.from({ length: 20_000 }, (_, index) => `entity:${index} ${nasty}`);
  const sql = 'SELECT toString(uniqExact(id)) AS n, max(id) AS last FROM (SELECT arrayJoin({ids:Array(String)}) AS id)';
  const [told] = await store.query(sql, { ids, unused: 'x' });
  expect(told).toEqual({ n: '20000', last: `entity:9999 ${nasty}` });
  await store.command(`CREATE TABLE many ENGINE = Memory AS SELECT arrayJoin({ids:Array(String)}) AS id`, { ids });
  await store.command(`INSERT INTO many SELECT arrayJoin({ids:Array(String)}) SETTINGS max_threads = 1`, { ids });
  expect(await store.query('SELECT toString(count()) AS n, toString(uniqExact(id)) AS ids FROM many')).toEqual([
    { n: '40000', ids: '20000' },
  ]);
}, 60_000);
