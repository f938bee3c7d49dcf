import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';

const disk = mkdtempSync(join(tmpdir(), 'headway-disk-'));
afterAll(() => rmSync(disk, { recursive: true, force: true }));

// A disk of a few megabytes, seen by the child alone. Needs the kernel's leave, which not every container has.
const possible = onSmallDisk('true').status === 0;
if (!possible) console.log('skipped: no namespace of its own can be had here, so no disk can be filled');

it.skipIf(!possible)('refuses appends on a full disk, tears nothing, and goes on when there is room', () => {
  const child = onSmallDisk(
    `head -c 3000000 /dev/zero > ${disk}/ballast && exec "$NODE" --import tsx "$SCRIPT" ${disk}`,
  );
  expect(child.status, child.stderr).toBe(0);
  const outcome = JSON.parse(child.stdout.trim().split('\n').at(-1)!);
  expect(outcome.other).toEqual([]);
  expect(outcome.unavailable.length).toBeGreaterThan(0);
  expect(outcome.acknowledged.length).toBeGreaterThan(0);
  expect(outcome.afterRoom).toEqual(['room-0', 'room-1', 'room-2']);
  // Each append was of two records: both are there or neither is.
  const expected = [...outcome.acknowledged, ...outcome.afterRoom].flatMap((name: string) => [name, name]);
  expect(outcome.stored).toEqual(expected);
});

function onSmallDisk(command: string): { status: number | null; stdout: string; stderr: string } {
  return spawnSync('unshare', ['-rm', 'sh', '-c', `mount -t tmpfs -o size=8m none ${disk} && ${command}`], {
    encoding: 'utf8',
    env: { ...process.env, NODE: process.execPath, SCRIPT: join(import.meta.dirname, 'fill-disk.ts') },
  });
}
