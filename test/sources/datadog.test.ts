import { describe, expect, test } from 'vitest';
import { datadog } from '../../ingest/sources/datadog.ts';
import { toldBy } from './told.ts';

const { read, told, events } = toldBy(datadog);

const values = {
  ALERT_CYCLE_KEY: '9076543210987654321',
  ALERT_TRANSITION: 'Triggered',
  DATE: '1772704800123',
  ALERT_PRIORITY: 'P2',
  TAGS: 'env:prod, service:till,team:tills',
  ALERT_SCOPE: 'host:till-7',
  LINK: 'https://app.datadoghq.eu/event/event?id=1',
  EVENT_TITLE: '[Triggered] Till is down',
  TEXT_ONLY_MSG: 'No sales.',
};

/** The payload that people are told to enter, filled in as Datadog does: as text, without a thought for JSON. */
function body(over: Partial<typeof values> = {}): string {
  const template = /```json\n([\s\S]*?)\n```/.exec(datadog.setup)?.[1] ?? '';
  const filled: Record<string, string> = { ...values, ...over };
  return template.replaceAll(/\$([A-Z_]+)/g, (variable, name: string) => filled[name] ?? variable);
}

const data = {
  incident_id: '9076543210987654321',
  service: 'till',
  title: '[Triggered] Till is down',
  severity: 'P2',
  url: 'https://app.datadoghq.eu/event/event?id=1',
};

describe('Datadog', () => {
  test('every variable of the documented payload has a value here', () => {
    expect(body()).not.toContain('$');
  });

  test.each([
    ['Triggered', 'incident.detected'],
    ['Re-Triggered', 'incident.detected'],
    ['Renotify', 'incident.detected'],
    ['Recovered', 'incident.resolved'],
    ['Warn Recovered', 'incident.resolved'],
    ['No Data Recovered', 'incident.resolved'],
  ])('%s is %s of the alert cycle', (ALERT_TRANSITION, type) => {
    expect(told(body({ ALERT_TRANSITION }))).toEqual([{ type, at: '2026-03-05T10:00:00.123Z', data }]);
  });

  test.each(['Warn', 'Re-Warn', 'No Data', 'Re-No Data', 'Success'])(
    '%s begins and ends nothing',
    (ALERT_TRANSITION) => {
      expect(read(body({ ALERT_TRANSITION }))).toBe(`ignored: no incident begins or ends: ${ALERT_TRANSITION}`);
    },
  );

  test('a test of a monitor is none', () => {
    expect(read(body({ EVENT_TITLE: '[TEST] [Triggered] Till is down' }))).toBe('ignored: a test of a monitor');
  });

  test('19 digits survive where somebody writes the key as a number', () => {
    const text = body().replace('"9076543210987654321"', '9076543210987654321');
    expect(events(text)[0]?.subject).toBe('incident:9076543210987654321');
    expect(events(text)).toEqual(events(body()));
  });

  test('a title and a text with quotes and line breaks, which are no JSON then', () => {
    const EVENT_TITLE = '[Triggered] "till" is down, \\o/';
    const TEXT_ONLY_MSG = 'No "sales".\n  "text": "quoted"\ncaused-by: acme/till#12\n';
    const text = body({ EVENT_TITLE, TEXT_ONLY_MSG });
    expect(() => JSON.parse(text)).toThrow();
    const found = [{ ...data, title: EVENT_TITLE, caused_by: 'acme/till#12' }];
    expect(told(text).map((event) => event.data)).toEqual(found);
    expect(told(text.replaceAll('\n', '\r\n')).map((event) => event.data)).toEqual(found);
    for (let length = 0; length < text.length; length++)
      expect(read(text.slice(0, length))).toMatch(/^rejected: body /);
  });

  test('unfilled variables are nothing', () => {
    const tags = { TAGS: '', ALERT_SCOPE: '', ALERT_PRIORITY: '', LINK: '$LINK', EVENT_TITLE: '$EVENT_TITLE' };
    expect(told(body(tags))[0]?.data).toEqual({ incident_id: '9076543210987654321' });
    expect(read(body({ ALERT_CYCLE_KEY: '' }))).toBe('rejected: alert_cycle_key: is missing');
    expect(read(body({ ALERT_CYCLE_KEY: '$ALERT_CYCLE_KEY' }))).toBe('rejected: alert_cycle_key: is missing');
    expect(read(body({ ALERT_TRANSITION: '' }))).toBe('rejected: transition: is missing');
    expect(read(body({ DATE: '' }))).toMatch(/^rejected: date: /);
  });

  test('service, impact, repository and cause by tag, the monitor’s before the group’s', () => {
    const TAGS = 'service:till,Impact:Outage,repository:acme/till,caused_by:acme/till#12';
    expect(told(body({ TAGS, ALERT_SCOPE: 'service:other' }))[0]?.data).toMatchObject({
      service: 'till',
      impact: 'outage',
      repository: 'acme/till',
      caused_by: 'acme/till#12',
    });
    expect(told(body({ TAGS: 'env:prod', ALERT_SCOPE: 'host:x,service:till' }))[0]?.data.service).toBe('till');
  });

  test('the payload that Datadog sends of itself is refused with what it lacks', () => {
    const theirs = { id: '1', title: 'Till is down', body: '', event_type: 'metric_alert', date: '1772704800123' };
    expect(read(theirs)).toBe('rejected: transition: is missing');
  });
});
