/** Version of the published definitions; every answer names it. */
export const SPEC_VERSION = '1.0.0';

/** Worst wins in this order (metrics.md §1.2). */
export const statuses = [
  'suppressed',
  'no_data',
  'not_applicable',
  'insufficient',
  'partial',
  'provisional',
  'ok',
] as const;
export type Status = (typeof statuses)[number];

export interface Interval {
  readonly low: number | null;
  readonly high: number | null;
  readonly level: 0.95;
  /** wilson, order_statistics, garwood, t, bca, bootstrap, brookmeyer_crowley, multinomial */
  readonly method: string;
}

/** Half-open `[start, end)` as UTC instants; `partial` if cut by the first data or still running. */
export interface Window {
  readonly start: string;
  readonly end: string;
  readonly tz: string;
  readonly grain: string | null;
  readonly partial: boolean;
}

/** One quantile in the metric's unit; null with a `lower_bound` if an open item decides it (metrics.md §1.9). */
export interface QuantileValue {
  readonly value: number | null;
  readonly ci: Interval | null;
  readonly lower_bound: number | null;
}

/** How much less a median is than in a baseline, as a share of it; negative if it is more. Null below ten items on a side. */
export interface Reduction {
  readonly value: number | null;
  readonly ci: Interval | null;
  /** The median of the baseline, in the metric's unit, and what it is of. */
  readonly baseline: {
    readonly value: number | null;
    readonly n: number;
    readonly status: Status;
    readonly window: Window;
  };
}

/** A feature in the order of its priority. */
export interface Ranked {
  readonly feature: string;
  readonly score: number;
  readonly implementation_cost: number;
}

/** A number with everything needed to trust it (metrics.md §1.2). Group keys stand beside these fields under their own names. */
export interface Envelope {
  readonly metric: string;
  readonly spec_version: string;
  readonly options: Readonly<Record<string, string | number | boolean>>;
  /** Filters that were set: dimension to values. */
  readonly scope: Readonly<Record<string, readonly string[]>>;
  readonly window: Window;
  readonly as_of: string;
  readonly value: number | null;
  readonly unit: string;
  readonly n: number | null;
  readonly numerator?: number | null;
  readonly denominator?: number | null;
  readonly ci: Interval | null;
  readonly status: Status;
  /** Covered time ÷ bucket time, 0 to 1. */
  readonly coverage: number;
  readonly open_n: number;
  readonly excluded: Readonly<Record<string, number>>;
  readonly unlinked_n?: number;
  /** Durations: p50, p75, p90. */
  readonly quantiles?: Readonly<Record<'p50' | 'p75' | 'p90', QuantileValue>>;
  /** Deployment frequency: successes counted, distinct local dates, seconds between successive ones, Σ counts ÷ Σ service-days. */
  readonly count?: number;
  readonly deployment_days?: number;
  readonly median_interval_seconds?: number | null;
  readonly service_days?: number;
  readonly per_service_day?: number | null;
  /** Lead time: changes merged and not yet live at the end of the window, and their median age. */
  readonly undeployed_n?: number;
  readonly undeployed_age_p50_hours?: number | null;
  /** Rework: R rollouts whose plan is unknown. */
  readonly planned_unknown_n?: number;
  /** Surveys: the goal asked about; whether the mean is above it, and whether all of its interval is (metrics.md §9.1). */
  readonly target?: number;
  readonly met?: boolean | null;
  readonly confidently_met?: boolean | null;
  /** Surveys: people invited, and how many gave each score. */
  readonly invited?: number | null;
  readonly distribution?: Readonly<Record<string, number>> | null;
  /** Money: its currency, as ISO 4217 names it; null of several. */
  readonly currency?: string | null;
  /** Money: the categories that it holds. */
  readonly cost_scope?: readonly string[];
  /** Priority: the features, the highest score first; of equals the cheaper, then by name. */
  readonly ranking?: readonly Ranked[];
  /** Turnover: one less it, and what a year of it comes to; null where the bucket is not of whole months. */
  readonly retention?: number | null;
  readonly annualised?: number | null;
  /** First response: quantiles over all the time there is, and of how many tickets no calendar is known. */
  readonly elapsed?: Readonly<Record<'p50' | 'p75' | 'p90', number | null>>;
  readonly without_calendar_n?: number;
  /** Documentation: share of the search sessions that found nothing. */
  readonly abandonment_rate?: number | null;
  /** Training: completed after they were due; and of those who were tested, the share that passed. */
  readonly late_n?: number;
  readonly pass_rate?: number | null;
  /** Newcomers: the median in days that have passed and in working days; null where an open one decides it. */
  readonly elapsed_days?: number | null;
  readonly working_days?: number | null;
  /** Onboarding: of those that began long enough ago (`mature_n`) how many and which share were done in time. */
  readonly share_in_time?: number | null;
  readonly in_time_n?: number;
  readonly mature_n?: number;
  /** Availability: what the value counts, events or time; the worst service, and which reach their level. */
  readonly method?: 'time' | 'events';
  /** Announced maintenance that is in neither numerator nor denominator; of events, the length of the slices that it touched. */
  readonly maintenance_seconds?: number;
  readonly worst_service?: string | null;
  readonly worst_value?: number | null;
  readonly meeting_n?: number;
  readonly meeting_share?: number | null;
  /** Availability: of how many services. Comparisons: how many the side has at the begin of the row; which side it is stands under `adoption`. */
  readonly services_n?: number;
  /** Totals, where a baseline was asked for. */
  readonly reduction?: Reduction;
  readonly band?: string | null;
  readonly cadence_class?: string | null;
  readonly caveat?: string;
  readonly mix_shift?: boolean;
}

export type Row = Envelope & Readonly<Record<string, unknown>>;

/** What `GET /v1/metrics/{id}` answers. `series` rows carry `time`, the start of their bucket. */
export interface MetricAnswer {
  readonly metric: string;
  readonly spec_version: string;
  readonly options: Envelope['options'];
  readonly window: Window;
  readonly as_of: string;
  readonly totals: readonly Row[];
  readonly series: readonly (Row & { readonly time: string })[];
}
