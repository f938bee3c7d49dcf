import { entityOf } from '../../ingest/entity.ts';
import type { SqlValue, Store } from '../../ingest/ports.ts';
import { PROMETHEUS } from '../../ingest/prometheus/pulled.ts';
import { type IndicatorDefinition, isPulled } from '../../ingest/workspace/indicator.ts';
import { superseded } from '../atoms/facts.ts';
import { KNOWN } from '../atoms/sql.ts';
import type { AtomTables } from '../atoms/tables.ts';
import type { HeardSlice } from './judge.ts';

/** Which slices of an indicator are asked for. Times in epoch ms; what was not known at `asOf` (UTC ISO; null: now) is left out. */
export interface SliceQuestion {
  readonly indicator: IndicatorDefinition;
  /** Under which name what is pulled from Prometheus is told. */
  readonly pulledAs: string | null;
  readonly sliceSeconds: number;
  readonly anchor: number;
  readonly from: number;
  readonly to: number;
  readonly asOf: string | null;
}

export interface SliceAnswer {
  /** Slices with anything valid, by start. */
  readonly slices: readonly HeardSlice[];
  /** When the first thing that counts happened, ever; null if nothing has (epoch ms). */
  readonly heardSince: number | null;
}

/** Reads the slices of an indicator, from stored atoms or from events as they were known. */
export async function readSlices(store: Store, tables: AtomTables, question: SliceQuestion): Promise<SliceAnswer> {
  const { rows, params } = counted(question, tables);
  const bucket = '{anchor:Int64} + toInt64(floor((at - {anchor:Int64}) / {slice:Int64})) * {slice:Int64}';
  const all = { ...params, slice: question.sliceSeconds * 1000, anchor: question.anchor };
  const range = { from: question.from, to: question.to, known: question.asOf };
  const slices = await store.query<{ start: string; good: number; valid: number }>(
    `SELECT toString(${bucket}) AS start, sum(good) AS good, sum(valid) AS valid FROM (${rows})
     WHERE at >= {from:Int64} AND at < {to:Int64} GROUP BY start HAVING valid > 0 ORDER BY toInt64(start)
     SETTINGS readonly = 2, output_format_json_quote_64bit_integers = 0`,
    { ...all, ...range },
  );
  const first = await store.query<{ first: string; n: string }>(
    `SELECT toString(min(at)) AS first, toString(count()) AS n FROM (${rows}) WHERE at < {to:Int64} AND valid > 0`,
    { ...all, ...range },
  );
  return {
    slices: slices.map((row) => ({ start: Number(row.start), good: Number(row.good), valid: Number(row.valid) })),
    heardSince: first[0] && first[0].n !== '0' ? Number(first[0].first) : null,
  };
}

/** What was pulled under a name, as known at `asOf` (null: now). Times in epoch ms. */
export interface PulledSpans {
  /** Where the last pull ended; null: there was none. */
  readonly until: number | null;
  /** Milliseconds of slices that were measured, also without traffic, from `from` on and before `to`. */
  readonly measured: (from: number, to: number) => Promise<number>;
}

/** Reads how far a pull came, and asks for how long it measured anything. */
export async function readPulled(store: Store, name: string, asOf: string | null): Promise<PulledSpans> {
  const rows = `SELECT ${AT}, toUnixTimestamp64Milli(parseDateTime64BestEffort(data.to::String, 3, 'UTC')) AS ends,
    ifNull(data.missing::Nullable(Bool), false) AS is_missing FROM (${events("'sli.window'", PULLED)})`;
  const params = { entity: entityOfSlices(name), known: asOf };
  const [last] = await store.query<{ until: string; n: string }>(
    `SELECT toString(max(ends)) AS until, toString(count()) AS n FROM (${rows})`,
    params,
  );
  return {
    until: last === undefined || last.n === '0' ? null : Number(last.until),
    async measured(from, to) {
      const [row] = await store.query<{ length: string }>(
        `SELECT toString(sum(ends - at)) AS length FROM (SELECT DISTINCT at, ends FROM (${rows}) WHERE NOT is_missing)
         WHERE at >= {from:Int64} AND at < {to:Int64}`,
        { ...params, from, to },
      );
      return Number(row?.length ?? 0);
    },
  };
}

/** What is pulled is all about one entity, by which events are in order. */
const PULLED = `entity = {entity:String} AND source = '${PROMETHEUS}'`;

const entityOfSlices = (name: string): string => entityOf({ id: '', type: 'sli.window', data: { sli: name } });

/** The best copy of each event, as known: highest normaliser, then earliest; without what a newer normaliser no longer tells (R1). */
const events = (types: string, also = '1'): string => `
  SELECT id, type, occurred_at, data FROM events
  WHERE type IN (${types}) AND ${also} AND ${KNOWN}
    AND (delivery_id, normaliser) NOT IN (${superseded.sql(() => `(SELECT delivery_id, normaliser FROM events WHERE ${KNOWN})`)})
  ORDER BY id, normaliser DESC, recorded_at LIMIT 1 BY id`;

const AT = 'toUnixTimestamp64Milli(occurred_at) AS at';

/** Rows of `at` (epoch ms), `good` and `valid`. Names of fields come from our own closed lists, values travel as parameters. */
function counted(
  { indicator, pulledAs }: SliceQuestion,
  tables: AtomTables,
): { rows: string; params: Record<string, SqlValue> } {
  const params: Record<string, SqlValue> = {};
  const holds = (
    fields: Readonly<Record<string, readonly string[]>>,
    field: (name: string) => string,
    prefix: string,
  ) =>
    Object.entries(fields)
      .map(([name, values], index) => {
        const param = `${prefix}_${index}`;
        params[param] = values.map((value) => value.toLowerCase());
        return `has({${param}:Array(String)}, lower(${field(name)}))`;
      })
      .join(' AND ') || '1';
  if (indicator.from === 'windows' || isPulled(indicator)) {
    const isTold = indicator.from === 'windows';
    if (isTold) params.sli = indicator.name;
    else params.entity = entityOfSlices(pulledAs ?? '');
    const [teller, named] = isTold ? ['1', 'lower(data.sli::String) = lower({sli:String})'] : [PULLED, '1'];
    // A slice that is told again, by whomever, is the same slice: what was said last holds.
    return {
      params,
      rows: `SELECT at, argMax(told.1, told_at) AS good, argMax(told.2, told_at) AS valid FROM (
        SELECT ${AT}, (data.good::Float64, data.valid::Float64) AS told, id AS told_at FROM (${events("'sli.window'", teller)})
        WHERE ${named}
      ) GROUP BY at`,
    };
  }
  if (indicator.from === 'rollouts') {
    const column = (name: string) => `toString(${name})`;
    const whole = holds(indicator.total, column, 'total');
    const part = holds(indicator.part, column, 'part');
    if (indicator.service !== null) params.service = indicator.service.toLowerCase();
    const service = indicator.service === null ? '1' : 'lower(service) = {service:String}';
    return {
      params,
      rows: `SELECT toUnixTimestamp64Milli(finished_at) AS at, toUInt8(${isGood(part, indicator.part_is)}) AS good, toUInt8(1) AS valid
        FROM ${tables.rollouts} WHERE excluded = '' AND production AND ${service} AND ${whole}`,
    };
  }
  const field = (name: string) => `data.${name}::String`;
  params.total_type = indicator.total_type;
  params.part_type = indicator.part_type;
  const whole = `type = {total_type:String} AND ${holds(indicator.total, field, 'total')}`;
  const part = `type = {part_type:String} AND ${holds(indicator.part, field, 'part')}`;
  // Of one kind the part is a part of the whole; of two, each has its own events.
  const same = indicator.total_type === indicator.part_type;
  const good = isGood(part, indicator.part_is);
  return {
    params,
    rows: same
      ? `SELECT ${AT}, toUInt8(${good}) AS good, toUInt8(1) AS valid FROM (${events('{total_type:String}')}) WHERE ${whole}`
      : `SELECT ${AT}, ${indicator.part_is === 'good' ? `toInt8(${part})` : `toInt8(${whole}) - toInt8(${part})`} AS good, toInt8(${whole}) AS valid
         FROM (${events('{total_type:String}, {part_type:String}')}) WHERE (${whole}) OR (${part})`,
  };
}

function isGood(part: string, partIs: 'good' | 'bad'): string {
  return partIs === 'good' ? part : `NOT (${part})`;
}
