import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { root } from '../house/files.ts';
import { program } from '../support/program.ts';
import { freePort, type ServerProcess, startServerProcess } from './process.ts';

const dir = mkdtempSync(join(tmpdir(), 'headway-csv-'));
let env: Record<string, string> = {};
let server: ServerProcess;

function importCsv(kind: string, text: string | Uint8Array, ...options: string[]) {
  const file = join(dir, `${kind}.csv`);
  writeFileSync(file, text);
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    execFile(
      process.execPath,
      [program(), 'import', 'csv', kind, file, ...options],
      { cwd: root, env: { ...process.env, ...env }, timeout: 110_000 },
      (error, out, err) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, err: err.replaceAll(dir, '') }),
    );
  });
}

beforeAll(async () => {
  const port = await freePort();
  env = { HEADWAY_PORT: String(port), HEADWAY_DATA_DIR: join(dir, 'data'), HEADWAY_WORKSPACE: dir };
  server = await startServerProcess(port, { ...env, HEADWAY_LOG_LEVEL: 'error' });
}, 60_000);
afterAll(async () => {
  await server.kill();
  rmSync(dir, { recursive: true, force: true });
});

async function get<T>(path: string): Promise<T> {
  const response = await fetch(server.url + path);
  expect(response.status, path).toBe(200);
  return (await response.json()) as T;
}
type Answer = { totals: { value: number | null; n: number | null }[] };
async function survey(): Promise<Answer['totals'][0] | undefined> {
  const { totals } = await get<Answer>('/v1/metrics/survey.score?from=2026-01-01&to=2026-02-01');
  return totals[0];
}

const header = 'wave,respondent,item,score,answered_at,wave_closed_at\n';
const answers = [5, 4, 4, 3, 5, 4, 2, 5].map(
  (score, who) => `q1,p${who}@example.org,overall,${score},2026-01-10,2026-01-20`,
);

it('a dry run says what would be sent, and sends nothing', async () => {
  const ran = await importCsv('surveys', header + answers.join('\n'), '--dry-run');
  expect(ran).toMatchObject({ code: 0, err: '' });
  expect(ran.out).toMatch(
    /8 rows are right and would become 1 survey\.wave_closed, 8 survey\.answered, 1 source\.heartbeat/,
  );
  expect((await survey())?.n ?? 0).toBe(0);
}, 60_000);

it('a file with anything wrong is not imported at all, and all that is wrong is told', async () => {
  const wrong = Array.from({ length: 60 }, () => 'q1,x,overall,four,2026-01-10,2026-01-20');
  const ran = await importCsv('surveys', header + [...answers, ...wrong].join('\n'));
  expect(ran).toMatchObject({ code: 1, out: '' });
  expect(ran.err).toMatch(/was not imported, 60 problems:\n {2}row 10, score: 'four' is not a number/);
  expect(ran.err.match(/row \d+, score/g)).toHaveLength(50);
  expect(ran.err).toMatch(/and 10 more/);
  expect((await survey())?.n ?? 0).toBe(0);
}, 60_000);

it('comments that the server does not ask for: refused, before anything else of the file is sent', async () => {
  const text = header.replace('\n', ',comment\n') + answers.map((row) => `${row},so it is`).join('\n');
  const here = await importCsv('surveys', text);
  expect(here.code).toBe(1);
  expect(here.err).toMatch(/row 1, comment: is taken only where comments are asked for/);
  env = { ...env, HEADWAY_SURVEY_COMMENTS: 'on' };
  const there = await importCsv('surveys', text);
  const { HEADWAY_SURVEY_COMMENTS: _, ...rest } = env;
  env = rest;
  expect(there.code).toBe(1);
  expect(there.err).toMatch(/comments are not asked for here/);
  expect(there.err).not.toMatch(/so it is/);
  expect((await survey())?.n ?? 0).toBe(0);
}, 60_000);

it('imported once or twice, it is the same number (EX-SUR-1)', async () => {
  for (const _ of [1, 2]) {
    const ran = await importCsv('surveys', header + answers.join('\r\n'));
    expect(ran).toMatchObject({ code: 0, out: expect.stringMatching(/8 rows became/) });
    await expect.poll(survey, { timeout: 20_000 }).toMatchObject({ value: 4, n: 8 });
  }
}, 90_000);

it('a cost that is known with another amount is refused; as it was it may come again', async () => {
  const costs = (amount: number) => `from;to;amount;currency;team\n2026-01-01;2026-02-01;${amount};EUR;checkout\n`;
  expect(await importCsv('costs', costs(100), '--separator', ';')).toMatchObject({ code: 0 });
  expect(await importCsv('costs', costs(100), '--separator', ';')).toMatchObject({ code: 0 });
  const changed = await importCsv('costs', costs(120), '--separator', ';');
  expect(changed.code).toBe(1);
  expect(changed.err).toMatch(/from 2026-01-01: 120 EUR, known as 100 EUR/);
}, 90_000);

it('what cannot be read, and options that make no sense, are told in a line', async () => {
  const latin = Buffer.from('person,joined_at\nJ\xFCrgen,2026-01-01\n', 'latin1');
  expect((await importCsv('headcount', latin)).err).toMatch(/is not UTF-8/);
  expect((await importCsv('headcount', 'person,joined_at\na,2026-01-01\n', '--until', '2100-01-01')).err).toMatch(
    /lies ahead/,
  );
  expect((await importCsv('holidays', '')).err).toMatch(
    /Allowed choices are surveys, training, costs, headcount, tickets/,
  );
}, 90_000);
