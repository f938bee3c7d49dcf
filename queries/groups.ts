import { WHOLE } from './axis.ts';
import type { Cell } from './cells.ts';
import type { Coverage } from './coverage.ts';
import type { MetricRequest } from './request.ts';
import { keyOf, toldBySpans } from './scope.ts';

/** Groups present: a service span overlaps the window, or an atom lies in it; sorted by their keys. */
export function groupsOf(
  request: MetricRequest,
  cells: Iterable<Cell>,
  told: readonly (readonly string[])[],
  coverage: Coverage,
): readonly (readonly string[])[] {
  if (request.groupBy.length === 0) return [[]];
  const groups = new Map<string, readonly string[]>(told.map((keys) => [keyOf(keys), keys]));
  if (toldBySpans(request)) for (const keys of coverage.groups.values()) groups.set(keyOf(keys), keys);
  for (const cell of cells) if (cell.bucket === WHOLE && cell.begun) groups.set(keyOf(cell.keys), cell.keys);
  return [...groups.values()].sort(compareKeys);
}

/** Order of groups by their keys. */
export function compareKeys(a: readonly string[], b: readonly string[]): number {
  for (let index = 0; index < a.length; index += 1) {
    if (a[index] !== b[index]) return a[index]! < b[index]! ? -1 : 1;
  }
  return 0;
}
