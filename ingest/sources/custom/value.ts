import { isList, looksLikeSelector, parseSelector, type Scope, type Selector, select } from './selector.ts';

export type Scalar = string | number | boolean;

/** How one value of an event is had from a body, as plain data. */
export type Value =
  | { readonly take: 'constant'; readonly constant: Scalar | readonly Scalar[] }
  | { readonly take: 'selector'; readonly selector: Selector }
  | { readonly take: 'header'; readonly header: string }
  /** Texts and selectors in turn, joined. */
  | { readonly take: 'template'; readonly parts: readonly (string | Selector)[] }
  | {
      readonly take: 'map';
      readonly of: Value;
      readonly map: Readonly<Record<string, Scalar>>;
      readonly otherwise?: Scalar;
    }
  /** A list of objects: one for each element that is found. */
  | { readonly take: 'each'; readonly each: Selector; readonly fields: Readonly<Record<string, Value>> };

/** Says what is wrong with a part of a definition. */
export type Complain = (path: readonly PropertyKey[], message: string) => void;

const WRONG_SELECTOR =
  'is no selector such as $.a.b[0].c, @.id or $.items[*].id; for the text itself write `constant:` before it';
const HEADER = /^[a-z0-9-]{1,128}$/;
/** No field of text takes more. */
const MOST_CHARACTERS = 4096;

/**
 * Reads one value as a definition writes it: a selector, a text with selectors in braces, another constant, or a map with
 * `value` and `map` (and `otherwise`), `constant`, `header`, or `each` and `fields`. Complains of everything that is wrong.
 */
export function readValue(raw: unknown, complain: Complain): Value | null {
  if (typeof raw === 'string') return readText(raw, (message) => complain([], message));
  if (isScalar(raw)) return { take: 'constant', constant: raw };
  if (!isRecord(raw))
    return no(complain, [], 'is neither a selector, a constant nor a map that says how the value is had');
  const keys = Object.keys(raw).sort().join(' ');
  switch (keys) {
    case 'constant':
      if (isScalar(raw.constant) || (Array.isArray(raw.constant) && raw.constant.every(isScalar))) {
        return { take: 'constant', constant: raw.constant };
      }
      return no(complain, ['constant'], 'is neither a text, a number, true or false nor a list of them');
    case 'header': {
      const header = typeof raw.header === 'string' ? raw.header.toLowerCase() : '';
      return HEADER.test(header) ? { take: 'header', header } : no(complain, ['header'], 'is not the name of a header');
    }
    case 'map value':
    case 'map otherwise value':
      return readMap(raw, complain);
    case 'each fields':
      return readEach(raw, complain);
    default:
      return no(
        complain,
        [],
        `has the keys ${keys}: use \`value\` and \`map\`, \`constant\`, \`header\`, or \`each\` and \`fields\``,
      );
  }
}

function readText(text: string, complain: (message: string) => void): Value | null {
  if (looksLikeSelector(text)) {
    const selector = parseSelector(text);
    if (selector) return { take: 'selector', selector };
    complain(WRONG_SELECTOR);
    return null;
  }
  if (!/\{[$@]/.test(text)) return { take: 'constant', constant: text };
  const parts: (string | Selector)[] = [];
  for (const [index, part] of text.split(/\{([$@][^{}]{0,512})\}/).entries()) {
    if (index % 2 === 0) {
      if (part !== '') parts.push(part);
      continue;
    }
    const selector = parseSelector(part);
    if (selector === null || isList(selector)) {
      complain(`{${part}} ${selector === null ? 'is no selector' : 'selects a list, which a text cannot hold'}`);
      return null;
    }
    parts.push(selector);
  }
  return { take: 'template', parts };
}

function readMap(raw: Readonly<Record<string, unknown>>, complain: Complain): Value | null {
  const of = readValue(raw.value, (path, message) => complain(['value', ...path], message));
  if (!isRecord(raw.map) || !Object.values(raw.map).every(isScalar)) {
    return no(complain, ['map'], 'is not a map from what is found to a text, a number, true or false');
  }
  const map = raw.map as Readonly<Record<string, Scalar>>;
  if (of === null) return null;
  if (raw.otherwise === undefined) return { take: 'map', of, map };
  if (isScalar(raw.otherwise)) return { take: 'map', of, map, otherwise: raw.otherwise };
  return no(complain, ['otherwise'], 'is neither a text, a number, true nor false');
}

function readEach(raw: Readonly<Record<string, unknown>>, complain: Complain): Value | null {
  const each = typeof raw.each === 'string' ? parseSelector(raw.each) : null;
  if (each === null) no(complain, ['each'], 'is no selector of a list, such as $.commits[*]');
  if (!isRecord(raw.fields)) return no(complain, ['fields'], 'is not a map of fields');
  const fields: Record<string, Value> = {};
  for (const [field, inner] of Object.entries(raw.fields)) {
    const within: Complain = (path, message) => complain(['fields', field, ...path], message);
    const value =
      isRecord(inner) && 'each' in inner
        ? no(within, [], 'a list within a list is too deep')
        : readValue(inner, within);
    if (value !== null) fields[field] = value;
  }
  return each === null ? null : { take: 'each', each, fields };
}

/** What a value comes to; undefined if nothing is there. */
export function evaluate(value: Value, scope: Scope, headers: Readonly<Record<string, string>>): unknown {
  switch (value.take) {
    case 'constant':
      return value.constant;
    case 'selector': {
      const found = select(value.selector, scope);
      return isList(value.selector) ? (found.length > 0 ? found : undefined) : found[0];
    }
    case 'header':
      return headers[value.header];
    case 'template': {
      const texts = value.parts.map((part) =>
        typeof part === 'string' ? part : textOf(select(part, scope)[0])?.slice(0, MOST_CHARACTERS),
      );
      return texts.includes(undefined) ? undefined : texts.join('');
    }
    case 'map': {
      const found = textOf(evaluate(value.of, scope, headers));
      return found !== undefined && Object.hasOwn(value.map, found) ? value.map[found] : value.otherwise;
    }
    case 'each': {
      const { fields } = value;
      const elements = elementsOf(value.each, scope);
      if (elements.length === 0) return undefined;
      return elements.map((element) => fieldsOf(fields, { ...scope, '@': element }, headers));
    }
  }
}

/** Every field that has a value. */
export function fieldsOf(
  fields: Readonly<Record<string, Value>>,
  scope: Scope,
  headers: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const entries = Object.entries(fields).map(([field, value]) => [field, evaluate(value, scope, headers)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** What there is one of something for: all that a selector finds, the elements of a list where it finds a list. */
export function elementsOf(selector: Selector, scope: Scope): readonly unknown[] {
  const found = select(selector, scope);
  return isList(selector) ? found : found.flat();
}

/** A scalar as text; undefined for anything else. */
export function textOf(value: unknown): string | undefined {
  return isScalar(value) ? String(value) : undefined;
}

function isScalar(value: unknown): value is Scalar {
  return (
    typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function no(complain: Complain, path: readonly PropertyKey[], message: string): null {
  complain(path, message);
  return null;
}
