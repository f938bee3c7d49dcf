import { describe, expect, it } from 'vitest';
import { parquetMaker } from '../../services/parquet.ts';
import { openStore } from '../../services/store.ts';
import { startClickHouse } from '../support/clickhouse.ts';

describe('the table behind a file', () => {
  it('is gone once the file has been read, or its reader has gone', async () => {
    const server = await startClickHouse();
    const store = await openStore({ url: server.url });
    try {
      const make = parquetMaker(store, 'fold_test');
      const tables = async () =>
        (await store.query("SELECT name FROM system.tables WHERE name LIKE 'fold_test%'")).length;
      const rows = Array.from({ length: 1_000 }, (_, index) => ({ index, name: `n${index}` }));
      const read = await make(rows);
      expect(await tables()).toBe(1);
      const chunks: Buffer[] = [];
      for await (const chunk of read) chunks.push(chunk as Buffer);
      expect(Buffer.concat(chunks).subarray(0, 4).toString()).toBe('PAR1');
      expect(await tables()).toBe(0);
      const left = await make(rows);
      for await (const _ of left) break;
      for (let tries = 0; (await tables()) > 0 && tries < 100; tries += 1)
        await new Promise((go) => setTimeout(go, 20));
      expect(await tables()).toBe(0);
    } finally {
      await store.close();
      await server.stop();
    }
  });
});
