import type { OptionSpec, Options } from '../metric.ts';

/** Which bucket an incident falls into. */
export const incidentBucket: OptionSpec = {
  type: 'choice',
  values: ['impact_started_at', 'restored_at'],
  default: 'impact_started_at',
  text: 'Count an incident where its impact began (a late restore restates that bucket), or where service was restored.',
};

/** What the percentiles make of those that are still open (metrics.md §1.9); without either they sort last. */
export const openOptions: Readonly<Record<'closed_only' | 'kaplan_meier', OptionSpec>> = {
  closed_only: {
    type: 'flag',
    default: false,
    text: 'Leave open ones out of the percentiles. Most tools do, and it flatters.',
  },
  kaplan_meier: {
    type: 'flag',
    default: false,
    text: 'Estimate the percentiles as Kaplan and Meier do: an open one tells that it lasts at least as long as it has lasted so far, instead of longer than any other. Not with closed_only.',
    excludes: 'closed_only',
  },
};

/** Bucket timestamp of an incident; one that is left out and was never restored lies where it began. */
export function incidentAt(options: Options, reason: string): string {
  return options.bucket === 'restored_at'
    ? `if(${reason} = '', restored_at, ifNull(restored_at, started_at))`
    : 'started_at';
}
