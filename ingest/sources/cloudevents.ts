import { z } from 'zod';
import type { Delivery } from '../delivery.ts';
import { parseJson } from '../json.ts';
import { readBody, rejected } from './shape.ts';
import type { Normalized } from './source.ts';

/** What a sender's event says of itself and carries, whichever of CloudEvents' HTTP modes brought it. */
export interface CloudEvent {
  /** Absent where a bare body was posted without any attributes. */
  readonly type: string | undefined;
  /** Not yet read: its shape is the sender's. */
  readonly data: unknown;
}

/** The events of a delivery, or why it has none that could be read. */
export type CloudEvents =
  | { readonly ok: true; readonly events: readonly CloudEvent[] }
  | { readonly ok: false; readonly normalized: Normalized };

/** More in one delivery are refused: a batch is for a handful, and no request may stall the others. */
export const MOST_IN_A_BATCH = 1000;

const structured = z.looseObject({ specversion: z.string(), type: z.string().min(1).max(512) });

/**
 * The events of a delivery: binary mode (`ce-` headers, the body is the data), structured mode (one JSON object), a batch
 * (a JSON array of these), or the bare data. A batch with one event that is none is refused as a whole, saying which.
 */
export function readCloudEvents(delivery: Delivery): CloudEvents {
  const body = readBody(delivery, z.unknown());
  if (!body.ok) return body;
  if (!Array.isArray(body.value)) return one(body.value, delivery.headers);
  if (body.value.length > MOST_IN_A_BATCH) return refused(`the batch has more than ${MOST_IN_A_BATCH} events`);
  const events: CloudEvent[] = [];
  for (const [index, element] of body.value.entries()) {
    const read = structured.safeParse(element);
    if (!read.success) return refused(`event ${index + 1} of the batch is no CloudEvent with a specversion and a type`);
    const event = inner(read.data);
    if (event === null) return refused(`event ${index + 1} of the batch: data_base64 is not JSON`);
    events.push(event);
  }
  return events.length === 0 ? refused('the batch is empty') : { ok: true, events };
}

function one(value: unknown, headers: Readonly<Record<string, string>>): CloudEvents {
  if (headers['ce-specversion'] !== undefined || headers['ce-type'] !== undefined) {
    return { ok: true, events: [{ type: decoded(headers['ce-type']), data: value }] };
  }
  const read = structured.safeParse(value);
  if (!read.success) return { ok: true, events: [{ type: undefined, data: value }] };
  const event = inner(read.data);
  return event === null ? refused('data_base64 is not JSON') : { ok: true, events: [event] };
}

/** A structured event's data; null if it claims to be bytes and these are not JSON. */
function inner(event: z.output<typeof structured>): CloudEvent | null {
  if (event.data !== undefined || typeof event.data_base64 !== 'string') return { type: event.type, data: event.data };
  const parsed = parseJson(Buffer.from(event.data_base64, 'base64'));
  return parsed.ok ? { type: event.type, data: parsed.value } : null;
}

/** Header values are percent-encoded in binary mode. */
function decoded(value: string | undefined): string | undefined {
  try {
    return value === undefined ? undefined : decodeURIComponent(value);
  } catch {
    return value;
  }
}

function refused(reason: string): CloudEvents {
  return { ok: false, normalized: rejected(reason) };
}

/**
 * One answer for all events of a delivery: all of their facts, or none. The first that cannot be read refuses the
 * delivery and says which it was; those that feed nothing are left out.
 */
export function readEach(events: readonly CloudEvent[], read: (event: CloudEvent) => Normalized): Normalized {
  const made: Extract<Normalized, { outcome: 'facts' }>['facts'][number][] = [];
  let first: Normalized | undefined;
  for (const [index, event] of events.entries()) {
    const normalized = read(event);
    if (normalized.outcome === 'rejected') {
      if (events.length === 1) return normalized;
      return rejected(`event ${index + 1} of ${events.length}: ${normalized.reason}`);
    }
    first ??= normalized;
    if (normalized.outcome === 'facts') made.push(...normalized.facts);
  }
  return made.length > 0 || first === undefined ? { outcome: 'facts', facts: made } : first;
}
