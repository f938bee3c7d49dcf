import type { Store } from '../ingest/ports.ts';
import type { AtomTables } from './atoms/tables.ts';
import type { Axis } from './axis.ts';
import { readCells } from './cells.ts';
import type { Beside } from './metric.ts';
import type { MetricRequest } from './request.ts';
import { readUndeployed } from './undeployed.ts';

/** Numbers beside the value, by cell name: counts are 0 and the rest null where there is nothing. */
export type BesideNumbers = (cell: string) => Readonly<Record<string, number | null>>;

/** Reads what a metric puts beside its value, in the same buckets and scope. */
export async function readBeside(
  store: Store,
  tables: AtomTables,
  wanted: readonly Beside[],
  request: MetricRequest,
  axis: Axis,
): Promise<BesideNumbers> {
  const parts = await Promise.all(wanted.map((beside) => readOne(store, tables, beside, request, axis)));
  return (cell) => Object.assign({}, ...parts.map((part) => part(cell)));
}

async function readOne(
  store: Store,
  tables: AtomTables,
  beside: Beside,
  request: MetricRequest,
  axis: Axis,
): Promise<BesideNumbers> {
  if (beside.type === 'undeployed') {
    const waiting = await readUndeployed(store, tables, beside.reason, request, axis);
    return (cell) => ({ undeployed_n: 0, undeployed_age_p50_hours: null, ...waiting.get(cell) });
  }
  const cells = await readCells(store, tables, beside.atom, beside.dimensions, beside.items, 'rate', request, axis);
  return (cell) => ({ [beside.field]: cells.get(cell)?.items ?? 0 });
}
