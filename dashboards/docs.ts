import type { Source } from '../ingest/sources/source.ts';
import { SPEC_VERSION } from '../queries/envelope.ts';
import { type Metric, type OptionSpec, optionsOf } from '../queries/metric.ts';
import { environmentsText } from './environments.ts';
import { historyText } from './history.ts';
import { renderMarkdown } from './markdown.ts';
import { comparedText } from './reference.ts';
import { sourceTableHtml } from './source-table.ts';
import { mark, renderDocument } from './web/frame.ts';
import { type Html, html } from './web/html.ts';

/** What the docs are made of: the registries themselves, so that they cannot fall out of step. */
export interface DocsModel {
  readonly metrics: readonly Metric[];
  readonly sources: readonly Source[];
  /** Environment variables with what each does. */
  readonly settings: readonly { readonly name: string; readonly text: string }[];
  /** Where this server is reached, without a slash at the end. */
  readonly baseUrl: string;
}

const css = `
.doc{display:grid;grid-template-columns:256px minmax(0,1fr);gap:20px 48px;border-top:1px solid var(--ink);padding:20px 0 44px}
.doc h3{margin-top:20px}.doc p,.doc ol,.doc ul{max-width:72ch;margin-top:8px}
.doc .top{display:block}.doc table{width:100%;border-collapse:collapse;margin-top:8px}
.doc th{font-size:12px;line-height:16px;font-weight:400;color:var(--ink-3);text-align:left;padding:6px 16px 6px 0}
.doc td{border-top:1px solid var(--rule);padding:8px 16px 8px 0;vertical-align:top}
.doc ol.steps{list-style:decimal;padding-left:20px}.doc ul.dots{list-style:disc;padding-left:20px}
.doc li{margin-top:6px}.doc b.ui{font-weight:500}
#senders{grid-template-columns:minmax(0,1fr)}#senders table{table-layout:fixed;font-size:13px;line-height:18px}
#senders th:nth-child(1){width:15%}#senders th:nth-child(2){width:23%}#senders th:nth-child(3){width:28%}#senders th:nth-child(4){width:18%}
#senders tbody th{font-size:13px;line-height:18px;vertical-align:top;border-top:1px solid var(--rule);padding:8px 16px 8px 0}#senders code{overflow-wrap:anywhere}
.contents{columns:2;margin:20px 0 44px}.contents li{break-inside:avoid;padding:2px 0}
@media (max-width:1180px){.doc{grid-template-columns:minmax(0,1fr)}}
@media (max-width:640px){.contents{columns:1}.doc table,.doc tbody,.doc tr,.doc td{display:block}.doc thead{display:none}.doc td{padding:2px 0}.doc tr{border-top:1px solid var(--rule);display:block;padding:8px 0}.doc td,.doc tbody th{border:0;display:block}}
`;

const directions = {
  higher: 'Higher is better.',
  lower: 'Lower is better.',
  none: 'Neither way is better by itself.',
} as const;

/** The page `/docs`: what each number means, with its worked examples; how to connect each sender; settings and API. */
export function renderDocs(model: DocsModel): string {
  const body = html`<p class="kick">Metric specification ${SPEC_VERSION}</p>
<h1>What each number means, and how to connect what feeds it.</h1>
<ul class="contents">
${model.metrics.map((metric) => html`<li><a href="#${metric.id}">${metric.title}</a></li>`)}
<li><a href="#senders">All senders in one table</a></li>
${model.sources.map((source) => html`<li><a href="#source-${source.name}">Connect ${source.title}</a></li>`)}
<li><a href="#history">History and repair</a></li><li><a href="#environments">Environments and rollouts</a></li><li><a href="#asking">Asking the API</a></li><li><a href="#settings">Settings</a></li></ul>
${model.metrics.map(metricSection)}
${section('senders', 'Senders', html`<p class="m">What each of them feeds, and how it is believed</p>`, sourceTableHtml(model.sources))}
${model.sources.map((source) => sourceSection(source, model.baseUrl))}
${section('history', 'History and repair', html`<p class="m">What was before, and what a hook missed</p>`, renderMarkdown(historyText))}
${section('environments', 'Environments and rollouts', html`<p class="m">What counts as a rollout to production</p>`, renderMarkdown(environmentsText))}
${askingSection(model)}
${settingsSection(model)}`;
  const header = html`<header class="top"><div class="wrap"><a class="brand" href="/">${mark}Headway</a><span class="org">Documentation</span></div></header>`;
  const footer = html`<span>Metric specification ${SPEC_VERSION}</span><span><a href="/openapi.json">OpenAPI description</a></span>`;
  return renderDocument({ title: 'Documentation', css, body }, header, footer);
}

function section(id: string, title: string, left: Html, right: Html): Html {
  return html`<section class="doc" id="${id}" aria-labelledby="h-${id}"><div><h2 id="h-${id}">${title}</h2>${left}</div><div>${right}</div></section>`;
}

function metricSection(metric: Metric): Html {
  const left = html`<p class="m">${metric.question}</p><p class="s f"><code>${metric.id}</code><br>${metric.unit}. ${directions[metric.direction]}</p>`;
  const settled = metric.minN > 0 ? `Fewer than ${metric.minN} are shown and called too few to say. ` : '';
  const right = html`<p>${metric.description}</p>
${metric.caveats.length > 0 && html`<ul class="dots">${metric.caveats.map((caveat) => html`<li>${caveat}</li>`)}</ul>`}
<p class="m">${settled}A bucket is provisional until ${metric.graceHours} hours after its end. It is fed by ${metric.feeds.join(', ')}; it can be grouped${metric.isUnfiltered ? '' : ' and filtered'} by ${metric.dimensions.join(', ')}${metric.filtersOnly ? `, and filtered alone by ${metric.filtersOnly.join(', ')}` : ''}.</p>
${comparedText(metric) && renderMarkdown(comparedText(metric).trim())}
<h3>Options</h3>${optionTable(optionsOf(metric))}
${
  metric.examples.length > 0 &&
  html`<h3>Worked examples</h3><ul class="dots">${metric.examples.map((example) => html`<li id="${example.id}">${example.text} <span class="s f">${example.id}</span></li>`)}</ul>`
}
<p class="s"><a href="/v1/metrics/${metric.id}">The last 28 days as data</a>, <a href="/v1/metrics/${metric.id}/atoms">the rows behind it</a></p>`;
  return section(metric.id, metric.title, left, right);
}

function optionTable(options: Readonly<Record<string, OptionSpec>>): Html {
  const rows = Object.entries(options).map(
    ([name, spec]) =>
      html`<tr><td><code>${name}</code></td><td>${values(spec)}</td><td>${spec.type === 'calendar' ? 'none' : String(spec.default)}</td><td>${spec.text}</td></tr>`,
  );
  return html`<table><thead><tr><th scope="col">Name</th><th scope="col">Values</th><th scope="col">Default</th><th scope="col">What it does</th></tr></thead><tbody>${rows}</tbody></table>`;
}

function values(spec: OptionSpec): string {
  if (spec.type === 'choice') return spec.values.join(', ');
  if (spec.type === 'calendar') return 'the id of a calendar';
  return spec.type === 'flag' ? 'true, false' : `${spec.min} to ${spec.max}`;
}

function sourceSection(source: Source, baseUrl: string): Html {
  const left = html`<p class="m"><code>${baseUrl}/hooks/${source.name}</code></p>`;
  const rows = source.events.map(({ event, feeds }) => html`<tr><td><code>${event}</code></td><td>${feeds}</td></tr>`);
  const right = html`${renderMarkdown(source.setup.replaceAll('{url}', `${baseUrl}/hooks/${source.name}`))}
<h3>What is read</h3><table><thead><tr><th scope="col">Event</th><th scope="col">Feeds</th></tr></thead><tbody>${rows}</tbody></table>
<h3>What is checked</h3>${renderMarkdown(source.signature)}${renderMarkdown(source.dedupe)}`;
  return section(`source-${source.name}`, `Connect ${source.title}`, left, right);
}

function askingSection(model: DocsModel): Html {
  const example = `curl '${model.baseUrl}/v1/metrics/dora.deployment_frequency?from=2026-01-01&to=2026-04-01&grain=week&group_by=team'`;
  const right = html`<p>Every number is asked for in the same way. Windows are half-open; a date means midnight in the zone. <code>as_of</code> asks what was known at that instant.</p><pre>${example}</pre>
<p><code>format=csv</code>, <code>format=ndjson</code> or <code>format=parquet</code> answers the series, or the totals where no grain is asked for; a cell of CSV that begins like a formula is preceded by an apostrophe. An answer with <code>stale</code> may lack what the log has had since <code>stale_since</code>; the header <code>headway-stale-since</code> says so too. Add <code>/atoms</code> for the rows behind the number, <code>/diff?as_of=…&and=…</code> for what changed between two reports and why.</p>
<p>Errors are problems (RFC 9457) that name each field. Every address is described at <a href="/openapi.json">/openapi.json</a>.</p>
<h3>Sending events</h3><p>What no webhook tells can be sent as canonical events, JSON or NDJSON or CloudEvents; each is answered for itself. A tool of your own that posts JSON can be taught instead, by one file in <code>sources/</code> of the workspace; the example there says how.</p>
<pre>curl '${model.baseUrl}/v1/events' -H 'content-type: application/json' -d '{"id": "deploy-4711-finished", "type": "deployment.finished", "source": "ship-it", "occurred_at": "2026-03-05T10:15:00Z", "data": {"rollout_id": "4711", "service_id": "checkout-api", "environment": "production", "revision": "9fceb02", "outcome": "succeeded"}}'</pre>`;
  return section('asking', 'Asking the API', html`<p class="m">For dashboards, spreadsheets and scripts</p>`, right);
}

function settingsSection(model: DocsModel): Html {
  const rows = model.settings.map(({ name, text }) => html`<tr><td><code>${name}</code></td><td>${text}</td></tr>`);
  const right = html`<table><thead><tr><th scope="col">Variable</th><th scope="col">What it does</th></tr></thead><tbody>${rows}</tbody></table>`;
  return section('settings', 'Settings', html`<p class="m">Environment variables</p>`, right);
}
