import type { Store } from '../ingest/ports.ts';
import type { AtomTables } from './atoms/tables.ts';
import { WHOLE } from './axis.ts';
import type { Span } from './buckets.ts';
import { type Cell, cellName, emptyCell, readCells } from './cells.ts';
import type { ServiceSpan } from './coverage.ts';
import type { Estimate } from './estimate.ts';
import { type Frame, placeOf } from './frame.ts';
import { joined, secondsWithin, without } from './intervals.ts';
import { type Maintenances, outsideMaintenance, readMaintenances } from './maintenance.ts';
import { columnsOf, type Items, type Metric, type Options } from './metric.ts';
import type { MetricRequest } from './request.ts';
import { keyOf } from './scope.ts';
import { isMet } from './slo/budget.ts';
import { measuredWithin, type ServiceLevels } from './slo/levels.ts';

/** How available one service was: seconds without an incident of all seconds, or good of valid. */
export interface ServiceAvailability {
  readonly service: string;
  readonly method: 'time' | 'events';
  readonly good: number;
  /** 0: nothing is known, or all of it was maintenance. */
  readonly valid: number;
  /** Seconds of announced maintenance that are in neither; of events, of the slices that it touched. */
  readonly maintenance: number;
  /** The share that its own SLO asks for; null: it has none. */
  readonly level: number | null;
}

/** What a row of availability is made of. */
export interface AvailabilityCell {
  readonly services: readonly ServiceAvailability[];
  /** Seconds with any of them down, of the seconds in which not all were in maintenance; null unless asked for. */
  readonly anyDown: { readonly down: number; readonly seconds: number; readonly maintenance: number } | null;
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
  const taken = services.map(({ maintenance }) => maintenance);
  const told =
    anyDown && known > 0
      ? { good: Math.max(0, anyDown.seconds - anyDown.down), valid: anyDown.seconds, maintenance: anyDown.maintenance }
      : isByEvents
        ? { good, valid, maintenance: taken.reduce((sum, one) => sum + one, 0) }
        : // Where all of them were in maintenance, nobody is the worst.
          (worst ?? { good, valid, maintenance: Math.max(0, ...taken) });
  const empty = told.valid <= 0;
  return {
    value: empty ? null : told.good / told.valid,
    n: cell.items,
    ci: null,
    empty,
    fields: {
      numerator: told.good,
      denominator: told.valid,
      maintenance_seconds: told.maintenance,
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
  const byService = { ...request, groupBy: [...request.groupBy, 'service'] };
  const read = (one: MetricRequest, what: Items) =>
    readCells(store, tables, metric.atom, columnsOf(metric), what, 'availability', one, axis);
  const [apart, all, maintenances] = await Promise.all([
    read(byService, items),
    asksAny ? read(request, items) : NO_CELLS,
    readMaintenances(store, tables, axis.reach),
  ]);
  // Most organisations have none: then nothing more is read.
  const outside = maintenances.size === 0 ? null : outsideMaintenance(items);
  const [downApart, together] =
    outside === null
      ? [apart, all]
      : await Promise.all([read(byService, outside), asksAny ? read(request, outside) : NO_CELLS]);
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
      const downOf = (service: string) => downApart.get(cellName(bucket, [...keys, service]))?.covered ?? 0;
      const measured = measureRow({
        ...{ bucket, key, own, names, told, downOf, maintenances },
        ...{ options: request.options, frame, levels },
      });
      if (measured.counted.length === 0 && told.size === 0) continue;
      const { start, end } = measured.place.clipped;
      const whole = Math.max(0, Math.min(end, axis.asOf) - start) / 1000;
      const { maintenance } = measured;
      const availability: AvailabilityCell = {
        services: measured.counted,
        anyDown: asksAny ? { down: together.get(name)?.covered ?? 0, seconds: whole - maintenance, maintenance } : null,
        coverage: measured.coverage,
        place: measured.place,
      };
      const { items: n, open, excluded } = measured;
      // An incident that began before the window, in a group that the service has left since, makes no row.
      const isThere = measured.counted.some(({ valid, maintenance }) => valid + maintenance > 0);
      const begun = isThere || [...told.values()].some((cell) => cell.begun);
      cells.set(name, { ...emptyCell(bucket, keys), items: n, open, excluded, begun, tallies: { availability } });
    }
  }
  return cells;
}

const NO_CELLS: ReadonlyMap<string, Cell> = new Map();

interface RowParts {
  readonly bucket: number;
  readonly key: string;
  /** When which service was of the group. */
  readonly own: ReadonlyMap<string, readonly ServiceSpan[]>;
  /** The services of `own` by name. */
  readonly names: readonly string[];
  /** Incidents of the bucket, by service. */
  readonly told: ReadonlyMap<string, Cell>;
  /** Seconds of the bucket in which a service had an incident outside of its maintenance. */
  readonly downOf: (service: string) => number;
  readonly maintenances: Maintenances;
  readonly options: Options;
  readonly frame: Frame;
  readonly levels: ServiceLevels;
}

/**
 * Measures each service of one bucket and group. Its coverage is the mean of theirs, its maintenance the seconds in which all
 * that were in being were in maintenance.
 */
function measureRow({ bucket, key, own, names, told, downOf, maintenances, options, frame, levels }: RowParts) {
  const { axis } = frame;
  const span = frame.spanOf(bucket);
  const place = placeOf(frame, span, key);
  const listening = frame.coverage.share(key, place.clipped);
  const counted: ServiceAvailability[] = [];
  const excluded: Record<string, number> = {};
  const there: Span[] = [];
  const serving: Span[] = [];
  let [items, open, covered, firstHeard] = [0, 0, 0, Number.POSITIVE_INFINITY];
  const others = [...told.keys()].filter((service) => !own.has(service));
  for (const service of others.length === 0 ? names : [...names, ...others].sort()) {
    const id = service.toLowerCase();
    const byTime = options.method === 'time' || options.any_down === true;
    const events = byTime ? undefined : levels.byEvents.get(id);
    if (events === undefined && options.method === 'events') continue;
    const being = beingIn(own.get(service), { start: span.start, end: Math.min(span.end, axis.asOf) });
    const taken = maintenances.get(id) ?? [];
    if (events !== undefined) {
      const { good, valid, slices, maintained, coverage } = measuredWithin(events, being, span, taken);
      if (being.length === 0) continue;
      const maintenance = maintained * events.sliceSeconds;
      counted.push({ service, method: 'events', good, valid, maintenance, level: events.target });
      if (maintained > 0) excluded.maintenance = (excluded.maintenance ?? 0) + maintained;
      items += slices;
      covered += coverage;
      firstHeard = Math.min(firstHeard, events.heardSince);
      continue;
    }
    const down = told.get(service);
    if (down) for (const [reason, n] of Object.entries(down.excluded)) excluded[reason] = (excluded[reason] ?? 0) + n;
    const seconds = secondsWithin(being, place.clipped);
    if (seconds <= 0 && !down?.items) continue;
    const isTaken = taken.some(({ start, end }) => start < span.end && end > span.start);
    const served = isTaken ? without(being, taken) : being;
    const valid = served === being ? seconds : secondsWithin(served, place.clipped);
    const good = Math.max(0, valid - (down ? downOf(service) : 0));
    const level = levels.targets.get(id) ?? null;
    const maintenance = served === being ? 0 : difference(seconds, valid);
    counted.push({ service, method: 'time', good, valid, maintenance, level });
    if (options.any_down === true && maintenances.size > 0) {
      there.push(...being);
      serving.push(...served);
    }
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
    maintenance: difference(secondsWithin(joined(there), place.clipped), secondsWithin(joined(serving), place.clipped)),
    // The mean of equal shares is that share: added up and divided, it may fall short of it by a last bit, and of 0.8.
    coverage: counted.every(({ method }) => method === 'time') ? listening : covered / counted.length,
    place: isByEvents ? clippedTo(span, firstHeard, frame) : place,
  };
}

/** Of seconds, to the millisecond. */
function difference(a: number, b: number): number {
  return Math.round((a - b) * 1_000) / 1_000;
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
