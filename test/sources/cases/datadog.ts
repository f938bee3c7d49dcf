import { datadog as source } from '../../../ingest/sources/datadog.ts';
import type { Base, SourceCase } from './case.ts';

const sent = (transition: string, date: string, makes: string): Base => ({
  event: transition,
  body: {
    alert_cycle_key: '9076543210987654321',
    transition,
    date,
    priority: 'P2',
    tags: 'env:prod,service:till,impact:outage,repository:acme/till,caused_by:#12',
    scope: 'host:till-7',
    link: 'https://app.datadoghq.eu/event/event?id=1',
    title: `[${transition}] Till is down`,
    text: 'No sales. @webhook-headway',
  },
  makes,
});

export const datadog: SourceCase = {
  source,
  bases: [
    sent('Triggered', '1772704800123', 'incident.detected 2026-03-05T10:00:00.123Z'),
    sent('Recovered', '1772706600456', 'incident.resolved 2026-03-05T10:30:00.456Z'),
  ],
  signsBody: false,
  sign: (_, secret) => ({ 'x-headway-token': secret }),
  answers: {},
};
