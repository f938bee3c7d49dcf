import type { NormalizedEvent } from './event.ts';
import { type EventType, isEventType } from './vocabulary/vocabulary.ts';

type Step = (data: Readonly<Record<string, unknown>>) => Record<string, unknown>;

/**
 * How older data becomes today's: the n-th step of a kind turns version n into n + 1. A changed schema adds one step
 * here and never edits an old one, so that the log stays readable for ever.
 */
export type Steps = Readonly<Partial<Record<EventType, readonly Step[]>>>;

const steps: Steps = {};

/** The version that new events of a kind carry. */
export function currentVersion(type: EventType): number {
  return (steps[type]?.length ?? 0) + 1;
}

/** An event as the log has it, read: today's form, or set aside with the reason and its untouched text. */
export type Decoded =
  | { readonly ok: true; readonly event: NormalizedEvent }
  | { readonly ok: false; readonly reason: string; readonly text: string };

/** An event as a log value: JSON in UTF-8. Half of a surrogate pair, which no store takes, becomes U+FFFD. */
export function encodeEvent(event: NormalizedEvent): Uint8Array {
  return new TextEncoder().encode(mended(JSON.stringify(event)));
}

/** JSON writes whole pairs as they are and half ones as an escape: a text was cut inside a pair. */
function mended(json: string): string {
  if (!json.includes('\\ud')) return json;
  return json.replace(/\\\\|\\ud[89a-f][0-9a-f]{2}/g, (found) => (found === '\\\\' ? found : '\uFFFD'));
}

/**
 * Reads a log value and lifts it to today's version. Kinds that this release does not know, versions newer than its own
 * and values that are no events come back set aside: they stay in the log for a release that can read them. Never throws.
 * Data is not checked against its schema again: that was done before it was appended.
 */
export function decodeEvent(value: Uint8Array, table: Steps = steps): Decoded {
  const text = mended(new TextDecoder().decode(value));
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return { ok: false, reason: 'is not JSON', text };
  }
  if (!hasEnvelope(raw)) return { ok: false, reason: 'has no event envelope', text };
  if (!isEventType(raw.type)) return { ok: false, reason: `unknown kind ${raw.type.slice(0, 200)}`, text };
  const toDo = table[raw.type] ?? [];
  const newest = toDo.length + 1;
  if (raw.version > newest) return { ok: false, reason: `version ${raw.version} of ${raw.type} is newer`, text };
  try {
    const data = toDo.slice(raw.version - 1).reduce<Record<string, unknown>>((older, step) => step(older), raw.data);
    // The envelope was checked above; the data was checked by its schema before it was appended.
    return { ok: true, event: { ...raw, version: newest, data } as unknown as NormalizedEvent };
  } catch (error) {
    return { ok: false, reason: `could not be lifted from version ${raw.version}: ${(error as Error).name}`, text };
  }
}

interface Envelope {
  readonly id: string;
  readonly type: string;
  readonly version: number;
  readonly data: Record<string, unknown>;
}

function hasEnvelope(raw: unknown): raw is Envelope {
  if (typeof raw !== 'object' || raw === null) return false;
  const event = raw as Readonly<Record<string, unknown>>;
  return (
    ['id', 'type', 'source', 'subject', 'occurred_at', 'delivery_id'].every((key) => typeof event[key] === 'string') &&
    Number.isInteger(event.version) &&
    (event.version as number) >= 1 &&
    Number.isInteger(event.normaliser) &&
    typeof event.data === 'object' &&
    event.data !== null &&
    !Array.isArray(event.data)
  );
}
