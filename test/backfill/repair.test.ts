import { createVerify, generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { expect, it } from 'vitest';
import { githubClient } from '../../services/backfill/github-client.ts';
import { makePace } from '../../services/backfill/pace.ts';
import { appToken, hooksOf, missedBy, redeliver } from '../../services/repair/github.ts';
import { releaseAfterFile } from '../support/release.ts';

const hooks = [
  { id: 1, active: true, config: { url: 'https://headway.acme.com/hooks/github' } },
  { id: 2, active: true, config: { url: 'https://chat.acme.com/github' } },
];
const delivery = (id: number, guid: string, hour: number, over: object = {}) => ({
  id,
  guid,
  delivered_at: `2026-03-05T${String(hour).padStart(2, '0')}:00:00Z`,
  status: 'OK',
  status_code: 202,
  event: 'push',
  action: null,
  ...over,
});
/** Newest first, as GitHub lists them; two on a page. */
const deliveries = [
  delivery(15, 'timed-out', 14, { status: 'timed out', status_code: 0, event: 'pull_request', action: 'closed' }),
  delivery(14, 'received', 13),
  delivery(13, 'twice', 12),
  delivery(12, 'twice', 11, { status: 'Service Unavailable', status_code: 503 }),
  delivery(11, 'ping', 11, { event: 'ping' }),
  delivery(10, 'lost', 10),
  delivery(9, 'too-old', 8),
];

it('finds what a hook delivered and was never received, and has it delivered again', async () => {
  const asked: string[] = [];
  const http = createServer((request, response) => {
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
    const send = (status: number, value: unknown, headers = {}) =>
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
    if (request.method === 'POST') {
      asked.push(url.pathname);
      return send(202, {});
    }
    if (url.pathname === '/repos/acme/api/hooks' || url.pathname === '/orgs/acme/hooks') return send(200, hooks);
    if (url.pathname !== '/repos/acme/api/hooks/1/deliveries') return send(404, {});
    const from = Number(url.searchParams.get('cursor') ?? 0);
    url.searchParams.set('cursor', String(from + 2));
    return send(200, deliveries.slice(from, from + 2), { link: `<${url}>; rel="next"` });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  releaseAfterFile(async () => {
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
  const api = `http://127.0.0.1:${(http.address() as { port: number }).port}`;
  const client = githubClient({ api, token: 'a-token', pace: makePace(null, () => {}), onWait: () => {} });

  const ours = await hooksOf(client, 'acme/api');
  expect(ours).toEqual(['/repos/acme/api/hooks/1']);
  expect(await hooksOf(client, 'acme')).toEqual(['/orgs/acme/hooks/1']);
  const received = [{ sender_id: 'received' }, { sender_id: 'twice' }, { sender_id: null }];
  const missed = await missedBy(client, ours[0]!, '2026-03-05T09:00:00.000Z', received);
  expect(missed.map(({ guid, attempt, event, status }) => [guid, attempt, event, status])).toEqual([
    ['lost', 10, 'push', 'OK'],
    ['timed-out', 15, 'pull_request.closed', 'timed out'],
  ]);
  expect(asked).toEqual([]);
  for (const one of missed) await redeliver(client, one);
  expect(asked).toEqual([
    '/repos/acme/api/hooks/1/deliveries/10/attempts',
    '/repos/acme/api/hooks/1/deliveries/15/attempts',
  ]);
  await expect(hooksOf(client, 'acme/hidden')).rejects.toThrow(/Webhooks/);
});

it('speaks for an App with a token that its key signed', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const [head = '', claims = '', signature = ''] = appToken('7', pem, 1_700_000_000_000).split('.');
  expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toEqual({
    iat: 1_699_999_940,
    exp: 1_700_000_540,
    iss: '7',
  });
  const verify = createVerify('RSA-SHA256').update(`${head}.${claims}`);
  expect(verify.verify(publicKey, signature, 'base64url')).toBe(true);
});
