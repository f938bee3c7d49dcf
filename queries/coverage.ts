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
 * When a source was heard of (a row of source_spans); `service` empty: as a whole, else its life as far as silences that
 * name the service cut it. A service is covered where both are alive.
 */
export interface SourceSpan {
  readonly source: string;
  readonly service: string;
  readonly from: number;
  readonly to: number;
  readonly kinds: readonly string[];
}

/** Per group: services in being and those of them that were covered, by unit. */
interface Tally {
  readonly inBeing: Float64Array;
  readonly covered: Float64Array;
}

/** What coverage knows of a window: see {@link measureCoverage}. */
export interface Coverage {
  /** Keys of the groups of which a service span overlaps the window, by group. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
  /** Start of the first unit in which a feeding source of the group was alive; null if never. */
  firstCovered(group: string): number | null;
  /** Covered share of the service-units begun by as_of in a span; of the sources' units if there are no service-units; 0 if none has begun. */
  share(group: string, span: Span): number;
  /** Service-units begun by as_of in a span, cut ones by their share. */
  serviceUnits(group: string, span: Span): number;
}

/** Heartbeats count as every kind: they say that the sender lives. */
const HEARTBEAT = 'source.heartbeat';

/**
 * Measures coverage per scope over units (local days, or hours): metrics.md §1.3, readings R29 and R30. A service-unit
 * belongs to the owner at its start.
 */
export function measureCoverage(input: {
  readonly services: readonly ServiceSpan[];
  readonly sources: readonly SourceSpan[];
  readonly feeds: readonly string[];
  readonly units: Units;
  readonly asOf: number;
}): Coverage {
  const { edges } = input.units;
  const length = edges.length - 1;
  const window = { start: edges[0]!, end: edges[length]! };
  const feeding = feedingSources(input.sources, input.feeds);
  const tallies = new Map<string, Tally>();
  const first = new Map<string, number>();
  const groups = new Map<string, readonly string[]>();
  for (const span of input.services) {
    if (span.from >= window.end || span.to <= window.start) continue;
    let tally = tallies.get(span.group);
    if (!tally) {
      tally = { inBeing: new Float64Array(length), covered: new Float64Array(length) };
      tallies.set(span.group, tally);
      groups.set(span.group, span.keys);
    }
    const alive = feeding.of(span.service);
    noteFirst(first, span.group, alive);
    if (span.begins === null) continue;
    const covered = coveredUnits(input.units, alive);
    for (let unit = 0; unit < length; unit += 1) {
      const start = edges[unit]!;
      const being = edges[unit + 1]! > span.begins && (span.retires === null || start < span.retires);
      if (!being || start < span.from || start >= span.to) continue;
      tally.inBeing[unit] = tally.inBeing[unit]! + 1;
      if (covered[unit] === 1) tally.covered[unit] = tally.covered[unit]! + 1;
    }
  }
  const sourcesAlive = feeding.whole;
  const sourcesCovered = coveredUnits(input.units, sourcesAlive);
  const begun = (unit: number) => edges[unit]! < input.asOf;
  return {
    groups,
    firstCovered(group) {
      const time = first.get(group) ?? earliest(sourcesAlive);
      if (time === null) return null;
      return time < window.start ? window.start : edges[indexAt(edges, time)]!;
    },
    share(group, span) {
      const tally = tallies.get(group);
      let inBeing = 0;
      let covered = 0;
      let units = 0;
      let alive = 0;
      eachUnit(input.units, span, (unit) => {
        if (!begun(unit)) return;
        units += 1;
        alive += sourcesCovered[unit]!;
        inBeing += tally?.inBeing[unit] ?? 0;
        covered += tally?.covered[unit] ?? 0;
      });
      if (inBeing > 0) return covered / inBeing;
      return units > 0 ? alive / units : 0;
    },
    serviceUnits(group, span) {
      const tally = tallies.get(group);
      let total = 0;
      if (!tally) return total;
      eachUnit(input.units, span, (unit, share) => {
        if (begun(unit)) total += tally.inBeing[unit]! * share;
      });
      return total;
    },
  };
}

type Alive = readonly { readonly from: number; readonly to: number }[];

function noteFirst(first: Map<string, number>, group: string, alive: Alive): void {
  const time = earliest(alive);
  if (time !== null) first.set(group, Math.min(time, first.get(group) ?? time));
}

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
  const bySource = groupBy(spans, (span) => `${span.source}\0${span.service}`);
  const byService = groupBy(
    spans.filter((span) => span.service !== '' && feedsMetric(span)),
    (span) => span.service,
  );
  // What a service's own rows say cuts the life of the source as a whole.
  const lifeOf = (source: string, service: string): Alive => {
    const whole = bySource.get(`${source}\0`) ?? [];
    const own = service === '' ? undefined : bySource.get(`${source}\0${service}`);
    return own ? bothAlive(whole, own) : whole;
  };
  const known = new Map<string, Alive>();
  return {
    whole: [...names].flatMap((source) => lifeOf(source, '')),
    of(service: string): Alive {
      const cached = known.get(service);
      if (cached) return cached;
      const own = new Set((byService.get(service) ?? []).map((span) => span.source));
      const alive = [...(own.size > 0 ? own : names)].flatMap((source) => lifeOf(source, service));
      known.set(service, alive);
      return alive;
    },
  };
}

function _overlap(a: { from: number; to: number }, b: { from: number; to: number }): { from: number; to: number }[] {
  const from = Math.max(a.from, b.from);
  const to = Math.min(a.to, b.to);
  return from < to ? [{ from, to }] : [];
}

/** Spans in which a source and what it says of one service are alive together. */
function bothAlive(whole: Alive, own: Alive): Alive {
  return whole.flatMap((life) =>
    own
      .map((part) => ({ from: Math.max(life.from, part.from), to: Math.min(life.to, part.to) }))
      .filter((part) => part.from < part.to),
  );
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
