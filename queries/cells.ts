import type { SqlValue, Store } from '../ingest/ports.ts';
import { inStretches, partsOf, sortedAges } from './aggregates.ts';
import type { AtomTables } from './atoms/tables.ts';
import {
  type Axis,
  axisParams,
  bucketOfSql,
  bucketsNest,
  bucketsSql,
  everStandsSql,
  reachSql,
  standingSql,
  WHOLE,
} from './axis.ts';
import { itemColumns, itemRows } from './items.ts';
import { NEXT_TURN } from './kept-counts.ts';
import { type Aggregate, type Items, isOfIntervals, isStanding } from './metric.ts';
import type { MetricRequest } from './request.ts';
import { scopeSql } from './scope.ts';

/** Numbers of one bucket (or of the whole window: -1) and one group. */
export interface Cell {
  readonly bucket: number;
  readonly keys: readonly string[];
  /** Items counted; of durations the open ones too. */
  items: number;
  hits: number;
  open: number;
  /** Rank (from 1) of a closed value to the value in seconds: all of few, else those that quantiles need. */
  ranks: ReadonlyMap<number, number>;
  /** mean, score and `kaplan_meier`: every value, ascending. */
  values: readonly number[];
  /** `kaplan_meier`: how many seconds each open one has lasted, ascending. */
  ages: readonly number[];
  /** union: seconds covered. */
  covered: number;
  /** sum, ratio: of the values, and of the weights. */
  sum: number;
  weight: number;
  /** ratio: both per week, by week. */
  clusters: readonly (readonly [sum: number, weight: number])[];
  /** Whether an item, counted or left out, has its bucket timestamp in the window; of intervals only some do. */
  begun: boolean;
  tallies: Readonly<Record<string, unknown>>;
  excluded: Readonly<Record<string, number>>;
  /** Whether it may be told, where that is not for `respondents` alone to say. */
  hidden?: boolean;
}

/** SQL and parameters of {@link readCells}. */
export function cellsSql(
  tables: AtomTables,
  atom: keyof AtomTables,
  dimensions: readonly string[],
  items: Items,
  aggregate: Aggregate['type'],
  request: MetricRequest,
  axis: Axis,
): { readonly sql: string; readonly params: Readonly<Record<string, SqlValue>> } {
  const scope = scopeSql(request, dimensions);
  const union = isOfIntervals(aggregate);
  const standing = isStanding(aggregate);
  const survival = items.clock !== undefined && request.options.kaplan_meier === true;
  const columns = [
    ...itemColumns(items, axis, survival),
    ...(items.columns ?? []),
    ...scope.groups.map((sql, index) => `${sql} AS group_${index}`),
  ];
  const rows = itemRows(tables, atom, items, request, scope);
  const aggregates = [
    'count() AS items',
    ...partsOf(aggregate),
    ...(items.open ? ['countIf(item_open) AS open'] : []),
    ...(survival ? [sortedAges] : nextTurn(items, tables)),
    ...Object.entries(items.tallies ?? {}).map(aliased),
  ];
  const keys = [...scope.groups.map((_, index) => `group_${index}`), 'item_reason'].join(', ');
  const reached = (bucket: string) => `FROM (
  SELECT *, ${bucket}
  FROM (SELECT ${columns.join(', ')} FROM ${rows})
  WHERE ${standing ? everStandsSql : reachSql(union)}
)`;
  // Each item once: where it lies in one bucket alone, the whole is added up beside the buckets.
  const cells =
    !union && !standing && bucketsNest(request)
      ? `SELECT if(grouping(nth_bucket) = 1, toInt64(${WHOLE}), nth_bucket) AS bucket, ${keys}, ${aggregates.join(', ')}
${reached(`toInt64(${bucketOfSql(request)}) AS nth_bucket`)}
GROUP BY GROUPING SETS ((nth_bucket, ${keys}), (${keys}))`
      : `SELECT bucket, ${keys}, ${aggregates.join(', ')}
${reached(standing ? standingSql : bucketsSql(request, axis, union))}${union ? '\nWHERE item_inside' : ''}
GROUP BY bucket, ${keys}`;
  const ranked = (aggregate === 'quantiles' || aggregate === 'mean') && !survival;
  const sql = ranked ? inStretches(cells, aggregate === 'mean', request.options.closed_only === true) : cells;
  return { sql, params: { ...scope.params, ...items.params, ...axisParams(axis, request) } };
}

/**
 * The instant after as_of until which the cells stay as they are if only time goes on, where a metric says so: what is kept of
 * them is good until then.
 */
function nextTurn({ closes, turns }: Items, tables: AtomTables): readonly string[] {
  if (turns !== undefined) return [`${turns(tables)} AS ${NEXT_TURN}`];
  return closes === undefined ? [] : [`minIf(item_closes, item_open) AS ${NEXT_TURN}`];
}

function aliased([name, sql]: readonly [string, string]): string {
  return `${sql} AS ${name}`;
}

/** Counts and aggregates items per bucket and group in one pass; the window as a whole is bucket {@link WHOLE}. */
export async function readCells(
  store: Store,
  ...question: Parameters<typeof cellsSql>
): Promise<ReadonlyMap<string, Cell>> {
  const { sql, params } = cellsSql(...question);
  const request = question[5];
  const tallyNames = Object.keys(question[3].tallies ?? {});
  const cells = new Map<string, Cell>();
  for (const row of await store.query(sql, params)) {
    const keys = request.groupBy.map((_, index) => String(row[`group_${index}`]));
    const bucket = Number(row.bucket);
    const name = cellName(bucket, keys);
    let cell = cells.get(name);
    if (!cell) {
      cell = emptyCell(bucket, keys);
      cell.begun = false;
      cells.set(name, cell);
    }
    const reason = String(row.item_reason);
    // What is left out lies where it begins.
    cell.begun ||= reason !== '' || row.begun === undefined || Number(row.begun) > 0;
    if (reason !== '') cell.excluded = { ...cell.excluded, [reason]: Number(row.items) };
    else fill(cell, row, tallyNames);
  }
  return cells;
}

/** One text per bucket and list of keys, among lists of the same length. */
export function cellName(bucket: number, keys: readonly string[]): string {
  return keys.length === 1 ? `${bucket} ${keys[0]}` : JSON.stringify([bucket, keys]);
}

/** What a cell without any holds: shared, since an answer has thousands of cells. */
const NONE = {
  ranks: new Map<number, number>() as ReadonlyMap<number, number>,
  list: Object.freeze([]) as readonly never[],
  names: Object.freeze({}),
} as const;

/** A cell in which nothing lies. */
export function emptyCell(bucket: number, keys: readonly string[]): Cell {
  return {
    bucket,
    keys,
    items: 0,
    hits: 0,
    open: 0,
    ranks: NONE.ranks,
    values: NONE.list,
    ages: NONE.list,
    covered: 0,
    sum: 0,
    weight: 0,
    clusters: NONE.list,
    begun: true,
    tallies: NONE.names,
    excluded: NONE.names,
  };
}

function fill(cell: Cell, row: Readonly<Record<string, unknown>>, tallyNames: readonly string[]): void {
  cell.items = Number(row.items);
  cell.hits = Number(row.hits ?? 0);
  cell.open = Number(row.open ?? 0);
  cell.covered = Number(row.covered ?? 0);
  cell.sum = Number(row.value_sum ?? 0);
  cell.weight = Number(row.weight_sum ?? 0);
  const [, sums, weights] = (row.weeks as number[][] | undefined) ?? [];
  if (sums && weights) cell.clusters = sums.map((sum, week) => [sum, weights[week]!]);
  cell.values = (row.sorted_values as number[] | undefined) ?? cell.values;
  cell.ages = (row.sorted_ages as number[] | undefined) ?? cell.ages;
  if (row.stretches) cell.ranks = ranksOf(row.stretch_starts as number[], row.stretches as number[][]);
  if (tallyNames.length > 0) cell.tallies = Object.fromEntries(tallyNames.map((name) => [name, row[name]]));
}

function ranksOf(starts: readonly number[], stretches: readonly (readonly number[])[]): ReadonlyMap<number, number> {
  const ranks = new Map<number, number>();
  stretches.forEach((stretch, index) => {
    stretch.forEach((value, offset) => {
      ranks.set(starts[index]! + offset, value);
    });
  });
  return ranks;
}
