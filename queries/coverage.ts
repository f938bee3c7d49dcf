import { eachUnit, indexAt, type Span, type Units } from './buckets.ts';

/** A service with its owner for a while (a row of service_spans), its group keys already told. Instants in epoch ms. */
export interface ServiceSpan {
  readonly service: string;
  /** The group it falls into, as one text, and as the list of its keys. */
  readonly group: string;
  readonly keys: readonly string[];
  readonly from: number;
  readonly to: number;
  /** registered_at, else first rollout; null: no service-days. */
  readonly begins: number | null;
  readonly retires: number | null;
}

/**
 * When a source was heard of (a row of source_spans); `service` empty: as a whole, else its life for that service alone. One
 * without length tells its kinds and no life.
 */
export interface SourceSpan {
  readonly source: string;
  readonly service: string;
  readonly from: number;
  readonly to: number;
  readonly kinds: readonly string[];
}

/** What coverage knows of a window: see {@link measureCoverage}. */
export interface Coverage {
  /** Keys of the groups of which a service span overlaps the window, by group. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
  /** Start of the first unit in which a feeding source of the group was alive, no earlier than the first unit; null if never. */
  firstCovered(group: string): number | null;
  /**
   * Covered share of the service-units begun by as_of in a span, cut ones by their share; of the feeding sources' units where
   * there are no service-units; 0 if none has begun.
   */
  share(group: string, span: Span): number;
  /** Service-units begun by as_of in a span, cut ones by their share. */
  serviceUnits(group: string, span: Span): number;
}

/** Heartbeats count as every kind: they say that the sender lives. */
const HEARTBEAT = 'source.heartbeat';

/**
 * Measures coverage per scope over units (local days, or hours): metrics.md §1.3, readings R29 and R30. The services of a
 * group are those with a span of it in `window`; a service-unit belongs to the owner at its start.
 */
export function measureCoverage(input: {
  readonly services: readonly ServiceSpan[];
  readonly sources: readonly SourceSpan[];
  readonly feeds: readonly string[];
  readonly window: Span;
  readonly units: Units;
  readonly asOf: number;
}): Coverage {
  const { units, window } = input;
  const { edges } = units;
  const feeding = feedingSources(input.sources, input.feeds);
  const groups = new Map<string, GroupTally>();
  for (const span of input.services) {
    if (span.from < window.end && span.to > window.start) noteService(groups, span, feeding.of(span.service), edges);
  }
  const coveredBy = new Map<string, Uint8Array>();
  for (const span of input.services) {
    const group = groups.get(span.group);
    if (!group?.services.has(span.service) || span.begins === null) continue;
    let covered = coveredBy.get(span.service);
    if (!covered) {
      covered = coveredUnits(units, feeding.of(span.service));
      coveredBy.set(span.service, covered);
    }
    countUnits(group, span, covered, edges);
  }
  const sourcesCovered = coveredUnits(units, feeding.whole);
  const firstOfSources = earliest(feeding.whole);
  const begun = (unit: number) => edges[unit]! < input.asOf;
  return {
    groups: new Map([...groups].map(([key, group]) => [key, group.keys])),
    firstCovered(key) {
      const group = groups.get(key);
      const time = group ? group.firstAlive : firstOfSources;
      if (time === null) return null;
      return time < edges[0]! ? edges[0]! : edges[indexAt(edges, time)]!;
    },
    share(key, span) {
      const group = groups.get(key);
      let inBeing = 0;
      let covered = 0;
      let all = 0;
      let alive = 0;
      eachUnit(units, span, (unit, share) => {
        if (!begun(unit)) return;
        all += share;
        alive += sourcesCovered[unit]! * share;
        if (!group) return;
        inBeing += group.inBeing[unit]! * share;
        covered += group.covered[unit]! * share;
      });
      if (inBeing > 0) return covered / inBeing;
      return all > 0 ? alive / all : 0;
    },
    serviceUnits(key, span) {
      const group = groups.get(key);
      let total = 0;
      if (!group) return total;
      eachUnit(units, span, (unit, share) => {
        if (begun(unit)) total += group.inBeing[unit]! * share;
      });
      return total;
    },
  };
}

/** Of one group: its services, how many were in being and how many of them covered, by unit. */
interface GroupTally {
  readonly keys: readonly string[];
  readonly services: Set<string>;
  firstAlive: number | null;
  readonly inBeing: Float64Array;
  readonly covered: Float64Array;
}

function noteService(groups: Map<string, GroupTally>, span: ServiceSpan, alive: Alive, edges: readonly number[]): void {
  let group = groups.get(span.group);
  if (!group) {
    const counts = () => new Float64Array(edges.length - 1);
    group = { keys: span.keys, services: new Set(), firstAlive: null, inBeing: counts(), covered: counts() };
    groups.set(span.group, group);
  }
  group.services.add(span.service);
  const first = earliest(alive);
  if (first !== null) group.firstAlive = Math.min(first, group.firstAlive ?? first);
}

function countUnits(group: GroupTally, span: ServiceSpan, covered: Uint8Array, edges: readonly number[]): void {
  const until = Math.min(span.to, span.retires ?? Number.POSITIVE_INFINITY);
  for (let unit = indexAt(edges, span.from); unit < edges.length - 1; unit += 1) {
    const start = edges[unit]!;
    if (start >= until) return;
    if (start < span.from || edges[unit + 1]! <= span.begins!) continue;
    group.inBeing[unit] = group.inBeing[unit]! + 1;
    group.covered[unit] = group.covered[unit]! + covered[unit]!;
  }
}

type Alive = readonly { readonly from: number; readonly to: number }[];

function earliest(alive: Alive): number | null {
  let least: number | null = null;
  for (const { from } of alive) if (least === null || from < least) least = from;
  return least;
}

/** 1 per unit in which a span is alive at any instant. */
function coveredUnits(units: Units, alive: Alive): Uint8Array {
  const covered = new Uint8Array(units.edges.length - 1);
  for (const { from, to } of alive) {
    eachUnit(units, { start: from, end: to }, (unit) => {
      covered[unit] = 1;
    });
  }
  return covered;
}

/** Sources that ever sent a feeding kind; of them, per service, those that sent it for that service, else all. */
function feedingSources(sources: readonly SourceSpan[], feeds: readonly string[]) {
  const feedsMetric = (span: SourceSpan) => span.kinds.some((kind) => kind === HEARTBEAT || feeds.includes(kind));
  const names = new Set(sources.filter(feedsMetric).map((span) => span.source));
  const spans = sources.filter((span) => names.has(span.source));
  const bySource = groupBy(spans, (span) => `${span.source}\0${span.service.toLowerCase()}`);
  const byService = groupBy(
    spans.filter((span) => span.service !== '' && feedsMetric(span)),
    (span) => span.service.toLowerCase(),
  );
  const lifeOf = (source: string, service: string): Alive => {
    const life = bySource.get(`${source}\0${service.toLowerCase()}`) ?? bySource.get(`${source}\0`) ?? [];
    return life.filter(({ from, to }) => from < to);
  };
  const known = new Map<string, Alive>();
  return {
    whole: [...names].flatMap((source) => lifeOf(source, '')),
    of(service: string): Alive {
      const cached = known.get(service);
      if (cached) return cached;
      const own = new Set((byService.get(service.toLowerCase()) ?? []).map((span) => span.source));
      const alive = [...(own.size > 0 ? own : names)].flatMap((source) => lifeOf(source, service));
      known.set(service, alive);
      return alive;
    },
  };
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}
