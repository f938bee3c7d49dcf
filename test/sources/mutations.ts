type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Path = readonly (string | number)[];

/** Every path to a value inside, the containers too, outermost first. */
export function pathsOf(value: unknown, prefix: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return inner.flatMap(([key, child]) => [[...prefix, key], ...pathsOf(child, [...prefix, key])]);
}

/** A copy with the value at the path replaced, or removed if `replacement` is undefined. */
export function changed(value: unknown, path: Path, replacement: unknown): unknown {
  const copy = structuredClone(value) as Json;
  const parent = path.slice(0, -1).reduce<unknown>((at, key) => (at as Record<string | number, unknown>)[key], copy);
  const last = path.at(-1);
  if (typeof parent !== 'object' || parent === null || last === undefined) return copy;
  const holder = parent as Record<string | number, unknown>;
  if (replacement === undefined) delete holder[last];
  else holder[last] = replacement;
  return copy;
}

/** A value of another type: what a careless or hostile sender puts in its place. */
export function ofAnotherType(value: unknown): unknown[] {
  const others = [null, true, -1, 1e308, '', 'x', '1015-05-05T00:00:00Z', '\u0000', [], {}, [null], { '': [{}] }];
  return others.filter((other) => typeof other !== typeof value || Array.isArray(other) !== Array.isArray(value));
}
