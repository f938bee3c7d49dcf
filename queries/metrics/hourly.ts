import type { Estimate } from '../estimate.ts';
import type { Items, Measured } from '../metric.ts';
import { quantile } from '../statistics/quantile.ts';

const HOUR_MS = 3_600_000;
/** Longer periods say nothing of their hours, and would be many. */
const MOST_DAYS = 31;
const PERCENT = 95;

const share = PERCENT / 100;
const sums = 'sumMap(hours, hour_used, hour_allocated)';
const ratios = `arraySort(arrayMap((used, allocated) -> toFloat64(used) / toFloat64(allocated),
    arrayFilter((used, allocated) -> allocated > 0, ${sums}.2, ${sums}.3), arrayFilter(allocated -> allocated > 0, ${sums}.3)))`;
const halfWidth = `2 * sqrt(length(${ratios}) * ${share * (1 - share)})`;
const first = `toInt64(greatest(1, floor(length(${ratios}) * ${share} - ${halfWidth}) - 5))`;

/**
 * Periods of use cut into the hours (of UTC) that they touch, evenly: in each row `used` ÷ `allocated` of every hour, of which
 * {@link peakOf} tells the 95th percentile. Sums are of billionths, so that their order does not matter.
 */
export const hourlyItems: Partial<Items> = {
  steps: [
    { from_ms: 'toUnixTimestamp64Milli(from_at)', to_ms: 'toUnixTimestamp64Milli(to_at)' },
    { is_long: `to_ms - from_ms > ${MOST_DAYS * 24 * HOUR_MS}` },
    {
      hours: `if(is_long OR excluded != '', [], range(intDiv(from_ms, ${HOUR_MS}), intDiv(to_ms - 1, ${HOUR_MS}) + 1))`,
      hour_shares: `arrayMap(hour -> (least((hour + 1) * ${HOUR_MS}, to_ms) - greatest(hour * ${HOUR_MS}, from_ms)) / ${HOUR_MS}, hours)`,
    },
    {
      hour_used: 'arrayMap(x -> toInt128(round(used * x * 1e9)), hour_shares)',
      hour_allocated: 'arrayMap(x -> toInt128(round(allocated * x * 1e9)), hour_shares)',
    },
  ],
  reason: "if(excluded = '' AND is_long, 'too_long', excluded)",
  columns: ['resource', 'hours', 'hour_used', 'hour_allocated'],
  tallies: {
    peak_hours: `toInt64(length(${ratios}))`,
    // Only the ranks about the percentile and its interval: of a year there are thousands of hours in every row.
    peak_first: first,
    peak_values: `arraySlice(${ratios}, ${first}, toInt64(2 * (${halfWidth})) + 12)`,
  },
};

/** The 95th percentile (R-7) of the hours' ratios with its interval (metrics.md §1.8, §4.5); `n` are the hours. */
export function peakOf({ tallies }: Measured): Estimate {
  const hours = Number(tallies.peak_hours ?? 0);
  if (hours === 0) return { value: null, n: 0, ci: null, empty: true };
  const values = tallies.peak_values as readonly number[];
  const begin = Number(tallies.peak_first);
  const at = (rank: number): number => {
    const value = values[rank - begin];
    if (value === undefined) throw new Error(`rank ${rank} of ${hours} hours was not read`);
    return value;
  };
  const { value, ci } = quantile({ closed: hours, open: 0, at }, PERCENT);
  return { value, n: hours, ci };
}
