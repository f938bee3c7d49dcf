import { formatClock, formatDay, formatInstant, formatInstantShort, formatWeekday, lastDayOf } from './dates.ts';
import { filterForm } from './filters.ts';
import { type Html, html, raw, toText } from './html.ts';
import type { PageContext } from './page.ts';
import { staleWords } from './states.ts';
import { patterns, styleSheet } from './theme.ts';
import { linkTo, type View } from './view.ts';

/** The ten pages of the top bar, in order. Those that are not built yet are left out of the bar. */
const places = [
  ['Overview', '/'],
  ['Teams', '/teams'],
  ['Services', '/services'],
  ['OKRs', '/okrs'],
  ['Roadmap', '/roadmap'],
  ['Reviews', '/reviews'],
  ['Adoption', '/adoption'],
  ['SLOs', '/slo'],
  ['Trust', '/trust'],
  ['Status', '/status'],
] as const;
export type Place = (typeof places)[number][0];

/** What stands around the content of a page. */
export interface Frame {
  readonly title: string;
  /** Rules of this page beside the common ones. */
  readonly css: string;
  readonly body: Html;
}

/** The frame of a page behind the login. */
export interface InnerFrame extends Frame {
  readonly here: Place;
  /** Pages that exist. */
  readonly built: readonly Place[];
  readonly context: PageContext;
  readonly view: View;
  /** The filter form is left out where there is nothing to filter yet. */
  readonly hasFilters: boolean;
  /** Options that differ from their default, in words. */
  readonly options: readonly string[];
  /** The API call that holds this page's numbers. */
  readonly dataLink: string;
}

/** The mark: a point with its interval. */
export const mark = html`<svg width="26" height="14" viewBox="0 0 26 14" aria-hidden="true"><path d="M1 7H25M1 3V11M25 3V11" stroke="var(--ink)" stroke-width="1.5" fill="none"/><circle cx="16" cy="7" r="4.5" fill="var(--s1)" stroke="var(--paper)" stroke-width="1.5"/></svg>`;

/** A whole document. */
export function renderDocument(frame: Frame, header: Html, footer: Html): string {
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><title>${frame.title} · Headway</title><link rel="icon" href="data:,"><style>${raw(styleSheet(frame.css))}</style></head>
<body><a class="skip" href="#main">Skip to content</a><svg width="0" height="0" style="position:absolute" aria-hidden="true" focusable="false"><defs>${raw(patterns)}</defs></svg>
${header}
<main class="wrap" id="main">
${frame.body}
</main>
<footer class="wrap"><div class="foot">${footer}</div></footer></body></html>
`;
  return toText(page);
}

/** A document with the top bar, the filter form and the footer of the pages behind the login. */
export function renderInner(frame: InnerFrame): string {
  const { context, view, here } = frame;
  const entries = places.filter(([name]) => frame.built.includes(name));
  const links = entries.map(
    ([name, path]) =>
      html`<li><a href="${name === 'Status' ? path : linkTo(path, view)}"${name === here ? raw(' aria-current="page"') : ''}>${name}</a></li>`,
  );
  const header = html`<header class="top"><div class="wrap"><a class="brand" href="/">${mark}Headway</a><nav class="across" aria-label="Pages"><ul>${links}</ul></nav><details class="menu"><summary>${here}</summary><nav aria-label="All pages"><ul>${links}</ul></nav></details><span class="org">${context.organisation}</span></div></header>
${frame.hasFilters ? filterForm(view, context) : ''}
${context.staleSince === null ? '' : html`<div class="banner" role="status"><div class="wrap">${staleWords(formatClock(context.staleSince, view.zone))}</div></div>`}
${view.problems.length === 0 ? '' : html`<div class="banner" role="alert"><div class="wrap">${view.problems.map((problem) => html`<p>Not understood: ${problem}. The default is shown.</p>`)}</div></div>`}`;
  const footer = html`<span>As of ${formatInstant(view.asOf ?? context.now, view.zone)} · ${view.zone}</span><span>Metric specification ${context.specVersion}</span>${frame.options.map((option) => html`<span>${option}</span>`)}<span><a href="/docs">What each number means</a></span><span><a href="${frame.dataLink}">This page as data</a></span><span>${context.organisation}</span>`;
  return renderDocument(frame, header, footer);
}

/** The line above the sentence of the page at `path`: scope, window, as of, and up to when events were heard. */
export function headerLine(path: string, view: View, context: PageContext): Html {
  const scope = view.service ?? (view.team === null ? 'All teams' : `Team ${view.team}`);
  const end = formatWeekday(lastDayOf(view.window.end), view.zone);
  const known =
    view.asOf === null
      ? ''
      : html` <b>As known on ${formatDay(lastDayOf(view.asOf), view.zone)}.</b> <a href="${linkTo(path, view, { as_of: null })}">now</a>.`;
  const heard =
    context.heardUntil === null ? '' : ` Events heard until ${formatInstantShort(context.heardUntil, view.zone)}.`;
  return html`<p class="kick">${scope}, ${view.window.days} days to ${end}, ${view.zone}.${known}${heard}</p>`;
}
