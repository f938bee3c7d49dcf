import type { AtomKind } from './atoms/atom.ts';

/** How the atoms of a cell become its value. SQL expressions read the columns of the metric's atom kind. */
export type Aggregate =
  /** Number of counted atoms over exposure: calendar days of the window, or service-days. */
  | { readonly type: 'rate'; readonly per: 'day' | '30_service_days' }
  /** Share of counted atoms for which `numerator` holds. Wilson interval. */
  | { readonly type: 'proportion'; readonly numerator: string }
  /** Quantiles of `value` in seconds; null `value` of a counted atom = still open. */
  | { readonly type: 'quantiles'; readonly value: string; readonly primary: 0.5 }
  /** Mean of `value`, median and p90 beside it. */
  | { readonly type: 'mean'; readonly value: string; readonly interval: 'bca' | 't' };

export type { AtomKind };
