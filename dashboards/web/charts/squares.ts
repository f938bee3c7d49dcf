import { type Html, html, raw, stableId } from '../html.ts';

/** One square per thing, filled ones first, in rows of `perRow`. */
export function squares(filled: number, all: number, title: string, perRow = 20): Html {
  const shown = Math.min(all, perRow * 5);
  const rows = Math.max(1, Math.ceil(shown / perRow));
  const width = Math.max(1, Math.min(shown, perRow)) * 16;
  const shapes = Array.from({ length: shown }, (_, index) => {
    const [x, y] = [(index % perRow) * 16 + 1, Math.floor(index / perRow) * 16 + 1];
    const paint = index < filled ? 'fill="var(--s1)" stroke="var(--s1)"' : 'fill="none" stroke="var(--edge)"';
    return `<rect x="${x + 0.5}" y="${y + 0.5}" width="11" height="11" ${paint}/>`;
  });
  const id = stableId('q', title);
  return html`<svg width="${width}" height="${rows * 16}" viewBox="0 0 ${width} ${rows * 16}" role="img" aria-labelledby="${id}"><title id="${id}">${title}</title>${raw(shapes.join(''))}</svg>`;
}
