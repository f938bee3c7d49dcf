import { createHmac } from 'node:crypto';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { beforeAll, expect, it } from 'vitest';
import type { RunningService } from '../../services/compose.ts';
import { read } from '../slice/world.ts';
import { startEmbedded } from './start.ts';

const TOKEN = 'only-for-this-test';
const MIB = 1024 * 1024;

let service: RunningService;
beforeAll(async () => {
  service = await startEmbedded({ HEADWAY_SECRET_OPA: TOKEN, HEADWAY_SECRET_GITHUB: TOKEN });
});

const send = (path: string, body: Uint8Array, headers: Record<string, string> = {}) =>
  fetch(service.url + path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'content-encoding': 'gzip',
      authorization: `Bearer ${TOKEN}`,
      ...headers,
    },
    body: body as unknown as string,
  });
const decisions = (from: number, to: number) =>
  JSON.stringify(
    Array.from({ length: to - from }, (_, index) => ({
      decision_id: `d-${from + index}`,
      timestamp: new Date().toISOString(),
      path: 'deploy/allow',
      result: index % 2 === 0,
      input: { user: 'ada' },
    })),
  );

it('takes a compressed body on every intake route, and keeps what was in it', async () => {
  const answer = await send('/hooks/opa', gzipSync(decisions(0, 100)));
  expect(answer.status).toBe(202);
  const { delivery, events } = (await answer.json()) as { delivery: string; events: number };
  expect(events).toBe(100);
  expect(await read(service, `/v1/deliveries/${delivery}`)).toMatchObject({ source: 'opa', events: 100 });
  const event = {
    id: 'z1',
    type: 'deployment.finished',
    source: 'ship-it',
    occurred_at: new Date().toISOString(),
    data: { rollout_id: 'z1', service_id: 'till', environment: 'production', outcome: 'succeeded' },
  };
  const line = gzipSync(`${JSON.stringify(event)}\n`);
  expect((await send('/v1/events', line, { 'content-type': 'application/x-ndjson' })).status).toBe(202);
});

it('a sender that signs signs what is within', async () => {
  const body = Buffer.from('{"zen":"x"}');
  const signature = `sha256=${createHmac('sha256', TOKEN).update(body).digest('hex')}`;
  const headers = { 'x-github-event': 'ping', 'x-hub-signature-256': signature };
  expect((await send('/hooks/github', gzipSync(body), headers)).status).toBe(202);
});

it('answers a bomb 413, whatever it would grow to, and goes on', async () => {
  const bomb = gzipSync(Buffer.alloc(400 * MIB, 0x20), { level: 9 });
  expect(bomb.length).toBeLessThan(MIB);
  // The buffers of the bomb itself must not be counted against the server, which runs in this process.
  const before = process.memoryUsage().rss;
  const answers = await Promise.all(Array.from({ length: 4 }, () => send('/hooks/opa', bomb)));
  for (const answer of answers) {
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ status: 413, type: 'urn:headway:problem:too-large' });
  }
  expect(process.memoryUsage().rss - before).toBeLessThan(300 * MIB);
  const just = Buffer.concat([Buffer.from('['), Buffer.alloc(25 * MIB - 2, 0x20), Buffer.from(']')]);
  expect((await send('/hooks/opa', gzipSync(just))).status).toBe(202);
  const over = Buffer.concat([just, Buffer.from(' ')]);
  expect((await send('/hooks/opa', gzipSync(over))).status).toBe(413);
});

it('answers 400 to what is not gzip, cut off or empty, 415 to another coding', async () => {
  const body = gzipSync(decisions(200, 210));
  expect((await send('/hooks/opa', Buffer.from('[]'))).status).toBe(400);
  expect((await send('/hooks/opa', body.subarray(0, body.length - 10))).status).toBe(400);
  expect((await send('/hooks/opa', Buffer.alloc(0))).status).toBe(400);
  const other = brotliCompressSync('[]');
  expect((await send('/hooks/opa', other, { 'content-encoding': 'br' })).status).toBe(415);
  expect((await send('/hooks/opa', body, { 'content-encoding': 'gzip, gzip' })).status).toBe(415);
  expect((await send('/hooks/opa', Buffer.from('[]'), { 'content-encoding': 'identity' })).status).toBe(202);
});
