import type { AtomTables } from './atoms/tables.ts';
import type { Axis } from './axis.ts';
import { hoursByCalendarSql, hoursSql } from './hours/table.ts';
import type { Items } from './metric.ts';
import { signedSeconds } from './metrics/populations.ts';
import type { MetricRequest } from './request.ts';
import type { ScopeSql } from './scope.ts';

/** Rows of the atoms in scope with the columns that a metric computes first; a table expression. */
export function itemRows(
  tables: AtomTables,
  atom: keyof AtomTables,
  items: Items,
  request: MetricRequest,
  scope: ScopeSql,
): string {
  const ownership = request.options.ownership === 'now' ? 'now' : 'then';
  const { filters, groups } = scope;
  const rows =
    items.from?.(tables, { filters, groups, ownership }) ?? `(SELECT * FROM ${tables[atom]} WHERE ${filters})`;
  return stepped(rows, items.steps ?? []);
}

/**
 * Rows with further columns, each step over the one before it; a table expression. One layer per step: an alias that is used often is
 * planned once only if it is a column of a query within.
 */
export function stepped(rows: string, steps: readonly Readonly<Record<string, string>>[]): string {
  return steps.reduce(
    (within, step) =>
      `(SELECT *, ${Object.entries(step)
        .map(([name, sql]) => `${sql} AS ${name}`)
        .join(', ')} FROM ${within})`,
    rows,
  );
}

/** What an item is, in one set of column names for all metrics; `aged`: with how long those that still run have. */
export function itemColumns(items: Items, axis: Axis, aged: boolean): readonly string[] {
  const { at, reason, hit, open, closes, value, weight, clock, until } = items;
  return [
    `${at} AS item_at`,
    `CAST(${reason}, 'LowCardinality(String)') AS item_reason`,
    ...(hit ? [`${hit} AS item_hit`] : []),
    ...(open && closes === undefined ? [`${open} AS item_open`] : []),
    ...(open && closes !== undefined
      ? [`toUnixTimestamp64Milli(${closes}) AS item_closes`, `(${open}) AND item_closes > {as_of:Int64} AS item_open`]
      : []),
    ...(value ? [`${value} AS item_value`] : []),
    ...(weight ? [`${weight} AS item_weight`] : []),
    ...(clock ? clockColumns(clock, axis).slice(0, aged ? 2 : 1) : []),
    ...(until ? [`${until} AS item_until`] : []),
  ];
}

/** Seconds that the clock ran, and of one that still runs how long it has by as_of; of the two one is NULL. */
function clockColumns({ start, end, calendar }: NonNullable<Items['clock']>, axis: Axis): readonly string[] {
  const asOf = "fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')";
  const between = (from: string, to: string) => {
    if (axis.hours === null) return `greatest(0, ${signedSeconds(from, to)})`;
    if (axis.hours.calendars === null || calendar === undefined) return hoursSql(from, to);
    return hoursByCalendarSql(from, to, calendar);
  };
  return [
    `if(isNull(${end}), NULL, ${between(start, end)}) AS item_value`,
    `if(isNull(${end}), ${between(start, asOf)}, NULL) AS item_age`,
  ];
}
