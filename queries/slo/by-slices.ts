import type { Store } from '../../ingest/ports.ts';
import { pulledName } from '../../ingest/prometheus/pulled.ts';
import { isPulled } from '../../ingest/workspace/indicator.ts';
import type { SloDefinition } from '../../ingest/workspace/slos.ts';
import type { AtomTables } from '../atoms/tables.ts';
import { localDays, type Span } from '../buckets.ts';
import { measureCoverage } from '../coverage.ts';
import type { Status } from '../envelope.ts';
import { secondsWithin, without } from '../intervals.ts';
import { readSourceSpans } from '../spans.ts';
import { type BurnRule, burnRules } from './burn.ts';
import { type HeardSlice, type Judged, judgeSlices, type SliceGrid, sliceGrid } from './judge.ts';
import { touchedSlices, untouched } from './maintained.ts';
import { type PulledSpans, readPulled, readSlices } from './ratio.ts';
import type { Counting } from './slices.ts';
import { type SloWindow, wholeWindow } from './window.ts';

/** A level that is counted in slices, with all that was read for it. */
export interface MeasuredSlices {
  readonly judged: Judged;
  readonly grid: SliceGrid;
  /** The part of the window in which anything had been heard. */
  readonly clipped: Span;
  readonly slices: readonly HeardSlice[];
  readonly coverage: number;
  readonly status: Status;
  /** Of slices that are pulled: how far (epoch ms), null where they never were. Undefined of others. */
  readonly pulledUntil?: number | null;
}

const LEAST_COVERAGE = 0.8;
const LEAST_N = 5;

/** The window that a definition names. */
export function windowOf({ calendar, window_days: days }: SloDefinition): SloWindow {
  return calendar === undefined ? { kind: 'rolling', days } : { kind: 'calendar', ...calendar };
}

/** The alert rules of a definition: its own, else its profile's. */
export function rulesOf(definition: SloDefinition): readonly BurnRule[] {
  if (definition.rules === undefined) return burnRules(definition.window_days, definition.burn_profile);
  return definition.rules.map(({ lookback_seconds, ...rule }) => ({
    ...rule,
    long_seconds: lookback_seconds,
    short_seconds: lookback_seconds,
  }));
}

/** How a definition counts. */
export function countingOf({ method, slice_target: sliceTarget, missing }: SloDefinition): Counting {
  return { method, sliceTarget, missing };
}

/**
 * Measures a level by its slices at an instant. A window that begins before anything was heard is clipped to what was; coverage
 * is the share of slices with data where slices are what is told, else of days on which a feeding source was alive (metrics.md
 * §1.3); below 0.8 there is no value. Null: the definition has no indicator.
 */
export async function measureSlices(
  store: Store,
  tables: AtomTables,
  asked: {
    readonly slo: string;
    readonly definition: SloDefinition;
    readonly at: number;
    readonly asOf: string | null;
    readonly zone: string;
    /** When the service was in maintenance: a union. */
    readonly maintenance: readonly Span[];
  },
): Promise<MeasuredSlices | null> {
  const { slo, definition, asOf, zone } = asked;
  const { indicator, target, slice_seconds: sliceSeconds } = definition;
  if (indicator === undefined) return null;
  const pulledAs = isPulled(indicator) ? pulledName(slo, definition, indicator) : null;
  const pulled = pulledAs === null ? null : await readPulled(store, pulledAs, asOf);
  const at = judgedAt(definition, asked.at, pulled);
  const counting = countingOf(definition);
  const rules = rulesOf(definition);
  const grid = sliceGrid(windowOf(definition), sliceSeconds, counting, at);
  const longest = Math.max(86_400, ...rules.map((rule) => rule.long_seconds + rule.for_seconds)) + 2 * sliceSeconds;
  const from = Math.min(grid.window.start, at - longest * 1000);
  const read = await readSlices(store, tables, {
    indicator,
    pulledAs,
    sliceSeconds,
    anchor: grid.anchor,
    from,
    to: grid.window.end,
    asOf,
  });
  const heardSince = read.heardSince ?? grid.window.end;
  const maintained = touchedSlices(asked.maintenance, grid);
  const heard = untouched(read.slices, maintained);
  const judged = judgeSlices({ heard, grid, target, counting, rules, heardSince, maintained });
  const told = indicator.from === 'windows' || isPulled(indicator);
  const sources = await readSourceSpans(store, tables);
  const feeds = indicator.from === 'rollouts' ? ROLLOUT_KINDS : [told ? 'sli.window' : indicator.total_type];
  const days = localDays(grid.window, zone);
  const alive = measureCoverage({ services: [], sources, feeds, window: grid.window, units: days, asOf: at });
  const firstAlive = told ? heardSince : alive.firstCovered('');
  const clipped = { start: Math.max(grid.window.start, firstAlive ?? grid.window.end), end: grid.window.end };
  const { present, slices } = judged.level;
  const length = clipped.end - clipped.start;
  const expected = without([clipped], maintained);
  const shareOf = async (): Promise<number> => {
    // All of it was maintenance: nothing is missing.
    if (expected.length === 0) return 1;
    if (told && definition.method !== 'Occurrences') return slices > 0 ? present / slices : 0;
    if (pulled === null) return alive.share('', clipped);
    // A server that answers says of every slice whether anything was measured; who is pushed to knows only that someone lives.
    let measured = 0;
    for (const part of expected) measured += await pulled.measured(part.start, part.end);
    return measured / (secondsWithin(expected, clipped) * 1000);
  };
  const coverage = length > 0 ? Math.min(1, await shareOf()) : 0;
  const status = statusOf(definition, judged, coverage);
  const known = { judged, grid, clipped, slices: heard, coverage, status };
  return pulled === null ? known : { ...known, pulledUntil: pulled.until };
}

/** So much later than its slice is over a pull may come (R57), before what it lacks counts as missing. */
const PULL_PATIENCE_MS = 300_000;

/**
 * The instant at which a level is judged: of pulled slices where the last pull ended, as long as that is not too long ago. What
 * is about to be asked for is not missing.
 */
function judgedAt(definition: SloDefinition, at: number, pulled: PulledSpans | null): number {
  if (pulled === null || pulled.until === null || pulled.until >= at) return at;
  if (at - pulled.until > definition.slice_seconds * 1000 + PULL_PATIENCE_MS) return at;
  return definition.calendar === undefined
    ? pulled.until
    : Math.max(pulled.until, wholeWindow(windowOf(definition), at).start);
}

const ROLLOUT_KINDS = ['deployment.finished', 'service.rolledback'];

function statusOf(definition: SloDefinition, judged: Judged, coverage: number): Status {
  if (coverage < LEAST_COVERAGE) return 'no_data';
  if (judged.value === null) return 'not_applicable';
  if (judged.level.valid < LEAST_N) return 'insufficient';
  if (coverage < 1) return 'partial';
  return definition.calendar === undefined ? 'ok' : 'provisional';
}
