import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deploymentStatus } from '../api/messages.ts';
import { times } from '../support/thorough.ts';
import { freePort, type ServerProcess, startServerProcess, untilCaughtUp } from './process.ts';

const SEED = Number(process.env.HEADWAY_TEST_SEED ?? 20_261_121);
const KILLS = Number(process.env.HEADWAY_TEST_KILLS ?? times(50, 4));
const SENDERS = 6;
/** A kill comes after so many acknowledgements at most, and so many milliseconds: by the stream, not by the machine's speed. */
const MOST_ACKNOWLEDGED = 60;
const LONGEST_PAUSE_MS = 30;
const repositories = ['acme/api', 'acme/web', 'acme/worker'];

describe('the embedded server, killed in mid-stream', () => {
  it(`loses nothing acknowledged and counts nothing twice over ${KILLS} kills`, { timeout: 900_000 }, async () => {
    console.log(`seed ${SEED}, ${KILLS} kills`);
    // Two servers side by side: starting takes longest, and one core each is enough for it.
    const shares = [Math.ceil(KILLS / 2), Math.floor(KILLS / 2)];
    await Promise.all(shares.map((kills, lane) => throughKills(lane, kills)));
  });
});

/** One data folder through its kills, and at the end the books: what was acknowledged against what is counted. */
async function throughKills(lane: number, kills: number): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'headway-kill-'));
  const random = randomFrom(SEED + lane);
  const port = await freePort();
  const env = { HEADWAY_DATA_DIR: join(dir, 'data'), HEADWAY_WORKSPACE: dir };
  const sent = new Map<string, string>();
  const acknowledged = new Set<string>();
  const base = Date.now() - 20 * 86_400_000;
  let next = lane * 1_000_000 + 1;

  const post = async (url: string, deployment: string, body: string) => {
    const headers = { 'content-type': 'application/json', 'x-github-event': 'deployment_status' };
    const response = await fetch(`${url}/hooks/github`, { method: 'POST', headers, body });
    if (response.status !== 202) throw new Error(`answered ${response.status}`);
    const { events } = (await response.json()) as { events: number };
    expect(events).toBe(1);
    acknowledged.add(deployment);
  };
  const stream = async (url: string, running: () => boolean) => {
    while (running()) {
      const number = next++;
      const repository = repositories[number % repositories.length]!;
      const at = new Date(base + (number % 1_000_000) * 1000).toISOString();
      const body = deploymentStatus({ repository, deployment: number, sha: shaOf(number), state: 'success', at });
      const id = `${repository}/deployments/${number}`;
      sent.set(id, body);
      await post(url, id, body).catch(() => undefined);
    }
  };

  let server: ServerProcess | null = null;
  try {
    for (let kill = 0; kill < kills; kill++) {
      const victim = await startServerProcess(port, env);
      server = victim;
      let running = true;
      const senders = Array.from({ length: SENDERS }, () => stream(victim.url, () => running));
      const enough = acknowledged.size + Math.floor(random() * MOST_ACKNOWLEDGED);
      const pause = random() * LONGEST_PAUSE_MS;
      while (acknowledged.size < enough) await new Promise((resolve) => setTimeout(resolve, 1));
      await new Promise((resolve) => setTimeout(resolve, pause));
      await victim.kill();
      running = false;
      await Promise.all(senders);
    }
    expect(acknowledged.size).toBeGreaterThan(kills);
    server = await startServerProcess(port, env);
    const counted = await countedRollouts(server.url);
    expect(new Set(counted).size, 'no rollout is listed twice').toBe(counted.length);
    expect(
      [...acknowledged].filter((id) => !counted.includes(id)),
      'nothing acknowledged is missing',
    ).toEqual([]);
    expect(
      counted.filter((id) => !sent.has(id)),
      'nothing came from nowhere',
    ).toEqual([]);
    expect(await frequencyCount(server.url)).toBe(counted.length);
    const atFirst = acknowledged.size;
    // A sender that got no answer sends again: then all is there, still once.
    for (const [id, body] of sent) if (!acknowledged.has(id)) await post(server.url, id, body);
    for (const [id, body] of [...sent].slice(0, 20)) await post(server.url, id, body);
    expect(new Set(await countedRollouts(server.url))).toEqual(new Set(sent.keys()));
    expect(await frequencyCount(server.url)).toBe(sent.size);
    console.log(
      `lane ${lane}: ${sent.size} sent, ${atFirst} acknowledged, ${counted.length} counted before the rest was sent again`,
    );
    expect(await server.stop(), 'a clean stop ends with 0').toBe(0);
  } finally {
    await server?.kill();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Every rollout behind deployment frequency, once the store has caught up with the log. */
async function countedRollouts(url: string): Promise<string[]> {
  await untilCaughtUp(url);
  const rollouts: string[] = [];
  let after = '';
  for (;;) {
    const query = `limit=5000${after && `&after=${encodeURIComponent(after)}`}`;
    const response = await fetch(`${url}/v1/metrics/dora.deployment_frequency/atoms?${query}`);
    expect(response.status).toBe(200);
    type Page = { atoms: { rollout_id: string; excluded: string | null }[]; next: string | null };
    const page = (await response.json()) as Page;
    for (const atom of page.atoms) {
      expect(atom.excluded).toBeNull();
      rollouts.push(atom.rollout_id);
    }
    if (page.next === null) return rollouts;
    after = page.next;
  }
}

async function frequencyCount(url: string): Promise<number | undefined> {
  const response = await fetch(`${url}/v1/metrics/dora.deployment_frequency`);
  const answer = (await response.json()) as { totals: { count: number }[] };
  return answer.totals[0]?.count;
}

function shaOf(number: number): string {
  return number.toString(16).padStart(40, '0');
}

/** mulberry32: the same instants for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
