import { createHash } from 'node:crypto';

const markup: unique symbol = Symbol('markup');

/** Markup that is safe to send: made by {@link html}, or vouched for by {@link raw}. */
export interface Html {
  readonly [markup]: string;
}

/** What a template may hold. `null`, `undefined`, `false` and `''` print nothing; strings and numbers are escaped. */
export type Piece = Html | string | number | null | undefined | false | readonly Piece[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes text for element content and for quoted attributes. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** Template tag: the literal parts are markup, every `${…}` is escaped unless it is {@link Html} itself. Lists are joined. */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  let out = strings[0] ?? '';
  for (let i = 0; i < pieces.length; i++) out += print(pieces[i]) + (strings[i + 1] ?? '');
  return raw(out);
}

/** Vouches for markup that was made elsewhere (our own SVG, the chart library's output). Never for text from outside. */
export function raw(text: string): Html {
  return { [markup]: text };
}

/** The markup as text, ready to send. */
export function toText(piece: Html): string {
  return piece[markup];
}

function print(piece: Piece): string {
  if (piece === null || piece === undefined || piece === false) return '';
  if (typeof piece === 'string') return escapeText(piece);
  if (typeof piece === 'number') return String(piece);
  if (Array.isArray(piece)) return (piece as readonly Piece[]).map(print).join('');
  return (piece as Html)[markup];
}

/** A short element id that depends on nothing but its parts, so that a page is the same every time it is made. */
export function stableId(prefix: string, ...parts: readonly string[]): string {
  return prefix + createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 8);
}
