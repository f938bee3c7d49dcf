import { createHmac } from 'node:crypto';
import { encodedKeys, folded, nameKey, wordsOf } from './spelling.ts';

/**
 * What becomes of a name where it is found. `wide`: replaced wherever it stands. `narrow`: only where it is the whole value of a
 * field that names people, since it is also a word, or the name of something else. `other`: left, being somebody else's or
 * something else's name that holds one of the person's.
 */
export interface Named {
  readonly reach: 'wide' | 'narrow' | 'other';
  /** In small letters; empty for `other`. */
  readonly pseudonym: string;
}

/** The names to look for. */
export interface Names {
  find(key: string): Named | undefined;
  /** False if no name begins with this word (folded). */
  begins(word: string): boolean;
  /** Words of the longest name. */
  readonly mostWords: number;
  /** A text without any match of this holds no name. */
  readonly hint: RegExp;
}

/** Names that can be listed: every form that is looked for. */
export interface ListedNames extends Names {
  readonly forms: ReadonlyMap<string, Named>;
}

/**
 * Words that the code or the vocabulary gives a meaning, and names too short to be told from words: a person of that name is
 * replaced only where a field says that it is a person.
 */
const MEANINGFUL = new Set(
  `main master develop trunk head production prod live staging test dev default release releases hotfix bot human service merge
  revert fix fixes caused by pull push branch tag true false null none open closed dora ops delivery pipeline platform adoption
  people survey support docs business planning portal cli ticket chat high low medium critical outage degraded github gitlab
  gitea bitbucket argocd flux jenkins tekton succeeded failed cancelled admin root user team api web com org net www https http`
    .trim()
    .split(/\s+/),
);

/** Whether a name can only be told from a word by the field that it stands in. */
export function isWord(key: string): boolean {
  const isShort = [...key].length < (/\p{Script=Han}|\p{Script=Hangul}/u.test(key) ? 2 : 3);
  return MEANINGFUL.has(key) || isShort || !/\p{L}/u.test(key);
}

/** What to look for: the person's own names, those of them that are words too, and names of others that hold one of them. */
export interface Spellings {
  readonly own: readonly string[];
  /** Name keys among the own ones that something else is called too. */
  readonly shared: ReadonlySet<string>;
  readonly others: Iterable<string>;
}

/**
 * A pseudonym per spelling, so that whatever counted as two before counts as two, as of every past: an account that was only
 * later said to be hers. Letters only, from a keyed digest: the same key gives the same ones.
 */
export function pseudonymOf(secret: Uint8Array, key: string): string {
  const digest = createHmac('sha256', secret).update(`name ${key}`).digest();
  return `erased-${[...digest.subarray(0, 16)].map((byte) => String.fromCharCode(97 + (byte % 26))).join('')}`;
}

/** Two spellings that differ in case alone stay two for what tells cases apart, and one for what does not. */
export function inCaseOf(secret: Uint8Array, written: string, pseudonym: string): string {
  const composed = written.normalize('NFC');
  if (composed === composed.toLowerCase()) return pseudonym;
  const digest = createHmac('sha256', secret).update(`case ${composed}`).digest();
  return [...pseudonym].map((letter, at) => (digest[at]! & 1 ? letter.toUpperCase() : letter)).join('');
}

/** The names of one person, with their pseudonyms. */
export function namesOf(secret: Uint8Array, { own, shared, others }: Spellings): ListedNames {
  const named = new Map<string, Named>();
  for (const other of others) named.set(folded(other), { reach: 'other', pseudonym: '' });
  for (const spelling of own) {
    const key = nameKey(spelling);
    if (key === '') continue;
    const pseudonym = pseudonymOf(secret, key);
    const reach = shared.has(key) || isWord(key) ? 'narrow' : 'wide';
    for (const form of [key, ...encodedKeys(key)]) named.set(form, { reach, pseudonym });
  }
  const first = new Set<string>();
  const hints = new Set<string>();
  let mostWords = 1;
  for (const [key, { reach }] of named) {
    const words = wordsOf(key);
    if (words[0] === undefined) continue;
    const word = key.slice(words[0].start, words[0].end);
    first.add(word);
    if (reach !== 'other') for (const form of [word, word.normalize('NFD')]) hints.add(escaped(form));
    mostWords = Math.max(mostWords, words.length);
  }
  return {
    forms: named,
    find: (key) => named.get(key),
    begins: (word) => first.has(word),
    mostWords,
    hint: new RegExp(hints.size === 0 ? '(?!)' : [...hints].join('|'), 'iu'),
  };
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
