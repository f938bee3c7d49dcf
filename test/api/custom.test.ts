import { createHmac } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../services/clock.ts';
import { type RunningService, startService } from '../../services/compose.ts';
import { readConfig } from '../../services/config.ts';
import { createLogger } from '../../services/logger.ts';
import { sourceNames } from '../../services/workspace/sources.ts';
import { read } from '../slice/world.ts';
import { temporaryFolder } from './start.ts';

const SECRET = 'only-for-this-test';
const dir = temporaryFolder();
const workspace = join(dir, 'workspace');
const file = join(workspace, 'sources', 'ship-it.yaml');

let service: RunningService;
async function start(): Promise<void> {
  const env = {
    HEADWAY_PORT: '0',
    HEADWAY_DATA_DIR: join(dir, 'data'),
    HEADWAY_WORKSPACE: workspace,
    HEADWAY_LOG_LEVEL: 'error',
    HEADWAY_SECRET_CUSTOM_SHIP_IT: SECRET,
  };
  const result = readConfig({ role: 'all', sources: sourceNames(workspace), env });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  service = await startService(result.config, { clock: systemClock, logger: createLogger('error') });
  await service.ready;
}
beforeAll(async () => {
  mkdirSync(join(workspace, 'sources'), { recursive: true });
  cpSync('workspace/sources/ship-it.yaml', file);
  await start();
}, 60_000);
afterAll(() => service.stop());

const at = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
const release = { id: 1, service: 'cart', stage: 'live', began: at(10), ended: at(5), commit: 'a'.repeat(40) };
const body = JSON.stringify({
  type: 'release.done',
  releases: [
    { ...release, state: 'ok' },
    { ...release, id: 2, began: undefined, ended: at(4), state: 'grounded' },
  ],
});

/** As a sender that has patience: a busy server answers 503 with Retry-After. */
async function send(sent: string, secret = SECRET, name = 'ship-it'): Promise<Response> {
  const signature = `sha256=${createHmac('sha256', secret).update(sent).digest('hex')}`;
  const headers = { 'content-type': 'application/json', 'x-ship-it-signature': signature };
  for (;;) {
    const response = await fetch(`${service.url}/hooks/custom/${name}`, { method: 'POST', headers, body: sent });
    if (response.status !== 503) return response;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
const rollouts = async () => {
  await service.settled();
  const { totals } = await read<{ totals: { numerator: number; denominator: number }[] }>(
    service,
    '/v1/metrics/delivery.deployment_success_rate',
  );
  return [totals[0]?.numerator, totals[0]?.denominator];
};

let delivery: string;
it('a signed body of a sender of our own becomes a number', async () => {
  const answer = await send(body);
  expect(answer.status).toBe(202);
  const accepted = (await answer.json()) as { delivery: string; events: number };
  expect(accepted.events).toBe(3);
  delivery = accepted.delivery;
  expect(await rollouts()).toEqual([1, 2]);
  expect(await read(service, `/v1/deliveries/${delivery}`)).toMatchObject({
    source: 'custom/ship-it',
    body: { type: 'release.done' },
  });
});

it('is refused without the right signature; a name that nobody defined is unknown', async () => {
  expect((await send(body, 'guess')).status).toBe(401);
  expect((await send('{"type":"release.done"')).status).toBe(400);
  const unknown = await send(body, SECRET, 'nobody');
  expect(unknown.status).toBe(404);
  expect(JSON.stringify(await unknown.json())).toContain('custom/ship-it');
  expect((await send(body, SECRET, '..%2Fgithub')).status).toBe(404);
});

it('the documentation, the doctor and Prometheus know it', async () => {
  const docs = await (await fetch(`${service.url}/docs`)).text();
  expect(docs).toContain('Connect Ship It');
  expect(docs).toContain('HEADWAY_SECRET_CUSTOM_SHIP_IT');
  expect(docs).toContain(`${service.url}/hooks/custom/ship-it`);
  const doctor = await (await fetch(`${service.url}/v1/doctor`)).text();
  expect(doctor).toMatch(/custom\/ship-it: \d events/);
  const counted = await (await fetch(`${service.url}/metrics`)).text();
  expect(counted).toMatch(/headway_deliveries_total\{source="custom\/ship-it",outcome="accepted"\} 1/);
});

it('after a restart with better rules, a replay of what is stored supersedes what the older ones said', async () => {
  await service.stop();
  const text = readFileSync(file, 'utf8');
  const better = text
    .replace('version: 1', 'version: 2')
    .replace('{ ok: succeeded,', '{ ok: succeeded, grounded: superseded,');
  expect(better).not.toBe(text);
  writeFileSync(file, better);
  await start();
  expect(await rollouts()).toEqual([1, 2]);
  const answer = await fetch(`${service.url}/v1/admin/replay?source=custom/ship-it`, { method: 'POST' });
  expect(answer.status).toBe(200);
  const lines = (await answer.text()).trim().split('\n');
  expect(JSON.parse(lines.at(-1) ?? '')).toEqual({ result: { deliveries: 2, events: 3, ignored: 0, rejected: 1 } });
  expect(await rollouts()).toEqual([1, 1]);
  const none = await fetch(`${service.url}/v1/admin/replay?source=custom/nobody`, { method: 'POST' });
  expect(none.status).toBe(400);
}, 60_000);

it('the definition taken out, its deliveries are shown no more, and the server does without it', async () => {
  await service.stop();
  cpSync(file, join(dir, 'kept.yaml'));
  writeFileSync(file, '');
  await start();
  expect((await send(body)).status).toBe(404);
  expect(await read(service, `/v1/deliveries/${delivery}`)).toMatchObject({ body: expect.stringMatching(/^\(conf/) });
  expect(await rollouts()).toEqual([1, 1]);
}, 60_000);
