import type { Source } from '../ingest/sources/source.ts';
import { type Html, html } from './web/html.ts';

const head = ['Source', 'Events', 'What they feed', 'How it is signed', 'What makes a repeat one'];

/** Every sender as a Markdown table: its events, what they feed, how deliveries are signed, how repeats are known. */
export function sourceTable(sources: readonly Source[]): string {
  const rows = sources.map((source) => [`**${source.title}** \`/hooks/${source.name}\``, ...cells(source)]);
  return [head, head.map(() => '---'), ...rows]
    .map((row) => `| ${row.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}

/** The same for a page; each sender leads to its set-up steps. */
export function sourceTableHtml(sources: readonly Source[]): Html {
  const rows = sources.map((source) => {
    const name = html`<a href="#source-${source.name}">${source.title}</a><br><code>/hooks/${source.name}</code>`;
    return html`<tr><th scope="row">${name}</th>${cells(source).map((text) => html`<td>${text.replaceAll('`', '')}</td>`)}</tr>`;
  });
  return html`<table><thead><tr>${head.map((text) => html`<th scope="col">${text}</th>`)}</tr></thead><tbody>${rows}</tbody></table>`;
}

function cells({ events, signature, dedupe }: Source): string[] {
  const joined = (texts: readonly string[]) => [...new Set(texts)].join('; ');
  const said = [joined(events.map(({ event }) => event)), joined(events.map(({ feeds }) => feeds)), signature, dedupe];
  return said.map((text) => text.replaceAll(/\s*\n\s*/g, ' '));
}
