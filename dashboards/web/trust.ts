import { formatInstantShort } from './dates.ts';
import { type Place, renderInner } from './frame.ts';
import { type Html, html } from './html.ts';
import { countWords } from './numbers.ts';
import { capital } from './overview/words.ts';
import type { PageContext, PagePorts } from './page.ts';
import { readView, type View } from './view.ts';

/** Something that a person should know about what feeds the numbers. */
export interface Finding {
  /** `ok`: as it should be; `assumed`: works, by an assumption; `attention`: numbers are missing or wrong until it is settled. */
  readonly level: 'ok' | 'assumed' | 'attention';
  readonly title: string;
  readonly detail: string;
  /** Lines that would settle it, and the file of the workspace they belong to. */
  readonly settle?: { readonly file: string; readonly lines: string };
}

export interface TrustModel {
  readonly context: PageContext;
  readonly view: View;
  readonly findings: readonly Finding[];
}

export async function trustModel(ports: PagePorts, params: Readonly<Record<string, string>>): Promise<TrustModel> {
  const [context, findings] = await Promise.all([ports.context(), ports.findings()]);
  return { context, view: readView(params, context), findings };
}

const css = `
.found{border-top:1px solid var(--rule);padding:14px 0 18px}
.found:first-child{border-top:0;padding-top:0}
.found h3{font-size:14px;line-height:20px;font-weight:600;overflow-wrap:anywhere}
.found .m{max-width:72ch;overflow-wrap:anywhere}
.found .file{margin-top:10px}
.found pre{white-space:pre;overflow-x:auto}
`;

/** The page `/trust`: what is heard, what was assumed, and the lines of the workspace that would settle it. */
export function renderTrust(model: TrustModel, built: readonly Place[] = ['Overview', 'Trust', 'Status']): string {
  const { context, view, findings } = model;
  const of = (level: Finding['level']) => findings.filter((finding) => finding.level === level);
  const [attention, assumed, settled] = [of('attention'), of('assumed'), of('ok')];
  const heard =
    context.heardUntil === null
      ? 'Nothing has been heard yet.'
      : `Events heard until ${formatInstantShort(context.heardUntil, view.zone)}.`;
  const body = html`<div class="lead alone"><div><p class="kick">All sources, as they stand now, ${view.zone}. ${heard}</p><h1>${sentence(attention.length, assumed.length)}</h1>
<p class="lede">What no source says is assumed, so that numbers appear without any set-up. Each assumption is told here, with the lines of YAML that settle it: put them into that file of the workspace, change what is not so, and the past is counted anew.</p></div></div>
${part('attention', 'What needs attention?', 'Numbers are missing or wrong until it is settled.', attention)}
${part('assumed', 'What was assumed?', 'It works as it is; these lines would make it certain.', assumed)}
${part('ok', 'What is as it should be?', 'Sources that are heard, and those that nobody connected.', settled)}`;
  return renderInner({
    title: 'Trust',
    css,
    here: 'Trust',
    built,
    context,
    view,
    hasFilters: false,
    options: [],
    dataLink: '/v1/doctor',
    body,
  });
}

function sentence(attention: number, assumed: number): Html {
  const things = (n: number) => (n === 1 ? 'One thing' : `${capital(countWords(n))} things`);
  const first =
    attention === 0
      ? 'Nothing needs attention.'
      : `${things(attention)} ${attention === 1 ? 'needs' : 'need'} attention.`;
  const second =
    assumed === 0 ? 'Nothing was assumed.' : `${things(assumed)} ${assumed === 1 ? 'was' : 'were'} assumed.`;
  return html`${first}<br>${second}`;
}

function part(id: string, question: string, says: string, findings: readonly Finding[]): Html {
  if (findings.length === 0) return html``;
  return html`<section class="part" aria-labelledby="h-${id}"><div class="says"><h2 id="h-${id}">${question}</h2><p>${says}</p></div>
<div>${findings.map(
    ({ title, detail, settle }) =>
      html`<div class="found"><h3>${title}</h3><p class="m">${detail}</p>${settle === undefined ? '' : html`<p class="m file">In <code>${settle.file}</code>:</p><pre tabindex="0">${settle.lines}</pre>`}</div>`,
  )}</div></section>`;
}
