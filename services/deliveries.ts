import type { EventLog } from '../ingest/ports.ts';
import { decodeDelivery } from '../ingest/record.ts';
import { instantOfId } from './identity.ts';

/** A delivery that the log has. */
export interface Received {
  readonly id: string;
  /** UTC ISO. */
  readonly received_at: string;
  /** The id that its sender gave it; null if it gave none that is kept. */
  readonly sender_id: string | null;
}

/** Headers in which senders number their deliveries; a resent one keeps its number. */
const SENDERS_IDS = ['x-github-delivery', 'idempotency-key', 'webhook-id'];

/** Deliveries of a source received at or after an instant (UTC ISO), in the log's order. Reads the whole log, and keeps ids only. */
export async function receivedSince(log: EventLog, source: string, since: string): Promise<Received[]> {
  const found: Received[] = [];
  for await (const records of log.readAll('headway.deliveries'))
    for (const { key, value } of records) {
      // The id tells the time, so that what is older need not be decoded.
      const at = instantOfId(key);
      if (at !== null && at < since) continue;
      const stored = decodeDelivery(value);
      if (stored?.delivery.source !== source || stored.delivery.received_at < since) continue;
      const { id, received_at, headers } = stored.delivery;
      const sender_id = SENDERS_IDS.map((header) => headers[header]).find((given) => given !== undefined) ?? null;
      found.push({ id, received_at, sender_id });
    }
  return found;
}
