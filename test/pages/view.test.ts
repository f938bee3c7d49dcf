import { expect, test } from 'vitest';
import type { PageContext } from '../../dashboards/web/page.ts';
import { apiLink, apiParams, linkTo, readView } from '../../dashboards/web/view.ts';

const context: PageContext = {
  now: '2025-11-21T08:00:00.000Z',
  zone: 'Europe/Berlin',
  organisation: 'Kestrel',
  fiscalStartMonth: 1,
  heardUntil: null,
  staleSince: null,
  baseUrl: '',
  specVersion: '1.0.0',
  teams: [],
  services: [],
};

test('the default is 90 local days that end with the last one past its 48 hours of grace', () => {
  const view = readView({}, context);
  expect(view.window).toEqual({ start: '2025-08-20T22:00:00.000Z', end: '2025-11-18T23:00:00.000Z', days: 90 });
  expect(view.baseline).toEqual({ start: '2025-05-22T22:00:00.000Z', end: '2025-08-20T22:00:00.000Z', days: 90 });
  expect(view.state).toEqual({});
  // One minute before the grace of 19 November ends in Berlin, and when it has ended.
  expect(readView({}, { ...context, now: '2025-11-21T22:59:00.000Z' }).window.end).toBe('2025-11-18T23:00:00.000Z');
  expect(readView({}, { ...context, now: '2025-11-21T23:00:00.000Z' }).window.end).toBe('2025-11-19T23:00:00.000Z');
});

test('27 ISO weeks end with the week of the last day', () => {
  const { weeks } = readView({}, context);
  expect(weeks.start).toBe('2025-05-18T22:00:00.000Z');
  expect(weeks.end).toBe('2025-11-23T23:00:00.000Z');
  expect(weeks.days).toBe(27 * 7);
});

test('quarters follow the fiscal year; own dates include their last day', () => {
  expect(readView({ range: 'quarter' }, context).window.start).toBe('2025-09-30T22:00:00.000Z');
  expect(readView({ range: 'quarter' }, { ...context, fiscalStartMonth: 2 }).window.start).toBe(
    '2025-10-31T23:00:00.000Z',
  );
  const own = readView({ range: 'own', first_day: '2025-03-30', last_day: '2025-03-30' }, context);
  expect(own.window).toEqual({ start: '2025-03-29T23:00:00.000Z', end: '2025-03-30T22:00:00.000Z', days: 1 });
  expect(own.state).toEqual({ range: 'own', first_day: '2025-03-30', last_day: '2025-03-30' });
});

test('as of a day means its local end, and moves the default window with it', () => {
  const view = readView({ as_of: '2025-10-08' }, context);
  expect(view.asOf).toBe('2025-10-08T22:00:00.000Z');
  expect(view.window.end).toBe('2025-10-06T22:00:00.000Z');
  expect(readView({ as_of: '2025-11-21' }, context).asOf).toBeNull();
  expect(readView({ as_of: 'now' }, context).asOf).toBeNull();
});

test('what cannot be read falls back to its default and is named', () => {
  const view = readView({ range: 'decade', against: 'x', tz: 'Mars/Olympus', as_of: 'soon' }, context);
  expect(view.range).toBe('90d');
  expect(view.zone).toBe('Europe/Berlin');
  expect(view.problems).toHaveLength(4);
  expect(readView({ range: 'own', first_day: '2025-05-02', last_day: '2025-05-01' }, context).problems).toHaveLength(1);
  expect(readView({ range: 'constructor' }, context).problems).toHaveLength(1);
});

test('links keep the state and can change it; the API is asked for the same thing', () => {
  const view = readView({ team: 'A & B', tz: 'UTC', against: 'none' }, context);
  expect(Object.fromEntries(new URL(linkTo('/', view), 'http://h').searchParams)).toEqual({
    team: 'A & B',
    tz: 'UTC',
    against: 'none',
  });
  expect(new URL(linkTo('/', view, { team: null }), 'http://h').searchParams.get('team')).toBeNull();
  expect(new URL(linkTo('/', view, { service: 'x' }), 'http://h').searchParams.get('team')).toBe('A & B');
  expect(view.baseline).toBeNull();
  const link = new URL(apiLink('dora.change_fail_rate', apiParams(view, view.window), '/atoms'), 'http://h');
  expect(link.pathname).toBe('/v1/metrics/dora.change_fail_rate/atoms');
  expect(Object.fromEntries(link.searchParams)).toEqual({
    from: view.window.start,
    to: view.window.end,
    tz: 'UTC',
    team: 'A & B',
  });
});
