import { html, toText } from './html.ts';
import { formatAvailability } from './numbers.ts';
import type { PublicSlo } from './status.ts';

/** Width of a letter of the badge's face, near enough for names in any script that it has. */
const LETTER = 6.6;
const PAD = 8;

/** A badge for a README: what is promised and what is kept. As an image it must carry its colours with it. */
export function renderBadge(slo: PublicSlo): string {
  const title = slo.title.length > 48 ? `${slo.title.slice(0, 47)}…` : slo.title;
  const value = slo.value === null ? 'no data' : formatAvailability(slo.value);
  const kept = slo.budgetRemaining === null ? null : slo.budgetRemaining >= 0;
  const colour = kept === null ? '#5f6368' : kept ? '#1a6b3c' : '#a8201a';
  const words = kept === null ? 'unknown' : kept ? 'kept' : 'broken';
  const left = Math.round([...title].length * LETTER + 2 * PAD);
  const right = Math.round([...value].length * LETTER + 2 * PAD);
  const label = `${title}: ${value}, promise ${words}`;
  return toText(
    html`<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="20" role="img" aria-label="${label}"><title>${label}</title><rect width="${left}" height="20" fill="#2b2b2b"/><rect x="${left}" width="${right}" height="20" fill="${colour}"/><g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle"><text x="${left / 2}" y="14">${title}</text><text x="${left + right / 2}" y="14">${value}</text></g></svg>`,
  );
}
