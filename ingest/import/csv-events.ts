import { completeFact, describe } from '../normalise.ts';
import { digest, fact } from '../sources/shape.ts';
import type { EventData, EventType } from '../vocabulary/vocabulary.ts';
import { type CsvProblem, type CsvRow, readCsv } from './csv.ts';
import { type CellValue, readCell } from './csv-columns.ts';
import { type Cells, COMMENT, type CsvKind, type CsvKindName, csvKinds, type RowFact } from './csv-kinds.ts';

/** A canonical event as `POST /v1/events` takes it. */
export interface CsvEvent {
  readonly id: string;
  readonly type: EventType;
  readonly source: string;
  readonly occurred_at: string;
  readonly data: object;
}

/** A file to import. */
export interface CsvFile {
  readonly kind: CsvKindName;
  readonly text: string;
  readonly separator?: string;
  /** Zone in which a bare date begins. */
  readonly timezone: string;
  /** UTC ISO: nothing that happened lies after it. */
  readonly now: string;
  /** Up to when the file is complete, UTC ISO; without it, up to the latest time in it. */
  readonly until?: string;
  /** Whether comments of surveys are taken; absent: a file that has any is refused. */
  readonly takesComments?: boolean;
}

export type CsvImport =
  | {
      readonly ok: true;
      readonly rows: number;
      /** A heartbeat of the source at the end. */
      readonly events: readonly CsvEvent[];
    }
  | { readonly ok: false; readonly problems: readonly CsvProblem[] };

/**
 * Reads a whole file into events, or says all that is wrong with it: never a part. Ids follow from what a row is about and
 * when, so importing a file twice, or a later file with the same rows in it, states the same facts.
 */
export function readCsvFile(file: CsvFile): CsvImport {
  const kind: CsvKind = csvKinds[file.kind];
  const read = readCsv(file.text, file.separator);
  if (!read.ok) return { ok: false, problems: [read.problem] };
  const [header, ...rows] = read.rows;
  if (header === undefined)
    return { ok: false, problems: [{ row: 1, column: null, problem: 'there is no header row' }] };
  const names = header.cells.map((cell) => cell.trim().toLowerCase());
  const wrong = headerProblems(kind, names, header, file);
  if (wrong.length > 0) return { ok: false, problems: wrong };
  if (rows.length === 0) return { ok: false, problems: [{ row: 2, column: null, problem: 'there are no rows' }] };

  const problems: CsvProblem[] = [];
  const events = new Map<string, { readonly event: CsvEvent; readonly row: number }>();
  for (const row of rows) {
    const made = eventsOf(kind, names, row, file);
    if ('problems' in made) {
      problems.push(...made.problems);
      continue;
    }
    for (const { event, time, once } of made.events) {
      const key = `${event.type} ${once ?? event.id}`;
      const before = events.get(key);
      if (before === undefined) events.set(key, { event, row: row.row });
      else if (JSON.stringify(before.event) !== JSON.stringify(event)) {
        problems.push({
          row: row.row,
          column: time,
          problem: `says something else of the same ${event.type} as row ${before.row}`,
        });
      }
    }
  }
  if (problems.length > 0) return { ok: false, problems };
  const all = [...events.values()].map(({ event }) => event);
  return { ok: true, rows: rows.length, events: [...all, heartbeat(kind.source, all, file)] };
}

const NO_COMMENTS =
  'is taken only where comments are asked for: leave the column out, or set HEADWAY_SURVEY_COMMENTS=on here and for the server';

function headerProblems(kind: CsvKind, names: readonly string[], { row }: CsvRow, file: CsvFile): CsvProblem[] {
  const { separator = ',', takesComments = false } = file;
  const known = kind.columns.map(({ name }) => name);
  const problems: CsvProblem[] = [];
  if (names.length === 1 && separator === ',' && /[;\t]/.test(names[0] ?? '')) {
    const used = names[0]?.includes(';') ? 'semicolons' : 'tabs';
    return [{ row, column: null, problem: `is separated by ${used}: say so with --separator` }];
  }
  for (const [index, name] of names.entries()) {
    const column = name === '' ? String(index + 1) : name;
    if (name === '') problems.push({ row, column, problem: 'has no name' });
    else if (names.indexOf(name) < index) problems.push({ row, column, problem: 'is there twice' });
    else if (!known.includes(name))
      problems.push({ row, column, problem: `is unknown; there are ${known.join(', ')}` });
    else if (name === COMMENT && !takesComments) problems.push({ row, column, problem: NO_COMMENTS });
  }
  for (const { name, needed } of kind.columns) {
    if (needed && !names.includes(name)) problems.push({ row, column: name, problem: 'is missing' });
  }
  return problems;
}

type Made =
  | {
      readonly events: readonly {
        readonly event: CsvEvent;
        readonly time: string;
        readonly once: string | undefined;
      }[];
    }
  | { readonly problems: readonly CsvProblem[] };

function eventsOf(kind: CsvKind, names: readonly string[], { row, cells }: CsvRow, file: CsvFile): Made {
  const problem = (column: string | null, text: string) => ({ problems: [{ row, column, problem: text }] });
  if (cells.length !== names.length) return problem(null, `has ${cells.length} cells, the header ${names.length}`);
  const values: Record<string, CellValue> = {};
  const problems: CsvProblem[] = [];
  for (const { name, type, needed } of kind.columns) {
    const read = readCell(cells[names.indexOf(name)] ?? '', type, file.timezone);
    if ('problem' in read) problems.push({ row, column: name, problem: read.problem });
    else if (read.value !== undefined) values[name] = read.value;
    else if (needed) problems.push({ row, column: name, problem: 'is empty' });
  }
  for (const [earlier, later] of kind.order) {
    const [from, to] = [values[earlier], values[later]];
    if (from !== undefined && to !== undefined && to < from)
      problems.push({ row, column: later, problem: `lies before ${earlier}` });
  }
  if (problems.length > 0) return { problems };
  const facts = kind.facts(values);
  if ('problem' in facts) return problem(facts.column, facts.problem);
  const made = facts.map((each) => ({ each, ...eventOf(kind.source, each, values, file) }));
  for (const { each, event, problems: wrong } of made) {
    if (event === undefined)
      problems.push({ row, column: columnOf(each, wrong?.[0]?.field, names), problem: describe(wrong ?? []) });
  }
  if (problems.length > 0) return { problems };
  return {
    events: made.flatMap(({ each, event }) =>
      event === undefined ? [] : [{ event, time: each.time, once: each.once && JSON.stringify(each.key) }],
    ),
  };
}

function eventOf(source: string, { type, time, key, data }: RowFact, cells: Cells, file: CsvFile) {
  const occurred_at = String(cells[time]);
  const id = digest([...key.map((part) => part ?? null), occurred_at]);
  const stated = Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined));
  // completeFact checks it against the kind's schema.
  const given = fact(type, occurred_at, [id], stated as EventData<typeof type>);
  const made = completeFact(given, { source, normaliser: 1, delivery_id: '' }, file.now);
  if (!made.ok) return { problems: made.problems };
  return { event: { id, type, source, occurred_at, data: made.event.data } };
}

/** The column that a problem of an event is about. */
function columnOf({ time }: RowFact, field: string | undefined, names: readonly string[]): string | null {
  const name =
    field === 'occurred_at' ? time : (field?.replace(/^data\./, '').replace(/^service_id$/, 'service') ?? '');
  return names.includes(name) ? name : null;
}

/**
 * Says up to when the source is known, so that what lies behind is zero and what lies ahead is not. Made of the file alone,
 * so that the same file says the same.
 */
function heartbeat(source: string, events: readonly CsvEvent[], { until, now }: CsvFile): CsvEvent {
  const times = events.flatMap(({ occurred_at, data }) =>
    'to' in data ? [occurred_at, String(data.to)] : [occurred_at],
  );
  const past = times.filter((time) => time <= now).sort();
  const occurred_at = until ?? past.at(-1) ?? now;
  return { id: `complete until ${occurred_at}`, type: 'source.heartbeat', source, occurred_at, data: { name: source } };
}
