import { createHash } from 'node:crypto';

/**
 * The partition of a key: the same on every machine and in every version, so that records of one key stay in order.
 * SHA-256 rather than the sum of a cheap hash: keys are often sequential numbers behind a common prefix.
 */
export function partitionOf(key: string, partitions: number): number {
  if (partitions === 1) return 0;
  return createHash('sha256').update(key).digest().readUInt32BE(0) % partitions;
}
