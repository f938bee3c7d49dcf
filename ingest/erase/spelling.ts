/**
 * How a text is cut into words, so that a name is found where it stands for itself: `ada-lindqvist` in
 * `ada-lindqvist-patch-1`, and not `tom` in `customer`. A word is a run of letters and digits, each sign of a script that is
 * written without blanks a word of its own; what a web address encodes as `%20` is no part of one.
 */
const WORD =
  /%[0-7][0-9a-f]|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}])[\p{L}\p{N}\p{M}]|%[89a-f][0-9a-f])+/giu;

/** Where a word stands in its text: from `start` up to but not `end`. */
export interface Word {
  readonly start: number;
  readonly end: number;
}

/** The words of a text, in order. */
export function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  for (const { 0: found, index } of text.matchAll(WORD))
    if (!/^%[0-7]/.test(found)) words.push({ start: index, end: index + found.length });
  return words;
}

/** By what two spellings are compared: any case, composed or not. */
export function folded(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

/** The part of a name that is looked for: from its first word to its last, folded; empty if it has none. `[bot]` is a mark, no name. */
export function nameKey(name: string): string {
  const bare = name.replace(/\[bot\]$/i, '');
  const words = wordsOf(bare);
  const first = words[0];
  return first === undefined ? '' : folded(bare.slice(first.start, words.at(-1)!.end));
}

/** A name key as web addresses and forms write it: what to look for beside it. */
export function encodedKeys(key: string): string[] {
  const forms = [encodeURIComponent(key), encodeURIComponent(key).replaceAll('%20', '+'), key.replaceAll(' ', '+')];
  return [...new Set(forms.map((form) => form.toLowerCase()))].filter((form) => form !== key);
}
