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
