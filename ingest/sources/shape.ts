import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Delivery } from '../delivery.ts';
import { entityOf } from '../entity.ts';
import type { Fact } from '../event.ts';
import { parseJson } from '../json.ts';
import { instant } from '../time.ts';
import type { EventData, EventType } from '../vocabulary/vocabulary.ts';
import type { Normalized } from './source.ts';

/** A text that a sender may leave out, set to null or leave blank: undefined then; cut to `max` characters. */
export function optionalText(max = 512) {
  return z
    .string()
    .nullish()
    .transform((value) => (value === null || value === undefined ? undefined : cut(value.trim(), max) || undefined));
}

/** The first `max` characters, trimmed; never half of a surrogate pair, which no store takes. */
export function cut(text: string, max: number): string {
  return text
    .slice(0, max)
    .replace(/[\uD800-\uDBFF]$/, '')
    .trim();
}

/** A timestamp that a sender may leave out or set to null. An unreadable one is still refused. */
export const optionalInstant = instant.nullish().transform((value) => value ?? undefined);

/** A flag that a sender may leave out or set to null. */
export const optionalFlag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? undefined);

/** A sender's numeric id; some senders write ids as text. */
export const senderId = z.union([z.int().nonnegative(), z.string().trim().min(1).max(128)]).transform(String);

/** An array of at most `max` elements. The length is checked first, so that 10^6 elements are refused at no cost. */
export function listOf<T extends z.ZodType>(element: T, max: number) {
  return z
    .custom<unknown[]>((value) => Array.isArray(value) && value.length <= max, `is not a list of at most ${max}`)
    .pipe(z.array(element));
}

/** Nothing below a schema's own paths is ever followed, so depth only matters for what a parser must hold in memory. */
const SMALL_BODY_BYTES = 64 * 1024;

/** The body, read as `schema`; or why it is not that, with the field. */
export function readBody<T extends z.ZodType>(
  delivery: Delivery,
  schema: T,
): { readonly ok: true; readonly value: z.output<T> } | { readonly ok: false; readonly normalized: Normalized } {
  const parsed = parseJson(delivery.body, SMALL_BODY_BYTES);
  if (!parsed.ok) {
    return { ok: false, normalized: { outcome: 'rejected', reason: `body ${parsed.problem}`, notJson: true } };
  }
  return readAs(parsed.value, schema);
}

/** A parsed value, read as `schema`; or why it is not that, with the field. */
export function readAs<T extends z.ZodType>(
  value: unknown,
  schema: T,
): { readonly ok: true; readonly value: z.output<T> } | { readonly ok: false; readonly normalized: Normalized } {
  const result = schema.safeParse(value);
  if (result.success) return { ok: true, value: result.data };
  const issue = result.error.issues[0];
  const field = issue?.path.map(String).join('.') || 'body';
  return { ok: false, normalized: rejected(`${field}: ${issue?.message ?? 'is invalid'}`) };
}

export function ignored(reason: string): Normalized {
  return { outcome: 'ignored', reason };
}

export function rejected(reason: string): Normalized {
  return { outcome: 'rejected', reason };
}

export function facts(...list: readonly Fact[]): Normalized {
  return { outcome: 'facts', facts: list };
}

/**
 * One fact, keyed by what the sender calls it and by its time, so that equal ids mean equal facts. Its subject follows
 * from its data.
 */
export function fact<T extends EventType>(
  type: T,
  occurred_at: string,
  key: readonly string[],
  data: EventData<T>,
): Fact<T> {
  return { type, subject: entityOf({ id: key[0] ?? '', type, data }), occurred_at, key: [...key, occurred_at], data };
}

/**
 * A fact about state that changes without a time of its own (labels, titles, images): two snapshots of the same second
 * are two facts, so the content is part of the key.
 */
export function snapshot<T extends EventType>(
  type: T,
  occurred_at: string,
  key: readonly string[],
  data: EventData<T>,
): Fact<T> {
  return fact(type, occurred_at, [...key, digest(data)], data);
}

/** A short digest of a value's JSON; equal values built in the same way have equal digests. */
export function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32);
}

/** The fields of an object that are to be kept: plain values only, since what lies deeper may be anything. */
export function picked(value: unknown, fields: readonly string[]): Record<string, unknown> {
  if (!isRecord(value)) return {};
  const plain = fields.filter((field) => Object.hasOwn(value, field) && !isNested(value[field]));
  return Object.fromEntries(plain.map((field) => [field, value[field]]));
}

/** Longer than any list that a reader of such objects takes, so that cutting it there lets it be refused as before. */
const MOST_RECORDS = 1001;

/** The objects of a list, or none if it is no list. */
export function recordsIn(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.slice(0, MOST_RECORDS).map((one) => (isRecord(one) ? one : {})) : [];
}

/** True of an object that is no list. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return isNested(value) && !Array.isArray(value);
}

function isNested(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
