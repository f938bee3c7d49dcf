import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, type ServerProcess, startServerProcess } from '../e2e/process.ts';
import { temporaryFolder } from './start.ts';

const SECRET = 'only/for+this test&=%41';
const dir = temporaryFolder();

let server: ServerProcess;
beforeAll(async () => {
  server = await startServerProcess(await freePort(), {
    HEADWAY_DATA_DIR: join(dir, 'data'),
    HEADWAY_WORKSPACE: dir,
    HEADWAY_LOG_LEVEL: 'trace',
    HEADWAY_SECRET_STATUSPAGE: SECRET,
  });
});
afterAll(() => server.kill());

const created_at = new Date(Date.now() - 60_000).toISOString();
const incident = { id: 'z3lct0r596n4', status: 'investigating', impact: 'major', created_at, updated_at: created_at };
const body = JSON.stringify({ meta: {}, page: { id: 'p' }, incident });
const json = { 'content-type': 'application/json' };
const send = (query: string, headers: Record<string, string> = {}, sent = body) =>
  fetch(`${server.url}/hooks/statuspage${query}`, {
    method: 'POST',
    headers: { ...json, ...headers },
    body: sent,
  });
const inAddress = `?token=${encodeURIComponent(SECRET)}`;

describe('a token in the address of a hook', () => {
  it('is as good as one in a header, and no better', async () => {
    expect((await send('')).status).toBe(401);
    expect((await send('?token=')).status).toBe(401);
    expect((await send('?token=guess')).status).toBe(401);
    expect((await send(inAddress)).status).toBe(202);
    expect((await send(`${inAddress}&page=p`)).status).toBe(202);
    // A header that is given is what counts.
    expect((await send(inAddress, { 'x-headway-token': 'guess' })).status).toBe(401);
    expect((await send('?token=guess', { 'x-headway-token': SECRET })).status).toBe(202);
    expect((await send(`?token=guess&token=${encodeURIComponent(SECRET)}`)).status).toBe(400);
  });

  it('is in no answer, no log line, no stored delivery and no file', async () => {
    const answers: string[] = [];
    const accepted = await send(inAddress);
    const receipt = (await accepted.clone().json()) as { delivery: string };
    const unreadable = await send(inAddress, {}, '{"incident":');
    const set = await send(inAddress, {}, '{}');
    const failed = [
      await fetch(`${server.url}/hooks/nobody${inAddress}`, { method: 'POST', headers: json, body: '{}' }),
      await fetch(`${server.url}/hooks/statuspage${inAddress}`),
      await fetch(`${server.url}/hooks/%E0%A4%A${inAddress}`, { method: 'POST' }),
      await send(inAddress, { 'content-type': 'text/xml' }, '<a/>'),
      await send(`${inAddress}${'x'.repeat(5000)}`),
    ];
    expect([unreadable.status, set.status, ...failed.map(({ status }) => status)]).toEqual([
      400, 202, 404, 405, 400, 415, 400,
    ]);
    for (const each of [accepted, unreadable, set, ...failed]) {
      answers.push(await each.text(), JSON.stringify([...each.headers]));
    }
    const stored = await fetch(`${server.url}/v1/deliveries/${receipt.delivery}`);
    expect(stored.status).toBe(200);
    for (const path of [`/v1/deliveries/${receipt.delivery}`, '/v1/rejected', '/metrics', '/openapi.json', '/docs']) {
      answers.push(await (await fetch(`${server.url}${path}`)).text());
    }
    await server.kill();
    const files = readdirSync(join(dir, 'data'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name)).toString('latin1'));
    expect(files.length).toBeGreaterThan(0);
    // The files hold the deliveries, so a token that came with one would be found.
    expect(files.some((file) => file.includes(receipt.delivery))).toBe(true);
    // Log lines are there, so a token that was logged would be found.
    expect(server.output()).toMatch(/"level":/);
    for (const written of [
      SECRET,
      encodeURIComponent(SECRET),
      'only/for+this',
      Buffer.from('only/for+this').toString('base64'),
    ]) {
      for (const text of [...answers, server.output(), ...files]) expect(text.includes(written)).toBe(false);
    }
  });
});
