import type { Store } from '../ingest/ports.ts';
import type { AtomTables } from './atoms/tables.ts';
import { WHOLE } from './axis.ts';
import type { Span } from './buckets.ts';
import { type Cell, cellName, emptyCell, readCells } from './cells.ts';
import type { ServiceSpan } from './coverage.ts';
import type { Estimate } from './estimate.ts';
import { type Frame, placeOf } from './frame.ts';
import { columnsOf, type Metric, type Options } from './metric.ts';
import type { MetricRequest } from './request.ts';
import { keyOf } from './scope.ts';
import { isMet } from './slo/budget.ts';
import { measuredWithin, type ServiceLevels } from './slo/levels.ts';

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
  let worst: ServiceAvailability | null = null;
  let [known, byEvents, meeting, good, valid, worstShare] = [0, 0, 0, 0, 0, Number.POSITIVE_INFINITY];
  for (const one of services) {
    if (one.valid <= 0) continue;
    const share = one.good / one.valid;
    known += 1;
    good += one.good;
    valid += one.valid;
    if (one.method === 'events') byEvents += 1;
    if (isMet(share, one.level ?? Number(options.level))) meeting += 1;
    if (share < worstShare) [worst, worstShare] = [one, share];
  }
  const isByEvents = known > 0 && byEvents === known;
  const told =
    anyDown && known > 0
      ? { good: Math.max(0, anyDown.seconds - anyDown.down), valid: anyDown.seconds }
      : isByEvents
        ? { good, valid }
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
      services_n: known,
      worst_service: worst?.service ?? null,
      worst_value: worst === null ? null : worstShare,
      meeting_n: meeting,
      meeting_share: known === 0 ? null : meeting / known,
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
  const asksAny = request.options.any_down === true;
  const items = metric.items(request.options);
  const read = (one: MetricRequest) =>
    readCells(store, tables, metric.atom, columnsOf(metric), items, 'availability', one, axis);
  const [apart, together] = await Promise.all([
    read({ ...request, groupBy: [...request.groupBy, 'service'] }),
    asksAny ? read(request) : new Map<string, Cell>(),
  ]);
  const spans = spansByGroup(services);
  const groups = new Map(services.map((span) => [span.group, span.keys]));
  const downs = new Map<string, Map<string, Cell>>();
  for (const cell of apart.values()) {
    const keys = cell.keys.slice(0, -1);
    groups.set(keyOf(keys), keys);
    const name = cellName(cell.bucket, keys);
    downs.set(name, (downs.get(name) ?? new Map<string, Cell>()).set(cell.keys.at(-1)!, cell));
  }
  const cells = new Map<string, Cell>();
  for (const [key, keys] of groups) {
    const own = spans.get(key) ?? new Map<string, readonly ServiceSpan[]>();
    const names = [...own.keys()].sort();
    for (const bucket of [WHOLE, ...axis.buckets.keys()]) {
      const name = cellName(bucket, keys);
      const told = downs.get(name) ?? new Map<string, Cell>();
      const measured = measureRow({ bucket, key, own, names, told, options: request.options, frame, levels });
      if (measured.counted.length === 0 && told.size === 0) continue;
      const { start, end } = measured.place.clipped;
      const seconds = Math.max(0, Math.min(end, axis.asOf) - start) / 1000;
      const availability: AvailabilityCell = {
        services: measured.counted,
        anyDown: asksAny ? { down: together.get(name)?.covered ?? 0, seconds } : null,
        coverage: measured.coverage,
        place: measured.place,
      };
      const { items: n, open, excluded } = measured;
      const begun = measured.counted.length > 0 || [...told.values()].some((cell) => cell.begun);
      cells.set(name, { ...emptyCell(bucket, keys), items: n, open, excluded, begun, tallies: { availability } });
    }
  }
  return cells;
}

interface RowParts {
  readonly bucket: number;
  readonly key: string;
  /** When which service was of the group. */
  readonly own: ReadonlyMap<string, readonly ServiceSpan[]>;
  /** The services of `own` by name. */
  readonly names: readonly string[];
  /** Incidents of the bucket, by service. */
  readonly told: ReadonlyMap<string, Cell>;
  readonly options: Options;
  readonly frame: Frame;
  readonly levels: ServiceLevels;
}

/** Measures each service of one bucket and group. Its coverage is the mean of theirs. */
function measureRow({ bucket, key, own, names, told, options, frame, levels }: RowParts) {
  const { axis } = frame;
  const span = frame.spanOf(bucket);
  const place = placeOf(frame, span, key);
  const listening = frame.coverage.share(key, place.clipped);
  const counted: ServiceAvailability[] = [];
  const excluded: Record<string, number> = {};
  let [items, open, covered, firstHeard] = [0, 0, 0, Number.POSITIVE_INFINITY];
  const others = [...told.keys()].filter((service) => !own.has(service));
  for (const service of others.length === 0 ? names : [...names, ...others].sort()) {
    const id = service.toLowerCase();
    const byTime = options.method === 'time' || options.any_down === true;
    const events = byTime ? undefined : levels.byEvents.get(id);
    if (events === undefined && options.method === 'events') continue;
    const being = beingIn(own.get(service), { start: span.start, end: Math.min(span.end, axis.asOf) });
    if (events !== undefined) {
      const { good, valid, slices, coverage } = measuredWithin(events, being, span);
      if (being.length === 0) continue;
      counted.push({ service, method: 'events', good, valid, level: events.target });
      items += slices;
      covered += coverage;
      firstHeard = Math.min(firstHeard, events.heardSince);
      continue;
    }
    const down = told.get(service);
    if (down) for (const [reason, n] of Object.entries(down.excluded)) excluded[reason] = (excluded[reason] ?? 0) + n;
    const seconds = secondsIn(being, place.clipped);
    if (seconds <= 0 && !down?.items) continue;
    const good = Math.max(0, seconds - (down?.covered ?? 0));
    counted.push({ service, method: 'time', good, valid: seconds, level: levels.targets.get(id) ?? null });
    items += down?.items ?? 0;
    open += down?.open ?? 0;
    covered += listening;
  }
  const isByEvents = counted.length > 0 && counted.every(({ method }) => method === 'events');
  return {
    counted,
    items,
    open,
    excluded,
    coverage: counted.length === 0 ? listening : covered / counted.length,
    place: isByEvents ? clippedTo(span, firstHeard, frame) : place,
  };
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
  const parts: Span[] = [];
  for (const { from, to, begins, retires } of spans) {
    const start = Math.max(from, begins ?? from, span.start);
    const end = Math.min(to, retires ?? to, span.end);
    if (start < end) parts.push({ start, end });
  }
  return parts;
}

function secondsIn(parts: readonly Span[], within: Span): number {
  let length = 0;
  for (const { start, end } of parts) length += Math.max(0, Math.min(end, within.end) - Math.max(start, within.start));
  return length / 1000;
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
