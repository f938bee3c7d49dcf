import type { OptionSpec, Options } from '../metric.ts';

/** Which bucket an incident falls into. */
export const incidentBucket: OptionSpec = {
  type: 'choice',
  values: ['impact_started_at', 'restored_at'],
  default: 'impact_started_at',
  text: 'Count an incident where its impact began (a late restore restates that bucket), or where service was restored.',
};

export const closedOnly: OptionSpec = {
  type: 'flag',
  default: false,
  text: 'Leave open ones out of the percentiles. Most tools do, and it flatters.',
};

/** Bucket timestamp of an incident; one that is left out and was never restored lies where it began. */
export function incidentAt(options: Options, reason: string): string {
  return options.bucket === 'restored_at'
    ? `if(${reason} = '', restored_at, ifNull(restored_at, started_at))`
    : 'started_at';
}
