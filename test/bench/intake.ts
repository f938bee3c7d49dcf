import { createHmac, timingSafeEqual } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import autocannon from 'autocannon';
import Fastify from 'fastify';
import { systemClock } from '../../services/clock.ts';
import { openLmdbLog } from '../../services/log/lmdb-log.ts';
import { deploymentStatus, githubHeaders } from '../api/messages.ts';
import { SECRET, withServer } from './server.ts';

/** Requests a second of the service, and of a bare handler that only checks the signature, parses and appends durably. */
export interface Intake {
  readonly headwayPerSecond: number;
  readonly barePerSecond: number;
}

/** Signed payloads at both, in turn, for so many seconds each. */
export async function intake(seconds: number): Promise<Intake> {
  const headwayPerSecond = await withServer(({ url }) => load(`${url}/hooks/github`, seconds));
  const dir = mkdtempSync(join(tmpdir(), 'headway-bare-'));
  const log = await openLmdbLog({ path: dir, clock: systemClock });
  const app = Fastify();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.post('/hooks/github', async (request, reply) => {
    const body = request.body as Buffer;
    const expected = Buffer.from(`sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`);
    if (!timingSafeEqual(expected, Buffer.from(String(request.headers['x-hub-signature-256']))))
      return reply.code(401).send();
    JSON.parse(body.toString());
    await log.append('headway.deliveries', [{ key: String(request.headers['x-github-delivery']), value: body }]);
    return reply.code(202).send({});
  });
  try {
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    return { headwayPerSecond, barePerSecond: await load(`${url}/hooks/github`, seconds) };
  } finally {
    await app.close();
    await log.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function load(url: string, seconds: number): Promise<number> {
  const requests = Array.from({ length: 500 }, (_, index) => {
    const body = deploymentStatus({
      repository: `acme/service-${index % 20}`,
      deployment: index,
      sha: index.toString(16).padStart(40, '0'),
      state: 'success',
      at: new Date(Date.now() - index * 60_000).toISOString(),
    });
    return {
      method: 'POST' as const,
      path: '/hooks/github',
      body,
      headers: githubHeaders('deployment_status', body, SECRET),
    };
  });
  const result = await autocannon({ url: new URL(url).origin, connections: 32, duration: seconds, requests });
  if (result.non2xx > 0) throw new Error(`${result.non2xx} requests were refused`);
  return result.requests.average;
}
