import { inCaseOf, type Names } from './names.ts';
import { folded, nameKey, wordsOf } from './spelling.ts';

/** Takes names out of texts: equal texts become equal texts, and different ones different ones. */
export interface Replacing {
  readonly names: Names;
  readonly secret: Uint8Array;
}

/** Fields of senders and of the vocabulary that name people and nothing else. */
const PEOPLE =
  /^(?:person|identities|author|authors|actor|principal|reviewer|reviewers|respondent|login|user_?name|user|nick_?name|e_?mail|email_?address|display_?name|account|assignee|assignees|committer|sender|creator|created_by|requested_by|triggered_by|merged_by|pushed_by|pusher)$/i;

/** True if a field names people. */
export function namesPeople(field: string): boolean {
  return PEOPLE.test(field);
}

/** A text without the names; the text itself if it holds none. `field` is the key that it is the value of, empty if there is none. */
export function replaceIn({ names, secret }: Replacing, text: string, field: string): string {
  if (!names.hint.test(text)) return text;
  const words = wordsOf(text);
  let out = '';
  let from = 0;
  for (let at = 0; at < words.length; at += 1) {
    const { start, end } = words[at]!;
    if (!names.begins(folded(text.slice(start, end)))) continue;
    for (let count = Math.min(names.mostWords, words.length - at); count > 0; count -= 1) {
      const written = text.slice(start, words[at + count - 1]!.end);
      const named = names.find(folded(written));
      if (named === undefined) continue;
      const isWhole = folded(written) === nameKey(text);
      if (named.reach === 'narrow' && !(isWhole && namesPeople(field))) continue;
      if (named.reach !== 'other') {
        out += text.slice(from, start) + inCaseOf(secret, written, named.pseudonym);
        from = start + written.length;
      }
      at += count - 1;
      break;
    }
  }
  return from === 0 ? text : out + text.slice(from);
}

/** Every text in a JSON value, keys among them, without the names; the value itself if nothing held any. */
export function replaceInValue(replacing: Replacing, value: unknown, field: string): unknown {
  if (typeof value === 'string') return replaceIn(replacing, value, field);
  if (Array.isArray(value)) {
    const items = value.map((item) => replaceInValue(replacing, item, field));
    return items.every((item, at) => item === value[at]) ? value : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  let changed = false;
  const entries = Object.entries(value).map(([key, inner]) => {
    const entry = [replaceIn(replacing, key, ''), replaceInValue(replacing, inner, key)] as const;
    changed ||= entry[0] !== key || entry[1] !== inner;
    return entry;
  });
  return changed ? Object.fromEntries(entries) : value;
}
