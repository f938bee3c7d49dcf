import { isUtf8 } from 'node:buffer';
import { createHmac } from 'node:crypto';
import { isWord, pseudonymOf } from './names.ts';
import { type Replacing, replaceIn } from './replace.ts';
import { folded, nameKey } from './spelling.ts';

/**
 * A body as it came, without the names; null if it holds none. Every other byte stays as it was, numbers above all: JSON is taken
 * text by text, anything else as one text. In objects that describe the person, what else tells who it is goes too: the
 * address of a picture, the account's number, an e-mail address that nobody listed.
 */
export function replaceInBytes(replacing: Replacing, body: Uint8Array): Uint8Array | null {
  // What is no UTF-8 was never read: it may lose what cannot be shown.
  const text = new TextDecoder('utf-8', { ignoreBOM: isUtf8(body) }).decode(body);
  if (!replacing.names.hint.test(text) && !text.includes('\\u')) return null;
  const isJson = /^\uFEFF?\s*[[{"]/.test(text);
  const without = isJson ? replaceInJson(replacing, text) : replaceIn(replacing, text, '');
  return without === text ? null : new TextEncoder().encode(without);
}

const TEXT_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/gs;

/** JSON, also one value per line, text by text. A text that holds no name keeps its bytes. */
export function replaceInJson(replacing: Replacing, json: string): string {
  // What has no name in it describes no account of hers: nearly every body.
  if (replaceTexts(replacing, json, NO_ACCOUNTS) === json) return json;
  return replaceTexts(replacing, json, accountsIn(replacing, json));
}

function replaceTexts(replacing: Replacing, json: string, accounts: Accounts): string {
  let field = '';
  return json.replace(TEXT_OR_NUMBER, (found: string, at: number) => {
    if (found[0] !== '"')
      return NUMBERED.test(field) && accounts.numbers.has(found) ? numberFor(replacing, found) : found;
    const text = decoded(found);
    if (text === null) return found;
    const isKey = /^\s*:/.test(json.slice(at + found.length, at + found.length + 20));
    const known = isKey ? undefined : accounts.texts.get(text);
    const without = known ?? replaceIn(replacing, text, isKey ? '' : field);
    if (isKey) field = text;
    return without === text ? found : JSON.stringify(without);
  });
}

/** What stands beside a name of the person in an object about an account. */
interface Accounts {
  readonly texts: ReadonlyMap<string, string>;
  readonly numbers: ReadonlySet<string>;
}

const NO_ACCOUNTS: Accounts = { texts: new Map(), numbers: new Set() };

const NUMBERED = /^(?:id|user_?id|account_?id|author_?id|sender_?id)$/i;
const TELLING =
  /^(?:e_?mail|email_?address|public_email|name|full_?name|display_?name|nick_?name|login|user_?name|avatar_?url|avatar|gravatar_id|node_id|uuid|user_?id|account_?id|web_url|html_url|url|link|profile)$/i;
/** Fields that tell that an object is about an account. `name` is that of a repository too: it tells nothing alone. */
const ACCOUNT = /^(?:login|user_?name|nick_?name|e_?mail|email_?address|display_?name)$/i;

function accountsIn(replacing: Replacing, json: string): Accounts {
  const texts = new Map<string, string>();
  const numbers = new Set<string>();
  const isHers = (value: unknown): boolean => {
    if (typeof value !== 'string') return false;
    const named = replacing.names.find(folded(value)) ?? replacing.names.find(nameKey(value));
    return named !== undefined && named.reach !== 'other';
  };
  const look = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null || depth > DEEPEST) return;
    if (Array.isArray(value)) {
      for (const item of value) look(item, depth + 1);
      return;
    }
    const entries = Object.entries(value);
    if (
      entries.some(([key]) => ACCOUNT.test(key)) &&
      entries.some(([key, inner]) => (ACCOUNT.test(key) || key === 'name') && isHers(inner))
    )
      for (const [key, inner] of entries) {
        if (typeof inner === 'number' && NUMBERED.test(key)) numbers.add(String(inner));
        if (typeof inner !== 'string' || inner === '' || !TELLING.test(key)) continue;
        // Names among them are found by themselves, and addresses keep what stands around a name.
        if (replaceIn(replacing, inner, key) !== inner || isWord(folded(inner)) || SHARED.test(inner)) continue;
        texts.set(inner, pseudonymOf(replacing.secret, folded(inner)));
      }
    for (const [, inner] of entries) look(inner, depth + 1);
  };
  for (const document of documentsOf(json)) look(document, 0);
  return { texts, numbers };
}

/** Deeper than anything that is read. */
const DEEPEST = 200;

/** Addresses that stand beside many people's names: a forge's own. */
const SHARED = /^(?:no-?reply@|git@|[^@]*@users\.noreply\.)/i;

function documentsOf(json: string): unknown[] {
  try {
    return [JSON.parse(json)];
  } catch {
    return json.split('\n').flatMap((line) => {
      try {
        return [JSON.parse(line) as unknown];
      } catch {
        return [];
      }
    });
  }
}

function decoded(token: string): string | null {
  if (!token.includes('\\')) return token.slice(1, -1);
  try {
    return JSON.parse(token) as string;
  } catch {
    return null;
  }
}

/** Another number in place of an account's: nine digits, so that it is exact in every language. */
function numberFor({ secret }: Replacing, number: string): string {
  const digest = createHmac('sha256', secret).update(`number ${number}`).digest();
  return String(100_000_000 + (digest.readUInt32BE(0) % 900_000_000));
}
