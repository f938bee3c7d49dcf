import { describe, expect, it } from 'vitest';
import { keepPages } from '../../services/kept-pages.ts';
import { startEmbedded } from '../api/start.ts';

describe('kept pages', () => {
  const world = () => {
    let now = 0;
    let made = 0;
    const failures: unknown[] = [];
    const pages = keepPages({ now: () => now, onFailure: (error) => failures.push(error) });
    let broken = false;
    const page = (position: string, address = '/') =>
      pages.page(address, position, async () => {
        if (broken) throw new Error('away');
        made += 1;
        return `${address} ${position} ${made}`;
      });
    const settle = () => new Promise((resolve) => setImmediate(resolve));
    return {
      page,
      settle,
      failures,
      pass: (seconds: number) => {
        now += seconds * 1_000;
      },
      break: (isBroken: boolean) => {
        broken = isBroken;
      },
    };
  };

  it('are made once for many who ask at once, and anew when the numbers have moved', async () => {
    const { page } = world();
    expect(await Promise.all([page('1'), page('1'), page('1', '/teams')])).toEqual(['/ 1 1', '/ 1 1', '/teams 1 2']);
    expect(await page('2')).toBe('/ 2 3');
    expect(await page('2')).toBe('/ 2 3');
  });

  it('are made anew behind the answer after seconds, and before it after minutes', async () => {
    const { page, pass, settle } = world();
    await page('1');
    pass(6);
    expect(await page('1')).toBe('/ 1 1');
    await settle();
    expect(await page('1')).toBe('/ 1 2');
    pass(301);
    expect(await page('1')).toBe('/ 1 3');
  });

  it('do not keep a failure', async () => {
    const { page, pass, settle, failures, break: breaks } = world();
    breaks(true);
    await expect(page('1')).rejects.toThrow('away');
    breaks(false);
    expect(await page('1')).toBe('/ 1 1');
    breaks(true);
    pass(6);
    expect(await page('1')).toBe('/ 1 1');
    await settle();
    expect(failures).toHaveLength(1);
  });

  it('are of a bounded number', async () => {
    const { page } = world();
    await page('1');
    for (let index = 0; index < 100; index += 1) await page('1', `/${index}`);
    expect(await page('1')).toBe('/ 1 102');
  });
});

it('the overview is quick when asked again, and shows what has arrived since', async () => {
  const service = await startEmbedded();
  await service.ready;
  const deploy = async (id: string) => {
    const event = {
      id,
      type: 'deployment.finished',
      source: 'ship-it',
      occurred_at: new Date(Date.now() - 5 * 86_400_000).toISOString(),
      data: { rollout_id: id, service_id: 'cart', environment: 'production', revision: id, outcome: 'succeeded' },
    };
    const sent = await fetch(`${service.url}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(event),
    });
    expect(sent.status).toBe(202);
    await service.settled();
  };
  const load = async () => {
    const begun = performance.now();
    const text = await (await fetch(`${service.url}/`)).text();
    return { text, tookMs: performance.now() - begun };
  };
  await deploy('d1');
  await deploy('d2');
  const cold = await load();
  const warm = await load();
  console.log(`overview: ${Math.round(cold.tookMs)} ms, and ${Math.round(warm.tookMs)} ms when asked again`);
  expect(warm.text === cold.text).toBe(true);
  expect(warm.tookMs).toBeLessThan(cold.tookMs / 4);
  expect(cold.text.includes('2 deployments')).toBe(true);
  await deploy('d3');
  expect((await load()).text.includes('3 deployments')).toBe(true);
}, 120_000);
