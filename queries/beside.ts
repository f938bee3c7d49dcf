import type { Store } from '../ingest/ports.ts';
import type { AtomTables } from './atoms/tables.ts';
import type { Axis } from './axis.ts';
import { readCells } from './cells.ts';
import { readHeadcounts } from './headcount.ts';
import type { Beside } from './metric.ts';
import type { MetricRequest } from './request.ts';
import { readUndeployed } from './undeployed.ts';

/** Numbers beside the value, by cell name: counts are 0 and the rest null where there is nothing. */
export type BesideNumbers = (cell: string) => Readonly<Record<string, number | null>>;

/** The numbers, and the groups that they alone may know of. */
export interface BesideRead {
  readonly numbers: BesideNumbers;
  readonly groups: readonly (readonly string[])[];
}

/** Reads what a metric puts beside its value, in the same buckets and scope. */
export async function readBeside(
  store: Store,
  tables: AtomTables,
  wanted: readonly Beside[],
  request: MetricRequest,
  axis: Axis,
): Promise<BesideRead> {
  const parts = await Promise.all(wanted.map((beside) => readOne(store, tables, beside, request, axis)));
  return {
    numbers: (cell) => Object.assign({}, ...parts.map((part) => part.numbers(cell))),
    groups: parts.flatMap((part) => part.groups),
  };
}

async function readOne(
  store: Store,
  tables: AtomTables,
  beside: Beside,
  request: MetricRequest,
  axis: Axis,
): Promise<BesideRead> {
  if (beside.type === 'headcount') {
    const { cells, groups } = await readHeadcounts(store, tables, request, axis);
    const nobody = { headcount: 0, headcount_least: 0, headcount_most: 0, months: null };
    return { numbers: (cell) => ({ ...nobody, ...cells.get(cell) }), groups };
  }
  if (beside.type === 'undeployed') {
    const waiting = await readUndeployed(store, tables, beside.reason, request, axis);
    return {
      numbers: (cell) => ({ undeployed_n: 0, undeployed_age_p50_hours: null, ...waiting.get(cell) }),
      groups: [],
    };
  }
  const cells = await readCells(store, tables, beside.atom, beside.dimensions, beside.items, 'rate', request, axis);
  return { numbers: (cell) => ({ [beside.field]: cells.get(cell)?.items ?? 0 }), groups: [] };
}
