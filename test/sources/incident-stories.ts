import { alertmanager } from '../../ingest/sources/alertmanager.ts';
import { datadog } from '../../ingest/sources/datadog.ts';
import { grafanaAlerting } from '../../ingest/sources/grafana-alerting.ts';
import { grafanaOncall } from '../../ingest/sources/grafana-oncall.ts';
import { incidentIo } from '../../ingest/sources/incident-io.ts';
import { newrelic } from '../../ingest/sources/newrelic.ts';
import { opsgenie } from '../../ingest/sources/opsgenie.ts';
import { pagerduty } from '../../ingest/sources/pagerduty.ts';
import { servicenow } from '../../ingest/sources/servicenow.ts';
import type { Source } from '../../ingest/sources/source.ts';
import { statuspage } from '../../ingest/sources/statuspage.ts';

/**
 * One incident as its tool tells it, in the order of its messages: it starts at 10:00, is acknowledged at 10:05 where the tool
 * knows that, and is over at 10:45 for good. The service is one that the catalog calls `till`.
 */
export interface IncidentStory {
  readonly source: Source;
  readonly messages: readonly object[];
  readonly acknowledged: boolean;
  /** Whether the last message alone tells start and end. */
  readonly lastTellsAll: boolean;
}

const at = (minutes: string) => `2026-03-05T${minutes}:00.000Z`;
const millis = (minutes: string) => Date.parse(at(minutes));

const group = (version: string, alert: object, status: string) => ({
  version,
  status,
  alerts: [
    {
      status,
      labels: { alertname: 'TillDown', headway: 'incident', service: 'till' },
      annotations: { summary: 'Till is down' },
      startsAt: at('10:00'),
      endsAt: '0001-01-01T00:00:00Z',
      fingerprint: `a1bc48475b20e73${version}`,
      ...alert,
    },
  ],
});
const alerts = (source: Source, version: string): IncidentStory => ({
  source,
  messages: [
    group(version, {}, 'firing'),
    group(version, { annotations: { summary: 'Till is down: 12 %' } }, 'firing'),
    group(version, { endsAt: at('10:45') }, 'resolved'),
  ],
  acknowledged: false,
  lastTellsAll: true,
});

const oncall = (type: string, over: object) => ({
  event: { type },
  alert_group: { id: 'ONCALL1', state: 'firing', created_at: at('10:00'), labels: { service: 'till' }, ...over },
});

const opsgenieAlert = (action: string, updated: string, over: object = {}) => ({
  action,
  alert: {
    alertId: 'OPSGENIE1',
    message: 'Till is down',
    priority: 'P2',
    createdAt: millis('10:00'),
    updatedAt: `${millis(updated)}000000`,
    details: { service: 'till' },
    ...over,
  },
});

const timestamp = (name: string, minutes: string) => ({ incident_timestamp: { name }, value: { value: at(minutes) } });
const incidentIoEvent = (event: string, updated: string, category: string, over: object, previous?: string) => {
  const type = `public_incident.incident_${event}_v2`;
  const incident = {
    id: 'INCIDENTIO1',
    name: 'Till is down',
    created_at: at('10:02'),
    updated_at: at(updated),
    incident_status: { category },
    custom_field_entries: [{ custom_field: { name: 'Service' }, values: [{ value_text: 'till' }] }],
    ...over,
  };
  const change = { incident, new_status: { category }, previous_status: { category: previous } };
  return { event_type: type, [type]: previous === undefined ? incident : change };
};

const monitor = (transition: string, minutes: string) => ({
  alert_cycle_key: '9076543210987654321',
  transition,
  date: String(millis(minutes)),
  tags: 'service:till',
});

const issue = (state: string, updated: string) => ({
  id: 'NEWRELIC1',
  state,
  createdAt: millis('10:00'),
  updatedAt: millis(updated),
  impactedEntities: ['till'],
});

const record = (updated: string, state: number, over: object = {}) => ({
  number: 'INC0010001',
  sys_updated_on: at(updated),
  opened_at: at('10:00'),
  state,
  priority: 2,
  business_service: 'Tills',
  ...over,
});

const pageUpdate = (status: string, minutes: string) => ({
  id: `${status}${minutes}`,
  status,
  created_at: at(minutes),
});
const page = (updated: string, status: string, ...updates: readonly object[]) => ({
  incident: {
    id: 'STATUSPAGE1',
    status,
    impact: 'major',
    created_at: at('10:00'),
    updated_at: at(updated),
    incident_updates: updates,
    components: [{ name: 'Tills', status: 'major_outage' }],
  },
});
const told = [
  pageUpdate('investigating', '10:00'),
  pageUpdate('monitoring', '10:20'),
  pageUpdate('identified', '10:30'),
  pageUpdate('resolved', '10:45'),
  pageUpdate('postmortem', '11:30'),
];

const pager = (type: string, minutes: string) => ({
  event: {
    event_type: `incident.${type}`,
    occurred_at: at(minutes),
    data: { id: 'PAGERDUTY1', urgency: 'high', service: { summary: 'Tills' } },
  },
});

export const incidentStories: readonly IncidentStory[] = [
  alerts(alertmanager, '4'),
  alerts(grafanaAlerting, '1'),
  {
    source: grafanaOncall,
    messages: [
      oncall('alert group created', {}),
      oncall('acknowledge', { state: 'acknowledged', acknowledged_at: at('10:05') }),
      oncall('resolve', { state: 'resolved', acknowledged_at: at('10:05'), resolved_at: at('10:20') }),
      oncall('unresolve', { acknowledged_at: at('10:05') }),
      oncall('resolve', { state: 'resolved', acknowledged_at: at('10:05'), resolved_at: at('10:45') }),
    ],
    acknowledged: true,
    lastTellsAll: true,
  },
  {
    source: opsgenie,
    messages: [
      opsgenieAlert('Create', '10:00', { priority: 'P5', details: {} }),
      opsgenieAlert('Acknowledge', '10:05', { priority: 'P5', details: {} }),
      opsgenieAlert('UpdatePriority', '10:10'),
      opsgenieAlert('Create', '10:15'),
      opsgenieAlert('Escalate', '10:20'),
      opsgenieAlert('Close', '10:45'),
    ],
    acknowledged: true,
    lastTellsAll: true,
  },
  {
    source: incidentIo,
    messages: [
      incidentIoEvent('created', '10:02', 'triage', {}),
      incidentIoEvent('status_updated', '10:06', 'live', {}, 'triage'),
      incidentIoEvent('updated', '10:07', 'live', {
        incident_timestamp_values: [timestamp('Impact started', '10:03'), timestamp('Accepted at', '10:07')],
      }),
      incidentIoEvent('updated', '10:10', 'live', {
        incident_timestamp_values: [timestamp('Impact started', '10:01'), timestamp('Accepted at', '10:06')],
      }),
      incidentIoEvent('status_updated', '10:50', 'learning', {}, 'live'),
      incidentIoEvent('updated', '11:00', 'learning', {
        incident_timestamp_values: [timestamp('Resolved at', '10:48')],
      }),
      // People find out: both times were earlier than they had thought.
      incidentIoEvent('updated', '11:10', 'closed', {
        incident_timestamp_values: [
          timestamp('Impact started', '10:00'),
          timestamp('Accepted at', '10:05'),
          timestamp('Resolved at', '10:45'),
        ],
      }),
    ],
    acknowledged: true,
    lastTellsAll: true,
  },
  {
    source: datadog,
    messages: [
      monitor('Triggered', '10:00'),
      monitor('Renotify', '10:20'),
      monitor('Warn', '10:30'),
      monitor('Recovered', '10:45'),
    ],
    acknowledged: false,
    lastTellsAll: false,
  },
  {
    source: newrelic,
    messages: [
      issue('CREATED', '10:00'),
      issue('ACTIVATED', '10:01'),
      issue('ACKNOWLEDGED', '10:05'),
      issue('ACKNOWLEDGED', '10:15'),
      issue('CLOSED', '10:45'),
    ],
    acknowledged: true,
    lastTellsAll: true,
  },
  {
    source: servicenow,
    messages: [
      record('10:00', 1, { priority: 5 }),
      record('10:05', 2),
      record('10:20', 6, { resolved_at: at('10:20') }),
      record('10:30', 2, { reopened_at: at('10:30') }),
      record('10:45', 6, { reopened_at: at('10:30'), resolved_at: at('10:45') }),
      record('11:30', 7, { reopened_at: at('10:30'), resolved_at: at('10:45'), closed_at: at('11:30') }),
    ],
    acknowledged: true,
    lastTellsAll: true,
  },
  {
    source: statuspage,
    messages: [
      page('10:00', 'investigating', ...told.slice(0, 1)),
      page('10:20', 'monitoring', ...told.slice(0, 2)),
      page('10:30', 'identified', ...told.slice(0, 3)),
      page('10:45', 'resolved', ...told.slice(0, 4)),
      page('11:30', 'postmortem', ...told),
    ],
    acknowledged: false,
    lastTellsAll: true,
  },
  {
    source: pagerduty,
    messages: [
      pager('triggered', '10:00'),
      pager('acknowledged', '10:05'),
      pager('resolved', '10:20'),
      pager('reopened', '10:30'),
      pager('resolved', '10:45'),
    ],
    acknowledged: true,
    lastTellsAll: false,
  },
];
