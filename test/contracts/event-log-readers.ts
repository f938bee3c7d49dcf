import { expect } from 'vitest';
import type { EventLog, LogRecord, Reader, Topic } from '../../ingest/ports.ts';

/** A reader that keeps what it took, and its positions where the real one keeps them: with what it took. */
export interface Collector extends Reader {
  readonly records: LogRecord[];
  readonly positions: Map<number, bigint>;
  /** Every assignment that it was asked to start. */
  readonly assigned: (readonly number[])[];
  texts(): string[];
}

/** `sharing` makes two readers of a group keep their positions in one place, as readers of one store do. */
export function collector(
  group: string,
  before: (records: readonly LogRecord[]) => Promise<void> = async () => {},
  sharing?: Collector,
): Collector {
  const records: LogRecord[] = [];
  const positions = sharing?.positions ?? new Map<number, bigint>();
  const assigned: (readonly number[])[] = [];
  return {
    group,
    records,
    positions,
    assigned,
    texts: () => records.map(({ value }) => Buffer.from(value).toString()),
    async start(partitions) {
      assigned.push([...partitions]);
      return new Map([...positions].filter(([partition]) => partitions.includes(partition)));
    },
    async handle(batch) {
      await before(batch);
      records.push(...batch);
      const last = batch.at(-1)!;
      positions.set(last.partition, last.offset + 1n);
    },
  };
}

/** Starts following the events; `stop` ends it and waits, `ended` is how it ended. */
export function follow(log: EventLog, reader: Reader): { ended: Promise<void>; stop(): Promise<void> } {
  const controller = new AbortController();
  const ended = log.follow('headway.events', reader, controller.signal);
  ended.catch(() => {});
  return {
    ended,
    stop() {
      controller.abort();
      return ended;
    },
  };
}

/** Waits for something to become true; says what did not. */
export async function until(holds: () => boolean, what: string, patienceMs = 30_000): Promise<void> {
  const started = performance.now();
  while (!holds()) {
    if (performance.now() - started > patienceMs) throw new Error(`waited ${patienceMs} ms in vain: ${what}`);
    await pause(10);
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

export async function all(log: EventLog, topic: Topic): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for await (const batch of log.readAll(topic)) records.push(...batch);
  return records;
}

export function text(key: string, value: string): { key: string; value: Uint8Array } {
  return { key, value: Buffer.from(value) };
}

/** Per partition, offsets increase and recording times do not decrease. */
export function expectOrdered(records: readonly LogRecord[]): void {
  const last = new Map<number, LogRecord>();
  for (const record of records) {
    const before = last.get(record.partition);
    if (before !== undefined) {
      expect(record.offset).toBeGreaterThan(before.offset);
      expect(record.recordedAt >= before.recordedAt).toBe(true);
    }
    last.set(record.partition, record);
  }
}
