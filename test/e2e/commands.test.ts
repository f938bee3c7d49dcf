import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { findToken } from '../../services/tokens.ts';
import { root } from '../house/files.ts';
import { program } from '../support/program.ts';
import { freePort, type ServerProcess, startServerProcess } from './process.ts';

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const dir = mkdtempSync(join(tmpdir(), 'headway-commands-'));
const file = join(dir, 'events.ndjson');
let port = 0;
let env: Record<string, string> = {};
let server: ServerProcess | null = null;

function headway(args: string[], extra: Record<string, string> = {}): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [program(), ...args],
      { cwd: root, env: { ...process.env, ...env, ...extra }, timeout: 110_000 },
      (error, out, err) => resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, err }),
    );
  });
}

const from = '2026-01-01';
const frequency = async (): Promise<object> => {
  const query = `from=${from}&to=2026-02-01&group_by=service`;
  const response = await fetch(`${server?.url}/v1/metrics/dora.deployment_frequency?${query}`);
  const { totals } = (await response.json()) as { totals: Record<string, unknown>[] };
  // All but the instant of the question.
  return { ...totals[0], as_of: null };
};

beforeAll(async () => {
  port = await freePort();
  env = { HEADWAY_PORT: String(port), HEADWAY_DATA_DIR: join(dir, 'data'), HEADWAY_WORKSPACE: dir };
  const lines = Array.from({ length: 30 }, (_, index) => ({
    id: `d${index}`,
    type: 'deployment.finished',
    source: 'ship-it',
    occurred_at: `2026-01-${String(index + 1).padStart(2, '0')}T10:00:00Z`,
    data: {
      rollout_id: `d${index}`,
      service_id: 'api',
      environment: 'production',
      revision: `r${index}`,
      outcome: 'succeeded',
    },
  }));
  writeFileSync(file, `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);
});
afterAll(async () => {
  await server?.kill();
  rmSync(dir, { recursive: true, force: true });
});

describe('commands', () => {
  it('send opens the data folder where no server runs', { timeout: 120_000 }, async () => {
    const sent = await headway(['send', file]);
    expect(sent).toMatchObject({ code: 0, out: '30 accepted, 0 sent before, 0 invalid\n' });
  });

  it('send, replay and rebuild speak to the server that has it, and change no number', {
    timeout: 300_000,
  }, async () => {
    server = await startServerProcess(port, env);
    for (let tries = 0; (await fetch(`${server.url}/readyz`)).status !== 200 && tries < 600; tries++)
      await new Promise((resolve) => setTimeout(resolve, 100));
    const before = await frequency();
    expect(before).toMatchObject({ count: 30 });
    expect((await headway(['send', file])).out).toMatch(/^30 (accepted|sent before)|^0 accepted, 30 sent before/);
    const replayed = await headway(['replay', '--source', 'canonical']);
    expect(replayed).toMatchObject({ code: 0, out: expect.stringMatching(/^2 deliveries read again: 60 events/) });
    const rebuilt = await headway(['rebuild']);
    expect(rebuilt).toMatchObject({ code: 0, out: 'Rebuilt.\n' });
    expect(await frequency()).toEqual(before);
    const events = await fetch(`${server.url}/metrics`).then((response) => response.text());
    expect(events).toMatch(/^headway_log_lag_records\{partition="0"\} 0$/m);
  });

  it('doctor tells what it found, as text and as data, and says by its exit code whether to act', {
    timeout: 120_000,
  }, async () => {
    const doctor = await headway(['doctor', '--json']);
    const findings = JSON.parse(doctor.out) as { level: string; title: string }[];
    expect(findings.map(({ title }) => title)).toContainEqual(expect.stringMatching(/^Not connected: GitHub/));
    expect(doctor.code).toBe(findings.some(({ level }) => level === 'attention') ? 1 : 0);
    expect((await headway(['doctor'])).out).toMatch(/only heard of: api/);
  });

  it('token create shows a token once, with the record that finds it', { timeout: 60_000 }, async () => {
    const { out, err } = await headway(['token', 'create', '--name', 'grafana', '--scope', 'read', 'ingest']);
    const record = parse(err.slice(err.indexOf('tokens:'))) as { tokens: Parameters<typeof findToken>[0] };
    expect(findToken(record.tokens, out.trim())).toMatchObject({ name: 'grafana', scopes: ['read', 'ingest'] });
    expect(err).not.toContain(out.trim());
  });

  it('explain what is wrong in words, without a stack trace, and end with 1', { timeout: 240_000 }, async () => {
    const cases: [string[], Record<string, string>, RegExp][] = [
      [['send', join(dir, 'none.ndjson')], {}, /none\.ndjson does not exist/],
      [['doctor'], { HEADWAY_URL: 'http://127.0.0.1:9' }, /No Headway server answers at http:\/\/127\.0\.0\.1:9/],
      [['serve'], { HEADWAY_TIMEZONE: 'Mars', HEADWAY_HOST: '0.0.0.0' }, /HEADWAY_TIMEZONE[\s\S]*HEADWAY_TOKENS_FILE/],
      [['serve'], { HEADWAY_DATA_DIR: join(dir, 'other') }, /Port \d+ is taken/],
      [['replay', '--source', 'nobody'], {}, /source/],
      [['nonsense'], {}, /--help/],
    ];
    for (const [args, extra, words] of cases) {
      const ran = await headway(args, extra);
      expect(ran.code, args.join(' ')).toBe(1);
      expect(ran.err, args.join(' ')).toMatch(words);
      expect(ran.err, args.join(' ')).not.toMatch(/^\s+at /m);
    }
  });
});
