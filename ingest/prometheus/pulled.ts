import { createHash } from 'node:crypto';
import { entityOf } from '../entity.ts';
import { makeEvent, type NormalizedEvent } from '../event.ts';
import type { EventData } from '../vocabulary/vocabulary.ts';
import { type PulledIndicator, WINDOW_MARK } from '../workspace/indicator.ts';
import type { SloDefinition } from '../workspace/slos.ts';

/** Source name of all slices that are pulled. */
export const PROMETHEUS = 'prometheus';

/** What is pulled of one SLO. */
export interface Pulled {
  /** Name of its slices, see {@link pulledName}. */
  readonly name: string;
  readonly indicator: PulledIndicator;
  readonly sliceSeconds: number;
}

/**
 * Name under which the slices of an SLO are told as `sli.window`. It holds a digest of what they count: slices of other queries,
 * of another length or of another grid are other slices, so that a changed file never mixes what was counted before and after.
 * The address is no part of it: a server that moves keeps its past.
 */
export function pulledName(
  slo: string,
  { calendar, slice_seconds }: Pick<SloDefinition, 'calendar' | 'slice_seconds'>,
  indicator: PulledIndicator,
): string {
  const { url: _address, ...counted } = indicator;
  const content = JSON.stringify([Object.entries(counted).sort(), slice_seconds, calendar ?? null]);
  return `slo:${slo}@${createHash('sha256').update(content).digest('hex').slice(0, 12)}`;
}

/** The queries of an indicator over slices of a length, in the order in which {@link slicesOf} takes their samples. */
export function queriesOf(indicator: PulledIndicator, sliceSeconds: number): readonly string[] {
  const over = (query: string) => query.replaceAll(WINDOW_MARK, `${sliceSeconds}s`);
  return indicator.from === 'threshold' ? [over(indicator.query)] : [over(indicator.total), over(indicator.part)];
}

/** Values by the instant for which they hold (epoch ms); what is not a finite number is absent. */
export type Samples = ReadonlyMap<number, number>;

/** Slices as facts, and of how many it was told what was valid but not which part of it was good or bad. */
export interface PulledSlices {
  readonly events: readonly NormalizedEvent[];
  readonly halfKnown: number;
}

/**
 * The facts of slices that begin at `from` (epoch ms), so many one after the other. A sample at a slice's end is of that slice.
 * A slice without a sample of each query is missing, whatever the other says; missing ones in a row are one fact. A rate is of
 * a second, so it is taken times the slice; a part never exceeds its whole, which extrapolation may make it.
 */
export function slicesOf(pulled: Pulled, samples: readonly Samples[], from: number, count: number): PulledSlices {
  const stepMs = pulled.sliceSeconds * 1000;
  const events: NormalizedEvent[] = [];
  let halfKnown = 0;
  let missingSince: number | null = null;
  const flush = (until: number) => {
    if (missingSince !== null)
      events.push(window(pulled.name, missingSince, until, { good: 0, valid: 0, missing: true }));
    missingSince = null;
  };
  for (let start = from; start < from + count * stepMs; start += stepMs) {
    const values = samples.map((known) => known.get(start + stepMs));
    const counted = countedOf(pulled, values);
    if (counted === null) {
      if (values[0] !== undefined && values[0] > 0) halfKnown += 1;
      missingSince ??= start;
      continue;
    }
    flush(start);
    events.push(window(pulled.name, start, start + stepMs, counted));
  }
  flush(from + count * stepMs);
  return { events, halfKnown };
}

function countedOf({ indicator, sliceSeconds }: Pulled, [whole, part]: readonly (number | undefined)[]) {
  if (whole === undefined) return null;
  if (indicator.from === 'threshold') return { good: holds(whole, indicator) ? 1 : 0, valid: 1 };
  // Nothing at all needs no part; less than nothing is no count.
  if (whole === 0) return { good: 0, valid: 0 };
  if (whole < 0 || part === undefined || part < 0) return null;
  const valid = whole * perSlice(indicator.total, sliceSeconds);
  const some = Math.min(valid, part * perSlice(indicator.part, sliceSeconds));
  return { good: indicator.part_is === 'good' ? some : valid - some, valid };
}

function holds(sample: number, { op, value }: { op: 'lte' | 'gte' | 'lt' | 'gt'; value: number }): boolean {
  if (op === 'lte') return sample <= value;
  if (op === 'gte') return sample >= value;
  return op === 'lt' ? sample < value : sample > value;
}

/** A rate tells events a second, an increase events. */
function perSlice(query: string, sliceSeconds: number): number {
  return /\bincrease\s*\(/.test(query) ? 1 : sliceSeconds;
}

function window(
  sli: string,
  start: number,
  end: number,
  counted: Pick<EventData<'sli.window'>, 'good' | 'valid' | 'missing'>,
): NormalizedEvent {
  const [from, to] = [new Date(start).toISOString(), new Date(end).toISOString()];
  const data = { sli, from, to, ...counted };
  const fact = { type: 'sli.window', occurred_at: from, key: [sli, from, to], data } as const;
  const subject = entityOf({ id: '', type: fact.type, data });
  return makeEvent({ ...fact, subject }, { source: PROMETHEUS, normaliser: 1, delivery_id: '' });
}
