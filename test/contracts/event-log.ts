import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EventLog, type LogRecord, LogUnavailable, type Topic } from '../../ingest/ports.ts';
import { all, collector, expectOrdered, follow, pause, text, until } from './event-log-readers.ts';

/** A log to hold to the contract. Each fixture starts empty. */
export interface LogFixture {
  /** The log under test. */
  open(): Promise<EventLog>;
  /** A second member of the same log, as another process would be; embedded, the same object. */
  beside(log: EventLog): Promise<EventLog>;
  /** Frees everything; all logs are closed by then. */
  destroy(): Promise<void>;
}

const EVENTS: Topic = 'headway.events';
const DELIVERIES: Topic = 'headway.deliveries';
const LONG_AGO = '2001-01-01T00:00:00.000Z';

/** What every EventLog promises, whatever it is made of (ports.ts). */
export function eventLogContract(name: string, setUp: () => Promise<LogFixture>): void {
  describe(`EventLog: ${name}`, () => {
    let fixture: LogFixture;
    let log: EventLog;
    beforeAll(async () => {
      fixture = await setUp();
      log = await fixture.open();
    });
    afterAll(async () => {
      await log?.close();
      await fixture?.destroy();
    });

    it('is empty at first', async () => {
      expect(await all(log, EVENTS)).toEqual([]);
      expect([...(await log.ends(EVENTS)).values()].every((end) => end === 0n)).toBe(true);
      expect(await log.find(DELIVERIES, 'nothing', LONG_AGO)).toBeNull();
      expect(await log.append(EVENTS, [])).toEqual([]);
    });

    it('gives back the bytes, key and place of what was appended', async () => {
      const values = [
        Buffer.alloc(0),
        Buffer.from([0, 255, 128, 10, 13]),
        Buffer.alloc(300_000, 'long'),
        utf8('žluťoučký 🚀'),
      ];
      const keys = ['', 'key', 'a key with spaces and 🚀', 'k'.repeat(3000)];
      const records = values.map((value, index) => ({ key: keys[index]!, value }));
      const places = await log.append(DELIVERIES, records);
      expect(places).toHaveLength(4);
      const stored = new Map(
        (await all(log, DELIVERIES)).map((record) => [`${record.partition}/${record.offset}`, record]),
      );
      for (const [index, { partition, offset }] of places.entries()) {
        const record = stored.get(`${partition}/${offset}`)!;
        expect(record.key).toBe(keys[index]);
        expect(Buffer.compare(record.value, values[index]!)).toBe(0);
        expect(record.recordedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      }
      expect(stored.size).toBe(4);
    });

    it('keeps the order of each key, and every one of many concurrent appends once', async () => {
      const keys = Array.from({ length: 17 }, (_, index) => `subject-${index}`);
      for (let round = 0; round < 10; round++) {
        const appends = keys.flatMap((key) => [log.append(EVENTS, [text(key, `${round}a`), text(key, `${round}b`)])]);
        await Promise.all(appends);
      }
      const records = await all(log, EVENTS);
      const expected = Array.from({ length: 10 }, (_, round) => [`${round}a`, `${round}b`]).flat();
      for (const key of keys) {
        const own = records.filter((record) => record.key === key);
        expect(own.map(({ value }) => Buffer.from(value).toString())).toEqual(expected);
        expect(new Set(own.map(({ partition }) => partition)).size).toBe(1);
      }
      expect(records).toHaveLength(keys.length * 20);
      expectOrdered(records);
    });

    it('says where each partition ends', async () => {
      const before = await log.ends(EVENTS);
      const [place] = await log.append(EVENTS, [text('end', 'x')]);
      const after = await log.ends(EVENTS);
      expect(after.get(place!.partition)).toBe(place!.offset + 1n);
      const grown = [...after].filter(([partition, end]) => end !== before.get(partition));
      expect(grown.map(([partition]) => partition)).toEqual([place!.partition]);
    });

    it('reads all up to the end as of the call, though more is appended meanwhile', async () => {
      const expected = (await all(log, EVENTS)).length;
      const stream = log.readAll(EVENTS)[Symbol.asyncIterator]();
      let count = 0;
      for (let step = await stream.next(); !step.done; step = await stream.next()) {
        count += step.value.length;
        await log.append(EVENTS, [text('late', 'x')]);
      }
      expect(count).toBe(expected);
    });

    it('follows from the start, then wakes for what is appended later', async () => {
      const reader = collector('wakes');
      const following = follow(log, reader);
      const present = (await all(log, EVENTS)).length;
      await until(() => reader.records.length >= present, 'the reader has what was there');
      await log.append(EVENTS, [text('woken', 'now')]);
      await until(() => reader.texts().includes('now'), 'the reader was woken');
      await following.stop();
      expectOrdered(reader.records);
      expect(new Set(reader.records.map(placeOf)).size).toBe(reader.records.length);
    });

    it('hands over records of one partition at a time, one batch in flight', async () => {
      let inFlight = 0;
      let most = 0;
      const reader = collector('one-batch', async (records) => {
        expect(new Set(records.map(({ partition }) => partition)).size).toBe(1);
        inFlight += 1;
        most = Math.max(most, inFlight);
        await pause(5);
        inFlight -= 1;
      });
      const following = follow(log, reader);
      const present = (await all(log, EVENTS)).length;
      await until(() => reader.records.length >= present, 'the reader is through');
      await following.stop();
      expect(most).toBe(1);
    });

    it('goes on from the positions that the reader names', async () => {
      const records = await all(log, EVENTS);
      const positions = new Map<number, bigint>();
      for (const record of records.slice(0, records.length / 2)) positions.set(record.partition, record.offset + 1n);
      const reader = collector('resumes');
      for (const [partition, offset] of positions) reader.positions.set(partition, offset);
      const following = follow(log, reader);
      const rest = records.filter((record) => record.offset >= (positions.get(record.partition) ?? 0n));
      await until(() => reader.records.length >= rest.length, 'the reader has the rest');
      await following.stop();
      expect(reader.records.map(placeOf).sort()).toEqual(rest.map(placeOf).sort());
    });

    it('starts a partition over for a reader that is ahead of the log', async () => {
      const ends = await log.ends(EVENTS);
      const reader = collector('ahead');
      for (const [partition, end] of ends) reader.positions.set(partition, end + 1000n);
      const following = follow(log, reader);
      const present = (await all(log, EVENTS)).length;
      await until(() => reader.records.length >= present, 'the reader has everything');
      await following.stop();
    });

    it('rejects if the handler rejects, and gives the batch again to the next reader', async () => {
      await log.append(EVENTS, [text('poison', 'poison')]);
      const reader = collector('rejects', async (records) => {
        if (records.some(({ key }) => key === 'poison')) throw new Error('cannot take this');
      });
      await expect(follow(log, reader).ended).rejects.toThrow('cannot take this');
      const second = collector('rejects');
      for (const [partition, offset] of reader.positions) second.positions.set(partition, offset);
      const following = follow(log, second);
      await until(() => second.texts().includes('poison'), 'the batch comes again');
      await following.stop();
    });

    it('gives every group everything, and shares the partitions within one', async () => {
      const other = await fixture.beside(log);
      const first = collector('shared');
      const second = collector('shared', undefined, first);
      const alone = collector('alone');
      const followings = [follow(log, first), follow(log, alone)];
      await until(() => first.assigned.length > 0, 'the first reader has partitions');
      const late = follow(other, second);
      const keys = Array.from({ length: 60 }, (_, index) => `shared-${index}`);
      for (const key of keys) await log.append(EVENTS, [text(key, key)]);
      const everything = (await all(log, EVENTS)).length;
      const taken = () => new Set([...first.records, ...second.records].map(placeOf));
      await until(() => taken().size >= everything, 'the two have everything between them');
      await until(() => alone.records.length >= everything, 'the other group has everything');
      if ((await log.ends(EVENTS)).size > 1)
        await until(() => second.assigned.length > 0, 'the second reader has its share');

      await followings[0]!.stop();
      for (const key of keys) await log.append(EVENTS, [text(key, `${key} again`)]);
      await until(() => keys.every((key) => second.texts().includes(`${key} again`)), 'the second takes over');
      for (const { records } of [first, second])
        for (const key of keys) expectOrdered(records.filter((record) => record.key === key));
      await Promise.all([late.stop(), followings[1]!.stop()]);
      if (other !== log) await other.close();
    });

    it('loses nothing when readers come and go, and never gives a partition to two at once', async () => {
      const other = await fixture.beside(log);
      const busy = new Set<number>();
      let overlaps = 0;
      const slowly = async ([first]: readonly LogRecord[]) => {
        if (busy.has(first!.partition)) overlaps += 1;
        busy.add(first!.partition);
        await pause(20);
        busy.delete(first!.partition);
      };
      const shared = collector('restless', slowly);
      const group = Array.from({ length: 4 }, () => collector('restless', slowly, shared));
      const steady = follow(log, shared);
      for (const [round, member] of group.entries()) {
        const following = follow(round % 2 === 0 ? other : log, member);
        for (let index = 0; index < 20; index++) await log.append(EVENTS, [text(`restless-${index}`, `${round}`)]);
        await pause(50);
        await following.stop();
      }
      const everything = (await all(log, EVENTS)).length;
      const taken = () => new Set([shared, ...group].flatMap(({ records }) => records.map(placeOf)));
      await until(() => taken().size >= everything, 'everything was taken by someone');
      await steady.stop();
      expect(overlaps).toBe(0);
      if (other !== log) await other.close();
    });

    it('finds a record by its key, no older than asked', async () => {
      const marker = `delivery-${(await log.ends(DELIVERIES)).size}`;
      await log.append(DELIVERIES, [text(marker, 'first'), text('another', 'x'), text(marker, 'second')]);
      const found = await log.find(DELIVERIES, marker, LONG_AGO);
      expect(Buffer.from(found!.value).toString()).toBe('first');
      expect(found!.key).toBe(marker);
      const justNow = new Date(Date.parse(found!.recordedAt) + 1000).toISOString();
      expect((await log.find(DELIVERIES, marker, justNow))?.offset).toBe(found!.offset);
      const muchLater = new Date(Date.parse(found!.recordedAt) + 3_600_000).toISOString();
      expect(await log.find(DELIVERIES, marker, muchLater)).toBeNull();
      expect(await log.find(DELIVERIES, 'no such delivery', LONG_AGO)).toBeNull();
      await log.append(EVENTS, [text('subject-found', 'event')]);
      expect(Buffer.from((await log.find(EVENTS, 'subject-found', LONG_AGO))!.value).toString()).toBe('event');
    });

    it('has the same records at the same places when opened again, and then refuses appends on the closed one', async () => {
      const before = (await all(log, EVENTS)).map(describeRecord).sort();
      const closed = log;
      await log.close();
      log = await fixture.open();
      expect((await all(log, EVENTS)).map(describeRecord).sort()).toEqual(before);
      await expect(closed.append(EVENTS, [text('closed', 'x')])).rejects.toBeInstanceOf(LogUnavailable);
      const [place] = await log.append(EVENTS, [text('reopened', 'x')]);
      expect(before.map((record) => record.split(' ')[0])).not.toContain(`${place!.partition}/${place!.offset}`);
    });

    it('stops at once when told so', async () => {
      const reader = collector('stops');
      const following = follow(log, reader);
      await until(() => reader.records.length > 0, 'the reader is at work');
      const started = performance.now();
      await following.stop();
      expect(performance.now() - started).toBeLessThan(3000);
      const aborted = new AbortController();
      aborted.abort();
      await log.follow(EVENTS, collector('never'), aborted.signal);
    });
  });
}

function utf8(value: string): Buffer {
  return Buffer.from(value);
}

function placeOf({ partition, offset }: LogRecord): string {
  return `${partition}/${offset}`;
}

function describeRecord(record: LogRecord): string {
  return `${placeOf(record)} ${record.key} ${Buffer.from(record.value).toString('base64')} ${record.recordedAt}`;
}
