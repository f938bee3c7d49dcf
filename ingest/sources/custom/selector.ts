/** A path into a body: from its root (`$`) or from the element at hand (`@`), by keys, indexes and `*` for all of a list. */
export interface Selector {
  readonly from: '$' | '@';
  readonly steps: readonly (string | number | typeof EVERY)[];
}

/** The step `[*]`. Not a string, so that a key called `*` can be meant too. */
export const EVERY = null;

/** What selectors are read from. */
export interface Scope {
  readonly $: unknown;
  readonly '@': unknown;
  readonly effort: Effort;
}

/**
 * What may still be done for one body. A list of it may be gone through again for each element of another, so that the work
 * is not bounded by its size alone.
 */
export interface Effort {
  left: number;
}

const MOST_STEPS = 32;
const STEP = /\.([\w-]{1,128})|\[(\d{1,6})\]|\[(\*)\]|\['([^'\\]{1,128})'\]/y;

/** True if a text is meant as a selector: `$`, `@`, or one of them with a step behind it. */
export function looksLikeSelector(text: string): boolean {
  return /^[$@](?:$|[.[])/.test(text);
}

/** Reads `$.a.b[0].c`, `@.items[*].id`, `$['odd key']`; null if the text is no selector. */
export function parseSelector(text: string): Selector | null {
  const from = text[0];
  if (from !== '$' && from !== '@') return null;
  const steps: Selector['steps'][number][] = [];
  STEP.lastIndex = 1;
  while (STEP.lastIndex < text.length) {
    const found = STEP.exec(text);
    if (found === null || steps.length === MOST_STEPS) return null;
    const [, key, index, every, quoted] = found;
    if (every !== undefined) steps.push(EVERY);
    else if (index !== undefined) steps.push(Number(index));
    else steps.push(key ?? quoted ?? '');
  }
  return { from, steps };
}

/** True if the selector yields a list, of however many there are. */
export function isList({ steps }: Selector): boolean {
  return steps.includes(EVERY);
}

/**
 * Everything that a selector finds, in the order of the body; empty if nothing is there, or no effort is left. Null counts as
 * nothing. Follows own keys only, visits no part of the body twice, and never throws.
 */
export function select({ from, steps }: Selector, scope: Scope): readonly unknown[] {
  let found: readonly unknown[] = [scope[from]];
  for (const step of steps) {
    if (scope.effort.left < 0) return [];
    found = found.flatMap((value) => stepInto(value, step));
    scope.effort.left -= 1 + found.length;
  }
  return found.filter((value) => value !== undefined && value !== null);
}

function stepInto(value: unknown, step: string | number | typeof EVERY): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return step === EVERY ? value : typeof step === 'number' ? value.slice(step, step + 1) : [];
  return typeof step === 'string' && Object.hasOwn(value, step) ? [(value as Record<string, unknown>)[step]] : [];
}
