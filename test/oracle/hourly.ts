import { intersection } from './calendar.ts';
import { quantileWithOpen } from './statistics.ts';
import { type RowContext, type Summary, within } from './summary.ts';
import { type UsageItem, usages } from './usages.ts';
import type { World } from './world.ts';

const HOUR_MS = 3_600_000;
const LONGEST_MS = 31 * 24 * HOUR_MS;

/** R77: use, of which periods of more than 31 days say nothing of their hours. */
export function hourlyUsages(world: World, options: RowContext['options']): UsageItem[] {
  return usages(world, options).map((one) =>
    one.excluded === '' && one.to - one.from > LONGEST_MS ? { ...one, excluded: 'too_long' } : one,
  );
}

/** R77: the 95th percentile of what was used of what was allocated, over the hours in which anything was. */
export function peak(row: RowContext): Pick<Summary, 'value' | 'n' | 'ci' | 'notApplicable' | 'excluded'> {
  const { counted, excluded } = within(row.items, row);
  const hours = new Map<number, { used: number; allocated: number }>();
  for (const { from, to, used, allocated } of counted as UsageItem[])
    for (let hour = Math.floor(from / HOUR_MS); hour * HOUR_MS < to; hour += 1)
      for (const both of intersection({ start: from, end: to }, { start: hour * HOUR_MS, end: (hour + 1) * HOUR_MS })) {
        const so = hours.get(hour) ?? { used: 0, allocated: 0 };
        const lasted = both.end - both.start;
        hours.set(hour, { used: so.used + used * lasted, allocated: so.allocated + allocated * lasted });
      }
  const ratios = [...hours.values()].filter(({ allocated }) => allocated > 0).map((one) => one.used / one.allocated);
  const { value, ci } = quantileWithOpen(ratios, 0, 0.95);
  return { value, ci, n: ratios.length, excluded, notApplicable: ratios.length === 0 };
}
