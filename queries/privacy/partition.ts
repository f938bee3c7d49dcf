/** One cell of a partition of people: its keys by dimension, and how many people are in it. */
export interface PeopleCell {
  readonly keys: readonly string[];
  readonly people: number;
}

/**
 * Which cells of a partition are not told (metrics.md §9.2, rules 1 and 2): those of fewer people than `least`, and with them
 * the next smallest while those hidden are one cell or fewer than `least` people. Of several dimensions, whose values are
 * published by themselves too, all cells where any is too small: what is left of a value could tell it. Empty cells say
 * nothing of anyone and stay.
 */
export function hiddenCells(cells: readonly PeopleCell[], least: number): ReadonlySet<PeopleCell> {
  const present = cells.filter((cell) => cell.people > 0);
  const hidden = new Set(present.filter((cell) => cell.people < least));
  if (hidden.size === 0) return hidden;
  if (present[0]!.keys.length > 1) return new Set(present);
  present.sort((a, b) => a.people - b.people || compare(a.keys, b.keys));
  let people = [...hidden].reduce((sum, cell) => sum + cell.people, 0);
  for (const next of present.slice(hidden.size)) {
    if (hidden.size > 1 && people >= least) break;
    hidden.add(next);
    people += next.people;
  }
  return hidden;
}

function compare(a: readonly string[], b: readonly string[]): number {
  const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}
