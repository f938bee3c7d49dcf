import { DateTime } from 'luxon';
import type { Item } from './summary.ts';

const FEWEST = 5;

/** Something that one person did or went through. */
export interface PersonalItem extends Item {
  readonly at: number;
  readonly person: string;
}

/**
 * R90: the items that are told, each where its cohort stands: of every cell (team, or team and kind of task) the people of ISO
 * weeks of UTC, weeks of fewer than five together with the next ones, what is left with the last. Cells of fewer than five
 * people in all are put together, and told in the whole only; if they are fewer than five together, nowhere.
 */
export function cohortsOf<T extends PersonalItem>(items: readonly T[], tz: string, cellOf: (item: T) => string): T[] {
  const cells = new Map<string, T[]>();
  for (const item of items) cells.set(cellOf(item), [...(cells.get(cellOf(item)) ?? []), item]);
  const isLarge = (cell: readonly T[]): boolean => peopleIn(cell) >= FEWEST;
  const large = [...cells.values()].filter(isLarge);
  const small = [...cells.values()].filter((cell) => !isLarge(cell)).flat();
  return [
    ...large.flatMap((cell) => inWeeks(cell, tz)),
    ...inWeeks(small, tz).map((item) => ({
      ...item,
      told: item.told === 'nowhere' ? item.told : ('in the whole' as const),
    })),
  ];
}

function peopleIn(items: readonly PersonalItem[]): number {
  return new Set(items.map((item) => item.person)).size;
}

function inWeeks<T extends PersonalItem>(items: readonly T[], tz: string): T[] {
  const weekOf = (item: T): string => DateTime.fromMillis(item.at, { zone: 'UTC' }).startOf('week').toISODate()!;
  const mondayOf = (week: string): number => DateTime.fromISO(week, { zone: tz }).toMillis();
  const weeks = [...new Set(items.map(weekOf))].sort();
  const placed: T[] = [];
  let waiting: T[] = [];
  let standing: number | null = null;
  for (const week of weeks) {
    waiting.push(...items.filter((item) => weekOf(item) === week));
    if (peopleIn(waiting) < FEWEST) continue;
    standing = mondayOf(week);
    const at = standing;
    placed.push(...waiting.map((item) => ({ ...item, at })));
    waiting = [];
  }
  const last = standing;
  if (last === null) return items.map((item) => ({ ...item, at: mondayOf(weeks[0]!), told: 'nowhere' }));
  return [...placed, ...waiting.map((item) => ({ ...item, at: last }))];
}
