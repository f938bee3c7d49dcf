import { Readable } from 'node:stream';
import type { Store } from '../ingest/ports.ts';
import { type Cell, flatten } from './http/formats.ts';

/** Makes a Parquet file of rows, as a stream. */
export type MakeParquet = (rows: readonly Readonly<Record<string, unknown>>[]) => Promise<Readable>;

/**
 * Has the engine write Parquet: rows go through a table of their own that is gone when the file has been read or its reader
 * has gone. The columns are those of CSV; one of numbers alone is a double, of truths alone a boolean, else text. `name` keeps the
 * tables of processes on one server apart and is one that the next start clears away.
 */
export function parquetMaker(store: Store, name: string): MakeParquet {
  let made = 0;
  return async (rows) => {
    made += 1;
    const table = `${name}_parquet${made}`;
    const flat = rows.map((row) => flatten(row));
    const columns = [...new Set(flat.flatMap((row) => [...row.keys()]))];
    // A file has a column even where there is no row to tell which.
    const types = columns.length === 0 ? ['String'] : columns.map((column) => typeOf(flat, column));
    await store.command(
      `CREATE TABLE ${table} (${types.map((type, index) => `c${index} Nullable(${type})`).join(', ')}) ENGINE = Memory`,
    );
    const drop = () => store.command(`DROP TABLE IF EXISTS ${table} SYNC`);
    try {
      const values = flat.map((row) =>
        Object.fromEntries(columns.map((column, index) => [`c${index}`, storable(row.get(column), types[index]!)])),
      );
      await store.insert(`${table} SETTINGS ${AS_TEXT}`, values);
      const names = columns.length === 0 ? ['nothing'] : columns;
      const selected = names.map((column, index) => `c${index} AS ${quoted(column)}`).join(', ');
      const bytes = await store.export(`SELECT ${selected} FROM ${table} ${WRITING} FORMAT Parquet`);
      return Readable.from(untilRead(bytes, drop), { objectMode: false });
    } catch (error) {
      await drop().catch(() => undefined);
      throw error;
    }
  };
}

const AS_TEXT = 'input_format_try_infer_dates = 0, input_format_try_infer_datetimes = 0';
const WRITING = 'SETTINGS readonly = 2, output_format_parquet_string_as_string = 1';

async function* untilRead(bytes: AsyncIterable<Uint8Array>, drop: () => Promise<void>): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes;
  } finally {
    await drop();
  }
}

type Flat = ReadonlyMap<string, Cell>;

function typeOf(rows: readonly Flat[], column: string): 'Float64' | 'Bool' | 'String' {
  const kinds = new Set(rows.flatMap((row) => row.get(column) ?? []).map((value) => typeof value));
  if (kinds.size !== 1) return 'String';
  return kinds.has('number') ? 'Float64' : kinds.has('boolean') ? 'Bool' : 'String';
}

function storable(value: Cell | undefined, type: string): Cell {
  if (value === undefined || value === null) return null;
  return type === 'String' ? String(value) : value;
}

function quoted(name: string): string {
  return `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
}
