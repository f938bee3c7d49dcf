import { mkdirSync } from 'node:fs';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import type { Row, SqlValue, Store } from '../ingest/ports.ts';

/**
 * Opens ClickHouse: a server behind `url`, else the engine in this process with its data in `path` (one process per
 * directory). Both speak through the same client, so that everything above sees one behaviour.
 */
export async function openStore(where: { path: string } | { url: string }): Promise<Store> {
  // Failed statements are thrown; printed, they could carry what people wrote.
  const log = { level: ClickHouseLogLevel.OFF };
  const client = 'url' in where ? createClient({ url: where.url, log }) : await embedded(where.path);
  return storeOn(client);
}

async function embedded(path: string): Promise<ClickHouseClient> {
  mkdirSync(path, { recursive: true });
  const { createChdbConnection } = await import('chdb/connection');
  const connection = createChdbConnection({ path });
  // chdb declares `ping` with narrower parameters than the client's Connection; the client never passes others.
  return createClient({ connection: connection as never, log: { level: ClickHouseLogLevel.OFF } });
}

// Settings stand in the SQL text: chDB keeps what is passed per call for every later one.
const READING = "SETTINGS readonly = 2, date_time_output_format = 'iso', output_format_json_quote_64bit_integers = 1";

function storeOn(client: ClickHouseClient): Store {
  return {
    async query<R extends Row>(sql: string, params: Readonly<Record<string, SqlValue>> = {}): Promise<R[]> {
      const result = await client.query({
        query: withSettings(sql),
        format: 'JSONEachRow',
        query_params: { ...params },
      });
      return result.json<R>() as Promise<R[]>;
    },
    async command(sql, params = {}) {
      await client.command({ query: sql, query_params: { ...params } });
    },
    async insert(table, rows) {
      if (rows.length === 0) return;
      await client.insert({ table, values: rows as Row[], format: 'JSONEachRow' });
    },
    async close() {
      await client.close();
    },
  };
}

function withSettings(sql: string): string {
  return /\bSETTINGS\b/.test(sql) ? sql : `${sql}\n${READING}`;
}
