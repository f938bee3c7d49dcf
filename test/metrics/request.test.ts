import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import { bucketsOf, daysBegun, iso, localDays } from '../../queries/buckets.ts';
import { type Parameters, parseRequest } from '../../queries/request.ts';
import { metric } from './atoms.ts';

const context = { now: '2025-11-05T10:00:00.000Z', reportingZone: 'Europe/Berlin' };
const parse = (id: string, parameters: Parameters, more = {}) =>
  parseRequest(metric(id), parameters, { ...context, ...more });
const fields = (id: string, parameters: Parameters, more = {}) => {
  const parsed = parse(id, parameters, more);
  return parsed.ok ? [] : parsed.problems.map((problem) => problem.field);
};
const read = (id: string, parameters: Parameters, more = {}) => {
  const parsed = parse(id, parameters, more);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.request;
};

describe('questions', () => {
  it('asks about 28 local days that end now unless told otherwise', () => {
    expect(read('dora.deployment_frequency', {})).toEqual({
      from: '2025-10-08T22:00:00.000Z',
      to: '2025-11-05T10:00:00.000Z',
      grain: null,
      tz: 'Europe/Berlin',
      groupBy: [],
      filters: {},
      options: { count: 'changes', per: 'calendar_day', cadence_class: false, ownership: 'then' },
      asOf: null,
    });
  });

  it('reads dates in the zone, instants as they are, a blank for a plus sign, lists and stars', () => {
    const request = read('dora.change_lead_time', {
      from: '2025-10-26',
      to: '2025-11-01T00:00:00 02:00',
      tz: 'Europe/Berlin',
      service: 'web,api,web',
      team: '*',
      include_bots: '',
      include_reverts: 'true',
      group_by: 'team,repository',
      grain: '28d',
      as_of: '2025-11-01',
      bands: 'dora-2024',
    });
    expect(request).toMatchObject({ from: '2025-10-25T22:00:00.000Z', to: '2025-10-31T22:00:00.000Z', grain: '28d' });
    expect(request).toMatchObject({ filters: { service: ['api', 'web'] }, groupBy: ['team', 'repository'] });
    expect(request.asOf).toBe('2025-10-31T23:00:00.000Z');
    expect(request.options).toMatchObject({ include_bots: true, include_reverts: true, bands: 'dora-2024' });
  });

  it('takes the defaults of the organisation, and the question before them', () => {
    const defaults = { 'dora.change_fail_rate': { link: 'previous_deploy', max_lag: 12 } };
    expect(read('dora.change_fail_rate', {}, { defaults }).options).toMatchObject({
      link: 'previous_deploy',
      max_lag: 12,
    });
    expect(read('dora.change_fail_rate', { max_lag: '1.5' }, { defaults }).options.max_lag).toBe(1.5);
  });

  it('names every problem at once, with what would be right', () => {
    const parsed = parse('dora.change_fail_rate', {
      from: 'yesterday',
      to: '2025-13-01',
      tz: 'Mars/Olympus',
      grain: 'fortnight',
      group_by: 'team,service,region',
      link: 'guess',
      max_lag: '-1',
      as_of: '2999-01-01',
      colour: 'red',
      service: ['a', 'b'],
    });
    const problems = parsed.ok ? [] : parsed.problems;
    const named = ['service', 'colour', 'tz', 'to', 'from', 'grain', 'group_by', 'as_of', 'link', 'max_lag'];
    expect(problems.map((problem) => problem.field).sort()).toEqual(named.sort());
    for (const problem of problems) expect(problem.fix.length).toBeGreaterThan(5);
  });

  it('refuses what cannot be answered', () => {
    expect(fields('dora.deployment_frequency', { tz: 'team' })).toEqual(['tz']);
    expect(fields('dora.deployment_frequency', { tz: 'team', group_by: 'team' })).toEqual([]);
    expect(fields('dora.deployment_frequency', { from: '2025-01-02', to: '2025-01-02' })).toEqual(['from']);
    expect(fields('dora.deployment_frequency', { from: '2020-01-01', to: '2025-01-01', grain: 'hour' })).toEqual([
      'grain',
    ]);
    expect(fields('dora.deployment_frequency', { from: '1970-01-02', to: '2199-01-01' })).toEqual(['from']);
    expect(fields('dora.deployment_frequency', { repository: 'a' })).toEqual(['repository']);
    expect(fields('dora.deployment_frequency', { cadence_class: 'perhaps' })).toEqual(['cadence_class']);
    expect(fields('dora.deployment_rework_rate', { bands: 'dora-2024' })).toEqual(['bands']);
    expect(fields('dora.change_lead_time', { bands: 'dora-2025' })).toEqual(['bands']);
    expect(fields('dora.deployment_frequency', { format: 'csv' })).toEqual(['format']);
    expect(fields('dora.deployment_frequency', { format: 'csv' }, { others: ['format'] })).toEqual([]);
  });
});

describe('buckets', () => {
  const span = (from: string, to: string) => ({ start: Date.parse(from), end: Date.parse(to) });
  const hours = ({ start, end }: { start: number; end: number }) => (end - start) / 3_600_000;

  it('EX-TZ-1: days are as long as their clocks say', () => {
    const days = (from: string, to: string, tz: string) => bucketsOf(span(from, to), tz, 'day').map(hours);
    expect(days('2025-10-25T22:00:00Z', '2025-10-26T23:00:00Z', 'Europe/Berlin')).toEqual([25]);
    expect(days('2025-03-29T23:00:00Z', '2025-03-30T22:00:00Z', 'Europe/Berlin')).toEqual([23]);
    expect(days('2025-03-09T05:00:00Z', '2025-03-10T04:00:00Z', 'America/New_York')).toEqual([23]);
    expect(days('2025-11-02T04:00:00Z', '2025-11-03T05:00:00Z', 'America/New_York')).toEqual([25]);
  });

  it('EX-TZ-4: the fourth quarter of 2025 in Berlin has 2 209 hours', () => {
    const [quarter] = bucketsOf(span('2025-11-01T00:00:00Z', '2025-11-02T00:00:00Z'), 'Europe/Berlin', 'quarter');
    expect(hours(quarter!)).toBe(2_209);
  });

  it('weeks are those of ISO, quarters follow the fiscal year, buckets of a window meet without gaps', () => {
    const starts = (from: string, to: string, grain: 'week' | 'quarter', month = 1) =>
      bucketsOf(span(from, to), 'UTC', grain, month).map((bucket) => iso(bucket.start).slice(0, 10));
    expect(starts('2027-01-01T00:00:00Z', '2027-01-05T00:00:00Z', 'week')).toEqual(['2026-12-28', '2027-01-04']);
    expect(starts('2024-12-30T00:00:00Z', '2024-12-31T00:00:00Z', 'week')).toEqual(['2024-12-30']);
    expect(starts('2025-01-15T00:00:00Z', '2025-06-01T00:00:00Z', 'quarter', 2)).toEqual([
      '2024-11-01',
      '2025-02-01',
      '2025-05-01',
    ]);
    for (const grain of ['hour', 'day', 'week', 'month', 'quarter', 'year'] as const) {
      for (const tz of ['Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Africa/Cairo', 'Pacific/Apia']) {
        const buckets = bucketsOf(span('2024-03-20T05:17:00Z', '2024-05-02T11:00:00Z'), tz, grain);
        expect(buckets[0]!.start <= Date.parse('2024-03-20T05:17:00Z')).toBe(true);
        expect(buckets.at(-1)!.end >= Date.parse('2024-05-02T11:00:00Z')).toBe(true);
        for (let n = 1; n < buckets.length; n += 1) expect(buckets[n]!.start).toBe(buckets[n - 1]!.end);
      }
    }
  });

  it('rolling days end with each day of the window', () => {
    const buckets = bucketsOf(span('2025-10-25T22:00:00Z', '2025-10-28T10:00:00Z'), 'Europe/Berlin', '7d');
    expect(buckets.map((bucket) => [iso(bucket.start), iso(bucket.end)])).toEqual([
      ['2025-10-19T22:00:00.000Z', '2025-10-26T23:00:00.000Z'],
      ['2025-10-20T22:00:00.000Z', '2025-10-27T23:00:00.000Z'],
      ['2025-10-21T22:00:00.000Z', '2025-10-28T23:00:00.000Z'],
    ]);
  });

  it('days meet at every local midnight, whatever the zone does with its clocks', () => {
    for (const tz of [
      'Europe/Berlin',
      'America/New_York',
      'Africa/Cairo',
      'Pacific/Apia',
      'Australia/Lord_Howe',
      'America/Sao_Paulo',
      'UTC',
    ]) {
      const window = span('2011-06-01T05:00:00Z', '2019-03-01T05:00:00Z');
      const { edges, first, weekdays } = localDays(window, tz);
      let day = DateTime.fromMillis(window.start, { zone: tz }).startOf('day');
      for (let n = 0; n < weekdays.length; n += 1) {
        expect(iso(edges[n]!), tz).toBe(iso(day.toMillis()));
        day = day.plus({ days: 1 }).startOf('day');
      }
      const start = DateTime.fromMillis(edges[0]!, { zone: tz });
      expect(first).toBe(Date.UTC(start.year, start.month - 1, start.day) / 86_400_000);
      expect(weekdays[0]).toBe(start.weekday);
    }
  });

  it('counts cut days by their share and the running day whole', () => {
    const window = span('2025-10-25T22:00:00Z', '2025-10-28T11:00:00Z');
    const days = localDays(window, 'Europe/Berlin');
    expect(daysBegun(days, window, Date.parse('2026-01-01T00:00:00Z'))).toBeCloseTo(2.5, 12);
    expect(daysBegun(days, window, Date.parse('2025-10-27T08:00:00Z'))).toBe(2);
    expect(daysBegun(days, window, Date.parse('2025-10-25T22:00:00Z'))).toBe(0);
    expect(daysBegun(days, window, Date.parse('2026-01-01T00:00:00Z'), true)).toBeCloseTo(1.5, 12);
  });
});
