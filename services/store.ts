import { mkdirSync } from 'node:fs';
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client';
import type { Row, SqlValue, Store } from '../ingest/ports.ts';
import { onCluster } from './cluster.ts';

/** A folder of this process, or a server; `cluster` names the servers whose tables are copies of one another. */
export type StorePlace = { readonly path: string } | { readonly url: string; readonly cluster?: string | null };

/**
 * Opens ClickHouse: a server behind `url`, else the engine in this process with its data in `path` (one process per
 * directory). Both speak through the same client, so that everything above sees one behaviour.
 */
export async function openStore(where: StorePlace): Promise<Store> {
  // Failed statements are thrown; printed, they could carry what people wrote.
  const log = { level: ClickHouseLogLevel.OFF };
  if ('url' in where) {
    // A list may be longer than a server or a proxy takes in an address.
    const client = createClient({ url: where.url, log, use_multipart_params_auto: true });
    const store = storeOn(
      (use) => use(client).catch(asUnavailable),
      () => client.close(),
    );
    const { cluster = null } = where;
    if (cluster === null) return store;
    return { ...store, command: (sql, params) => store.command(onCluster(sql, cluster), params) };
  }
  mkdirSync(where.path, { recursive: true });
  const { createChdbConnection } = await import('chdb/connection');
  const clients = Array.from({ length: CONNECTIONS }, () => {
    const connection = createChdbConnection({ path: where.path });
    // chdb declares `ping` with narrower parameters than the client's Connection; the client never passes others.
    return { client: createClient({ connection: connection as never, log }), running: 0 };
  });
  const onIdlest: OnClient = async (use) => {
    const chosen = clients.reduce((idlest, each) => (each.running < idlest.running ? each : idlest));
    chosen.running += 1;
    try {
      return await use(chosen.client);
    } finally {
      chosen.running -= 1;
    }
  };
  return storeOn(onIdlest, async () => {
    for (const { client } of clients) await client.close();
  });
}

/** The store cannot be reached: whoever asked is told to come back, with the status that says so. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
  readonly statusCode = 503;
}

const AWAY = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']);

function asUnavailable(error: unknown): never {
  const { code, message } = error as NodeJS.ErrnoException;
  if (AWAY.has(code ?? '') || /socket hang up|^Timeout error/.test(message)) {
    throw new StoreUnavailable('the store cannot be reached', { cause: error });
  }
  throw error;
}

/**
 * Connections to the engine in this process: each runs one statement at a time, planning included, so that more of them use
 * more cores. Each also holds a thread of Node's pool of four while it runs; one is left to the rest.
 */
const CONNECTIONS = 3;

type OnClient = <T>(use: (client: ClickHouseClient) => Promise<T>) => Promise<T>;

// Settings stand in the SQL text: chDB keeps what is passed per call for every later one.
const READING = "SETTINGS readonly = 2, date_time_output_format = 'iso', output_format_json_quote_64bit_integers = 1";

function storeOn(onClient: OnClient, close: () => Promise<void>): Store {
  return {
    async query<R extends Row>(sql: string, params: Readonly<Record<string, SqlValue>> = {}): Promise<R[]> {
      return onClient(async (client) => {
        const result = await client.query({ query: withSettings(sql), format: 'JSONEachRow', ...bound(sql, params) });
        return result.json<R>() as Promise<R[]>;
      });
    },
    async command(sql, params = {}) {
      const { query_params } = bound(sql, params);
      await onClient(async (client) => {
        if (query_params === undefined) await client.command({ query: sql });
        // Only a query may carry its parameters in the body; the format has nothing to say.
        else await (await client.query({ query: sql, format: 'JSONEachRow', query_params })).text();
      });
    },
    async insert(table, rows) {
      if (rows.length === 0) return;
      await onClient((client) => client.insert({ table, values: rows as Row[], format: 'JSONEachRow' }));
    },
    async export(sql) {
      return onClient(async (client) => (await client.exec({ query: sql })).stream as AsyncIterable<Uint8Array>);
    },
    close,
  };
}

/** Only the parameters that the statement names: the embedded engine runs statements with any one after another. */
function bound(sql: string, params: Readonly<Record<string, SqlValue>>): { query_params?: Record<string, SqlValue> } {
  const named = Object.entries(params).filter(([name]) => sql.includes(`{${name}:`));
  return named.length > 0 ? { query_params: Object.fromEntries(named) } : {};
}

function withSettings(sql: string): string {
  return /\bSETTINGS\b/.test(sql) ? sql : `${sql}\n${READING}`;
}
