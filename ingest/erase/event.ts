import { replaceInBytes } from './body.ts';
import { type Replacing, replaceIn, replaceInValue } from './replace.ts';

/** What of an event says where it comes from, and never who: an id is a digest, which stays, so that a repeat is known as one. */
const ENVELOPE = new Set(['id', 'type', 'version', 'normaliser', 'source', 'occurred_at', 'delivery_id', 'subject']);

/** A record of the log without the names. */
export interface Replaced {
  readonly key: string;
  readonly value: Uint8Array;
}

/**
 * An event's record without the names: everything that folds and people read, the subject among it. Null if it holds none.
 * What is no event is taken as text.
 */
export function eraseEvent(replacing: Replacing, key: string, value: Uint8Array): Replaced | null {
  const text = new TextDecoder().decode(value);
  if (!replacing.names.hint.test(text) && !replacing.names.hint.test(key)) return null;
  const newKey = replaceInSubject(replacing, key);
  const event = parsed(text);
  if (event === null) {
    const bytes = replaceInBytes(replacing, value);
    return bytes === null && newKey === key ? null : { key: newKey, value: bytes ?? value };
  }
  const without = replaceInEnvelope(replacing, event);
  if (without === event && newKey === key) return null;
  return { key: newKey, value: new TextEncoder().encode(JSON.stringify(without)) };
}

/** An event, or what was read as one, without the names; itself if it holds none. */
export function replaceInEnvelope<T extends object>(replacing: Replacing, event: T): T {
  let changed = false;
  const entries = Object.entries(event).map(([key, inner]) => {
    const without =
      key === 'subject' && typeof inner === 'string'
        ? replaceInSubject(replacing, inner)
        : ENVELOPE.has(key)
          ? inner
          : replaceInValue(replacing, inner, key);
    changed ||= without !== inner;
    return [key, without] as const;
  });
  // The same keys with values of the same types.
  return changed ? (Object.fromEntries(entries) as T) : event;
}

/** `person:…` and `principal:…` name somebody; what other subjects are called is text. */
function replaceInSubject(replacing: Replacing, subject: string): string {
  const colon = subject.indexOf(':');
  const kind = subject.slice(0, Math.max(0, colon));
  const field = kind === 'person' || kind === 'principal' ? kind : '';
  return kind + (colon < 0 ? '' : ':') + replaceIn(replacing, subject.slice(colon + 1), field);
}

function parsed(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
