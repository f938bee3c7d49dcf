import { wilson } from './statistics.ts';
import { type Item, type RowContext, type Summary, within } from './summary.ts';

/** One of those that a share is of. */
export interface ShareItem extends Item {
  readonly hit: boolean;
  /** Not a hit yet, and may still be one. */
  readonly open?: boolean;
}

/** A share with its Wilson interval (metrics.md §1.8). */
export function share(row: RowContext): Summary {
  const { counted, excluded } = within(row.items, row);
  const items = counted as ShareItem[];
  const numerator = items.filter((item) => item.hit).length;
  return {
    value: items.length === 0 ? null : numerator / items.length,
    n: items.length,
    ci: wilson(numerator, items.length),
    excluded,
    openN: items.filter((item) => item.open === true).length,
    notApplicable: items.length === 0,
    insufficient: items.length < 5,
    facts: { numerator, denominator: items.length },
  };
}
