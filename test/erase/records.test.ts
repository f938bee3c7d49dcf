import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eraseDelivery, type ReadAgain } from '../../ingest/erase/delivery.ts';
import { noErasures } from '../../ingest/erase/known.ts';
import { namesOf } from '../../ingest/erase/names.ts';
import type { Replacing } from '../../ingest/erase/replace.ts';
import { decodeDelivery, encodeDelivery } from '../../ingest/record.ts';
import { eventsOf } from '../../ingest/replay.ts';
import { findSource } from '../../ingest/sources/registry.ts';
import { systemClock } from '../../services/clock.ts';
import { beginErasure, erasureFolder, finishErasure, markReady } from '../../services/erasing/folder.ts';
import { copyLmdbLog } from '../../services/log/lmdb-copy.ts';
import { openLmdbLog } from '../../services/log/lmdb-log.ts';
import { temporaryFolder } from '../api/start.ts';

const secret = Buffer.from('0123456789abcdef0123456789abcdef');
const her: Replacing = {
  secret,
  names: namesOf(secret, { own: ['ada.lindqvist', 'Ada Lindqvist'], shared: new Set(), others: [] }),
};
const again: ReadAgain = (delivery) => eventsOf({ findSource }, delivery);

function recordOf(body: unknown, headers: Record<string, string> = {}): Uint8Array {
  const delivery = {
    id: 'd1',
    source: 'canonical',
    received_at: '2026-03-01T10:00:00.000Z',
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(JSON.stringify(body)),
  };
  return encodeDelivery({ delivery, outcome: 'events', events: 1 });
}
const joined = (id: string, person: string) => ({
  id,
  type: 'person.joined',
  source: 'hr',
  occurred_at: '2026-03-01T09:00:00.000Z',
  data: { person },
});

describe('a delivery that names somebody', () => {
  it('keeps the ids of its events where they were made of the name', () => {
    const value = recordOf([joined('joined/ada.lindqvist', 'ada.lindqvist'), joined('joined/2', 'Ada Lindqvist')]);
    const before = again(decodeDelivery(value)!.delivery)!.map(({ id }) => id);
    const stored = decodeDelivery(eraseDelivery(her, 'd1', value, again)!.value)!;
    const now = again(stored.delivery)!.map(({ id }) => id);
    expect(now[0]).not.toBe(before[0]);
    expect(now[1]).toBe(before[1]);
    expect(stored.kept_ids).toEqual({ [now[0]!]: before[0] });
    expect(stored.sealed).toBeUndefined();
    expect(JSON.stringify(stored.delivery.body.toString())).not.toMatch(/lindqvist/i);
  });

  it('is sealed where it no longer reads as it did, or nobody can say', () => {
    const value = recordOf(joined('1', 'ada.lindqvist'));
    const other: ReadAgain = (delivery) => (Buffer.from(delivery.body).includes('lindqvist') ? again(delivery) : []);
    expect(decodeDelivery(eraseDelivery(her, 'd1', value, other)!.value)).toMatchObject({ sealed: true });
    const unknown = decodeDelivery(eraseDelivery(her, 'd1', value, () => null)!.value)!;
    expect(unknown.sealed).toBeUndefined();
  });

  it('loses the names in its headers and its reason too, and nothing else', () => {
    const value = recordOf(joined('1', 'bo'), { 'ce-subject': 'Ada%20Lindqvist', 'ce-id': '7' });
    const stored = decodeDelivery(eraseDelivery(her, 'd1', value, again)!.value)!;
    expect(stored.delivery.headers).toMatchObject({ 'ce-id': '7', 'content-type': 'application/json' });
    expect(stored.delivery.headers['ce-subject']).toMatch(/^erased-[a-z]+$/i);
    expect(eraseDelivery(her, 'd1', recordOf(joined('1', 'bo')), again)).toBeNull();
  });
});

describe('an erasure that was killed', () => {
  const installation = temporaryFolder();
  const dataDir = join(installation, 'data');
  const paths = erasureFolder(dataDir);
  const readValues = async (): Promise<string[]> => {
    const log = await openLmdbLog({ path: paths.log, clock: systemClock });
    const values: string[] = [];
    for await (const records of log.readAll('headway.events'))
      for (const { value, offset } of records) values.push(`${offset} ${Buffer.from(value).toString()}`);
    await log.close();
    return values;
  };
  /** A log that says `old`, a store, and beside it a whole new log that says `new`. */
  const prepare = async (): Promise<void> => {
    rmSync(dataDir, { recursive: true, force: true });
    mkdirSync(paths.store, { recursive: true });
    const log = await openLmdbLog({ path: paths.log, clock: systemClock });
    await log.append('headway.events', [{ key: 'a', value: Buffer.from('old') }]);
    beginErasure(dataDir);
    const copy = await copyLmdbLog({ path: paths.newLog, partitions: 1 });
    for await (const records of log.readAll('headway.events'))
      await copy.write(
        'headway.events',
        records.map((record) => ({ ...record, value: Buffer.from('new') })),
      );
    await copy.close();
    await log.close();
  };
  const emptied = async (): Promise<void> => rmSync(paths.store, { recursive: true, force: true });

  it('never was, if its log was not complete', async () => {
    await prepare();
    expect(await finishErasure(dataDir, systemClock, emptied)).toBe('forgotten');
    expect(await readValues()).toEqual(['0 old']);
    expect([existsSync(paths.folder), existsSync(paths.store), existsSync(paths.known)]).toEqual([false, true, false]);
    expect(await finishErasure(dataDir, systemClock, emptied)).toBe('nothing');
  });

  const moments: Record<string, () => void> = {
    'its log is complete': () => undefined,
    'the old log is out of the way': () => renameSync(paths.log, paths.oldLog),
    'the new log is in its place': () => {
      renameSync(paths.log, paths.oldLog);
      renameSync(paths.newLog, paths.log);
    },
    'what is known of the names is in its place': () => {
      renameSync(paths.log, paths.oldLog);
      renameSync(paths.newLog, paths.log);
      renameSync(paths.newKnown, paths.known);
    },
    'the store and the old log are gone': () => {
      rmSync(paths.log, { recursive: true });
      renameSync(paths.newLog, paths.log);
      renameSync(paths.newKnown, paths.known);
      rmSync(paths.store, { recursive: true });
    },
  };
  it.each(Object.keys(moments))('is finished if %s', async (moment) => {
    await prepare();
    markReady(dataDir, noErasures(secret));
    moments[moment]!();
    expect(await finishErasure(dataDir, systemClock, emptied)).toBe('finished');
    expect(await readValues()).toEqual(['0 new']);
    expect([existsSync(paths.folder), existsSync(paths.store), existsSync(paths.known)]).toEqual([false, false, true]);
  });

  it('is finished the next time if the store cannot be emptied now', async () => {
    await prepare();
    markReady(dataDir, noErasures(secret));
    const away = async (): Promise<void> => {
      throw new Error('the store is away');
    };
    await expect(finishErasure(dataDir, systemClock, away)).rejects.toThrow('away');
    expect(existsSync(paths.ready)).toBe(true);
    expect(await finishErasure(dataDir, systemClock, emptied)).toBe('finished');
    expect(await readValues()).toEqual(['0 new']);
  });

  it('goes on from the copy: offsets, times and partitions are those of the old log', async () => {
    const from = join(installation, 'three');
    const log = await openLmdbLog({ path: from, clock: systemClock, partitions: 3 });
    const records = Array.from({ length: 50 }, (_, n) => ({ key: `k${n}`, value: Buffer.from(`v${n}`) }));
    await log.append('headway.deliveries', records);
    const path = join(installation, 'copy');
    const copy = await copyLmdbLog({ path, partitions: 3 });
    const before = [];
    for await (const batch of log.readAll('headway.deliveries')) {
      before.push(...batch);
      await copy.write('headway.deliveries', batch);
    }
    await copy.close();
    const ends = await log.ends('headway.deliveries');
    await log.close();
    const copied = await openLmdbLog({ path, clock: systemClock });
    const after = [];
    for await (const batch of copied.readAll('headway.deliveries')) after.push(...batch);
    expect(after).toEqual(before);
    expect(await copied.ends('headway.deliveries')).toEqual(ends);
    expect(await copied.find('headway.deliveries', 'k7', '2000-01-01T00:00:00.000Z')).toMatchObject({ key: 'k7' });
    const [place] = await copied.append('headway.deliveries', [{ key: 'k7', value: Buffer.from('next') }]);
    expect(place!.offset).toBe(ends.get(place!.partition));
    await copied.close();
  });
});
