import type { Spellings } from './names.ts';
import { isWord, namesOf } from './names.ts';
import { namesPeople, replaceIn } from './replace.ts';
import { folded, nameKey, wordsOf } from './spelling.ts';

interface Definition {
  readonly occurred_at: string;
  readonly id: string;
  readonly logins: readonly string[];
}

/** Who and what the events name, as far as an erasure must know. */
export interface Register {
  /** Takes in one event of the log; what is none is passed by. */
  add(value: Uint8Array): void;
  /** By which names a person goes, or why that cannot be said. `also`: names that no definition lists. */
  find(person: string, also: readonly string[]): Found;
}

export type Found =
  | { readonly outcome: 'found'; readonly spellings: Spellings }
  /** It is an account of that person. */
  | { readonly outcome: 'account'; readonly person: string }
  | { readonly outcome: 'unknown'; readonly similar: readonly string[] };

/** Fields that name things which a person may share a name with. */
const THINGS = new Set(
  `service_id repository application service environment team tier region product group workflow applications incident_services
  calendar course slo objective key_result capability kind category resource`
    .trim()
    .split(/\s+/),
);

/** An empty register. */
export function newRegister(): Register {
  /** By folded person, the definitions in any order. */
  const definitions = new Map<string, { person: string; versions: Definition[] }>();
  const accounts = new Map<string, string>();
  const things = new Map<string, string>();

  const note = (value: unknown, field: string): void => {
    if (typeof value === 'string') {
      if (namesPeople(field)) accounts.set(folded(value), value);
      else if (THINGS.has(field)) things.set(folded(value), value);
    } else if (Array.isArray(value)) for (const item of value) note(item, field);
    else if (typeof value === 'object' && value !== null)
      for (const [key, inner] of Object.entries(value)) note(inner, key);
  };

  return {
    add(value) {
      const event = parsed(value);
      if (event === null) return;
      const { type, data, occurred_at, id } = event;
      note(data, '');
      if (type === 'environment.defined') things.set(folded(String(data.name ?? '')), String(data.name ?? ''));
      if (type !== 'person.defined' || typeof data.person !== 'string') return;
      const identities = Array.isArray(data.identities) ? data.identities.filter((one) => typeof one === 'string') : [];
      const known = definitions.get(folded(data.person)) ?? { person: data.person, versions: [] };
      known.versions.push({ occurred_at, id, logins: [data.person, ...identities] });
      definitions.set(folded(data.person), known);
    },

    find(person, also) {
      const key = folded(person);
      const owners = ownersOf(definitions);
      const defined = definitions.get(key);
      const owner = owners.get(key);
      if (defined === undefined && owner !== undefined)
        return { outcome: 'account', person: definitions.get(owner)?.person ?? owner };
      if (defined === undefined && !accounts.has(key))
        return { outcome: 'unknown', similar: similarTo(key, definitions, accounts) };
      // What was said to be hers and is now said to be somebody else's is theirs.
      const logins = (defined?.versions ?? []).flatMap((version) => version.logins);
      const own = [person, ...logins.filter((login) => (owners.get(folded(login)) ?? key) === key), ...also];
      return { outcome: 'found', spellings: spellingsOf([...new Set(own)], owners, accounts, things) };
    },
  };
}

/** Which person (folded) an account (folded) is: of the latest definition that names it, of each person the latest only (R60). */
function ownersOf(definitions: ReadonlyMap<string, { readonly versions: readonly Definition[] }>): Map<string, string> {
  const claims = new Map<string, Definition & { readonly person: string }>();
  for (const [person, { versions }] of definitions) {
    const latest = versions.reduce((a, b) => (isLater(b, a) ? b : a));
    for (const login of latest.logins) {
      const claim = claims.get(folded(login));
      if (claim === undefined || isLater(latest, claim)) claims.set(folded(login), { ...latest, person });
    }
  }
  return new Map([...claims].map(([login, { person }]) => [login, person]));
}

function isLater(a: Definition, b: Definition): boolean {
  return a.occurred_at === b.occurred_at ? a.id > b.id : a.occurred_at > b.occurred_at;
}

function spellingsOf(
  own: readonly string[],
  owners: ReadonlyMap<string, string>,
  accounts: ReadonlyMap<string, string>,
  things: ReadonlyMap<string, string>,
): Spellings {
  const keys = new Set(own.map(nameKey));
  const holds = (spellings: readonly string[]) => {
    const replacing = {
      names: namesOf(NO_SECRET, { own: spellings, shared: new Set(), others: [] }),
      secret: NO_SECRET,
    };
    return (name: string): boolean => replaceIn(replacing, name, '') !== name;
  };
  const holdsAny = holds(own.filter((name) => !isWord(nameKey(name))));
  // `ada-lindqvist@another.example` is hers in all likelihood; `ada-novak` is not, for all that it holds `ada`.
  const holdsWhole = holds(own.filter((name) => wordsOf(name).length > 1));
  const shared = new Set<string>();
  const others = new Set<string>();
  for (const name of things.values()) {
    const key = nameKey(name);
    if (keys.has(key)) shared.add(key);
    else if (holdsAny(name) && !holdsAny(name.split('/')[0]!)) others.add(spanOf(name));
  }
  for (const [key, name] of accounts) {
    if (keys.has(nameKey(name)) || !holdsAny(name)) continue;
    if (owners.has(key) || !holdsWhole(name)) others.add(spanOf(name));
  }
  return { own, shared, others };
}

const NO_SECRET = new Uint8Array(1);

/** A name from its first word to its last. */
function spanOf(name: string): string {
  const words = wordsOf(name);
  return name.slice(words[0]?.start ?? 0, words.at(-1)?.end ?? 0);
}

const MOST_SIMILAR = 5;

function similarTo(
  wanted: string,
  definitions: ReadonlyMap<string, { readonly person: string }>,
  accounts: ReadonlyMap<string, string>,
): string[] {
  const known = new Map([...accounts, ...[...definitions].map(([key, { person }]) => [key, person] as const)]);
  const parts = new Set(wordsOf(wanted).map(({ start, end }) => wanted.slice(start, end)));
  return [...known]
    .map(([key, name]) => {
      const common = wordsOf(key).filter(({ start, end }) => parts.has(key.slice(start, end))).length;
      return { name, distance: distance(wanted, key) - 3 * common, common };
    })
    .filter(({ distance: far, common }) => common > 0 || far <= 2)
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, MOST_SIMILAR)
    .map(({ name }) => name);
}

/** Levenshtein's: how many letters must change to make one of the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1)
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}

interface Envelope {
  readonly id: string;
  readonly type: string;
  readonly occurred_at: string;
  readonly data: Readonly<Record<string, unknown>>;
}

function parsed(value: Uint8Array): Envelope | null {
  try {
    const event = JSON.parse(new TextDecoder().decode(value)) as Partial<Envelope> | null;
    const { id, type, occurred_at, data } = event ?? {};
    if (typeof id !== 'string' || typeof type !== 'string' || typeof occurred_at !== 'string') return null;
    return typeof data === 'object' && data !== null ? { id, type, occurred_at, data } : null;
  } catch {
    return null;
  }
}
