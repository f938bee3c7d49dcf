import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../services/store.ts';
import { startEmbedded, temporaryFolder } from './start.ts';

const at = '2026-01-05T10:15:00Z';
const events = ['a', 'b', 'c'].map((id) => ({
  id,
  type: 'deployment.finished',
  source: 'ship-it',
  occurred_at: at,
  data: { rollout_id: id, service_id: 'api', environment: 'production', revision: id, outcome: 'succeeded' },
}));

async function countOf(url: string): Promise<number> {
  const query = 'from=2026-01-01&to=2026-02-01';
  const response = await fetch(`${url}/v1/metrics/dora.deployment_frequency?${query}`);
  return ((await response.json()) as { totals: { count: number }[] }).totals[0]!.count;
}

describe('a process that was killed', () => {
  it('between storing events and making their atoms leaves nothing uncounted', async () => {
    const env = { HEADWAY_DATA_DIR: join(temporaryFolder(), 'data') };
    const first = await startEmbedded(env);
    await first.ready;
    const body = JSON.stringify(events);
    await fetch(`${first.url}/v1/events`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    await first.settled();
    expect(await countOf(first.url)).toBe(3);
    await first.stop();

    // What a kill can leave: the rows of events, and of what is written after them nothing.
    const store = await openStore({ path: join(env.HEADWAY_DATA_DIR, 'store') });
    for (const table of ['entity_refs', 'rollouts', 'service_spans', 'source_spans', 'refreshed_positions'])
      await store.command(`TRUNCATE TABLE ${table}`);
    await store.close();

    const second = await startEmbedded(env);
    await second.ready;
    expect(await countOf(second.url)).toBe(3);
    await second.stop();
  });
});

describe('a release that makes atoms otherwise', () => {
  it('makes all of them anew at its first start, whatever shape the last one left them in', async () => {
    const env = { HEADWAY_DATA_DIR: join(temporaryFolder(), 'data') };
    const first = await startEmbedded(env);
    await first.ready;
    const body = JSON.stringify(events);
    await fetch(`${first.url}/v1/events`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    await first.settled();
    await first.stop();

    const store = await openStore({ path: join(env.HEADWAY_DATA_DIR, 'store') });
    await store.command('ALTER TABLE rollouts ADD COLUMN of_another_release String');
    await store.command("INSERT INTO atoms_made_by SELECT 'other rules', now64(6)");
    await store.close();

    const second = await startEmbedded(env);
    await second.ready;
    expect(await countOf(second.url)).toBe(3);
  });
});
