import type { Envelope, Interval, QuantileValue } from '../../queries/envelope.ts';
import { calendarOf, openTime } from './business-hours.ts';
import type { Stretch } from './calendar.ts';
import { UNASSIGNED } from './catalog.ts';
import type { Question } from './question.ts';
import { quantileWithOpen } from './statistics.ts';
import { kaplanMeier } from './survival.ts';
import { remembered, type World } from './world.ts';

export type Options = Readonly<Record<string, string | number | boolean>>;

/** Values of an atom's dimensions by name. */
export type Dimensions = Readonly<Record<string, string>>;

/** What a row of the answer is about: a bucket and a scope. */
export interface RowContext {
  readonly world: World;
  /** The metric's items, in and out of the bucket. */
  readonly items: readonly Item[];
  readonly options: Options;
  readonly tz: string;
  /** The bucket as asked: atoms count by it. */
  readonly bucket: Stretch;
  /** The bucket from the first covered day on: divisors count by it. */
  readonly clipped: Stretch;
  /** Local days begun, a cut one by its share. */
  readonly days: number;
  readonly workingDays: number;
  readonly serviceDays: number;
  /** Whether an atom with these dimensions is in the row's filters and group. */
  readonly inScope: (dimensions: Dimensions) => boolean;
  /** The values of the dimensions that it is grouped by. */
  readonly group: Dimensions;
  /** JSON that seeds resampling (metrics.md §1.8). */
  readonly seed: string;
  readonly question: Question;
}

/** What a metric says about a row, before coverage decides whether it may be said. */
export interface Summary {
  readonly value: number | null;
  readonly n: number;
  readonly ci: Interval | null;
  readonly openN?: number;
  readonly excluded: Readonly<Record<string, number>>;
  /** Denominator 0. */
  readonly notApplicable?: boolean;
  /** Fewer than min_n. */
  readonly insufficient?: boolean;
  /** The metric itself cannot tell (metrics.md §3.4). */
  readonly noData?: boolean;
  /** Told of too few people: not told (metrics.md §9.2). */
  readonly suppressed?: boolean;
  readonly quantiles?: Readonly<Record<'p50' | 'p75' | 'p90', QuantileValue>>;
  /** Counts that stand whatever the coverage. */
  readonly facts?: Partial<Envelope>;
  /** Derived fields that are null without coverage. */
  readonly derived?: Readonly<Record<string, unknown>>;
  /** Texts that are not worded by the definitions: what they must say. */
  readonly words?: Readonly<Record<string, RegExp>>;
  /** Coverage, where the metric's own items tell it. */
  readonly coverage?: number;
}

/** One thing that a metric counts or leaves out. `at` decides the bucket; null: it is in none. */
export interface Item {
  readonly atomId: string;
  readonly at: number | null;
  readonly dimensions: Dimensions;
  /** Why it is left out, or empty. */
  readonly excluded: string;
  /** Milliseconds; null while open. Absent for what has no duration. */
  readonly duration?: number | null;
  /** Of what has a duration: when its clock started. */
  readonly since?: number;
  /** Of what holds for a while: when. */
  readonly stands?: readonly Stretch[];
  /** Of cohorts: where it may not be told everywhere. */
  readonly told?: 'in the whole' | 'nowhere';
}

/** A metric of the oracle. */
export interface OracleMetric {
  readonly unit: string;
  /** Declared options with their defaults; `ownership` is everyone's. */
  readonly options: Options;
  /** Kinds of event that give its bucket timestamp. */
  readonly feeds: readonly string[];
  readonly graceHours: number;
  /** What it counts is of no service's delivery: its sources as a whole tell coverage, its atoms which groups there are (R53). */
  readonly sourcesAlone?: boolean;
  /** Whether a row is covered by what it tells of, whatever its sources (R32). */
  readonly isCovered?: (row: Pick<RowContext, 'items' | 'bucket' | 'inScope'>) => boolean;
  /** What it counts is complete in itself: what is heard of its sources does not matter. */
  readonly coveredByItems?: boolean;
  /** What a row is about, where that is not its bucket. */
  readonly reach?: (bucket: Stretch, question: Question) => Stretch;
  /** Its rows reach back from the end of their bucket, so that `from` does not cut them. */
  readonly looksBack?: boolean;
  /** Days after the bucket in which it turns out what becomes of its items: they must be covered too. */
  readonly aheadDays?: (options: Options) => number;
  /** Its atoms, and those of their kind that it leaves out. */
  items(world: World, options: Options, tz: string): Item[];
  /** Groups that are present without any item of theirs. */
  readonly groups?: (question: Question, world: World) => readonly Dimensions[];
  /** Told of cohorts of people alone (R90): of a row without any nothing is told. */
  readonly isOfCohorts?: boolean;
  /** Its total is hidden with any of its buckets, which the others would tell (metrics.md §9.2, rule 3). */
  readonly hidesRemainders?: boolean;
  summarize(row: RowContext): Summary;
}

export const ROLLOUT_FEEDS = ['deployment.finished', 'service.rolledback'] as const;
export const INCIDENT_FEEDS = ['incident.detected'] as const;

/** metrics.md §1.6: a service's owner at the atom's time, or as of the latest definition. */
export function dimensionsOf(
  world: World,
  options: Options,
  service: string,
  at: number,
  extra: Readonly<{ environment_group?: string; repository?: string; workflow?: string }> = {},
): Dimensions {
  return {
    environment_group: UNASSIGNED,
    repository: UNASSIGNED,
    workflow: UNASSIGNED,
    ...world.catalog.dimensions(service, options.ownership === 'now' ? null : at),
    ...extra,
  };
}

/** The items of a row: those counted, and the reasons of those left out. */
export function within(items: readonly Item[], row: RowContext): { counted: Item[]; excluded: Record<string, number> } {
  const inside = items.filter(
    (item) =>
      item.at !== null && item.at >= row.bucket.start && item.at < row.bucket.end && row.inScope(item.dimensions),
  );
  const excluded: Record<string, number> = {};
  for (const item of inside) if (item.excluded !== '') excluded[item.excluded] = (excluded[item.excluded] ?? 0) + 1;
  const isTold = ({ told }: Item): boolean =>
    told === undefined || (told === 'in the whole' && row.question.groupBy.length === 0);
  return { counted: inside.filter((item) => item.excluded === '' && isTold(item)), excluded };
}

/** Whether an item's clock has stopped. */
export function isClosed(item: Item): boolean {
  return typeof item.duration === 'number';
}

/** Milliseconds that an item has lasted, so far if it is open: all of them, or those in business hours (R38). */
export function lengthOf({ world, options }: Pick<RowContext, 'world' | 'options'>, item: Item): number {
  const end = typeof item.duration === 'number' ? item.since! + item.duration : world.asOf;
  if (options.business_hours === undefined) return Math.max(0, end - item.since!);
  const calendar = remembered(world, `calendar ${options.business_hours}`, () =>
    calendarOf(world.events, String(options.business_hours)),
  );
  const notes = remembered(world, `hours ${options.business_hours}`, () => new Map<string, number>());
  const key = `${item.since} ${end}`;
  const known = notes.get(key) ?? openTime(calendar!, item.since!, end);
  notes.set(key, known);
  return known;
}

/** Quantiles of durations in a unit of `unitMs`; the median leads (metrics.md §1.8, §1.9). */
export function durations(
  row: RowContext,
  items: readonly Item[],
  unitMs: number,
  length: (item: Item) => number = (item) => lengthOf(row, item),
): Summary {
  const { counted, excluded } = within(items, row);
  const closed = counted.flatMap((item) => (isClosed(item) ? [length(item) / unitMs] : []));
  const openN = counted.length - closed.length;
  const sorting = row.options.closed_only === true ? 0 : openN;
  const lasting = counted.flatMap((item) => (isClosed(item) ? [] : [length(item) / unitMs]));
  const at = (percent: number): QuantileValue =>
    row.options.kaplan_meier === true
      ? kaplanMeier(closed, lasting, percent)
      : quantileWithOpen(closed, sorting, percent / 100);
  const quantiles = { p50: at(50), p75: at(75), p90: at(90) };
  return {
    value: quantiles.p50.value,
    ci: quantiles.p50.ci,
    n: closed.length,
    openN,
    excluded,
    insufficient: closed.length < 5,
    quantiles,
  };
}
