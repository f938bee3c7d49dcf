import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { MakeParquet } from '../parquet.ts';
import { sendProblem } from './problems.ts';

/** Forms in which rows can be had. */
export const formats = ['json', 'csv', 'ndjson', 'parquet'] as const;
export type Format = (typeof formats)[number];

const mediaTypes: Readonly<Record<Format, string>> = {
  json: 'application/json; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: 'application/x-ndjson; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
};

/** The form that a request asks for by `format`, else by Accept, else JSON; null if it asks for one that is not made. */
export function formatOf(request: FastifyRequest): Format | null {
  const asked = (request.query as Record<string, unknown>).format;
  if (asked !== undefined) return formats.find((format) => format === asked) ?? null;
  const accept = request.headers.accept ?? '';
  if (/\bapplication\/vnd\.apache\.parquet\b/.test(accept)) return 'parquet';
  if (/\btext\/csv\b/.test(accept)) return 'csv';
  return /\bapplication\/(x-)?ndjson\b/.test(accept) ? 'ndjson' : 'json';
}

/** Answers 406, naming what can be had. */
export function sendNotAcceptable(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return sendProblem(request, reply, {
    status: 406,
    kind: 'format',
    title: 'This format is not made here',
    detail: `format is one of ${formats.join(', ')}.`,
    problems: [{ field: 'format', problem: `is not one of ${formats.join(', ')}` }],
  });
}

declare module 'fastify' {
  interface FastifyInstance {
    /** While the numbers lag behind the log: the instant up to which they are complete (UTC ISO). */
    staleSince(): string | null;
    /** Makes a Parquet file of rows; null in a process without a store. */
    makeParquet: MakeParquet | null;
  }
}

/** Header of every answer that is read, while the numbers lag behind the log: the instant up to which they are complete. */
export const STALE_HEADER = 'headway-stale-since';

export interface Rendering {
  readonly format: Format;
  /** What JSON shows; the other forms show `rows`. */
  readonly whole: unknown;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** The instant of a question about now, which must not make equal answers look different; null: a fixed past. */
  readonly now: string | null;
}

/**
 * Sends rows in the asked form with an ETag; 304 if the caller has them. An answer about a fixed past instant may be kept for
 * an hour, one about now must be asked for again, and so must any while the numbers lag behind the log.
 */
export async function sendRows(
  request: FastifyRequest,
  reply: FastifyReply,
  rendering: Rendering,
): Promise<FastifyReply> {
  const { makeParquet } = request.server;
  if (rendering.format === 'parquet' && makeParquet === null) return sendNotAcceptable(request, reply);
  const since = request.server.staleSince();
  const text = render(since === null ? rendering : { ...rendering, whole: marked(rendering.whole, since) });
  const stable = rendering.now === null ? text : text.replaceAll(rendering.now, '');
  const etag = `W/"${createHash('sha256').update(stable).digest('base64url').slice(0, 27)}"`;
  reply
    .header('etag', etag)
    .header('cache-control', rendering.now === null && since === null ? 'private, max-age=3600' : 'private, no-cache')
    .header('vary', 'accept, authorization');
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  reply.header('content-type', mediaTypes[rendering.format]);
  if (rendering.format !== 'parquet' || makeParquet === null) return reply.send(text);
  return reply.send(await makeParquet(rendering.rows));
}

/** Says in the answer itself that it may lack what the log has since then. */
function marked(whole: unknown, since: string): unknown {
  return { ...(whole as object), stale: true, stale_since: since };
}

function render({ format, whole, rows }: Rendering): string {
  if (format === 'json') return JSON.stringify(whole);
  // Parquet is told apart by the same rows; the engine writes the file.
  if (format === 'ndjson' || format === 'parquet') return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  return csv(rows);
}

/** Rows as CSV (RFC 4180): nested keys joined by a dot, lists by a blank, null as an empty cell. */
export function csv(rows: readonly Readonly<Record<string, unknown>>[]): string {
  const flat = rows.map((row) => flatten(row));
  const columns = [...new Set(flat.flatMap((row) => [...row.keys()]))];
  const lines = flat.map((row) => columns.map((column) => cell(row.get(column))).join(','));
  return [columns.map(cell).join(','), ...lines].map((line) => `${line}\r\n`).join('');
}

/** What stands in one cell of a table. */
export type Cell = string | number | boolean | null;

/** A row as one line of a table: nested keys joined by a dot, lists as text, joined by a blank. */
export function flatten(value: Readonly<Record<string, unknown>>, prefix = '', into = new Map<string, Cell>()) {
  for (const [key, item] of Object.entries(value)) {
    const name = prefix + key;
    if (item === null || item === undefined) into.set(name, null);
    else if (typeof item === 'number' || typeof item === 'boolean') into.set(name, item);
    else if (Array.isArray(item)) into.set(name, item.map(textOf).join(' '));
    else if (typeof item === 'object') flatten(item as Record<string, unknown>, `${name}.`, into);
    else into.set(name, String(item));
  }
  return into;
}

function textOf(item: unknown): string {
  return typeof item === 'object' ? JSON.stringify(item) : String(item);
}

function cell(value: Cell | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'string') return String(value);
  // A spreadsheet would run a name that begins like a formula.
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
