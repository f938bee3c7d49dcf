import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { ListedNames, Named, Names } from './names.ts';

/**
 * What is kept of names that were erased, so that they are known when they come again: their keyed digests, never themselves.
 * Whoever has the key and the digests can try a name that they know already, and read none.
 */
export const erasures = z.object({
  version: z.literal(1),
  /** Base64: also what pseudonyms are made with. */
  secret: z.base64(),
  mostWords: z.int().min(1),
  /** By digest of a form. */
  names: z.record(z.string(), z.object({ reach: z.enum(['wide', 'narrow', 'other']), pseudonym: z.string() })),
});
export type Erasures = z.infer<typeof erasures>;

/** Nothing erased so far, with the key of all erasures to come: 32 random bytes. */
export function noErasures(secret: Uint8Array): Erasures {
  return { version: 1, secret: Buffer.from(secret).toString('base64'), mostWords: 1, names: {} };
}

/** The erasures with one more person's names. Of a name that was somebody's before, the erasure holds. */
export function withErased(known: Erasures, names: ListedNames): Erasures {
  const secret = Buffer.from(known.secret, 'base64');
  const added: Record<string, Named> = {};
  for (const [form, named] of names.forms) {
    const digest = digestOf(secret, form);
    const before = known.names[digest];
    if (before === undefined || before.reach === 'other') added[digest] = named;
  }
  const mostWords = Math.max(known.mostWords, names.mostWords);
  return { ...known, mostWords, names: { ...known.names, ...added } };
}

/** The erased names, known by their digests. */
export function erasedNames(known: Erasures): Names {
  const secret = Buffer.from(known.secret, 'base64');
  const named = new Map(Object.entries(known.names));
  // Nearly every word of a body is none of them: a few bits tell that without a digest each.
  const likely = new Uint8Array(65_536);
  for (const digest of named.keys()) likely[Number.parseInt(digest.slice(0, 4), 16)] = 1;
  return {
    find: (form) => (likely[quick(secret, form)] === 1 ? named.get(digestOf(secret, form)) : undefined),
    begins: () => true,
    mostWords: known.mostWords,
    hint: named.size === 0 ? /(?!)/ : /(?:)/,
  };
}

/** Whether a name was erased before. */
export function isErased(known: Erasures, key: string): boolean {
  const named = erasedNames(known).find(key);
  return named !== undefined && named.reach !== 'other';
}

/** Begins with the 16 bits of {@link quick}, as hexadecimal digits. */
function digestOf(secret: Uint8Array, form: string): string {
  const digest = createHmac('sha256', secret).update(`known ${form}`).digest('hex').slice(0, 40);
  return quick(secret, form).toString(16).padStart(4, '0') + digest;
}

/** FNV-1a, begun with the key: 16 bits that tell nothing of a name but that most others are not it. */
function quick(secret: Uint8Array, form: string): number {
  let hash = 0x811c9dc5 ^ Buffer.from(secret.buffer, secret.byteOffset, 4).readUInt32LE(0);
  for (let at = 0; at < form.length; at += 1) hash = Math.imul(hash ^ form.charCodeAt(at), 0x01000193);
  return ((hash >>> 16) ^ hash) & 0xffff;
}
