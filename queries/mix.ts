import type { Row } from './envelope.ts';

/** A row of a series. */
export type SeriesRow = Row & { readonly time: string };

/**
 * Buckets (by `time`) in which every part moved the same way since the bucket before: the only ones in which the whole could
 * have moved against all of them. Parts without a value in both buckets have not moved; it takes two that have.
 */
export function jointMoves(parts: readonly SeriesRow[], keysOf: (row: Row) => string): ReadonlyMap<string, 1 | -1> {
  const times = [...new Set(parts.map((row) => row.time))].sort();
  const values = new Map(parts.map((row) => [`${row.time} ${keysOf(row)}`, row.value]));
  const groups = [...new Set(parts.map(keysOf))];
  const moves = new Map<string, 1 | -1>();
  for (let index = 1; index < times.length; index += 1) {
    const [before, now] = [times[index - 1]!, times[index]!];
    const moved = groups.flatMap((group) =>
      directionOf(values.get(`${before} ${group}`), values.get(`${now} ${group}`)),
    );
    const [first] = moved;
    if (first !== undefined && first !== 0 && moved.length > 1 && moved.every((move) => move === first))
      moves.set(now, first);
  }
  return moves;
}

/** Marks the rows of buckets in which the whole moved opposite to every part (Simpson's paradox, metrics.md §1.6). */
export function markMixShift(
  parts: readonly SeriesRow[],
  whole: readonly SeriesRow[],
  moves: ReadonlyMap<string, 1 | -1>,
): readonly SeriesRow[] {
  const shifted = new Set<string>();
  whole.forEach((row, index) => {
    const [direction] = directionOf(whole[index - 1]?.value, row.value);
    const joint = moves.get(row.time);
    if (joint !== undefined && direction === -joint) shifted.add(row.time);
  });
  return shifted.size === 0 ? parts : parts.map((row) => (shifted.has(row.time) ? { ...row, mix_shift: true } : row));
}

/** 1, -1 or 0 in a list; empty if either value is missing. */
function directionOf(before: number | null | undefined, now: number | null | undefined): (0 | 1 | -1)[] {
  if (before === null || before === undefined || now === null || now === undefined) return [];
  return [now > before ? 1 : now < before ? -1 : 0];
}
