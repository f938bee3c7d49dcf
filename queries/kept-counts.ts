import { createHash } from 'node:crypto';
import type { Row, SqlValue, Store } from '../ingest/ports.ts';

/** What statements counted, for as long as no table that they read has changed. */
export interface KeptCounts {
  /**
   * The store as a question of `now` (UTC ISO) reads it: what an earlier question read with the same statement and parameters is
   * handed on if the tables that the statement names are still those, else it is read. Rows are frozen, since questions share
   * them. `heard` is told of each statement what was known of it: null if it is read now, or was by a question of the same instant.
   */
  forQuestion(now: string, heard?: (known: Known | null) => void): Store;
  /** Whether the tables of all of these are still as they were. */
  stillHold(known: readonly Known[]): Promise<boolean>;
}

/** What was known of a statement. */
export interface Known {
  readonly sql: string;
  /** What the tables that it names held. */
  readonly marks: ReadonlyMap<string, string>;
  /** Epoch ms at which time alone may change what it says. */
  readonly until: number;
}

/**
 * Column of a statement that tells until which instant after `as_of` (epoch ms; 0: for ever) it says the same, in every row that
 * knows of one. Without it, another `as_of` is another question.
 */
export const NEXT_TURN = 'next_turn_ms';

/** Values that are kept, of all statements together: some 50 MB. */
const MOST_VALUES = 2_000_000;
/** What a statement weighs beside its rows, as values: dashboards ask for other instants each time, and get few rows or none. */
const VALUES_OF_STATEMENT = 200;

/** By table the mark of what it holds; tables without rows are absent. Null where another server may hold other rows. */
type Marks = ReadonlyMap<string, string> | null;

interface Kept {
  readonly marks: ReadonlyMap<string, string>;
  readonly rows: Promise<readonly Row[]>;
  /** Of when it was asked (epoch ms). */
  readonly readAt: number;
  values: number;
}

/**
 * A part of a table never changes, and the name of one never comes back: the parts that a table consists of say what it holds.
 * They are named by each server on its own, so of copies on several nothing is kept.
 */
const MARKS = `SELECT table, toString(groupBitXor(sipHash64(name, hash_of_all_files))) AS mark,
  max(startsWith(engine, 'Replicated') OR startsWith(engine, 'Shared')) AS copied
FROM system.parts WHERE database = currentDatabase() AND active GROUP BY table ORDER BY table`;

/** Names a table that a past was folded into. */
const PAST = /\bfold_/;

/** Keeps counts of `store`, those asked for longest ago going first. */
export function keepCounts(store: Store, mostValues = MOST_VALUES): KeptCounts {
  const kept = new Map<string, Kept>();
  let values = 0;

  const forget = (key: string): void => {
    values -= kept.get(key)?.values ?? 0;
    kept.delete(key);
  };

  async function readMarks(): Promise<Marks> {
    const rows = await store.query<{ table: string; mark: string; copied: number }>(MARKS).catch(() => null);
    // Who may not ask for the parts, or cannot reach the store, keeps nothing.
    if (rows === null || rows.some(({ copied }) => Number(copied) > 0)) return null;
    const marks = new Map(rows.map(({ table, mark }) => [table, mark]));
    // What is out of date is let go at once: it may tell of somebody who was erased.
    for (const [key, one] of kept) if (!stillHolds(one.marks, marks)) forget(key);
    return marks;
  }

  let reading: Promise<Marks> = Promise.resolve(null);
  let next: Promise<Marks> | null = null;
  /** The marks as they are no earlier than now: who asks while others are read shares the next ones. */
  function marksFromNow(): Promise<Marks> {
    next ??= reading.then(() => {
      next = null;
      reading = readMarks();
      return reading;
    });
    return next;
  }

  function keep(sql: string, key: string, one: Kept): void {
    forget(key);
    kept.set(key, one);
    one.rows.then(
      async (rows) => {
        // A table may have changed between its mark and its reading; one that is emptied has the mark again that it had.
        const after = await marksFromNow();
        if (kept.get(key) !== one) return;
        if (after === null || !sameMarks(one.marks, marksOf(sql, after))) return forget(key);
        one.values = VALUES_OF_STATEMENT + valuesOf(rows);
        values += one.values;
        for (const oldest of kept.keys()) {
          if (values <= mostValues) break;
          forget(oldest);
        }
      },
      () => {
        if (kept.get(key) === one) forget(key);
      },
    );
  }

  async function read<R extends Row>(sql: string, params: Readonly<Record<string, SqlValue>>): Promise<readonly R[]> {
    const rows = await store.query<R>(sql, params);
    for (const row of rows) Object.freeze(row);
    return rows;
  }

  return {
    async stillHold(known) {
      const now = await marksFromNow();
      return now !== null && known.every(({ sql, marks }) => sameMarks(marks, marksOf(sql, now)));
    },
    forQuestion(instant, heard = () => undefined) {
      const asked = Date.parse(instant);
      let marks: Promise<Marks> | null = null;
      return {
        ...store,
        async query<R extends Row>(sql: string, params: Readonly<Record<string, SqlValue>> = {}): Promise<R[]> {
          // Tables in memory have no parts.
          const isPast = PAST.test(sql);
          if (!isPast) marks ??= marksFromNow();
          const now = isPast ? null : await marks;
          if (now === null) {
            heard(null);
            return store.query<R>(sql, params);
          }
          const named = marksOf(sql, now);
          const key = keyOf(sql, params, named);
          const known = kept.get(key);
          const asOf = turns(sql) ? Number(params.as_of) : asked;
          const until = turns(sql) ? nextTurn((await known?.rows) ?? []) : Number.POSITIVE_INFINITY;
          if (known !== undefined && (!turns(sql) || (asOf >= known.readAt && asOf < until))) {
            heard(asOf > known.readAt ? { sql, marks: named, until } : null);
            // The map tells ages by its order; meanwhile it may have been let go of.
            if (kept.get(key) === known) {
              kept.delete(key);
              kept.set(key, known);
            }
            return known.rows as Promise<R[]>;
          }
          heard(null);
          const rows = read<R>(sql, params);
          keep(sql, key, { marks: named, rows, readAt: asOf, values: 0 });
          return rows as Promise<R[]>;
        },
      };
    },
  };
}

/** Whether a statement says until when it holds. */
const turns = (sql: string): boolean => sql.includes(NEXT_TURN);

/** The first instant after which the rows may say something else; where there are none, any may bring some. */
function nextTurn(rows: readonly Row[]): number {
  if (rows.length === 0) return 0;
  const turns = rows.map((row) => Number(row[NEXT_TURN] ?? 0)).filter((turn) => turn > 0);
  return turns.reduce((least, turn) => Math.min(least, turn), Number.POSITIVE_INFINITY);
}

/** Of the tables that have rows, those that a statement names. */
function marksOf(sql: string, marks: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...marks].filter(([table]) => sql.includes(table)));
}

function stillHolds(then: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): boolean {
  return [...then].every(([table, mark]) => now.get(table) === mark);
}

function sameMarks(then: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): boolean {
  return then.size === now.size && stillHolds(then, now);
}

/** Only the parameters that the statement names decide what it says. */
function keyOf(sql: string, params: Readonly<Record<string, SqlValue>>, marks: ReadonlyMap<string, string>): string {
  const named = Object.entries(params).filter(
    ([name]) => sql.includes(`{${name}:`) && !(name === 'as_of' && turns(sql)),
  );
  return createHash('sha256')
    .update(JSON.stringify([sql, named, [...marks]]))
    .digest('base64');
}

/** Numbers and texts in rows, those in lists one by one. */
function valuesOf(rows: readonly Row[]): number {
  let values = 0;
  for (const row of rows) for (const value of Object.values(row)) values += Array.isArray(value) ? lengthOf(value) : 1;
  return values;
}

function lengthOf(list: readonly unknown[]): number {
  if (!Array.isArray(list[0])) return list.length;
  return list.reduce((length: number, part) => length + lengthOf(part as readonly unknown[]), 0);
}
