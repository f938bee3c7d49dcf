import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSpool, type Spool } from '../../services/log/spool.ts';

describe('spool', () => {
  let path: string;
  let spool: Spool;
  beforeEach(async () => {
    path = mkdtempSync(join(tmpdir(), 'headway-spool-'));
    spool = await openSpool({ path });
  });
  afterEach(async () => {
    await spool.close();
    rmSync(path, { recursive: true, force: true });
  });

  it('gives back what it took, in order, also after it was opened again', async () => {
    await Promise.all(Array.from({ length: 300 }, (_, index) => spool.put(Buffer.from(`${index}`))));
    expect(spool.size()).toBe(300);
    await spool.close();
    spool = await openSpool({ path });
    expect(spool.size()).toBe(300);
    await spool.put(Buffer.from('300'));
    for (const atOnce of [1, 16]) {
      const taken: string[] = [];
      expect(await spool.drain(async (record) => void taken.push(Buffer.from(record).toString()), atOnce)).toBe(
        taken.length,
      );
      if (atOnce === 1) expect(taken).toEqual(Array.from({ length: 301 }, (_, index) => `${index}`));
      else expect(taken).toEqual([]);
    }
    expect(spool.size()).toBe(0);
    expect(await spool.drain(() => Promise.reject(new Error('nothing is left')))).toBe(0);
  });

  for (const atOnce of [1, 4]) {
    it(`keeps what could not be handed over, and all after it, ${atOnce} at once`, async () => {
      for (let index = 0; index < 10; index++) await spool.put(Buffer.from(`${index}`));
      const refusing = spool.drain(async (record) => {
        if (Buffer.from(record).toString() === '6') throw new Error('still away');
      }, atOnce);
      await expect(refusing).rejects.toThrow('still away');
      expect(spool.size()).toBe(4);
      await spool.close();
      spool = await openSpool({ path });
      const taken: string[] = [];
      await spool.drain(async (record) => void taken.push(Buffer.from(record).toString()), atOnce);
      expect(taken).toEqual(['6', '7', '8', '9']);
    });
  }

  it('leaves no byte of what was handed over, and takes what comes meanwhile', async () => {
    const bytes = () => readFileSync(join(path, 'data.mdb'), 'latin1');
    for (let index = 0; index < 50; index++) await spool.put(Buffer.from(`ada.lindqvist ${index}`.repeat(200)));
    expect(bytes()).toContain('ada.lindqvist');
    const handing = spool.drain(async () => undefined, 16);
    const later = Promise.all(Array.from({ length: 200 }, (_, index) => spool.put(Buffer.from(`later ${index}`))));
    await Promise.all([handing, later]);
    const taken: string[] = [];
    await spool.drain(async (record) => void taken.push(Buffer.from(record).toString()));
    expect(bytes()).not.toMatch(/ada\.lindqvist|later/);
    await spool.put(Buffer.from('bo.ek'));
    await spool.drain(() => Promise.reject(new Error('away'))).catch(() => undefined);
    expect(spool.size()).toBe(1);
    expect(bytes()).toContain('bo.ek');
    await spool.close();
    spool = await openSpool({ path });
    expect(spool.size()).toBe(1);
  });

  it('takes more while it is drained, and hands it over in the same go', async () => {
    await spool.put(Buffer.from('first'));
    const taken: string[] = [];
    const handle = async (record: Uint8Array) => {
      taken.push(Buffer.from(record).toString());
      if (taken.length < 4) await spool.put(Buffer.from(`more ${taken.length}`));
    };
    const drains = await Promise.all([spool.drain(handle), spool.drain(handle)]);
    expect(drains).toEqual([4, 4]);
    expect(taken).toEqual(['first', 'more 1', 'more 2', 'more 3']);
  });

  it('has every acknowledged record after kill -9, in order', async () => {
    await spool.close();
    const acknowledged: string[] = [];
    for (let run = 0; run < 3; run++) {
      const child = spawn(
        process.execPath,
        ['--import', 'tsx', join(import.meta.dirname, 'spooler.ts'), path, `${run}`],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      let printed = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        if (printed === '') setTimeout(() => child.kill('SIGKILL'), 60);
        printed += chunk;
      });
      await once(child, 'close');
      acknowledged.push(...printed.split('\n').slice(0, -1));
    }
    spool = await openSpool({ path });
    const taken: string[] = [];
    await spool.drain(async (record) => void taken.push(Buffer.from(record).toString().trim()), 32);
    expect(acknowledged.length).toBeGreaterThan(3);
    // One more per run may be there: durable, and killed before it could say so.
    const known = new Set(acknowledged);
    expect(taken.filter((record) => known.has(record))).toEqual(acknowledged);
    expect(taken.length - acknowledged.length).toBeLessThanOrEqual(3);
  });
});
