import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Session } from 'chdb';

/** ClickHouse's HTTP interface, as far as its client uses it, on the real engine in this process. */
export interface ClickHouseServer {
  /** For `HEADWAY_CLICKHOUSE_URL`. */
  readonly url: string;
  stop(): Promise<void>;
}

/** One per process: the engine holds one data directory. */
export async function startClickHouse(): Promise<ClickHouseServer> {
  const directory = mkdtempSync(join(tmpdir(), 'headway-clickhouse-'));
  const session = new Session(directory);
  const server = createServer((request, response) => {
    answer(session, request).then(
      (bytes) => response.writeHead(200, { 'x-clickhouse-format': 'JSONEachRow' }).end(bytes),
      (error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        response
          .writeHead(500, { 'x-clickhouse-exception-code': /Code: (\d+)/.exec(message)?.[1] ?? '1002' })
          .end(message);
      },
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      session.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function answer(session: Session, request: IncomingMessage): Promise<Uint8Array> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  if (pathname === '/ping') return Buffer.from('Ok.\n');
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const type = request.headers['content-type'] ?? '';
  const form = type.startsWith('multipart/form-data') ? await formIn(body, type) : [];
  // An insert has its statement in the address and the rows as its body; a form has its own; anything else is the body alone.
  const statement = searchParams.get('query');
  const text = form.find(([name]) => name === 'query')?.[1] ?? body.toString('utf8');
  const sql = statement === null ? text : `${statement}\n${text}`;
  const parameters = Object.fromEntries(
    [...searchParams, ...form]
      .filter(([name]) => name.startsWith('param_'))
      .map(([name, value]) => [name.slice(6), parameterOf(sql, name.slice(6), value)]),
  );
  const result =
    Object.keys(parameters).length > 0 ? await session.queryBindAsync(sql, parameters) : await session.queryAsync(sql);
  return result.bytes();
}

async function formIn(body: Buffer, type: string): Promise<[string, string][]> {
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
  return [...form].map(([name, value]) => [name, String(value)]);
}

/** Undoes how the client writes a value into an address; the engine's binding writes it so again, given the value itself. */
function parameterOf(sql: string, name: string, text: string): unknown {
  if (text === '\\N') return null;
  if (!new RegExp(`\\{\\s*${name}\\s*:\\s*Array`).test(sql)) return unescapeText(text);
  const json = text.replaceAll(/'((?:[^'\\]|\\.)*)'|NULL/gs, (literal, inner: string | undefined) =>
    literal === 'NULL' ? 'null' : JSON.stringify(unescapeText(inner ?? '')),
  );
  return JSON.parse(json);
}

function unescapeText(text: string): string {
  return text.replaceAll(/\\(.)/gs, (_, escaped: string) => ESCAPED[escaped] ?? escaped);
}

const ESCAPED: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', b: '\b', f: '\f', '0': '\0' };
