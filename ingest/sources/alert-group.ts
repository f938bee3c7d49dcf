import { z } from 'zod';
import type { Delivery } from '../delivery.ts';
import type { Fact } from '../event.ts';
import { instant } from '../time.ts';
import { name } from '../vocabulary/commit.ts';
import { causeIn } from './causes.ts';
import { impactOf } from './impact.ts';
import { digest, facts, ignored, listOf, optionalText, readBody, rejected, snapshot } from './shape.ts';
import type { Normalized } from './source.ts';

/** Which alerts are incidents: those with this label. Any other alert is somebody's work, and not a failure of the service. */
export const INCIDENT_LABEL = { name: 'headway', value: 'incident' } as const;

const texts = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {});

/** Go's zero time, as its JSON has it: no end yet. */
const end = z
  .union([
    z.literal('').transform(() => undefined),
    z
      .string()
      .startsWith('0001-01-01')
      .transform(() => undefined),
    instant,
  ])
  .nullish()
  .transform((value) => value ?? undefined);

const state = z.enum(['firing', 'resolved']);
const alert = z.object({
  // Alertmanager before 0.7 states it for the group alone.
  status: state.nullish(),
  labels: texts,
  annotations: texts,
  startsAt: instant,
  endsAt: end,
  generatorURL: optionalText(2048),
  fingerprint: optionalText(128),
});
const group = z.object({
  version: name,
  status: state,
  alerts: listOf(alert, 10_000),
});

type Alert = z.output<typeof alert>;

/**
 * The incidents in one notification of Alertmanager or of Grafana, which sends the same body. One notification is a group of
 * alerts, firing and resolved ones mixed, repeated while any of them fires. Each labelled alert is an incident of its
 * fingerprint and start, so that every repeat says the same; its start is stated with its end too, since the
 * notification that it fired may be lost. `isTest` says of labels that they stand for no alert of a service.
 */
export function alertIncidents(
  delivery: Delivery,
  isTest: (labels: Readonly<Record<string, string>>) => boolean = () => false,
): Normalized {
  const body = readBody(delivery, group);
  if (!body.ok) return body.normalized;
  const marked = body.value.alerts.filter(({ labels }) => labels[INCIDENT_LABEL.name] === INCIDENT_LABEL.value);
  if (marked.length === 0) return ignored(`no alert has the label ${INCIDENT_LABEL.name}="${INCIDENT_LABEL.value}"`);
  const real = marked.filter(({ labels }) => !isTest(labels));
  if (real.length === 0) return ignored('a test, or an alert about the alerting itself');
  const stated = real.map((each) => ({ ...each, status: each.status ?? body.value.status }));
  // No sender does this by itself; without its end the incident would stay open for ever, and nobody would know why.
  if (stated.some(({ status, endsAt }) => status === 'resolved' && endsAt === undefined)) {
    return rejected('alerts.endsAt: a resolved alert does not say when it ended');
  }
  return facts(...stated.flatMap(factsOf));
}

function factsOf(read: Alert): Fact[] {
  const id = `${read.fingerprint ?? digest(sorted(read.labels)).slice(0, 16)}@${read.startsAt}`;
  const data = { incident_id: id, ...described(read) };
  // Annotations may differ from one repeat to the next (they often quote a value): each text is a fact of its own.
  const started = snapshot('incident.detected', read.startsAt, [id, 'firing'], data);
  if (read.status !== 'resolved' || read.endsAt === undefined) return [started];
  return [started, snapshot('incident.resolved', read.endsAt, [id, 'resolved'], data)];
}

function described({ labels, annotations, generatorURL }: Alert) {
  return {
    service: serviceOf(labels),
    repository: text(labels.repository) ?? text(annotations.repository),
    title: text(annotations.summary) ?? text(annotations.title) ?? text(labels.alertname),
    severity: text(labels.severity) ?? text(labels.priority),
    impact: impactOf(labels.impact),
    url: generatorURL,
    caused_by: causeIn([annotations, labels]),
  };
}

/** The service that labels name, by the conventions of Prometheus and Kubernetes, the plainest first. */
export function serviceOf(labels: Readonly<Record<string, string>>): string | undefined {
  return (
    text(labels.service) ??
    text(labels.service_name) ??
    text(labels.app_kubernetes_io_name) ??
    text(labels.app) ??
    text(labels.job)
  );
}

function text(value: string | undefined): string | undefined {
  return value?.trim().slice(0, 512).trim() || undefined;
}

function sorted(labels: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
}
