import { type Html, html, raw } from './web/html.ts';

/**
 * The little Markdown that set-up steps are written in: paragraphs, numbered and plain lists (a line that is indented goes
 * on the item before; one that goes on after code keeps its numbers), fenced code, `code`, **bold**, *emphasis* and links. Everything else is text; nothing is passed through.
 */
export function renderMarkdown(text: string): Html {
  const blocks: Html[] = [];
  for (const [index, part] of text.split(/^```.*$/m).entries()) {
    if (index % 2 === 1) blocks.push(html`<pre>${part.replace(/^\n|\n$/g, '')}</pre>`);
    else blocks.push(...part.split(/\n\s*\n/).map(block));
  }
  return html`${blocks}`;
}

function block(text: string): Html {
  if (text.trim() === '') return raw('');
  const items = itemsOf(text);
  if (items === null) return html`<p>${inline(text.trim())}</p>`;
  const list = items.entries.map((item) => html`<li>${inline(item)}</li>`);
  if (!items.ordered) return html`<ul class="dots">${list}</ul>`;
  return items.start === 1
    ? html`<ol class="steps">${list}</ol>`
    : html`<ol class="steps" start="${items.start}">${list}</ol>`;
}

function itemsOf(text: string): { ordered: boolean; start: number; entries: string[] } | null {
  const entries: string[] = [];
  let ordered = false;
  let start = 1;
  for (const line of text.split('\n')) {
    const item = /^(\d+\.|[-*]) (.*)$/.exec(line);
    if (item) {
      entries.push(item[2] ?? '');
      if (entries.length === 1) start = Number.parseInt(item[1] ?? '', 10) || 1;
      ordered = /^\d/.test(line);
    } else if (entries.length > 0 && (/^\s/.test(line) || line === ''))
      entries[entries.length - 1] += ` ${line.trim()}`;
    else if (line.trim() !== '') return null;
  }
  return entries.length === 0 ? null : { ordered, start, entries };
}

function inline(text: string): Html {
  const parts = text.split(/(`[^`]+`|\*\*[^*]+\*\*|\*[^*\s][^*]*\*|\[[^\]]+\]\(https?:[^)\s]+\))/);
  return html`${parts.map(piece)}`;
}

function piece(part: string): Html {
  if (/^`[^`]+`$/.test(part)) return html`<code>${part.slice(1, -1)}</code>`;
  if (/^\*\*[^*]+\*\*$/.test(part)) return html`<b>${part.slice(2, -2)}</b>`;
  if (/^\*[^*]+\*$/.test(part)) return html`<b class="ui">${part.slice(1, -1)}</b>`;
  const link = /^\[([^\]]+)\]\((https?:[^)\s]+)\)$/.exec(part);
  if (link) return html`<a href="${link[2]}">${link[1]}</a>`;
  return part === '' ? raw('') : html`${part}`;
}
