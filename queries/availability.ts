import type { Store } from '../ingest/ports.ts';
import type { Estimate } from './assemble.ts';
import type { AtomTables } from './atoms/tables.ts';
import { WHOLE } from './axis.ts';
import type { Span } from './buckets.ts';
import { type Cell, cellName, emptyCell, readCells } from './cells.ts';
import type { ServiceSpan } from './coverage.ts';
import { type Frame, placeOf } from './frame.ts';
import { columnsOf, type Metric, type Options } from './metric.ts';
import type { MetricRequest } from './request.ts';
import { keyOf } from './scope.ts';
import { isMet } from './slo/budget.ts';
import { type EventLevel, measuredWithin, type ServiceLevels } from './slo/levels.ts';

/** How available one service was: seconds without an incident of all seconds, or good of valid. */
export interface ServiceAvailability {
  readonly service: string;
  readonly method: 'time' | 'events';
  readonly good: number;
  /** 0: nothing is known. */
  readonly valid: number;
  /** The share that its own SLO asks for; null: it has none. */
  readonly level: number | null;
}

/** What a row of availability is made of. */
export interface AvailabilityCell {
  readonly services: readonly ServiceAvailability[];
  /** Seconds with any of them down, of the seconds that there were; null unless asked for. */
  readonly anyDown: { readonly down: number; readonly seconds: number } | null;
  readonly coverage: number;
  readonly place: ReturnType<typeof placeOf>;
}

/** The availability in a cell; undefined where no service is in it. */
export function availabilityIn(cell: Cell): AvailabilityCell | undefined {
  return cell.tallies.availability as AvailabilityCell | undefined;
}

/** Never a mean of services: their events together, or the worst of them (metrics.md §5.3, R58). */
export function availabilityOf(cell: Cell, options: Options): Estimate {
  const { services = [], anyDown = null } = availabilityIn(cell) ?? {};
  const known = services.filter(({ valid }) => valid > 0);
  const shares = known.map((one) => ({ ...one, share: one.good / one.valid }));
  const worst = shares.reduce<(typeof shares)[number] | null>(
    (least, one) => (least === null || one.share < least.share ? one : least),
    null,
  );
  const meeting = shares.filter(({ share, level }) => isMet(share, level ?? Number(options.level)));
  const isByEvents = shares.length > 0 && shares.every(({ method }) => method === 'events');
  const add = (name: 'good' | 'valid') => shares.reduce((sum, one) => sum + one[name], 0);
  const told = anyDown
    ? { good: Math.max(0, anyDown.seconds - anyDown.down), valid: known.length > 0 ? anyDown.seconds : 0 }
    : isByEvents
      ? { good: add('good'), valid: add('valid') }
      : { good: worst?.good ?? 0, valid: worst?.valid ?? 0 };
  const empty = told.valid <= 0;
  return {
    value: empty ? null : told.good / told.valid,
    n: cell.items,
    ci: null,
    empty,
    fields: {
      numerator: told.good,
      denominator: told.valid,
      method: isByEvents ? 'events' : (worst?.method ?? 'time'),
      services_n: known.length,
      worst_service: worst?.service ?? null,
      worst_value: worst?.share ?? null,
      meeting_n: meeting.length,
      meeting_share: known.length === 0 ? null : meeting.length / known.length,
    },
  };
}

/**
 * Reads how available each service was in every bucket and group (metrics.md §5.3, R58): incidents by the union of their
 * intervals, each service by itself; slices by their sums over what the service was of the group.
 */
export async function readAvailability(
  store: Store,
  tables: AtomTables,
  metric: Metric,
  request: MetricRequest,
  frame: Frame,
  services: readonly ServiceSpan[],
  levels: ServiceLevels,
): Promise<ReadonlyMap<string, Cell>> {
  const { axis } = frame;
  const { method, any_down: anyDown } = request.options;
  const items = metric.items(request.options);
  const read = (one: MetricRequest) =>
    readCells(store, tables, metric.atom, columnsOf(metric), items, 'availability', one, axis);
  const [whole, apart] = await Promise.all([
    read(request),
    read({ ...request, groupBy: [...request.groupBy, 'service'] }),
  ]);
  const spans = spansByGroup(services);
  const downs = new Map<string, Map<string, Cell>>();
  const groups = new Map<string, readonly string[]>();
  for (const span of services) groups.set(span.group, span.keys);
  for (const cell of apart.values()) {
    const keys = cell.keys.slice(0, -1);
    groups.set(keyOf(keys), keys);
    const name = cellName(cell.bucket, keys);
    const of = downs.get(name) ?? new Map<string, Cell>();
    downs.set(name, of.set(cell.keys.at(-1)!, cell));
  }
  if (request.groupBy.length === 0) groups.set('', []);
  const cells = new Map<string, Cell>();
  const countsEvents = (service: string): EventLevel | null =>
    method === 'time' || anyDown === true ? null : (levels.byEvents.get(service.toLowerCase()) ?? null);
  const make = (bucket: number, keys: readonly string[]): void => {
    const key = keyOf(keys);
    const name = cellName(bucket, keys);
    const span = frame.spanOf(bucket);
    const place = placeOf(frame, span, key);
    const own = spans.get(key) ?? new Map<string, readonly ServiceSpan[]>();
    const told = downs.get(name) ?? new Map<string, Cell>();
    const made: ServiceAvailability[] = [];
    const coverages: number[] = [];
    let firstHeard = Number.POSITIVE_INFINITY;
    let counted = { items: 0, open: 0 };
    const names = new Set([
      ...own.keys(),
      ...[...told].filter(([, cell]) => cell.items > 0).map(([service]) => service),
    ]);
    for (const service of [...names].sort()) {
      const level = levels.targets.get(service.toLowerCase()) ?? null;
      const events = countsEvents(service);
      const being = beingIn(own.get(service), { start: span.start, end: Math.min(span.end, axis.asOf) });
      if (events !== null) {
        const measured = measuredWithin(events, being, span);
        if (being.length === 0 && measured.valid === 0) continue;
        made.push({ service, method: 'events', good: measured.good, valid: measured.valid, level: events.target });
        coverages.push(measured.coverage);
        counted = { ...counted, items: counted.items + measured.slices };
        firstHeard = Math.min(firstHeard, events.heardSince);
        continue;
      }
      if (method === 'events') continue;
      const seconds = lengthOf(
        within(being, { start: place.clipped.start, end: Math.min(place.clipped.end, axis.asOf) }),
      );
      const down = told.get(service);
      if (seconds <= 0 && down === undefined) continue;
      counted = { items: counted.items + (down?.items ?? 0), open: counted.open + (down?.open ?? 0) };
      const good = Math.max(0, seconds - (down?.covered ?? 0));
      made.push({ service, method: 'time', good, valid: seconds, level });
      coverages.push(frame.coverage.share(key, place.clipped));
    }
    const base = whole.get(name);
    if (made.length === 0 && base === undefined) return;
    const isByEvents = made.length > 0 && made.every((one) => one.method === 'events');
    const cell: Cell = { ...(base ?? emptyCell(bucket, keys)), ...counted };
    const elapsed = { start: place.clipped.start, end: Math.min(place.clipped.end, axis.asOf) };
    const availability: AvailabilityCell = {
      services: made,
      anyDown: anyDown === true ? { down: base?.covered ?? 0, seconds: Math.max(0, lengthOf([elapsed])) } : null,
      coverage: coverages.length === 0 ? 0 : coverages.reduce((sum, one) => sum + one, 0) / coverages.length,
      place: isByEvents ? clippedTo(span, firstHeard, frame) : place,
    };
    cells.set(name, {
      ...cell,
      begun: cell.begun && (base?.begun ?? true),
      tallies: { ...cell.tallies, availability },
    });
  };
  for (const keys of groups.values()) for (const bucket of [WHOLE, ...axis.buckets.keys()]) make(bucket, keys);
  return cells;
}

function spansByGroup(services: readonly ServiceSpan[]): Map<string, Map<string, readonly ServiceSpan[]>> {
  const groups = new Map<string, Map<string, readonly ServiceSpan[]>>();
  for (const span of services) {
    const group = groups.get(span.group) ?? new Map<string, readonly ServiceSpan[]>();
    group.set(span.service, [...(group.get(span.service) ?? []), span]);
    groups.set(span.group, group);
  }
  return groups;
}

/** When a service was of its group and in being, within a span. One that nobody defined is heard of by its incidents alone. */
function beingIn(spans: readonly ServiceSpan[] | undefined, span: Span): readonly Span[] {
  if (spans === undefined) return [span];
  return spans.flatMap(({ from, to, begins, retires }) =>
    within([{ start: Math.max(from, begins ?? from), end: Math.min(to, retires ?? to) }], span),
  );
}

function within(parts: readonly Span[], { start, end }: Span): readonly Span[] {
  return parts
    .map((part) => ({ start: Math.max(part.start, start), end: Math.min(part.end, end) }))
    .filter((part) => part.start < part.end);
}

/** In seconds. */
function lengthOf(parts: readonly Span[]): number {
  return parts.reduce((sum, { start, end }) => sum + (end - start), 0) / 1000;
}

/** A row that stands on slices alone begins with the first of them. */
function clippedTo(whole: Span, first: number, { axis }: Frame): AvailabilityCell['place'] {
  const start = Math.max(whole.start, axis.reach.start);
  const end = Math.min(whole.end, axis.window.end);
  const isClipped = first > start && first < end;
  const isCut = start > whole.start || end < whole.end;
  return {
    clipped: { start: isClipped ? first : start, end },
    isClipped,
    partial: isCut || isClipped || end > axis.asOf,
  };
}
