import { expect, test } from 'vitest';
import { impactIn, isFalseAlarmLabel, isIncidentLabel, serviceIn, severityIn } from '../../ingest/sources/labels.ts';

test('an incident', () => {
  for (const label of ['incident', 'Incident ', 'type: incident', 'kind/incident', 'type::incident'])
    expect(isIncidentLabel(label), label).toBe(true);
  for (const label of ['incidental', 'no incident', 'priority::incident', 'type:::incident', ''])
    expect(isIncidentLabel(label), label).toBe(false);
});

test.each([
  ['SEV-1', 'sev1'],
  ['sev 2', 'sev2'],
  ['severity::3', 'sev3'],
  ['severity: Critical', 'critical'],
  ['severity/high', 'high'],
  ['several', undefined],
  ['sev12', undefined],
])('severity of %s: %s', (label, severity) => expect(severityIn(['bug', label])).toBe(severity));

test.each([
  ['outage', 'outage'],
  ['impact::Degraded', 'degraded'],
  ['impact: none', 'none'],
  ['no-impact', 'none'],
  ['none', undefined],
])('impact of %s: %s', (label, impact) => expect(impactIn(['bug', label])).toBe(impact));

test.each([
  ['service: till', 'till'],
  ['service::Till API', 'Till API'],
  ['services: till', undefined],
])('service of %s: %s', (label, service) => expect(serviceIn(['bug', label])).toBe(service));

test('a false alarm', () => {
  expect(['false-alarm', 'False alarm', 'false_alarm'].every(isFalseAlarmLabel)).toBe(true);
  expect(isFalseAlarmLabel('alarm')).toBe(false);
});
