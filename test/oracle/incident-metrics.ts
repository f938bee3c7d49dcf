import type { Stretch } from './calendar.ts';
import { deploymentMetrics } from './deployment-metrics.ts';
import { type Incident, SKEW_MS } from './incidents.ts';
import { compareText } from './known.ts';
import { bcaOfMean, garwood } from './statistics.ts';
import {
  dimensionsOf,
  durations,
  INCIDENT_FEEDS,
  type Item,
  isClosed,
  lengthOf,
  type Options,
  type OracleMetric,
  type RowContext,
  type Summary,
  within,
} from './summary.ts';
import type { World } from './world.ts';

/** metrics.md §4.1. */
export const incidentMetrics: Readonly<Record<string, OracleMetric>> = {
  'ops.mttr': {
    unit: 'minutes',
    options: { bucket: 'impact_started_at', kaplan_meier: false },
    feeds: INCIDENT_FEEDS,
    graceHours: 48,
    items: restorations,
    summarize: meanTimeToRestore,
  },
  'ops.time_to_detect': {
    unit: 'minutes',
    options: { bucket: 'impact_started_at' },
    feeds: INCIDENT_FEEDS,
    graceHours: 48,
    items: detections,
    summarize: (row) => durations(row, row.items, 60_000),
  },
  'ops.time_to_acknowledge': {
    unit: 'minutes',
    options: { bucket: 'impact_started_at', closed_only: false, kaplan_meier: false },
    feeds: INCIDENT_FEEDS,
    graceHours: 48,
    items: acknowledgements,
    summarize: (row) => durations(row, row.items, 60_000),
  },
  'ops.incident_rate': {
    unit: 'incidents/30 service-days',
    options: { per: '30_service_days' },
    feeds: INCIDENT_FEEDS,
    graceHours: 48,
    items: (world, options) => incidentItems(world, options, () => ({})),
    summarize: incidentRate,
  },
  'ops.downtime': {
    unit: 'minutes',
    options: {},
    feeds: INCIDENT_FEEDS,
    graceHours: 48,
    items: (world, options) => incidentItems(world, options, () => ({})),
    summarize: downtime,
  },
};

/** An incident as an item. */
export interface IncidentItem extends Item {
  readonly incident: Incident;
}

/** Incidents as items in the bucket asked for; what has none there and is left out lies at its start. */
export function incidentItems(
  world: World,
  options: Options,
  more: (incident: Incident) => { duration?: number | null; excluded?: string; since?: number },
): IncidentItem[] {
  return world.incidents.map((incident) => {
    const { duration, excluded = '', since } = more(incident);
    const reason = incident.excluded || excluded;
    const at = options.bucket === 'restored_at' ? incident.restoredAt : incident.startedAt;
    return {
      incident,
      atomId: incident.incidentId,
      at: at ?? (reason === '' ? null : incident.startedAt),
      dimensions: dimensionsOf(world, options, incident.service, incident.startedAt),
      excluded: reason,
      ...(duration === undefined ? {} : { duration }),
      ...(since === undefined ? {} : { since }),
    };
  });
}

/** A duration between two instants: skew of at most 5 min is 0, more is no duration (metrics.md §1.5). */
function between(start: number, end: number | null): { duration: number | null; excluded?: string; since?: number } {
  if (end === null) return { duration: null, since: start };
  if (start - end > SKEW_MS) return { duration: null, excluded: 'negative_duration' };
  return { duration: Math.max(0, end - start), since: start };
}

function restorations(world: World, options: Options): IncidentItem[] {
  return incidentItems(world, options, (incident) => between(incident.startedAt, incident.restoredAt));
}

/** Of incidents that state when impact began; their own times, whatever was merged into them. */
function detections(world: World, options: Options): IncidentItem[] {
  return incidentItems(world, options, (incident) =>
    incident.impactStartedAt === null
      ? { duration: null, excluded: 'no_impact_start' }
      : between(incident.impactStartedAt, incident.detectedAt),
  );
}

function acknowledgements(world: World, options: Options): IncidentItem[] {
  return incidentItems(world, options, (incident) => between(incident.detectedAt, incident.acknowledgedAt));
}

function meanTimeToRestore(row: RowContext): Summary {
  const { items } = row;
  const summary = durations(row, items, 60_000);
  const closed = within(items, row)
    .counted.filter(isClosed)
    .map((item) => ({ length: lengthOf(row, item), atomId: item.atomId }))
    .sort((a, b) => a.length - b.length || compareText(a.atomId, b.atomId))
    .map((item) => item.length);
  const interval = bcaOfMean(closed, row.seed);
  return {
    ...summary,
    value: closed.length === 0 ? null : closed.reduce((sum, one) => sum + one, 0) / closed.length / 60_000,
    ci: interval && { low: interval.low / 60_000, high: interval.high / 60_000, level: 0.95, method: 'bca' },
    facts: { caveat: 'mttr-low-information' },
  };
}

function incidentRate(row: RowContext): Summary {
  const { counted, excluded } = within(row.items, row);
  const numerator = counted.length;
  const perDeployments = row.options.per === '100_deployments';
  const denominator = perDeployments ? deploymentsIn(row) : row.serviceDays;
  const scale = perDeployments ? 100 : 30;
  return {
    value: denominator > 0 ? (numerator / denominator) * scale : null,
    n: numerator,
    ci: garwood(numerator, denominator / scale),
    excluded,
    notApplicable: denominator === 0,
    facts: { numerator, denominator },
  };
}

/** The count of §3.1 in the same bucket and scope. */
function deploymentsIn(row: RowContext): number {
  const metric = deploymentMetrics['dora.deployment_frequency']!;
  const options = { ...metric.options, ownership: row.options.ownership! };
  return within(metric.items(row.world, options, row.tz), row).counted.length;
}

/** The union of impact intervals, clipped to the bucket and to what is past. */
function downtime(row: RowContext): Summary {
  const items = row.items as readonly IncidentItem[];
  const down = touching(row, items);
  return {
    value: unionLength(down) / 60_000,
    n: down.length,
    ci: null,
    openN: down.filter((one) => one.incident.restoredAt === null).length,
    excluded: within(items, row).excluded,
  };
}

/** When incidents of the scope lay in the bucket, as far as it is past. */
export function touching(row: RowContext, items: readonly IncidentItem[]): (Stretch & { incident: Incident })[] {
  const end = Math.min(row.bucket.end, row.world.asOf);
  return items
    .filter((item) => item.excluded === '' && row.inScope(item.dimensions))
    .map(({ incident }) => ({
      incident,
      start: Math.max(incident.startedAt, row.bucket.start),
      end: Math.min(incident.restoredAt ?? row.world.asOf, end),
    }))
    .filter((one) => one.start < one.end);
}

/** Milliseconds in which any of the stretches is. */
export function unionLength(stretches: readonly Stretch[]): number {
  let length = 0;
  let reached = Number.NEGATIVE_INFINITY;
  for (const one of [...stretches].sort((a, b) => a.start - b.start)) {
    length += Math.max(0, one.end - Math.max(one.start, reached));
    reached = Math.max(reached, one.end);
  }
  return length;
}
