import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Topic } from '../../ingest/ports.ts';
import { openLmdbLog } from '../../services/log/lmdb-log.ts';
import { all, expectOrdered } from '../contracts/event-log-readers.ts';
import { times } from '../support/thorough.ts';

const clock = { now: () => new Date().toISOString() };

it('has every acknowledged append once after kill -9 at random instants', { timeout: 120_000 }, async () => {
  const seed = Number(process.env.HEADWAY_TEST_SEED ?? 20251121);
  console.log(`seed ${seed}`);
  const delays = fc.sample(fc.integer({ min: 5, max: 270 }), { seed, numRuns: times(12, 5) });
  const path = mkdtempSync(join(tmpdir(), 'headway-crash-'));
  const acknowledged = new Set<string>();
  try {
    for (const [run, delayMs] of delays.entries()) {
      const before = acknowledged.size;
      await appendUntilKilled(path, run, delayMs, acknowledged);
      expect(acknowledged.size).toBeGreaterThan(before);

      const log = await openLmdbLog({ path, clock });
      const counts = new Map<string, number>();
      for (const topic of ['headway.deliveries', 'headway.events'] as const satisfies readonly Topic[]) {
        const records = await all(log, topic);
        expectOrdered(records);
        const ends = await log.ends(topic);
        expect(records).toHaveLength(Number([...ends.values()].reduce((sum, end) => sum + end, 0n)));
        for (const { key, value } of records) {
          const id = `${topic} ${key}`;
          expect(
            Buffer.from(value)
              .toString()
              .startsWith(`${key} ${counts.has(id) ? 'b' : 'a'}`),
          ).toBe(true);
          counts.set(id, (counts.get(id) ?? 0) + 1);
        }
      }
      for (const id of acknowledged)
        if (counts.get(id) !== 2) expect.fail(`${id} is there ${counts.get(id) ?? 0} times`);
      // What was appended and not acknowledged may be there or not, but whole.
      expect([...counts.values()].every((count) => count === 2)).toBe(true);
      const [topic, key] = [...acknowledged].find((id) => id.startsWith('headway.deliveries'))!.split(' ');
      expect((await log.find(topic as Topic, key!, '2001-01-01T00:00:00.000Z'))?.key).toBe(key);
      await log.close();
    }
    console.log(`${acknowledged.size} acknowledged appends, all there`);
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
});

/** Kills the child `delayMs` after its first acknowledgement, at which it is in the middle of writing. */
async function appendUntilKilled(path: string, run: number, delayMs: number, acknowledged: Set<string>): Promise<void> {
  const child = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'appender.ts'), path, `${run}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    if (printed === '') setTimeout(() => child.kill('SIGKILL'), delayMs);
    printed += chunk;
  });
  await once(child, 'close');
  // The last line may have been cut off by the kill.
  for (const line of printed.split('\n').slice(0, -1)) acknowledged.add(line);
}
