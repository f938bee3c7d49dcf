import { causedBy } from './mentions.ts';

const MOST_VALUES = 2000;
const CAUSE_FIELD = /^caused[-_ ]by$/i;

/**
 * The cause that a person wrote anywhere in a sender's data, keys and their order aside: after `caused-by:` in any text, or
 * bare in a field called `caused_by` (`{ "caused_by": "#12" }`, or `{ "name": "caused_by", "value": "#12" }`). The outermost
 * mention counts. Undefined if there is none among the first 2,000 values.
 */
export function causeIn(data: unknown): string | undefined {
  const open: unknown[] = [data];
  for (let at = 0; at < open.length; at++) {
    const value = open[at];
    const found = typeof value === 'string' ? causedBy(value) : bareCause(value);
    if (found !== undefined) return found;
    const room = MOST_VALUES - open.length;
    if (typeof value === 'object' && value !== null && room > 0) open.push(...Object.values(value).slice(0, room));
  }
  return undefined;
}

function bareCause(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const named = value as { readonly name?: unknown; readonly value?: unknown };
  const texts = Object.entries(value).filter(([key]) => CAUSE_FIELD.test(key));
  if (typeof named.name === 'string' && CAUSE_FIELD.test(named.name)) texts.push(['value', named.value]);
  return causedBy(...texts.map(([, text]) => (typeof text === 'string' ? `caused-by: ${text}` : undefined)));
}
