import type { Row } from './envelope.ts';

/** A row of a series. */
export type SeriesRow = Row & { readonly time: string };

/**
 * Buckets (by `time`) in which every part moved the same way since the bucket before: the only ones in which the whole could
 * have moved against all of them. Parts without a value in both buckets have not moved; it takes two that have.
 */
export function jointMoves(parts: readonly SeriesRow[], keysOf: (row: Row) => string): ReadonlyMap<string, 1 | -1> {
  const values = new Map<string, Map<string, number | null>>();
  for (const row of parts) {
    const group = keysOf(row);
    const known = values.get(row.time);
    if (known) known.set(group, row.value);
    else values.set(row.time, new Map([[group, row.value]]));
  }
  const times = [...values.keys()].sort();
  const moves = new Map<string, 1 | -1>();
  for (let index = 1; index < times.length; index += 1) {
    const direction = jointDirection(values.get(times[index - 1]!)!, values.get(times[index]!)!);
    if (direction !== 0) moves.set(times[index]!, direction);
  }
  return moves;
}

/** Which way all parts moved; 0 if not all one way, or fewer than two of them. */
function jointDirection(
  before: ReadonlyMap<string, number | null>,
  now: ReadonlyMap<string, number | null>,
): -1 | 0 | 1 {
  let joint: -1 | 0 | 1 = 0;
  let moved = 0;
  for (const [group, value] of now) {
    const [direction] = directionOf(before.get(group), value);
    if (direction === undefined) continue;
    if (direction === 0 || (moved > 0 && direction !== joint)) return 0;
    joint = direction;
    moved += 1;
  }
  return moved > 1 ? joint : 0;
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
