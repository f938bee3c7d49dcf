import net from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RunningService } from '../../services/compose.ts';
import { deploymentStatus, githubHeaders } from './messages.ts';
import { startEmbedded } from './start.ts';

const SECRET = 'only-for-this-test';
const at = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
const delivery = deploymentStatus({ repository: 'acme/api', deployment: 1, sha: 'a'.repeat(40), state: 'success', at });

let service: RunningService;
beforeAll(async () => {
  service = await startEmbedded({ HEADWAY_SECRET_GITHUB: `old-one,${SECRET}` });
});

const hook = (body: string | Uint8Array, headers: Record<string, string>, source = 'github') =>
  fetch(`${service.url}/hooks/${source}`, { method: 'POST', headers, body: body as string });

async function problem(response: Response, status: number): Promise<Record<string, unknown>> {
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  const body = (await response.json()) as Record<string, unknown>;
  expect(body).toMatchObject({
    status,
    type: expect.stringMatching(/^urn:headway:problem:/),
    title: expect.any(String),
  });
  return body;
}

describe('POST /hooks/{source}', () => {
  it('answers 202 with the counts, for each of the secrets that are valid', async () => {
    const response = await hook(delivery, githubHeaders('deployment_status', delivery, SECRET));
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ delivery: expect.any(String), events: 1, duplicates: 0 });
    const again = await hook(delivery, githubHeaders('deployment_status', delivery, 'old-one'));
    expect(await again.json()).toMatchObject({ events: 1, duplicates: 1 });
  });

  it('takes what was sent while the process stood still', async () => {
    const body = deploymentStatus({ repository: 'acme/api', deployment: 2, sha: 'b'.repeat(40), state: 'success', at });
    for (let pause = 0; pause < 3; pause += 1) {
      const until = performance.now() + 1_100;
      while (performance.now() < until);
      await setImmediate();
    }
    const response = await hook(body, githubHeaders('deployment_status', body, SECRET));
    expect(response.status, await response.text()).toBe(202);
  });

  it('answers 401 to a wrong or missing signature, and says nothing of the secret', async () => {
    const wrong = await hook(delivery, githubHeaders('deployment_status', delivery, 'guess'));
    expect(JSON.stringify(await problem(wrong, 401))).not.toContain(SECRET);
    const { 'x-hub-signature-256': _, ...unsigned } = githubHeaders('deployment_status', delivery, SECRET);
    await problem(await hook(delivery, unsigned), 401);
    const changed = delivery.replace('success', 'failure');
    await problem(await hook(changed, githubHeaders('deployment_status', delivery, SECRET)), 401);
  });

  it('answers 400 to a body that is not JSON though it is signed', async () => {
    const cut = delivery.slice(0, 100);
    const body = await problem(await hook(cut, githubHeaders('deployment_status', cut, SECRET)), 400);
    expect(body.detail).toMatch(/is not JSON/);
  });

  it('sets {} aside with 202 and the reason', async () => {
    const response = await hook('{}', githubHeaders('deployment_status', '{}', SECRET));
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({ events: 0, rejected: expect.stringMatching(/\w/) });
  });

  it('keeps an unknown event and says that it feeds nothing', async () => {
    const response = await hook('{"a":1}', githubHeaders('sponsorship', '{"a":1}', SECRET));
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({ events: 0, ignored: expect.stringMatching(/\w/) });
  });

  it('sets a date of the year 1015 aside, with the field', async () => {
    const old = delivery.replaceAll(at, '1015-03-05T01:02:03Z');
    const response = await hook(old, githubHeaders('deployment_status', old, SECRET));
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({ events: 0, rejected: expect.stringMatching(/1015|plausible|2000/) });
  });

  it('answers 413 to 30 MiB, 415 to a form, 404 to an unknown source', async () => {
    const large = Buffer.alloc(30 * 1024 * 1024, 0x20);
    await problem(await hook(large, githubHeaders('push', large, SECRET)), 413);
    const form = { ...githubHeaders('push', 'payload=1', SECRET), 'content-type': 'application/x-www-form-urlencoded' };
    expect((await problem(await hook('payload=1', form), 415)).detail).toMatch(/application\/json/);
    await problem(await hook('{}', { 'content-type': 'application/json' }, 'nobody'), 404);
    await problem(await hook('{}', { 'content-type': 'application/json' }, '__proto__'), 404);
  });

  it('answers 405 with Allow to another method', async () => {
    const response = await fetch(`${service.url}/hooks/github`);
    await problem(response, 405);
    expect(response.headers.get('allow')).toBe('POST');
  });

  it('refuses JSON that nests too deep and takes prototype keys as what they are', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const refused = await hook(deep, githubHeaders('push', deep, SECRET));
    expect([202, 400]).toContain(refused.status);
    const proto = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}';
    expect((await hook(proto, githubHeaders('push', proto, SECRET))).status).toBe(202);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('POST /v1/events', () => {
  const event = (id: string, data: Record<string, unknown> = {}) => ({
    id,
    type: 'deployment.finished',
    source: 'ship-it',
    occurred_at: at,
    data: { rollout_id: id, service_id: 'checkout', environment: 'production', outcome: 'succeeded', ...data },
  });
  const send = (type: string, body: string, headers: Record<string, string> = {}) =>
    fetch(`${service.url}/v1/events`, { method: 'POST', headers: { 'content-type': type, ...headers }, body });

  it('answers each event of an array for itself', async () => {
    const wrong = event('e2', { outcome: 'splendid' });
    const response = await send('application/json', JSON.stringify([event('e1'), wrong, event('e1')]));
    expect(response.status).toBe(202);
    const { events } = (await response.json()) as { events: { id: string; status: string; problems?: unknown[] }[] };
    expect(events.map(({ status }) => status)).toEqual(['accepted', 'invalid', 'duplicate']);
    expect(events[1]?.problems).toEqual([{ field: 'data.outcome', problem: expect.any(String) }]);
  });

  it('takes NDJSON and CloudEvents in all three modes', async () => {
    const lines = [event('n1'), event('n2')].map((one) => JSON.stringify(one)).join('\n');
    const cloud = { specversion: '1.0', id: 'c1', type: 'deployment.finished', source: 'ship-it', time: at };
    const { data } = event('c1');
    const forms: [string, string, Record<string, string>?][] = [
      ['application/x-ndjson', lines],
      ['application/cloudevents+json', JSON.stringify({ ...cloud, data })],
      ['application/cloudevents-batch+json', JSON.stringify([{ ...cloud, id: 'c2', data }])],
      [
        'application/json',
        JSON.stringify(data),
        { 'ce-specversion': '1.0', 'ce-id': 'c3', 'ce-type': cloud.type, 'ce-source': 'ship-it', 'ce-time': at },
      ],
    ];
    for (const [type, body, headers] of forms) {
      const response = await send(type, body, headers);
      expect(response.status, type).toBe(202);
      const { events } = (await response.json()) as { events: { status: string }[] };
      expect(
        events.every(({ status }) => status === 'accepted'),
        type,
      ).toBe(true);
      expect(events.length, type).toBeGreaterThan(0);
    }
  });

  it('answers 400 to what is not JSON and 415 to what is neither', async () => {
    await problem(await send('application/json', '[{"id":'), 400);
    await problem(await send('text/xml', '<a/>'), 415);
  });
});

describe('everything else', () => {
  it('answers unknown addresses and unreadable ones with a problem and a request id', async () => {
    const missing = await fetch(`${service.url}/v2/anything?token=abc`);
    const body = await problem(missing, 404);
    expect(body.request_id).toBe(missing.headers.get('x-request-id'));
    await problem(await fetch(`${service.url}/v1/events/%E0%A4%A`), 400);
  });

  it('answers floods of headers and garbage on the bare socket with a problem', async () => {
    const port = Number(new URL(service.url).port);
    const say = (text: string) =>
      new Promise<string>((resolve, reject) => {
        let answer = '';
        const socket = net.connect(port, '127.0.0.1', () => socket.write(text));
        socket.on('data', (data) => {
          answer += data.toString();
        });
        socket.on('close', () => resolve(answer));
        socket.on('error', reject);
      });
    const flood = await say(`GET /healthz HTTP/1.1\r\nHost: x\r\nA: ${'b'.repeat(100_000)}\r\n\r\n`);
    expect(flood).toMatch(/^HTTP\/1\.1 431 [\s\S]*application\/problem\+json[\s\S]*"status":431/);
    expect(await say('\0\0nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [\s\S]*"status":400/);
    expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
  });
});
