import { WHOLE } from './axis.ts';
import type { Cell } from './cells.ts';
import type { Coverage } from './coverage.ts';
import type { Row } from './envelope.ts';
import { isStanding, type Metric } from './metric.ts';
import type { MetricRequest } from './request.ts';
import { keyOf, toldBySpans } from './scope.ts';

/** Groups present: a service span overlaps the window, or an atom lies in it; sorted by their keys. */
export function groupsOf(
  metric: Metric,
  request: MetricRequest,
  cells: Iterable<Cell>,
  told: readonly (readonly string[])[],
  coverage: Coverage,
): readonly (readonly string[])[] {
  if (request.groupBy.length === 0) return [[]];
  const groups = new Map<string, readonly string[]>(told.map((keys) => [keyOf(keys), keys]));
  if (toldBySpans(request)) for (const keys of coverage.groups.values()) groups.set(keyOf(keys), keys);
  // What holds for a time may be over before the window ends, and is in some of its buckets nevertheless.
  const isEverywhere = isStanding(metric.aggregate.type);
  for (const cell of cells)
    if ((isEverywhere || cell.bucket === WHOLE) && cell.begun) groups.set(keyOf(cell.keys), cell.keys);
  return [...groups.values()].sort(compareKeys);
}

function compareKeys(a: readonly string[], b: readonly string[]): number {
  for (let index = 0; index < a.length; index += 1) {
    if (a[index] !== b[index]) return a[index]! < b[index]! ? -1 : 1;
  }
  return 0;
}

/** Order of rows by their group keys. */
export function byKeys(groupBy: readonly string[]): (a: Row, b: Row) => number {
  const keys = (row: Row) => groupBy.map((dimension) => String(row[dimension]));
  return (a: Row, b: Row) => compareKeys(keys(a), keys(b));
}
