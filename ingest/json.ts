import { isUtf8 } from 'node:buffer';

/** How deep a body may nest. Real payloads stay below 20; more is an attempt on the stack of whatever reads it next. */
export const MAX_DEPTH = 64;

export type Parsed = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: string };

/**
 * Parses JSON from bytes, never throws. Refuses bytes that are not UTF-8, nesting beyond {@link MAX_DEPTH}, and an empty
 * body. Lone surrogates, which no store can encode, become U+FFFD. A key `__proto__` is an own key like any other.
 * Bodies up to `trustedBytes` are parsed without counting their depth first: for readers that follow only known paths,
 * and so recurse nowhere, since counting costs more than parsing.
 */
export function parseJson(bytes: Uint8Array, trustedBytes = 0): Parsed {
  if (bytes.length === 0) return { ok: false, problem: 'the body is empty' };
  if (bytes.length > trustedBytes && deeperThan(bytes, MAX_DEPTH)) return TOO_DEEP;
  if (!isUtf8(bytes)) return { ok: false, problem: 'is not UTF-8' };
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The engine's message may quote the body, which may hold a secret: say only what is wrong.
    return { ok: false, problem: 'is not JSON' };
  }
  if (!text.includes('\\ud') && !text.includes('\\uD')) return { ok: true, value };
  try {
    return { ok: true, value: wellFormed(value) };
  } catch {
    return TOO_DEEP;
  }
}

const TOO_DEEP: Parsed = { ok: false, problem: `nests deeper than ${MAX_DEPTH} levels` };
const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(LONE_SURROGATE, '\uFFFD');
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key.replace(LONE_SURROGATE, '\uFFFD'), wellFormed(inner)]),
  );
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Counts brackets outside strings, before anything recursive sees the body. */
function deeperThan(bytes: Uint8Array, limit: number): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (inString) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > limit) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return false;
}

/** Integers of more digits than this may be rounded by being read as numbers. */
const EXACT_DIGITS = 15;

/**
 * The same JSON with every integer of more than 15 digits as a text: ids and nanoseconds of 19 digits survive parsing so.
 * What is not JSON stays what it is, or becomes a text that no schema takes for a number.
 */
export function longIntegersAsText(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  let copied = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (inString) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (isDigit(byte) || byte === MINUS) {
      const from = at;
      while (isOfNumber(bytes[at + 1])) at++;
      if (!isLongInteger(bytes.subarray(from, at + 1))) continue;
      parts.push(bytes.subarray(copied, from), QUOTED, bytes.subarray(from, at + 1), QUOTED);
      copied = at + 1;
    }
  }
  return copied === 0 ? bytes : Buffer.concat([...parts, bytes.subarray(copied)]);
}

const MINUS = 0x2d;
const QUOTED = Uint8Array.of(QUOTE);

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** Digits, `+`, `-`, `.`, `e` and `E`. */
function isOfNumber(byte: number | undefined): boolean {
  return byte !== undefined && (isDigit(byte) || [0x2b, MINUS, 0x2e, 0x45, 0x65].includes(byte));
}

function isLongInteger(token: Uint8Array): boolean {
  const digits = token[0] === MINUS ? token.subarray(1) : token;
  return digits.length > EXACT_DIGITS && digits[0] !== 0x30 && digits.every(isDigit);
}
