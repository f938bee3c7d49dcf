import { createHash } from 'node:crypto';
import type { LogRecord } from '../../ingest/ports.ts';

/** Where a record stands: big-endian, so that LMDB's byte order is partition first, then offset. */
export function recordKey(partition: number, offset: number): Buffer {
  const key = Buffer.allocUnsafe(12);
  key.writeUInt32BE(partition, 0);
  key.writeBigUInt64BE(BigInt(offset), 4);
  return key;
}

/** A record as stored: milliseconds of recording, length of the key, key, value. */
export function encodeRecord(recordedAtMs: number, key: string, value: Uint8Array): Buffer {
  const keyLength = Buffer.byteLength(key);
  const bytes = Buffer.allocUnsafe(12 + keyLength + value.byteLength);
  bytes.writeBigUInt64BE(BigInt(recordedAtMs), 0);
  bytes.writeUInt32BE(keyLength, 8);
  bytes.write(key, 12, 'utf8');
  bytes.set(value, 12 + keyLength);
  return bytes;
}

/** The inverse of {@link recordKey} and {@link encodeRecord}. */
export function decodeRecord(at: Buffer, bytes: Buffer): LogRecord {
  const keyEnd = 12 + bytes.readUInt32BE(8);
  return {
    partition: at.readUInt32BE(0),
    offset: at.readBigUInt64BE(4),
    key: bytes.toString('utf8', 12, keyEnd),
    value: bytes.subarray(keyEnd),
    recordedAt: new Date(recordedAtMs(bytes)).toISOString(),
  };
}

/** Milliseconds since the epoch at which the record was appended. */
export function recordedAtMs(bytes: Buffer): number {
  return Number(bytes.readBigUInt64BE(0));
}

/** Start of every index entry of a key. A digest, because LMDB limits the size of its keys and senders choose ours. */
export function indexPrefix(key: string): Buffer {
  return createHash('sha256').update(key).digest().subarray(0, 16);
}

/** An index entry: the digest of the key, then where the record stands. */
export function indexKey(key: string, partition: number, offset: number): Buffer {
  return Buffer.concat([indexPrefix(key), recordKey(partition, offset)]);
}

/** State of one partition: next offset to write, and the last time given out, which later ones never fall behind. */
export interface PartitionState {
  readonly next: number;
  readonly lastMs: number;
}

/** The state as stored: two unsigned 64-bit numbers. */
export function encodeState(state: PartitionState): Buffer {
  const bytes = Buffer.allocUnsafe(16);
  bytes.writeBigUInt64BE(BigInt(state.next), 0);
  bytes.writeBigUInt64BE(BigInt(state.lastMs), 8);
  return bytes;
}

/** The inverse of {@link encodeState}; a partition without state is empty. */
export function decodeState(bytes: Buffer | undefined): PartitionState {
  if (bytes === undefined) return { next: 0, lastMs: 0 };
  return { next: Number(bytes.readBigUInt64BE(0)), lastMs: Number(bytes.readBigUInt64BE(8)) };
}
