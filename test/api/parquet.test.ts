import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RunningService } from '../../services/compose.ts';
import { startEmbedded, temporaryFolder } from './start.ts';

const folder = temporaryFolder();
let service: RunningService;

beforeAll(async () => {
  service = await startEmbedded();
  await service.ready;
  const events = [1, 2, 3, 4].map((day) => ({
    id: `d${day}`,
    type: 'deployment.finished',
    source: 'ship-it',
    occurred_at: `2025-11-0${day}T10:00:00Z`,
    data: {
      rollout_id: `d${day}`,
      service_id: day === 4 ? '=SUM(A1)' : 'käse "light", 2',
      environment: 'production',
      revision: `r${day}`,
      outcome: 'succeeded',
      planned: day % 2 === 0,
    },
  }));
  const sent = await fetch(`${service.url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(events),
  });
  expect(sent.status).toBe(202);
  await service.settled();
}, 120_000);

/** Rows of CSV (RFC 4180) as column to text; the apostrophe before what looks like a formula taken off. */
function readCsv(text: string): Record<string, string>[] {
  const lines: string[][] = [[]];
  for (const [, quoted, plain = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r\n)/g)) {
    const value = quoted === undefined ? plain : quoted.replaceAll('""', '"');
    lines.at(-1)!.push(value.replace(/^'(?=[=+\-@])/, ''));
    if (end === '\r\n') lines.push([]);
  }
  const [header = [], ...rows] = lines.filter((line) => line.length > 0);
  return rows.map((row) => Object.fromEntries(header.map((column, index) => [column, row[index] ?? ''])));
}

/** Has an engine in a process of its own read a file: the text of every value, and the type of every column. */
function readParquet(bytes: Uint8Array): { rows: Record<string, string>[]; types: Record<string, string> } {
  const file = join(folder, 'answer.parquet');
  writeFileSync(file, bytes);
  const ask = (sql: string): Record<string, unknown>[] => {
    const script = `process.stdout.write(require('chdb').query(${JSON.stringify(sql)}, 'JSONEachRow'))`;
    const lines = execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }).split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>);
  };
  const types = ask(`DESCRIBE file('${file}', Parquet)`).map(({ name, type }) => [String(name), String(type)]);
  const rows = ask(`SELECT * FROM file('${file}', Parquet)`).map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === null ? '' : String(value)])),
  );
  return { rows, types: Object.fromEntries(types) };
}

const get = (path: string, headers = {}) => fetch(`${service.url}${path}`, { headers });

describe('format=parquet', () => {
  const questions = [
    '/v1/metrics/dora.deployment_frequency?from=2025-10-20&to=2025-11-10&grain=week&group_by=service',
    '/v1/metrics/dora.deployment_frequency/atoms?from=2025-10-20&to=2025-11-10',
    '/v1/metrics/dora.change_lead_time?from=2025-10-20&to=2025-11-10',
  ];

  it('has the rows of CSV, each value as it is there', async () => {
    for (const question of questions) {
      const response = await get(`${question}&format=parquet`);
      expect(response.status, question).toBe(200);
      expect(response.headers.get('content-type')).toBe('application/vnd.apache.parquet');
      const { rows } = readParquet(new Uint8Array(await response.arrayBuffer()));
      const csv = readCsv(await (await get(`${question}&format=csv`)).text());
      expect(csv.length).toBeGreaterThan(0);
      // The question is about now, which has moved on between the two.
      const without = (all: Record<string, string>[]) => all.map(({ as_of, ...rest }) => rest);
      expect(without(rows), question).toEqual(without(csv));
    }
  }, 120_000);

  it('has numbers as numbers and names as text', async () => {
    const bytes = await (await get(questions[0]!, { accept: 'application/vnd.apache.parquet' })).arrayBuffer();
    const { types, rows } = readParquet(new Uint8Array(bytes));
    expect(types).toMatchObject({
      value: 'Nullable(Float64)',
      service: 'Nullable(String)',
      'window.start': 'Nullable(String)',
      'window.partial': 'Nullable(Bool)',
    });
    expect(new Set(rows.map(({ service: name }) => name))).toEqual(new Set(['käse "light", 2', '=SUM(A1)']));
  }, 60_000);

  it('is a file without rows where there are none, and is not sent again to who has it', async () => {
    const empty = await get('/v1/metrics/ops.mttr/atoms?from=2025-10-20&to=2025-11-10&format=parquet');
    expect(readParquet(new Uint8Array(await empty.arrayBuffer())).rows).toEqual([]);
    const again = await get(`${questions[0]!}&as_of=2026-01-01T00:00:00Z&format=parquet`);
    const etag = again.headers.get('etag')!;
    await again.arrayBuffer();
    const known = await get(`${questions[0]!}&as_of=2026-01-01T00:00:00Z&format=parquet`, { 'if-none-match': etag });
    expect(known.status).toBe(304);
  }, 60_000);

  it('is not made in forms that nobody knows', async () => {
    expect((await get(`${questions[0]!}&format=xlsx`)).status).toBe(406);
  });
});
