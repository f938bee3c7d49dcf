import type { Store } from '../ingest/ports.ts';
import type { AtomTables } from './atoms/tables.ts';
import { type AvailabilityCell, noneYet, type ServiceAvailability, tell } from './available.ts';
import { WHOLE } from './axis.ts';
import type { Span } from './buckets.ts';
import { type Cell, cellName, emptyCell, readCells } from './cells.ts';
import type { ServiceSpan } from './coverage.ts';
import { type Frame, type Place, placeOf } from './frame.ts';
import { joined, secondsWithin, without } from './intervals.ts';
import { type Maintenances, outsideMaintenance, readMaintenances, withinMaintenance } from './maintenance.ts';
import { columnsOf, type Items, type Metric, type Options } from './metric.ts';
import type { MetricRequest } from './request.ts';
import { keyOf } from './scope.ts';
import { type LevelOutside, measuredWithin, outsideOf, type ServiceLevels } from './slo/levels.ts';

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
  // Most organisations have none: then nothing more is read. Incidents within maintenance are few, and what they cover is what
  // the others of their service do not; of several services together that holds no more.
  const [taken, together] =
    maintenances.size === 0
      ? [NO_CELLS, all]
      : await Promise.all([
          read(byService, withinMaintenance(items)),
          asksAny ? read(request, outsideMaintenance(items)) : NO_CELLS,
        ]);
  const spans = spansByGroup(services);
  const measured = new Map(
    [...levels.byEvents].map(([id, level]) => [id, outsideOf(level, maintenances.get(id) ?? [])] as const),
  );
  const groups = new Map(services.map((span) => [span.group, span.keys]));
  const downs = new Map<string, Map<string, Cell>>();
  for (const cell of apart.values()) {
    const keys = cell.keys.slice(0, -1);
    groups.set(keyOf(keys), keys);
    const name = cellName(cell.bucket, keys);
    const told = downs.get(name);
    if (told) told.set(cell.keys.at(-1)!, cell);
    else downs.set(name, new Map([[cell.keys.at(-1)!, cell]]));
  }
  const cells = new Map<string, Cell>();
  for (const [key, keys] of groups) {
    const own = spans.get(key) ?? NO_SPANS;
    const names = [...own.keys()].sort();
    for (const bucket of [WHOLE, ...axis.buckets.keys()]) {
      const name = cellName(bucket, keys);
      const told = downs.get(name) ?? NO_CELLS;
      const takenOf = (service: string) => taken.get(cellName(bucket, [...keys, service]))?.covered ?? 0;
      const row = measureRow({
        ...{ bucket, key, own, names, told, takenOf, maintenances },
        ...{ options: request.options, frame, levels, measured },
      });
      if (row.services.services === 0 && told.size === 0) continue;
      const { start, end } = row.place.clipped;
      const whole = Math.max(0, Math.min(end, axis.asOf) - start) / 1000;
      const { maintenance } = row;
      const availability: AvailabilityCell = {
        services: row.services,
        anyDown: asksAny ? { down: together.get(name)?.covered ?? 0, seconds: whole - maintenance, maintenance } : null,
        coverage: row.coverage,
        place: row.place,
      };
      const { items: n, open, excluded } = row;
      // An incident that began before the window, in a group that the service has left since, makes no row.
      const begun = row.isThere || [...told.values()].some((cell) => cell.begun);
      cells.set(name, { ...emptyCell(bucket, keys), items: n, open, excluded, begun, tallies: { availability } });
    }
  }
  return cells;
}

const NO_CELLS: ReadonlyMap<string, Cell> = new Map();
const NO_SPANS: ReadonlyMap<string, readonly ServiceSpan[]> = new Map();

interface RowParts {
  readonly bucket: number;
  readonly key: string;
  /** When which service was of the group. */
  readonly own: ReadonlyMap<string, readonly ServiceSpan[]>;
  /** The services of `own` by name. */
  readonly names: readonly string[];
  /** Incidents of the bucket, by service. */
  readonly told: ReadonlyMap<string, Cell>;
  /** Seconds of the bucket in which a service had an incident within its maintenance. */
  readonly takenOf: (service: string) => number;
  readonly maintenances: Maintenances;
  readonly options: Options;
  readonly frame: Frame;
  readonly levels: ServiceLevels;
  /** What the services that count events told outside of their maintenance. */
  readonly measured: ReadonlyMap<string, LevelOutside>;
}

/**
 * Measures each service of one bucket and group. Its coverage is the mean of theirs, its maintenance the seconds in which all
 * that were in being were in maintenance.
 */
function measureRow({ bucket, key, own, names, told, takenOf, maintenances, options, frame, ...parts }: RowParts) {
  const { axis } = frame;
  const span = frame.spanOf(bucket);
  const begun = { start: span.start, end: Math.min(span.end, axis.asOf) };
  const place = placeOf(frame, span, key);
  const listening = frame.coverage.share(key, place.clipped);
  const services = noneYet();
  const excluded: Record<string, number> = {};
  const there: Span[] = [];
  const serving: Span[] = [];
  let [items, open, covered, firstHeard, isThere] = [0, 0, 0, Number.POSITIVE_INFINITY, false];
  const count = (one: ServiceAvailability): void => {
    tell(services, one, Number(options.level));
    isThere ||= one.valid + one.maintenance > 0;
  };
  const others = [...told.keys()].filter((service) => !own.has(service));
  const isByTime = options.method === 'time' || options.any_down === true;
  for (const service of others.length === 0 ? names : [...names, ...others].sort()) {
    const id = service.toLowerCase();
    const outside = isByTime ? undefined : parts.measured.get(id);
    if (outside === undefined && options.method === 'events') continue;
    const being = beingIn(own.get(service), begun);
    if (outside !== undefined) {
      if (being.length === 0) continue;
      const { level } = outside;
      const { good, valid, slices, maintained, coverage } = measuredWithin(outside, being, span);
      const maintenance = maintained * level.sliceSeconds;
      count({ service, method: 'events', good, valid, maintenance, level: level.target });
      if (maintained > 0) excluded.maintenance = (excluded.maintenance ?? 0) + maintained;
      items += slices;
      covered += coverage;
      firstHeard = Math.min(firstHeard, level.heardSince);
      continue;
    }
    const down = told.get(service);
    if (down) for (const [reason, n] of Object.entries(down.excluded)) excluded[reason] = (excluded[reason] ?? 0) + n;
    const seconds = secondsWithin(being, place.clipped);
    if (seconds <= 0 && !down?.items) continue;
    const taken = maintenances.get(id);
    const isTaken = taken?.some(({ start, end }) => start < span.end && end > span.start);
    const served = taken && isTaken ? without(being, taken) : being;
    const valid = served === being ? seconds : secondsWithin(served, place.clipped);
    const good = Math.max(0, valid - (down ? difference(down.covered, takenOf(service)) : 0));
    const maintenance = served === being ? 0 : difference(seconds, valid);
    count({ service, method: 'time', good, valid, maintenance, level: parts.levels.targets.get(id) ?? null });
    if (options.any_down === true && maintenances.size > 0) {
      there.push(...being);
      serving.push(...served);
    }
    items += down?.items ?? 0;
    open += down?.open ?? 0;
    covered += listening;
  }
  return {
    services,
    isThere,
    items,
    open,
    excluded,
    maintenance: difference(secondsWithin(joined(there), place.clipped), secondsWithin(joined(serving), place.clipped)),
    // The mean of equal shares is that share: added up and divided, it may fall short of it by a last bit, and of 0.8.
    coverage: services.byEvents === 0 ? listening : covered / services.services,
    place:
      services.services > 0 && services.byEvents === services.services ? clippedTo(span, firstHeard, frame) : place,
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
function clippedTo(whole: Span, first: number, { axis }: Frame): Place {
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
