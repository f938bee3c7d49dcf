import type { NormalizedEvent } from './event.ts';

/** The wall clock. Only `services/` reads the real one; demo and tests bring their own. */
export interface Clock {
  /** Now, as UTC ISO with milliseconds. */
  now(): string;
}

export type Topic = 'headway.deliveries' | 'headway.events';

/** One record to append: `key` decides the partition, so records of one key keep their order. */
export interface AppendRecord {
  readonly key: string;
  readonly value: Uint8Array;
}

/** A record as the log has it. `recordedAt` is the time at which the log had it durably: UTC ISO with milliseconds. */
export interface LogRecord {
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string;
  readonly value: Uint8Array;
  readonly recordedAt: string;
}

/** Where a reader goes on: the next offset to read, per partition. Absent partitions are read from the start. */
export type Positions = ReadonlyMap<number, bigint>;

/** Raised by {@link EventLog.append} when durability could not be reached in time; the caller answers 503 or spools. */
export class LogUnavailable extends Error {
  override readonly name = 'LogUnavailable';
}

/**
 * The durable log: the truth from which everything else can be rebuilt.
 * `append` resolves only when every record is durable (fsync or acks=-1); it rejects with {@link LogUnavailable} if that
 * cannot be told, in which case the records may or may not be there: appending them again is safe, since folds drop repeats.
 * Per partition, offsets strictly increase and readers see records in that order, at least once.
 */
export interface EventLog {
  append(topic: Topic, records: readonly AppendRecord[]): Promise<readonly { partition: number; offset: bigint }[]>;
  /**
   * Follows a topic. `handle` gets records of one partition in order, one batch in flight per reader; when it resolves the
   * batch counts as taken. `start` is asked, at each assignment of partitions, where to go on. Ends when `signal` aborts;
   * rejects if `handle` rejects.
   */
  follow(topic: Topic, reader: Reader, signal: AbortSignal): Promise<void>;
  /** All records of a topic from the beginning up to the end as of the call, in order per partition; for rebuild and replay. */
  readAll(topic: Topic): AsyncIterable<readonly LogRecord[]>;
  /** The first record with that key appended at or after about `since` (a minute of slack), or null if the log has none. */
  find(topic: Topic, key: string, since: string): Promise<LogRecord | null>;
  /** Next offset to be written, per partition: lag = this less the reader's position. */
  ends(topic: Topic): Promise<Positions>;
  close(): Promise<void>;
}

export interface Reader {
  /** Readers of one group share the partitions among their processes. */
  readonly group: string;
  start(partitions: readonly number[]): Promise<Positions>;
  handle(records: readonly LogRecord[]): Promise<void>;
}

export type SqlValue = string | number | boolean | null | readonly SqlValue[];
export type Row = Record<string, unknown>;

/**
 * ClickHouse, embedded or as a server. Values travel only as `params` (`{name:Type}` in the SQL); settings stand in the
 * SQL text. Date-times come back as UTC ISO strings with milliseconds, 64-bit integers as strings.
 */
export interface Store {
  query<R extends Row = Row>(sql: string, params?: Readonly<Record<string, SqlValue>>): Promise<R[]>;
  command(sql: string, params?: Readonly<Record<string, SqlValue>>): Promise<void>;
  insert(table: string, rows: readonly Row[]): Promise<void>;
  /** The answer to a statement that names its FORMAT, as the engine writes it, piece by piece. */
  export(sql: string): Promise<AsyncIterable<Uint8Array>>;
  close(): Promise<void>;
}

export type { NormalizedEvent };
