import type { SqlValue, Store } from '../ingest/ports.ts';
import type { AnswerDeps } from './ask.ts';
import { type AtomKind, dimensionColumns, receiptColumns } from './atoms/atom.ts';
import { atomKinds } from './atoms/subjects/registry.ts';
import type { AtomTables } from './atoms/tables.ts';
import { axisParams, reachSql, standsAtEndSql } from './axis.ts';
import { bucketsOf, iso } from './buckets.ts';
import { axisOf } from './frame.ts';
import { readHours } from './hours/read.ts';
import type { HoursTable } from './hours/table.ts';
import { itemColumns, itemRows } from './items.ts';
import { kindsRead } from './kinds-read.ts';
import { columnsOf, isListed, isOfIntervals, isStanding, type Metric, unitOf } from './metric.ts';
import { notListed } from './privacy/suppression.ts';
import type { MetricRequest, Problem } from './request.ts';
import { scopeSql } from './scope.ts';

/** A row behind a number: what it counted as, or why it was left out, and its receipts. Further fields are those of its kind. */
export interface ListedAtom {
  readonly atom_id: string;
  /** Bucket timestamp. */
  readonly at: string;
  /** In the metric's unit; of shares 1 if in the numerator; null while open. Left-out ones show what they would have been. */
  readonly value: number | null;
  readonly excluded: string | null;
  readonly service: string;
  readonly event_ids: readonly string[];
  readonly delivery_ids: readonly string[];
  readonly [field: string]: unknown;
}

export interface AtomPage {
  readonly atoms: readonly ListedAtom[];
  /** Give it as `after` for the next page; null at the end. */
  readonly next: string | null;
}

export interface PageRequest {
  /** `next` of the page before. */
  readonly after?: string | null;
  readonly limit: number;
  /** Only the bucket of the request's grain that begins at this instant (`time` of a series row). */
  readonly bucket?: string;
}

/**
 * Lists every row behind a number, counted or left out with its reason, by time. Stable while nothing is recorded: a cursor
 * names the last row, not its place. A cursor or bucket that is none is a problem.
 */
export async function metricAtoms(
  deps: AnswerDeps,
  metric: Metric,
  request: MetricRequest,
  page: PageRequest,
): Promise<
  { readonly ok: true; readonly answer: AtomPage } | { readonly ok: false; readonly problems: readonly Problem[] }
> {
  if (!isListed(metric)) return { ok: false, problems: [notListed] };
  const cursor = readCursor(page.after ?? null);
  if (cursor === undefined) {
    return {
      ok: false,
      problems: [{ field: 'after', problem: 'is not a cursor', fix: 'use next of the page before' }],
    };
  }
  const narrowed = page.bucket === undefined ? request : inBucket(deps, request, page.bucket);
  if (narrowed === null) {
    const fix = 'use time of a row of the series, with the same grain';
    return { ok: false, problems: [{ field: 'time', problem: 'begins no bucket of the question', fix }] };
  }
  const read = await readHours(deps.store, metric, request, deps.now);
  if ('problem' in read) return { ok: false, problems: [read.problem] };
  const rows = await deps.withAtoms(request.asOf, kindsRead(metric, request.options), (tables) => {
    const { sql, params } = listingSql(tables, metric, narrowed, zoneOf(deps, request), deps.now, read.hours);
    return readPage(deps.store, sql, { ...params, ...(cursor ?? START), limit: page.limit + 1 });
  });
  const atoms = rows.slice(0, page.limit).map((row) => listed(metric, request, row));
  const last = rows.length > page.limit ? rows[page.limit - 1] : undefined;
  return { ok: true, answer: { atoms, next: last ? cursorOf(last) : null } };
}

/** The zone in which a question's days are told where rows of several teams stand together. */
export function zoneOf(deps: AnswerDeps, request: MetricRequest): string {
  return request.tz === 'team' ? deps.reportingZone : request.tz;
}

const START = { after_ms: -8.64e15, after_id: '', after_part: '' };

function readPage(store: Store, sql: string, params: Readonly<Record<string, SqlValue>>) {
  return store.query(
    `SELECT * FROM (${sql})
WHERE (item_ms, atom_id, item_part) > ({after_ms:Int64}, {after_id:String}, {after_part:String})
ORDER BY item_ms, atom_id, item_part
LIMIT {limit:UInt32}`,
    params,
  );
}

/** SQL and parameters for the items in the window of a question, with all fields of their kind. */
export function listingSql(
  tables: AtomTables,
  metric: Metric,
  request: MetricRequest,
  tz: string,
  now: string,
  hours: HoursTable | null,
) {
  const scope = scopeSql(request, columnsOf(metric));
  const items = metric.items(request.options);
  const axis = axisOf({ ...request, grain: null }, tz, Date.parse(request.asOf ?? now), hours);
  const union = isOfIntervals(metric.aggregate.type);
  const fields = fieldsOf(metric);
  const owner = (name: string) => (request.options.ownership === 'now' ? `${name}_now AS ${name}` : name);
  const columns = [
    ...itemColumns(items, axis, true),
    ...fields.filter((name) => !(name in dimensionColumns)),
    ...['team', 'tier', 'region', 'product'].map(owner),
  ];
  const sql = `SELECT *, toUnixTimestamp64Milli(assumeNotNull(item_at)) AS item_ms
FROM (
  SELECT ${columns.join(', ')}, ${items.part ?? "''"} AS item_part
  FROM ${itemRows(tables, metric.atom, items, request, scope)}
)
WHERE ${isStanding(metric.aggregate.type) ? standsAtEndSql : reachSql(union)}`;
  const params: Record<string, SqlValue> = {
    ...scope.params,
    ...items.params,
    ...axisParams(axis, { ...request, grain: null }),
  };
  return { sql, params };
}

/** Fields of an atom that a listing shows: all of its kind but what tells people apart and the names of the present owners. */
function fieldsOf(metric: Metric): readonly string[] {
  return Object.keys(kindOf(metric).columns).filter((name) => name !== 'person_key');
}

function kindOf(metric: Metric): AtomKind {
  return atomKinds.find((kind) => kind.name === metric.atom)!;
}

const secondsPer: Readonly<Record<string, number>> = { days: 86_400, hours: 3_600, minutes: 60 };

/** What an item counts as, in the metric's unit. */
export function itemValue(
  metric: Metric,
  request: MetricRequest,
  row: Readonly<Record<string, unknown>>,
): number | null {
  const unit = secondsPer[unitOf(metric, request.options)] ?? 1;
  switch (metric.aggregate.type) {
    case 'rate':
    case 'count':
    case 'active':
      return 1;
    case 'ratio':
      return row.item_value === null ? null : Number(row.item_value) / (Number(row.item_weight) || 1);
    case 'proportion':
    case 'snapshot':
      return Number(row.item_hit);
    case 'sum':
    case 'score':
    case 'standing':
    case 'promoters':
    case 'quantiles':
    case 'mean':
      return row.item_value === null ? null : Number(row.item_value) / unit;
    case 'union':
      if (row.item_until === null) return null;
      return Math.max(0, Date.parse(String(row.item_until)) - Number(row.item_ms)) / 1_000 / unit;
    case 'availability': {
      // What it takes of the time asked about, were it the only one.
      if (row.item_until === null) return null;
      const lost = Math.max(0, Date.parse(String(row.item_until)) - Number(row.item_ms));
      return lost / (Date.parse(request.to) - Date.parse(request.from));
    }
  }
}

function listed(metric: Metric, request: MetricRequest, row: Readonly<Record<string, unknown>>): ListedAtom {
  const fields: Record<string, unknown> = {};
  for (const name of [...fieldsOf(metric), 'team', 'tier', 'region', 'product']) {
    if (!name.endsWith('_now') && name !== 'excluded') fields[name] = row[name];
  }
  const receipts = Object.keys(receiptColumns).map((name) => [name, row[name] ?? []]);
  return {
    ...fields,
    atom_id: String(row.atom_id),
    ...(row.item_part === '' ? {} : { part: row.item_part }),
    at: iso(Number(row.item_ms)),
    value: itemValue(metric, request, row),
    excluded: row.item_reason === '' ? null : String(row.item_reason),
    service: String(row.service),
    ...Object.fromEntries(receipts),
  } as unknown as ListedAtom;
}

function inBucket(deps: AnswerDeps, request: MetricRequest, time: string): MetricRequest | null {
  if (request.grain === null) return null;
  const window = { start: Date.parse(request.from), end: Date.parse(request.to) };
  const buckets = bucketsOf(window, zoneOf(deps, request), request.grain, deps.fiscalStartMonth);
  const bucket = buckets.find((one) => one.start === Date.parse(time));
  if (!bucket) return null;
  // Rolling buckets look back before the window; the others are cut by it.
  const start = /^\d+d$/.test(request.grain) ? bucket.start : Math.max(bucket.start, window.start);
  return { ...request, from: iso(start), to: iso(Math.min(bucket.end, window.end)) };
}

function cursorOf(row: Readonly<Record<string, unknown>>): string {
  return Buffer.from(JSON.stringify([Number(row.item_ms), row.atom_id, row.item_part])).toString('base64url');
}

/** Undefined: no cursor of ours. */
function readCursor(text: string | null) {
  if (text === null || text === '') return null;
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (!Array.isArray(parts)) return undefined;
    const [ms, id, part] = parts as unknown[];
    if (!Number.isSafeInteger(ms) || typeof id !== 'string' || typeof part !== 'string') return undefined;
    return { after_ms: ms as number, after_id: id, after_part: part };
  } catch {
    return undefined;
  }
}
