import type { Store } from '../../ingest/ports.ts';
import { pulledName } from '../../ingest/prometheus/pulled.ts';
import { isPulled } from '../../ingest/workspace/indicator.ts';
import { type SloDefinition, sloDefinition } from '../../ingest/workspace/slos.ts';
import type { AtomTables } from '../atoms/tables.ts';
import type { Span } from '../buckets.ts';
import { readDefinitions } from '../definitions.ts';
import { windowOf } from './by-slices.ts';
import { type HeardSlice, sliceGrid } from './judge.ts';
import { slicesBeginning, touchedSlices, untouched } from './maintained.ts';
import { readPulled, readSlices } from './ratio.ts';
import { wholeWindow } from './window.ts';

/** A service level that is counted in slices. */
export interface EventLevel {
  readonly target: number;
  readonly sliceSeconds: number;
  /** An instant at which a slice begins (epoch ms). */
  readonly anchor: number;
  readonly slices: readonly HeardSlice[];
  /** First slice ever heard, and until when anything was to be heard (epoch ms). */
  readonly heardSince: number;
  readonly until: number;
}

/** What the SLOs say of services, by the service in lower case. */
export interface ServiceLevels {
  readonly byEvents: ReadonlyMap<string, EventLevel>;
  /** The target of the SLO by incidents. */
  readonly targets: ReadonlyMap<string, number>;
}

interface Asked {
  readonly reach: Span;
  readonly asOf: string | null;
  readonly now: string;
  readonly withEvents: boolean;
  /** Hears when time alone will change what is read. */
  readonly turnsAt?: ((instant: number) => void) | undefined;
}

/**
 * Reads which services have a ratio of told or pulled slices that says how available they are (R58): the one that is marked
 * `headway.dev/availability: true`, else the only one there is; and the targets of those that are measured by incidents.
 * `reach` is all that is asked about.
 */
export async function readServiceLevels(store: Store, tables: AtomTables, asked: Asked): Promise<ServiceLevels> {
  const { asOf, now } = asked;
  const slos = (await readDefinitions(store, 'slo.defined', asOf, now, asked.turnsAt)).flatMap((data) => {
    const parsed = sloDefinition.safeParse(data.definition);
    return parsed.success ? [{ id: String(data.slo), definition: parsed.data }] : [];
  });
  const targets = new Map<string, number>();
  const ratios = new Map<string, typeof slos>();
  for (const one of slos) {
    const service = one.definition.service.toLowerCase();
    const from = one.definition.indicator?.from;
    if (one.definition.sli === 'incidents')
      targets.set(service, Math.max(one.definition.target, targets.get(service) ?? 0));
    else if (from === 'windows' || from === 'prometheus') ratios.set(service, [...(ratios.get(service) ?? []), one]);
  }
  const byEvents = new Map<string, EventLevel>();
  for (const [service, some] of asked.withEvents ? ratios : []) {
    const marked = some.filter(({ definition }) => definition.is_availability);
    const [chosen, ...others] = marked.length > 0 ? marked : some;
    if (chosen === undefined || others.length > 0) continue;
    const level = await readLevel(store, tables, chosen.id, chosen.definition, asked);
    if (level !== null) byEvents.set(service, level);
  }
  return { byEvents, targets };
}

async function readLevel(
  store: Store,
  tables: AtomTables,
  slo: string,
  definition: SloDefinition,
  { reach, asOf, now, turnsAt }: Asked,
): Promise<EventLevel | null> {
  const at = Date.parse(asOf ?? now);
  const { indicator, slice_seconds: sliceSeconds, target } = definition;
  if (indicator === undefined) return null;
  const pulledAs = isPulled(indicator) ? pulledName(slo, definition, indicator) : null;
  const window = windowOf(definition);
  const { anchor } = sliceGrid(window, sliceSeconds, COUNTING, at);
  // The slices of every period of the calendar begin anew.
  if (window.kind !== 'rolling') turnsAt?.(wholeWindow(window, at).end);
  const question = { indicator, pulledAs, sliceSeconds, anchor, from: reach.start, to: Math.min(reach.end, at), asOf };
  const { slices, heardSince } = await readSlices(store, tables, question);
  if (heardSince === null) return null;
  const pulled = pulledAs === null ? null : await readPulled(store, pulledAs, asOf);
  // What is about to be asked for is not missing.
  const awaited = pulled?.until ? pulled.until + sliceSeconds * 1000 + 300_000 : 0;
  const late = pulled?.until && at <= awaited ? pulled.until : at;
  if (late !== at) turnsAt?.(awaited + 1);
  return { target, sliceSeconds, anchor, slices, heardSince, until: Math.min(at, late) };
}

const COUNTING = { method: 'Timeslices', sliceTarget: 1, missing: 'excluded' } as const;

/** A service level without what the maintenance of its service touches. */
export interface LevelOutside {
  readonly level: EventLevel;
  /** The slices that maintenance does not touch, in order. */
  readonly heard: readonly HeardSlice[];
  readonly touched: readonly Span[];
}

/** Leaves out of a level the slices that `maintenance` (a union) touches. */
export function outsideOf(level: EventLevel, maintenance: readonly Span[]): LevelOutside {
  const touched = touchedSlices(maintenance, level);
  return { level, heard: untouched(level.slices, touched), touched };
}

/**
 * Sums of the slices outside of maintenance that begin in any of `parts`, with the number of those within it; and which share
 * of the time since the first one was heard has slices with anything valid, up to now. Slices in maintenance are not missed.
 */
export function measuredWithin({ level, heard, touched }: LevelOutside, parts: readonly Span[], within: Span) {
  let [good, valid, slices, maintained, expected] = [0, 0, 0, 0, 0];
  for (const part of parts) {
    const start = Math.max(part.start, within.start, level.heardSince);
    const end = Math.min(part.end, within.end, level.until);
    if (start >= end) continue;
    const taken = slicesBeginning(touched, level, { start, end });
    maintained += taken;
    expected += (end - start) / 1000 / level.sliceSeconds - taken;
    for (let index = firstFrom(heard, start); index < heard.length && heard[index]!.start < end; index += 1) {
      good += heard[index]!.good;
      valid += heard[index]!.valid;
      slices += 1;
    }
  }
  const coverage = expected > 0 ? Math.min(1, slices / expected) : maintained > 0 ? 1 : 0;
  return { good, valid, slices, maintained, coverage };
}

/** Index of the first slice that begins no earlier than an instant: a year has a hundred thousand of them, and a row a few. */
function firstFrom(slices: readonly HeardSlice[], instant: number): number {
  let [low, high] = [0, slices.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (slices[middle]!.start < instant) low = middle + 1;
    else high = middle;
  }
  return low;
}
