import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { cases } from '../sources/cases.ts';
import { hostileDeliveries } from '../sources/hostile-bodies.ts';
import { startEmbedded } from './start.ts';

const SEED = 7411;
const BODIES = 40;

const unhandled: unknown[] = [];
const note = (reason: unknown) => void unhandled.push(reason);
process.on('unhandledRejection', note);
afterAll(() => void process.off('unhandledRejection', note));

test(`${BODIES} hostile bodies for every hook of a running server: each is answered, and it goes on`, async () => {
  console.log(`hostile hooks: seed ${SEED}`);
  const service = await startEmbedded();
  await service.ready;
  const answers = new Map<number, number>();
  for (const each of cases) {
    const sent = fc.sample(hostileDeliveries(each), { numRuns: BODIES, seed: SEED });
    await Promise.all(
      sent.map(async ({ headers, body }) => {
        const post = () =>
          fetch(`${service.url}/hooks/${each.source.name}`, {
            method: 'POST',
            headers: { ...headers, 'content-type': headers['content-type'] ?? 'application/json' },
            body: Buffer.from(body),
          });
        let response = await post();
        // A busy machine may ask for patience, as no body of its own makes it.
        for (let again = 0; response.status === 503 && again < 60; again += 1) {
          await new Promise((resolve) => setTimeout(resolve, 1000));
          response = await post();
        }
        answers.set(response.status, (answers.get(response.status) ?? 0) + 1);
      }),
    );
  }
  expect([...answers.keys()].sort()).toEqual([202, 400]);
  await service.settled();
  expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
  const frequency = await fetch(`${service.url}/v1/metrics/dora.deployment_frequency?from=2026-03-01&to=2026-04-01`);
  expect(frequency.status).toBe(200);
  expect(unhandled).toEqual([]);
}, 300_000);
