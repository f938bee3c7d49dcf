import type { NormalizedEvent } from '../../ingest/event.ts';

/** One event of a history with the time at which the log had it. */
export interface Recorded {
  readonly event: NormalizedEvent;
  readonly recorded_at: string;
}

type Entity = 'deployment' | 'change' | 'incident';
const entityKeys = { deployment: 'rollout_id', change: 'change_id', incident: 'incident_id' } as const;

/** Orders by code unit, as the store orders its strings. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** R2: (`occurred_at`, event id). */
export function compareEvents(a: NormalizedEvent, b: NormalizedEvent): number {
  return compareText(a.occurred_at, b.occurred_at) || compareText(a.id, b.id);
}

/** Milliseconds of an event's own time. */
export function timeOf(event: NormalizedEvent): number {
  return Date.parse(event.occurred_at);
}

/** An event's data as a plain record; the oracle reads fields by name. */
export function dataOf(event: NormalizedEvent): Record<string, unknown> {
  return event.data as Record<string, unknown>;
}

/**
 * R1: what was known at `asOf`, in (occurred_at, id) order, before any retraction. Per delivery only the highest
 * normaliser known then speaks; per id the highest normaliser, of equal ones the earliest recorded.
 */
export function knownEvents(history: readonly Recorded[], asOf: number): NormalizedEvent[] {
  const recorded = history.filter((one) => Date.parse(one.recorded_at) <= asOf);
  const highest = new Map<string, number>();
  for (const { event } of recorded)
    highest.set(event.delivery_id, Math.max(event.normaliser, highest.get(event.delivery_id) ?? 0));
  const best = new Map<string, Recorded>();
  for (const one of recorded) {
    const { event } = one;
    if (event.delivery_id !== '' && event.normaliser < highest.get(event.delivery_id)!) continue;
    const other = best.get(event.id);
    if (
      !other ||
      event.normaliser > other.event.normaliser ||
      (event.normaliser === other.event.normaliser && one.recorded_at < other.recorded_at)
    )
      best.set(event.id, one);
  }
  return [...best.values()].map((one) => one.event).sort(compareEvents);
}

/** R3: the events that no known retraction took back. A retraction itself cannot be taken back. */
export function withoutRetracted(events: readonly NormalizedEvent[]): NormalizedEvent[] {
  const gone = new Set<string>();
  for (const event of events) {
    if (!event.type.endsWith('.retracted')) continue;
    const entity = event.type.split('.')[0] as Entity;
    const data = dataOf(event);
    if (data.event_id) gone.add(`event ${data.event_id}`);
    const key = data[entityKeys[entity]];
    if (key) gone.add(`${entity} ${key}`);
  }
  return events.filter((event) => {
    const entity = entityOf(event);
    return !gone.has(`event ${event.id}`) && !(entity && gone.has(`${entity.kind} ${entity.key}`));
  });
}

/** Which rollout, change or incident an event speaks of. */
export function entityOf(event: NormalizedEvent): { kind: Entity; key: string } | null {
  const prefix = event.type === 'service.rolledback' ? 'deployment' : event.type.split('.')[0];
  if (prefix !== 'deployment' && prefix !== 'change' && prefix !== 'incident') return null;
  const key = dataOf(event)[entityKeys[prefix]];
  return typeof key === 'string' ? { kind: prefix, key } : null;
}

/** The events of each entity of a kind, corrections apart. */
export function entities(events: readonly NormalizedEvent[], kind: Entity): Map<string, Fold> {
  const groups = new Map<string, { reports: NormalizedEvent[]; corrections: NormalizedEvent[] }>();
  for (const event of events) {
    const entity = entityOf(event);
    if (entity?.kind !== kind || event.type.endsWith('.retracted')) continue;
    const group = groups.get(entity.key) ?? { reports: [], corrections: [] };
    groups.set(entity.key, group);
    (event.type.endsWith('.corrected') ? group.corrections : group.reports).push(event);
  }
  const folds = new Map<string, Fold>();
  for (const [key, { reports, corrections }] of groups)
    if (reports.length > 0) folds.set(key, fold(reports, corrections));
  return folds;
}

/** One entity's events, oldest first, and its fields by R2 and R3. */
export interface Fold {
  readonly events: readonly NormalizedEvent[];
  of(...types: string[]): NormalizedEvent[];
  /** The latest correction of a field, null if it unsets the field; undefined if there is none. */
  corrected(field: string): unknown;
  /** The winning value of a field, corrections first; undefined if nobody states it. */
  field(field: string): unknown;
  text(field: string): string;
  flag(field: string): boolean | null;
  list(field: string): readonly unknown[];
  /** A time: corrected, else the one given. */
  time(field: string, reported: number | null): number | null;
}

function stated(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);
}

function fold(unsorted: readonly NormalizedEvent[], corrections: readonly NormalizedEvent[]): Fold {
  const events = [...unsorted].sort(compareEvents);
  const latestFirst = [...corrections].sort(compareEvents).reverse();
  const corrected = (field: string): unknown => latestFirst.map(dataOf).find((data) => data.field === field)?.value;
  const field = (name: string): unknown => {
    const correction = corrected(name);
    if (correction !== undefined) return correction ?? undefined;
    return events
      .map((event) => dataOf(event)[name])
      .filter(stated)
      .at(-1);
  };
  return {
    events,
    of: (...types) => events.filter((event) => types.includes(event.type)),
    corrected,
    field,
    text: (name) => {
      const value = field(name);
      return typeof value === 'string' ? value : '';
    },
    flag: (name) => {
      const value = field(name);
      return typeof value === 'boolean' ? value : null;
    },
    list: (name) => {
      const value = field(name);
      return Array.isArray(value) ? value : [];
    },
    time: (name, reported) => {
      const value = corrected(name);
      if (value === undefined) return reported;
      const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
      return Number.isNaN(at) ? null : at;
    },
  };
}

/** The earliest time of these events, or null. */
export function earliest(events: readonly NormalizedEvent[]): number | null {
  return events.length === 0 ? null : Math.min(...events.map(timeOf));
}

/** The latest time of these events, or null. */
export function latest(events: readonly NormalizedEvent[]): number | null {
  return events.length === 0 ? null : Math.max(...events.map(timeOf));
}
