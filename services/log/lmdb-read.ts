import type { Database } from 'lmdb';
import type { LogRecord } from '../../ingest/ports.ts';
import { decodeRecord, indexPrefix, type PartitionState, recordedAtMs, recordKey } from './lmdb-record.ts';
import { partitionOf } from './partition.ts';

/** What reading a topic needs. */
export interface TopicTables {
  readonly records: Database<Buffer, Buffer>;
  /** Digest of the key → place, where the topic has one. */
  readonly index: Database<Buffer, Buffer> | null;
  /** What is durable, per partition: readers see no further. */
  readonly durable: PartitionState[];
}

const BATCH_BYTES = 8 * 1024 * 1024;

/** Up to `limit` records and about 8 MiB of one partition, from offset `from` up to but not `end`. */
export function readBatch(
  { records }: TopicTables,
  partition: number,
  from: number,
  end: number,
  limit: number,
): readonly LogRecord[] {
  const batch: LogRecord[] = [];
  if (from >= end) return batch;
  let bytes = 0;
  for (const { key, value } of records.getRange({
    start: recordKey(partition, from),
    end: recordKey(partition, end),
    limit,
  })) {
    batch.push(decodeRecord(key, value));
    bytes += value.byteLength;
    if (bytes >= BATCH_BYTES) break;
  }
  return batch;
}

/** The first record of a key that was recorded at `fromMs` or later, or null. */
export function findRecord(state: TopicTables, key: string, fromMs: number): LogRecord | null {
  return state.index === null ? scanFor(state, key, fromMs) : lookUp(state, state.index, key, fromMs);
}

function lookUp(state: TopicTables, index: Database<Buffer, Buffer>, key: string, fromMs: number): LogRecord | null {
  const prefix = indexPrefix(key);
  const end = Buffer.concat([prefix, Buffer.alloc(12, 0xff)]);
  for (const entry of index.getKeys({ start: prefix, end })) {
    const at = entry.subarray(prefix.length);
    const bytes = state.records.get(at);
    if (bytes === undefined || recordedAtMs(bytes) < fromMs) continue;
    const record = decodeRecord(at, bytes);
    // An entry beyond what is durable belongs to a transaction under way.
    if (record.key === key && Number(record.offset) < state.durable[record.partition]!.next) return record;
  }
  return null;
}

/** Recording times never decrease within a partition, so the place to start from is found by halving. */
function scanFor(state: TopicTables, key: string, fromMs: number): LogRecord | null {
  const partition = partitionOf(key, state.durable.length);
  const end = state.durable[partition]!.next;
  let low = 0;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const bytes = state.records.get(recordKey(partition, middle));
    if (bytes === undefined || recordedAtMs(bytes) < fromMs) low = middle + 1;
    else high = middle;
  }
  while (low < end) {
    const records = readBatch(state, partition, low, end, 5000);
    const found = records.find((record) => record.key === key);
    if (found !== undefined) return found;
    if (records.length === 0) return null;
    low = Number(records.at(-1)!.offset) + 1;
  }
  return null;
}
