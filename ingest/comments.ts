import type { Delivery } from './delivery.ts';
import { parseJson } from './json.ts';
import type { Reading } from './normalise.ts';
import { attributeOf, CANONICAL, isNdjson, linesOf, MAX_EVENTS } from './sources/canonical.ts';
import { isRecord, picked } from './sources/shape.ts';
import type { Source } from './sources/source.ts';
import { isEventType, vocabulary } from './vocabulary/vocabulary.ts';

/** Whether what people write in surveys is taken. */
export interface CommentsDeps {
  /** Absent: it is not, and nothing that outlives the request holds any of it. */
  readonly takesComments?: boolean | undefined;
}

/** What stands for a body that may hold comments and cannot be taken apart. No JSON, so that it is read as what it was. */
const NOT_KEPT = '(not kept: it could not be read, and may hold comments)';

/**
 * A delivery as it is read and kept where nobody asked for comments: what its source says may stay, everything else is gone.
 * Signatures are of the body as it came, so they are checked before.
 */
export function withoutComments(delivery: Delivery, source: Source | undefined): Delivery {
  if (delivery.source === CANONICAL) return withoutCanonicalComments(delivery);
  const { withoutComments: kept } = source ?? {};
  if (kept === undefined) return delivery;
  const parsed = parseJson(delivery.body);
  return { ...delivery, body: encoded(parsed.ok ? JSON.stringify(kept(parsed.value)) : NOT_KEPT) };
}

/** A reading without what nobody asked for. A second wall: where bodies are without comments, there is nothing left to drop. */
export function droppingComments(reading: Reading): Reading {
  if (reading.outcome !== 'events') return reading;
  const events = reading.events.filter(({ type }) => type !== 'survey.commented');
  if (events.length === reading.events.length) return reading;
  return events.length > 0
    ? { outcome: 'events', events }
    : { outcome: 'ignored', reason: 'comments are not asked for' };
}

/** What a body without any event of a survey does not hold; an escape may spell it, or an encoding of more than a byte a letter. */
const MENTION = /survey|\\u|\0/i;

/**
 * A body of `POST /v1/events` without what surveys say in words: of their events only the fields of the vocabulary are left,
 * and of these not the text. Beside them what is no event is not left either, since it may have been meant as one of theirs. A
 * body without any of that stays byte by byte.
 */
export function withoutCanonicalComments(delivery: Delivery): Delivery {
  const { headers, body } = delivery;
  const type = attributeOf(headers, 'type') ?? '';
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (!MENTION.test(type) && !MENTION.test(text.toString('latin1'))) return delivery;
  // In the order in which it is read: what looks like one event may be lines of others.
  if (isNdjson(headers)) {
    const left = linesOf(body).flatMap((line) => [withoutWords(line), NEW_LINE]);
    return { ...delivery, body: Buffer.concat(left.slice(0, -1)) };
  }
  if (headers['ce-specversion'] !== undefined) {
    if (isOfOthers({ type })) return delivery;
    const attributes = Object.entries(headers).filter(([name]) => ATTRIBUTES.test(name));
    return {
      ...delivery,
      headers: Object.fromEntries(attributes),
      body: encoded(read(body, (data) => fieldsOf(type, data))),
    };
  }
  return { ...delivery, body: withoutWords(body) };
}

const NEW_LINE = encoded('\n');

/** One event or a list of them; as it came, if all are of others. Of more than are taken, so many that they still are too many. */
function withoutWords(body: Uint8Array): Uint8Array {
  const parsed = parseJson(body);
  if (!parsed.ok) return encoded(NOT_KEPT);
  const { value } = parsed;
  if ([value].flat().every(isOfOthers)) return body;
  return encoded(JSON.stringify(Array.isArray(value) ? value.slice(0, MAX_EVENTS + 1).map(eventOf) : eventOf(value)));
}

/** Headers less the extensions of CloudEvents, which may hold anything. */
const ATTRIBUTES = /^(?!ce-)|^ce-(?:id|type|source|time|specversion|subject)$/;
const ENVELOPE = ['id', 'type', 'source', 'subject', 'occurred_at', 'specversion', 'time'];

function read(body: Uint8Array, of: (value: unknown) => unknown): string {
  const parsed = parseJson(body);
  return parsed.ok ? JSON.stringify(of(parsed.value)) : NOT_KEPT;
}

function eventOf(value: unknown): unknown {
  if (isOfOthers(value)) return value;
  const { type, data } = isRecord(value) ? value : {};
  return { ...picked(value, ENVELOPE), data: fieldsOf(type, data) };
}

/** True of an event of the vocabulary that is of no survey. */
function isOfOthers(value: unknown): boolean {
  if (!isRecord(value) || typeof value.type !== 'string') return false;
  return isEventType(value.type) && !value.type.startsWith('survey.');
}

function fieldsOf(type: unknown, data: unknown): unknown {
  const fields = typeof type === 'string' && isEventType(type) ? Object.keys(vocabulary[type].shape) : [];
  const { score, ...said } = picked(
    data,
    fields.filter((field) => field !== 'text'),
  );
  // Words that somebody took for an answer are words.
  return { ...said, ...(typeof score === 'number' ? { score } : {}) };
}

function encoded(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
