/** Floating point that differs by less than this, relatively, is the same number computed in another order. */
const TOLERANCE = 1e-9;

/** Where an answer and another, or what the definitions say, differ, as `path: a … b …` lines; empty if they agree. */
export function disagreements(a: unknown, b: unknown, path = ''): string[] {
  if (Object.is(a, b) || (typeof a === 'number' && typeof b === 'number' && near(a, b))) return [];
  // A text that the definitions do not word must say what they want said.
  if (b instanceof RegExp && typeof a === 'string' && b.test(a)) return [];
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
    return [`${path}: answered ${JSON.stringify(a)}, defined ${JSON.stringify(b)}`];
  const left = a as Readonly<Record<string, unknown>>;
  const right = b as Readonly<Record<string, unknown>>;
  // Simpson's paradox is told by the answers alone, beside the numbers; it has tests of its own.
  const keys = new Set([...Object.keys(left), ...Object.keys(right)].filter((key) => key !== 'mix_shift'));
  return [...keys].flatMap((key) => disagreements(left[key], right[key], `${path}.${key}`));
}

function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.abs(a), Math.abs(b));
}
