import { DateTime } from 'luxon';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Weekday, weekdays } from '../../ingest/calendar.ts';
import type { Store } from '../../ingest/ports.ts';
import { businessSeconds, type Calendar, openSpans } from '../../queries/hours/calendar.ts';
import { hoursParams, hoursSql, hoursTable } from '../../queries/hours/table.ts';
import { newRandom, type Random } from '../histories/random.ts';
import { openTime } from '../oracle/business-hours.ts';
import { type AtomBench, openBench } from './atoms.ts';

const EVER = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
const workdays = (hours: string) => Object.fromEntries(weekdays.slice(0, 5).map((day) => [day, [hours]]));
const everyDay = (hours: string) => Object.fromEntries(weekdays.map((day) => [day, [hours]]));

function calendar(timezone: string, hours: Partial<Record<Weekday, string[]>>, holidays: string[] = []): Calendar {
  return [{ ...EVER, timezone, hours, holidays }];
}

/** Hours by the calendar between two local times of its zone. */
function hoursBetween(of: Calendar, start: string, end: string): number {
  const at = (text: string) => DateTime.fromISO(text, { zone: of[0]!.timezone }).toMillis();
  return businessSeconds(of, at(start), at(end)) / 3_600;
}

describe('business hours, worked out by hand', () => {
  const office = calendar('Europe/Berlin', workdays('09:00-17:00'), ['2025-12-25', '2025-12-26']);

  it('counts a night and a weekend as nothing', () => {
    expect(hoursBetween(office, '2025-11-07T16:00', '2025-11-10T10:30')).toBe(2.5);
    expect(hoursBetween(office, '2025-11-08T08:00', '2025-11-09T23:00')).toBe(0);
    expect(hoursBetween(office, '2025-11-10T09:00', '2025-11-10T17:00')).toBe(8);
  });

  it('closes holidays, which fall on local dates', () => {
    // Wednesday 15:00, Thursday and Friday off, the weekend, Monday 10:00.
    expect(hoursBetween(office, '2025-12-24T15:00', '2025-12-29T10:00')).toBe(3);
  });

  it('keeps a working day of eight hours on either side of a change of clocks', () => {
    expect(hoursBetween(office, '2025-03-28T09:00', '2025-03-31T17:00')).toBe(16);
    expect(hoursBetween(office, '2025-10-24T09:00', '2025-10-27T17:00')).toBe(16);
    // 09:00 is 07:00Z in summer and 08:00Z in winter.
    expect(businessSeconds(office, Date.parse('2025-10-24T07:00Z'), Date.parse('2025-10-24T08:00Z'))).toBe(3_600);
    expect(businessSeconds(office, Date.parse('2025-10-27T07:00Z'), Date.parse('2025-10-27T08:00Z'))).toBe(0);
  });

  it('gives a night shift the hours that the night has', () => {
    const nights = calendar('Europe/Berlin', everyDay('22:00-06:00'));
    expect(hoursBetween(nights, '2025-11-10T12:00', '2025-11-11T12:00')).toBe(8);
    expect(hoursBetween(nights, '2025-03-29T12:00', '2025-03-30T12:00')).toBe(7);
    expect(hoursBetween(nights, '2025-10-25T12:00', '2025-10-26T12:00')).toBe(9);
    // The holiday ends a shift at midnight and lets the next one begin only after it.
    const free = calendar('Europe/Berlin', everyDay('22:00-06:00'), ['2025-11-11']);
    expect(hoursBetween(free, '2025-11-10T12:00', '2025-11-12T12:00')).toBe(2 + 6);
  });

  it('has no hour that is skipped, and has a repeated one twice', () => {
    const early = calendar('Europe/Berlin', { sunday: ['02:00-02:30'] });
    expect(openSpans(early, { start: Date.parse('2025-03-29T12:00Z'), end: Date.parse('2025-03-30T12:00Z') })).toEqual(
      [],
    );
    const twice = openSpans(early, { start: Date.parse('2025-10-25T12:00Z'), end: Date.parse('2025-10-26T12:00Z') });
    expect(twice.map(({ start, end }) => [start, end].map((at) => new Date(at).toISOString().slice(11, 16)))).toEqual([
      ['00:00', '00:30'],
      ['01:00', '01:30'],
    ]);
  });

  it('counts overlapping hours once and hours that meet as one', () => {
    const lunch = calendar('UTC', { monday: ['08:00-12:00', '11:00-13:00', '13:00-14:00'], sunday: ['20:00-09:00'] });
    const span = { start: Date.parse('2025-11-09T00:00Z'), end: Date.parse('2025-11-11T00:00Z') };
    expect(openSpans(lunch, span)).toEqual([
      { start: Date.parse('2025-11-09T20:00Z'), end: Date.parse('2025-11-10T14:00Z') },
    ]);
    expect(hoursBetween(calendar('UTC', everyDay('00:00-24:00')), '2025-01-01', '2026-01-01')).toBe(365 * 24);
  });

  it('changes its hours when they are defined anew, and not before', () => {
    const change = Date.parse('2025-11-10T12:00:00Z');
    const moved: Calendar = [
      { from: Number.NEGATIVE_INFINITY, to: change, timezone: 'UTC', hours: everyDay('09:00-17:00'), holidays: [] },
      { from: change, to: Number.POSITIVE_INFINITY, timezone: 'UTC', hours: everyDay('09:00-13:00'), holidays: [] },
    ];
    expect(hoursBetween(moved, '2025-11-09T00:00', '2025-11-12T00:00')).toBe(8 + 4 + 4);
  });
});

describe('business hours by SQL', () => {
  let bench: AtomBench;
  let store: Store;
  beforeAll(async () => {
    bench = await openBench();
    store = bench.store;
  });
  afterAll(() => bench.close());

  it('are those of the definition, to the millisecond', async () => {
    for (let seed = 1; seed <= 12; seed += 1) {
      const random = newRandom(seed);
      const of = randomCalendar(random);
      // Weekends at which clocks change, in both hemispheres, and the edges of the table.
      const around = Date.parse(random.pick(['2025-03-30', '2025-10-26', '2025-10-05', '2025-11-02', '2000-01-02']));
      const instants = Array.from({ length: 40 }, () => around + random.int(-6 * 86_400_000, 6 * 86_400_000));
      const starts = instants.slice(0, 20).map((at) => Math.max(at, Date.parse('2000-01-01')));
      const ends = instants.slice(20).map((at) => Math.max(at, Date.parse('2000-01-01')));
      const until = around + 5 * 86_400_000;
      const rows = await store.query<{ seconds: number }>(
        `SELECT ${hoursSql('a', 'b')} AS seconds FROM (
          SELECT fromUnixTimestamp64Milli(s, 'UTC') AS a, toNullable(fromUnixTimestamp64Milli(e, 'UTC')) AS b, n
          FROM (SELECT 1) ARRAY JOIN {starts:Array(Int64)} AS s, {ends:Array(Int64)} AS e, arrayEnumerate({ends:Array(Int64)}) AS n
        ) ORDER BY n`,
        { ...hoursParams(hoursTable(of, until)), starts, ends },
      );
      const inTable = (at: number) => Math.min(at, Math.floor(until / 86_400_000) * 86_400_000 + 2 * 86_400_000);
      const defined = starts.map((start, index) => openTime(of, inTable(start), inTable(ends[index]!)) / 1_000);
      const counted = starts.map((start, index) => businessSeconds(of, inTable(start), inTable(ends[index]!)));
      expect(
        rows.map(({ seconds }) => seconds),
        `seed ${seed}`,
      ).toEqual(defined);
      expect(counted, `seed ${seed}`).toEqual(defined);
    }
  });
});

function randomCalendar(random: Random): Calendar {
  const time = () => `${String(random.int(0, 23)).padStart(2, '0')}:${String(random.int(0, 59)).padStart(2, '0')}`;
  const hours = () =>
    Object.fromEntries(
      weekdays
        .filter(() => random.chance(0.75))
        .map((day) => [day, Array.from({ length: random.int(1, 3) }, () => `${time()}-${time()}`)]),
    );
  const zone = () =>
    random.pick(['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'Pacific/Apia', 'UTC']);
  const holidays = ['2025-03-30', '2025-10-27', '2000-01-03'].filter(() => random.chance(0.5));
  const change = Date.parse(random.pick(['2025-03-29T12:34:56Z', '2025-10-26T00:30:00Z', '2000-01-04T00:00Z']));
  return [
    { from: Number.NEGATIVE_INFINITY, to: change, timezone: zone(), hours: hours(), holidays },
    { from: change, to: Number.POSITIVE_INFINITY, timezone: zone(), hours: hours(), holidays },
  ];
}
