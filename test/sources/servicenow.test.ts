import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { servicenow } from '../../ingest/sources/servicenow.ts';
import { toldBy } from './told.ts';

const { read, told } = toldBy(servicenow);

const record = {
  number: 'INC0010001',
  sys_updated_on: '2026-03-05 10:02:00 UTC',
  opened_at: '2026-03-05 10:00:00 UTC',
  resolved_at: null as string | null,
  reopened_at: null as string | null,
  closed_at: null as string | null,
  state: '1' as unknown,
  priority: '2' as unknown,
  business_service: 'Tills',
  cmdb_ci: 'till-7',
  short_description: 'Till is down',
  description: null as string | null,
};
const only = { incident_id: 'INC0010001' };
const data = {
  ...only,
  service: 'Tills',
  title: 'Till is down',
  severity: 'P2',
  impact: 'degraded',
  false_alarm: false,
};
const opened = { type: 'incident.detected', at: '2026-03-05T10:00:00.000Z', data: only };
const updated = { type: 'incident.reclassified', at: '2026-03-05T10:02:00.000Z', data };
const described = (over: object) => told({ ...record, ...over })[1]?.data;

describe('ServiceNow', () => {
  test('an incident from its opening on, as it is at its last update', () => {
    expect(told(record)).toEqual([opened, updated]);
  });

  test('in progress, it is acknowledged; on hold, that was told before', () => {
    const acknowledged = { type: 'incident.acknowledged', at: '2026-03-05T10:02:00.000Z', data: only };
    expect(told({ ...record, state: '2' })).toEqual([opened, updated, acknowledged]);
    expect(told({ ...record, state: 3 })).toEqual([opened, updated]);
  });

  test('it is restored when it was resolved, and not when it was closed', () => {
    const times = { resolved_at: '2026-03-05 10:30:00 UTC', closed_at: '2026-03-05 11:30:00 UTC' };
    const kinds = (over: object) => told({ ...record, ...times, ...over }).map(({ type, at }) => `${type} ${at}`);
    expect(kinds({ state: '6' }).slice(2)).toEqual(['incident.resolved 2026-03-05T10:30:00.000Z']);
    expect(kinds({ state: '7' }).slice(2)).toEqual([
      'incident.resolved 2026-03-05T10:30:00.000Z',
      'incident.closed 2026-03-05T11:30:00.000Z',
    ]);
    expect(kinds({ state: '2', reopened_at: '2026-03-05 10:40:00 UTC' }).slice(2)).toEqual([
      'incident.acknowledged 2026-03-05T10:02:00.000Z',
      'incident.reopened 2026-03-05T10:40:00.000Z',
    ]);
  });

  test('cancelled, it is a false alarm; a duplicate counts as the other', () => {
    expect(described({ state: '8' })?.false_alarm).toBe(true);
    expect(told({ ...record, duplicate_of: 'INC0010000' })[1]).toMatchObject({
      type: 'incident.merged',
      data: { duplicate_of: 'INC0010000' },
    });
  });

  test('the start of impact is the one that was entered last', () => {
    expect(told({ ...record, impact_started_at: '2026-03-05 09:55:00 UTC' })[2]).toEqual({
      type: 'incident.corrected',
      at: '2026-03-05T10:02:00.000Z',
      data: { ...only, field: 'impact_started_at', value: '2026-03-05T09:55:00.000Z' },
    });
  });

  test.each([
    ['1', 'P1', 'degraded'],
    [3, 'P3', 'degraded'],
    ['4', 'P4', 'none'],
    ['5', 'P5', 'none'],
    ['', undefined, undefined],
    [null, undefined, undefined],
  ])('priority %j is severity %s with impact %s', (priority, severity, impact) => {
    const found = described({ priority });
    expect([found?.severity, found?.impact]).toEqual([severity, impact]);
  });

  test('an impact in our words counts before the priority; ServiceNow’s own digits say nothing', () => {
    expect(described({ priority: '5', impact: 'outage' })?.impact).toBe('outage');
    expect(described({ priority: '1', impact: '3' })?.impact).toBe('degraded');
  });

  test('the service, else the configuration item; the cause in any text or field', () => {
    expect(described({ business_service: '' })?.service).toBe('till-7');
    expect(described({ work_notes: '2026-03-05 - Ada (Work notes)\ncaused-by: acme/till#12\n\n' })?.caused_by).toBe(
      'acme/till#12',
    );
    expect(described({ caused_by: '1a2b3c4d' })?.caused_by).toBe('1a2b3c4d');
  });

  test('times without a zone, display values and words for states are refused', () => {
    expect(read({ ...record, opened_at: '2026-03-05 10:00:00' })).toMatch(/^rejected: opened_at: /);
    expect(read({ ...record, sys_updated_on: '05.03.2026 11:02:00' })).toMatch(/^rejected: sys_updated_on: /);
    expect(read({ ...record, state: 'In Progress' })).toMatch(/^rejected: state: /);
    expect(read({ ...record, state: null })).toBe('rejected: state: is missing');
    expect(read({ ...record, number: '' })).toMatch(/^rejected: number: /);
  });
});

/** The part of ServiceNow that the script of the set-up steps speaks to, over one record. */
function runRule(fields: Readonly<Record<string, string>>, displayed: Readonly<Record<string, string>>) {
  const calls = new Map<string, string>();
  const note = (call: string) => (value: string) => {
    calls.set(call, value);
  };
  class RESTMessageV2 {
    setEndpoint = note('endpoint');
    setHttpMethod = note('method');
    setRequestBody = note('body');
    setRequestHeader = (name: string, value: string) => note(name)(value);
    execute = () => note('executed')('yes');
  }
  const script = /```js\n([\s\S]*?)\n```/.exec(servicenow.setup)?.[1] ?? '';
  runInNewContext(script.replaceAll('{url}', 'https://headway.acme.example/hooks/servicenow'), {
    current: {
      isValidField: (name: string) => name in fields,
      getValue: (name: string) => fields[name] ?? null,
      getDisplayValue: (name: string) => displayed[name] ?? '',
      getLink: () => 'incident.do?sys_id=1',
      work_notes: { getJournalEntry: () => '' },
    },
    gs: { getProperty: (name: string) => (name === 'headway.token' ? 't' : 'https://acme.service-now.com/') },
    sn_ws: { RESTMessageV2 },
  });
  return calls;
}

test('the script of the set-up steps sends what is read here', () => {
  const fields = {
    number: 'INC0010001',
    sys_updated_on: '2026-03-05 10:35:00',
    opened_at: '2026-03-05 10:00:00',
    resolved_at: '2026-03-05 10:30:00',
    state: '6',
    priority: '1',
    short_description: 'Till is down',
  };
  const sent = runRule(fields, { business_service: 'Tills' });
  expect(Object.fromEntries(sent)).toMatchObject({
    endpoint: 'https://headway.acme.example/hooks/servicenow',
    method: 'POST',
    'Content-Type': 'application/json',
    'X-Headway-Token': 't',
    executed: 'yes',
  });
  expect(told(sent.get('body'))).toEqual([
    opened,
    {
      type: 'incident.reclassified',
      at: '2026-03-05T10:35:00.000Z',
      data: { ...data, severity: 'P1', url: 'https://acme.service-now.com/incident.do?sys_id=1' },
    },
    { type: 'incident.resolved', at: '2026-03-05T10:30:00.000Z', data: only },
  ]);
});
