import { z } from 'zod';
import type { Delivery } from './delivery.ts';

/** A delivery as the log keeps it: the request without its secrets, and what became of it when it came. */
export interface StoredDelivery {
  readonly delivery: Delivery;
  /** `spooled`: kept before it could be said. */
  readonly outcome: 'events' | 'ignored' | 'rejected' | 'spooled';
  readonly reason?: string | undefined;
  /** Number of events made of it. */
  readonly events: number;
  /** After names were taken out of it: the ids that its events keep, by those that a reading gives now. */
  readonly kept_ids?: Readonly<Record<string, string>> | undefined;
  /** After names were taken out of it: it no longer reads as it did, and is not read again. */
  readonly sealed?: boolean | undefined;
}

const stored = z.object({
  id: z.string().min(1),
  source: z.string().min(1),
  received_at: z.string().min(1),
  headers: z.record(z.string(), z.string()),
  outcome: z.enum(['events', 'ignored', 'rejected', 'spooled']),
  reason: z.string().optional(),
  events: z.int().min(0),
  kept_ids: z.record(z.string(), z.string()).optional(),
  sealed: z.boolean().optional(),
  body: z.base64(),
});

/**
 * A log value: JSON with the exact bytes of the body in base64. Headers are those of {@link keptHeaders}; `read` are those
 * that its source reads.
 */
export function encodeDelivery(record: StoredDelivery, read: readonly string[] = []): Uint8Array {
  const { delivery, outcome, reason, events, kept_ids, sealed } = record;
  const { id, source, received_at } = delivery;
  const headers = keptHeaders(delivery.headers, read);
  const open = Buffer.from(
    `${JSON.stringify({ id, source, received_at, headers, outcome, reason, events, kept_ids, sealed }).slice(0, -1)},"body":"`,
  );
  const body = Buffer.from(delivery.body.buffer, delivery.body.byteOffset, delivery.body.byteLength).toString('base64');
  // Base64 needs no escaping, and bodies are most of what the log holds: they go in as they are.
  const value = Buffer.allocUnsafe(open.length + body.length + CLOSE.length);
  open.copy(value);
  value.write(body, open.length, 'latin1');
  value.write(CLOSE, open.length + body.length, 'latin1');
  return value;
}

const CLOSE = '"}';

/** Reads what {@link encodeDelivery} wrote; null if the value is something else. Never throws. */
export function decodeDelivery(value: Uint8Array): StoredDelivery | null {
  let raw: unknown;
  try {
    raw = JSON.parse(new TextDecoder().decode(value));
  } catch {
    return null;
  }
  const read = stored.safeParse(raw);
  if (!read.success) return null;
  const { id, source, received_at, headers, outcome, reason, events, kept_ids, sealed, body } = read.data;
  return {
    delivery: { id, source, received_at, headers, body: new Uint8Array(Buffer.from(body, 'base64')) },
    outcome,
    reason,
    events,
    kept_ids,
    sealed,
  };
}

const KEPT = /^(?:content-type|user-agent|x-request-id|ce-[a-z0-9]+)$/;
const SECRET = /auth|token|secret|signature|cookie|password|credential/;

/**
 * The headers that are worth keeping, those that a source reads among them: an allow list, so that no secret of a sender
 * ever reaches the log.
 */
export function keptHeaders(
  headers: Readonly<Record<string, string>>,
  read: readonly string[] = [],
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([header]) => (KEPT.test(header) || read.includes(header)) && !SECRET.test(header))
      .slice(0, 50)
      .map(([header, value]) => [header, value.slice(0, 2048)]),
  );
}
