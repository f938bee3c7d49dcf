import type { EventType } from '../ingest/vocabulary/vocabulary.ts';
import type { AtomName, AtomTables } from './atoms/tables.ts';
import type { Envelope } from './envelope.ts';
import type { Estimate } from './estimate.ts';
import type { SurveyMeasure } from './privacy/answered.ts';

/**
 * The declaration of a metric. A metric is one file that exports one of these; route, OpenAPI, panels, pages and docs are
 * derived from it. What it counts are *items*: rows of one atom kind (or of its parts: commits, attempts).
 */
export interface Metric {
  readonly id: string;
  readonly title: string;
  /** What a person asks that this answers. */
  readonly question: string;
  readonly description: string;
  /** What to bear in mind; `caveat` of the envelope, if any, is {@link caveat}. */
  readonly caveats: readonly string[];
  readonly caveat?: string;
  readonly unit: Unit;
  /** Unit under other options, if it depends on them. */
  readonly unitOf?: (options: Options) => string;
  /** Which way is better. */
  readonly direction: 'higher' | 'lower' | 'none';
  readonly atom: AtomName;
  /** Further kinds of atoms that its items read, under some options or always. */
  readonly reads?: readonly AtomName[] | ((options: Options) => readonly AtomName[]);
  /** Kinds of event that give the bucket timestamp: their sources are what coverage asks about (metrics.md §1.3). */
  readonly feeds: readonly EventType[];
  /** Names accepted by `group_by` and as filters; columns of the atom. */
  readonly dimensions: readonly string[];
  /** Dimensions by which one item can be in several groups, so that these do not add up to the whole (metrics.md §1.1). */
  readonly overlapping?: readonly string[];
  /** Names accepted as filters alone: by these nothing is set side by side. */
  readonly filtersOnly?: readonly string[];
  /** No filters and no tz=team: of people, what is cut out by a filter could be told by subtraction (metrics.md §9.2, rule 3). */
  readonly isUnfiltered?: boolean;
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** What people said or did: a cell of fewer of them than this shows nothing, and no rows or changes are listed (metrics.md §9.2). */
  readonly suppressBelow?: number;
  /** True if its rows are what single people did, which is told as a number only (metrics.md §1.7). */
  readonly neverListed?: boolean;
  /** True if its items leave out whoever is in too small a cell, so that wider rows tell nothing of them; how many is not told. */
  readonly fewLeftOut?: boolean;
  /** Which published answers of surveys it counts, instead of `items` as they stand: nothing else of them is told. */
  readonly survey?: SurveyMeasure;
  /** True if what is there is complete in itself: coverage is 1 wherever anything was counted. */
  readonly isCoveredByItems?: boolean;
  /** Days after the bucket timestamp in which its items come true or not: what was not heard then is no better known than the bucket. */
  readonly aheadDays?: (options: Options) => number;
  /** Fewer counted than this: `insufficient`; 0 for counts. */
  readonly minN: number;
  /** Hours after a bucket's end during which it is provisional. */
  readonly graceHours: number;
  readonly aggregate: Aggregate;
  readonly items: (options: Options) => Items;
  /** Further numbers of other atoms, in the same buckets and scope. */
  readonly beside?: (options: Options) => readonly Beside[];
  /** What is told of a row instead of what the aggregate makes of it, under options for which that is not null. */
  readonly estimate?: (measured: Measured) => Estimate | null;
  /** What stands beside the value in every row. */
  readonly fields?: (measured: Measured) => Partial<Envelope>;
  /** True if too little is known of what was counted to tell a value: `no_data`. */
  readonly unknowable?: (measured: Measured) => boolean;
  /** Why what was counted in a row cannot be added up, where that is so: `not_applicable`, and the words are its caveat. */
  readonly incomparable?: (measured: Measured) => string | undefined;
  /** Whether its median can be set against that of a baseline by the parameter `baseline` (metrics.md §4.4). */
  readonly isReducible?: boolean;
  /** Column of the bands table (metrics.md §3.6). */
  readonly band?: BandColumn;
  readonly examples: readonly Example[];
}

/** What was measured for one row, for {@link Metric.fields}. */
export interface Measured {
  readonly options: Options;
  /** Items counted. */
  readonly items: number;
  /** Results of {@link Items.tallies}; absent in an empty bucket. */
  readonly tallies: Readonly<Record<string, unknown>>;
  /** Results of {@link Metric.beside} by field; of counts 0 and of the rest null where there is nothing. */
  readonly beside: Readonly<Record<string, number | null>>;
  readonly serviceDays: () => number;
  /** Local days of the row begun by as_of, as numbers since 1970-01-01: `[first, end)`. */
  readonly days: () => readonly [first: number, end: number];
}

export type Unit =
  | 'deployments/day'
  | 'hours'
  | 'minutes'
  | 'seconds'
  | 'days'
  | 'fraction'
  | 'score'
  | 'points'
  | 'features'
  | 'tickets'
  | 'currency'
  | 'currency/feature'
  | 'persons'
  | 'incidents/30 service-days'
  | 'incidents/100 deployments';

export type BandColumn = 'lead_time' | 'frequency' | 'change_fail_rate' | 'recovery';

/** A worked example of the specification, in words. */
export interface Example {
  readonly id: string;
  readonly text: string;
}

export type OptionValue = string | number | boolean;
export type Options = Readonly<Record<string, OptionValue>>;

/** A declared option: what it accepts, its default and what it does. */
export type OptionSpec =
  | { readonly type: 'choice'; readonly values: readonly string[]; readonly default: string; readonly text: string }
  | {
      readonly type: 'flag';
      readonly default: boolean;
      readonly text: string;
      /** Another flag with which it makes no sense. */
      readonly excludes?: string;
    }
  | {
      /** The id of a calendar of the workspace; not among the options of an answer unless asked for. */
      readonly type: 'calendar';
      readonly text: string;
    }
  | {
      readonly type: 'number';
      readonly default: number;
      readonly min: number;
      readonly max: number;
      readonly text: string;
    };

/**
 * How items become a number. `rate`: count ÷ days, or ÷ service-days or ÷ a count of `beside`. `proportion`: items that hit ÷
 * items. `quantiles`: of seconds. `mean`: of seconds, quantiles beside. `score`: mean of a bounded scale. `promoters`:
 * share of 9 and 10 less the share of 0 to 6, in points. `count`: the items. `sum`: of values. `ratio`: Σ values ÷ Σ weights.
 * `union`: minutes covered by the items' intervals. `availability`: share of time that they do not cover, per service, or of
 * what its slices count (availability.ts). `snapshot`: of the items that hold (from `at` to `until`) at the end of
 * the bucket, those that hit ÷ all. `standing`: of those, the mean of a bounded scale. `active`: distinct people who did
 * something ({@link Activity}).
 */
export type Aggregate =
  | { readonly type: 'rate'; readonly exposure: (options: Options) => Exposure }
  | { readonly type: 'proportion' }
  | { readonly type: 'quantiles' }
  | { readonly type: 'mean' }
  | { readonly type: 'score'; readonly scale: readonly [number, number] }
  | { readonly type: 'promoters' }
  | { readonly type: 'count' }
  | { readonly type: 'sum' }
  | { readonly type: 'ratio' }
  | { readonly type: 'union' }
  | { readonly type: 'availability' }
  | { readonly type: 'snapshot' }
  | { readonly type: 'standing'; readonly scale: readonly [number, number] }
  | { readonly type: 'active'; readonly activity: (options: Options) => Activity };

/**
 * Which people are counted and how. Over `reach`: the bucket's own days, so many local days that end with the last begun day
 * of the bucket, or the calendar month until then. `per_day`: the mean of the days' distinct people. `distinct`: the people of
 * the whole reach. `stickiness`: the one divided by the other.
 */
export interface Activity {
  readonly reach: 'bucket' | 'month' | number;
  readonly measure: 'per_day' | 'distinct' | 'stickiness';
  /** Count Monday to Friday only, in what is done each day and in the days. */
  readonly workingDays: boolean;
}

/** What a count is divided by: local days (all or Monday to Friday), 30 service-days, 100 of a number of `beside`, or the people there. */
export type Exposure = 'calendar_day' | 'working_day' | '30_service_days' | '100_deployments' | 'headcount';

/** SQL over one atom kind. Values of people never stand in it: numbers go by `params`, the rest is chosen by code. */
export interface Items {
  /** Table expression if it is not the atoms themselves; `tables` names them, `scope` is the condition of the filters. */
  readonly from?: (tables: AtomTables, scope: Scope) => string;
  /** SQL that tells the items of one atom apart (a commit, an attempt); absent if an atom is an item. */
  readonly part?: string;
  /** Columns to compute before the rest, each step over the one before it, to be named by what follows. */
  readonly steps?: readonly Readonly<Record<string, string>>[];
  /** Bucket timestamp; NULL = in no bucket. */
  readonly at: string;
  /** Empty, or why the item is left out. */
  readonly reason: string;
  /** proportion, snapshot: whether the item is in the numerator. */
  readonly hit?: string;
  /** proportion: whether an item may still come to be in the numerator, and until which instant. */
  readonly open?: string;
  readonly closes?: string;
  /**
   * Where time alone changes what is counted, but not by `closes`: epoch ms of the next instant after as_of at which it does, SQL of
   * one value for all items, or of an aggregate over them.
   */
  readonly turns?: (tables: AtomTables) => string;
  /**
   * quantiles, mean: the instants between which the item's clock runs; `end` is NULL while it does. `calendar`: id of the
   * calendar, in lower case, by whose open hours it runs where the option `business_hours` names none.
   */
  readonly clock?: { readonly start: string; readonly end: string; readonly calendar?: string };
  /** active: who did it. */
  readonly who?: string;
  /** score, standing: the value. sum, ratio: what is added up, to the 10⁻⁹. */
  readonly value?: string;
  /** ratio: what the sum of the values is divided by. */
  readonly weight?: string;
  /** union: end of the interval that begins at `at`; NULL while open. snapshot, standing: when it ceases to hold; never NULL. */
  readonly until?: string;
  /** Columns of the atoms that `tallies` read. */
  readonly columns?: readonly string[];
  /** Further aggregates over the items counted, in terms of `item_at` and `columns`: name to SQL. */
  readonly tallies?: Readonly<Record<string, string>>;
  readonly params?: Readonly<Record<string, number>>;
}

/** What a `from` needs to know of the question. */
export interface Scope {
  /** SQL condition of the filters over the atom's columns. */
  readonly filters: string;
  /** Columns that the answer is grouped by. */
  readonly groups: readonly string[];
  readonly ownership: 'then' | 'now';
}

/**
 * Items of another atom kind, counted in the same buckets and scope under `field`; or the changes that wait at the end of
 * each bucket; or the people there (../headcount.ts). Those as `undeployed_n` and `undeployed_age_p50_hours`, where `reason` says who is left out.
 */
export type Beside =
  | {
      readonly type: 'count';
      readonly field: string;
      readonly atom: AtomName;
      readonly dimensions: readonly string[];
      readonly items: Items;
    }
  | { readonly type: 'headcount' }
  | { readonly type: 'undeployed'; readonly reason: string };

/** Options that every metric has. `tz=team` is not an option but a value of `tz`. */
export const commonOptions: Readonly<Record<string, OptionSpec>> = {
  ownership: {
    type: 'choice',
    values: ['then', 'now'],
    default: 'then',
    text: 'Dimensions as they were at the bucket timestamp of each row, or as they are now.',
  },
};

/** Opt-in performance bands (metrics.md §3.6); named in the answer only when asked for. */
export const bandYears = ['dora-2021', 'dora-2022', 'dora-2023', 'dora-2024'] as const;

/** The option of every metric of durations. */
const durationOptions: Readonly<Record<string, OptionSpec>> = {
  business_hours: {
    type: 'calendar',
    text: 'Count only the open hours of that calendar between two instants, instead of all the time there is.',
  },
};

/** All options of a metric, its own and the common ones. */
export function optionsOf(metric: Metric): Readonly<Record<string, OptionSpec>> {
  const isDuration = metric.aggregate.type === 'quantiles' || metric.aggregate.type === 'mean';
  return { ...metric.options, ...(isDuration ? durationOptions : {}), ...commonOptions };
}

/** The columns by which the atoms of a metric are told apart: dimensions and filters. */
export function columnsOf(metric: Metric): readonly string[] {
  return [...metric.dimensions, ...(metric.filtersOnly ?? [])];
}

/** Every name by which a metric can be filtered. */
export function filtersOf(metric: Metric): readonly string[] {
  return metric.isUnfiltered ? [] : columnsOf(metric);
}

/** Whether the rows behind its numbers may be shown: those of what people said or did never are (metrics.md §9.2). */
export function isListed(metric: Metric): boolean {
  return metric.suppressBelow === undefined && metric.neverListed !== true;
}

/** Whether its items hold for a time, and those count that hold at the end of a bucket. */
export function isStanding(aggregate: Aggregate['type']): boolean {
  return aggregate === 'snapshot' || aggregate === 'standing';
}

/** Whether its items are intervals, which count in every bucket that they reach into. */
export function isOfIntervals(aggregate: Aggregate['type']): boolean {
  return aggregate === 'union' || aggregate === 'availability';
}

/** Unit of an answer. */
export function unitOf(metric: Metric, options: Options): string {
  return metric.unitOf?.(options) ?? metric.unit;
}
