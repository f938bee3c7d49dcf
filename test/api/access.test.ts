import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { RunningService } from '../../services/compose.ts';
import { createToken, findToken, type Scope, scopes } from '../../services/tokens.ts';
import { startEmbedded, temporaryFolder } from './start.ts';

const made = scopes.map((scope) => ({ scope, ...createToken(`test-${scope}`, [scope]) }));
const tokenOf = (scope: Scope) => made.find((one) => one.scope === scope)!.token;

let service: RunningService;
let file: string;
beforeAll(async () => {
  file = join(temporaryFolder(), 'tokens.yaml');
  writeFileSync(file, stringify({ tokens: made.map(({ record }) => record) }));
  service = await startEmbedded({ HEADWAY_TOKENS_FILE: file, HEADWAY_RATE_LIMIT: '120' });
});

const event = JSON.stringify({
  id: 'a1',
  type: 'deployment.finished',
  source: 'ship-it',
  occurred_at: '2026-01-05T10:15:00Z',
  data: { rollout_id: '1', service_id: 'api', environment: 'production', outcome: 'succeeded' },
});
type Route = { method: string; path: string; needs: Scope; body?: string };
const routes: Route[] = [
  { method: 'POST', path: '/v1/events', needs: 'ingest', body: event },
  { method: 'GET', path: '/v1/metrics', needs: 'read' },
  { method: 'GET', path: '/v1/metrics/dora.change_lead_time', needs: 'read' },
  { method: 'GET', path: '/v1/services', needs: 'read' },
  { method: 'GET', path: '/v1/rejected', needs: 'read' },
  { method: 'GET', path: '/', needs: 'read' },
  { method: 'GET', path: '/metrics', needs: 'read' },
  { method: 'GET', path: '/v1/surveys/2026-q1/comments', needs: 'comments' },
  { method: 'GET', path: '/v1/deliveries/01890000-0000-7000-8000-000000000000', needs: 'admin' },
];

async function status(route: Route, authorization?: string): Promise<number> {
  const response = await fetch(service.url + route.path, {
    method: route.method,
    headers: { 'content-type': 'application/json', ...(authorization ? { authorization } : {}) },
    ...(route.body === undefined ? {} : { body: route.body }),
  });
  await response.arrayBuffer();
  return response.status;
}

describe('scopes', () => {
  it.each(routes)('$method $path needs $needs, and nothing less', async (route) => {
    expect(await status(route)).toBe(401);
    expect(await status(route, 'Bearer hw_guessed')).toBe(401);
    for (const scope of scopes) {
      const got = await status(route, `Bearer ${tokenOf(scope)}`);
      if (scope === route.needs || scope === 'admin') expect([200, 202, 404], scope).toContain(got);
      else expect(got, scope).toBe(403);
    }
  });

  it('lets health, the public page and documents be read by anybody', async () => {
    for (const path of ['/healthz', '/status', '/docs', '/openapi.json']) {
      expect(await status({ method: 'GET', path, needs: 'read' }), path).toBe(200);
    }
  });

  it('takes the token as a password, which is what a browser can send', async () => {
    const basic = `Basic ${Buffer.from(`anyone:${tokenOf('read')}`).toString('base64')}`;
    expect(await status({ method: 'GET', path: '/', needs: 'read' }, basic)).toBe(200);
    const asked = await fetch(`${service.url}/`, { headers: { accept: 'text/html' } });
    expect(asked.headers.get('www-authenticate')).toMatch(/^Basic /);
  });

  it('says no more than needed, and nothing secret', async () => {
    const response = await fetch(`${service.url}/v1/metrics`, { headers: { authorization: 'Bearer hw_guessed' } });
    const text = await response.text();
    for (const { token, record } of made) {
      expect(text).not.toContain(token);
      expect(text).not.toContain(record.hash);
      expect(text).not.toContain(record.name);
    }
  });

  it('answers 429 with Retry-After once an address has asked too often', async () => {
    for (let asked = 0; asked < 130; asked++) {
      const response = await fetch(`${service.url}/nothing-here`);
      await response.arrayBuffer();
      if (response.status !== 429) continue;
      expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
      return;
    }
    expect.unreachable('the limit was not held');
  });
});

describe('tokens', () => {
  it('are found by their hash alone', () => {
    const records = made.map(({ record }) => record);
    for (const { token, record } of made) expect(findToken(records, token)).toBe(record);
    expect(findToken(records, made[0]!.record.hash)).toBeNull();
    expect(findToken(records, '')).toBeNull();
    expect(new Set(made.map(({ token }) => token)).size).toBe(scopes.length);
    for (const { token } of made) expect(Buffer.from(token.slice(3), 'base64url')).toHaveLength(32);
  });
});
