import { timeline } from './charts/timeline.ts';
import { formatDay, formatDayShort, formatMonth, lastDayOf } from './dates.ts';
import { headerLine, type Place, renderInner } from './frame.ts';
import { type Html, html } from './html.ts';
import { formatNumber, formatValue, quantityOf, THIN } from './numbers.ts';
import { groupsPart } from './overview/groups.ts';
import { unusualOptions } from './overview/keys.ts';
import type { KeyReading, OverviewModel } from './overview/model.ts';
import { keyRow } from './overview/row.ts';
import { overviewCss } from './overview/style.ts';
import { trustPart } from './overview/trust.ts';
import { baselineWords, capital, decisions, ledeWords, pageSentence } from './overview/words.ts';
import { emptySelectionWords, showsValue } from './states.ts';
import { apiLink, apiParams, linkTo } from './view.ts';

export { type OverviewModel, overviewModel } from './overview/model.ts';

/** The page `/`: a sentence, what needs a decision, the five keys with their proof, each team, and what is not known. */
export function renderOverview(
  model: OverviewModel,
  built: readonly Place[] = ['Overview', 'Trust', 'Status'],
): string {
  const { context, view } = model;
  const body = model.isFirstVisit ? firstVisit(model) : model.isEmptySelection ? emptySelection(model) : content(model);
  return renderInner({
    title: 'Overview',
    css: overviewCss,
    here: 'Overview',
    built,
    context,
    view,
    hasFilters: !model.isFirstVisit,
    options: model.keys.flatMap((reading) => unusualOptions(reading.key, reading.options)),
    dataLink: apiLink('dora.change_lead_time', apiParams(view, view.weeks, { grain: 'week' })),
    body,
  });
}

function content(model: OverviewModel): Html {
  const { context, view } = model;
  const todo = decisions(model);
  const heading = [
    'Nothing needs a decision today',
    'One thing needs a decision',
    'Two things need a decision',
    'Three things need a decision',
  ][todo.length];
  const list =
    todo.length === 0
      ? html`<p class="m">Nothing needs a decision today.</p>`
      : html`<ol>${todo.map(
          ({ title, text, link }, index) =>
            html`<li><span>${index + 1}</span><span><b>${title}</b> ${text} <a href="${link.href}">${link.words}</a></span></li>`,
        )}</ol>`;
  return html`<div class="lead"><div>${headerLine('/', view, context)}<h1>${pageSentence(model)}</h1>
<p class="lede">${ledeWords(model)}</p></div>
<div class="decide"><h2 class="kick">${todo.length === 0 ? 'What needs a decision' : heading}</h2>${list}</div></div>
${keysPart(model)}
${leadTimePart(model)}
${groupsPart(model)}
${trustPart(model)}`;
}

function keysPart(model: OverviewModel): Html {
  const { view, groups } = model;
  const scope =
    view.service ??
    (view.team === null
      ? groups && groups.list.length > 1
        ? `all ${formatNumber(groups.list.length)} teams`
        : 'all teams'
      : `team ${view.team}`);
  const end = formatDayShort(lastDayOf(view.window.end), view.zone);
  const rows = (factor: KeyReading['key']['factor']) =>
    model.keys
      .filter((reading) => reading.key.factor === factor)
      .map((reading, index) => keyRow(reading, view, factor === 'throughput' && index === 0));
  const bars =
    view.against === 'before'
      ? 'The black bar marks this window, the grey bar the one before.'
      : 'The black bar marks this window.';
  return html`<section class="part" aria-labelledby="h-keys"><div class="says"><h2 id="h-keys">How well do we deliver?</h2>
<p>The five keys of DORA (DevOps Research and Assessment) over ${scope}. The small figures are 95${THIN}% intervals.</p>
${view.baseline === null ? '' : html`<p>We write <b>better</b> or <b>worse</b> only if the interval of the difference leaves out zero. Everything else is <b>no detectable change</b>, which is not the same as no change.</p>`}
<p class="s f">Charts: weekly values from ${formatDay(view.weeks.start, view.zone)}, zero at the baseline, band = interval, <span class="tag"><i></i>hatched</span> = still provisional, a gap = no value. ${bars}</p></div>
<div><div class="heads" aria-hidden="true"><span>Throughput</span><span>${view.window.days} days to ${end}</span><span>${view.baseline === null ? '' : `against ${baselineWords(view)}`}</span><span>27 weeks</span></div><h3 class="factor said">Throughput</h3>
${rows('throughput')}<h3 class="factor">Instability</h3>
${rows('instability')}</div></section>`;
}

function leadTimePart(model: OverviewModel): Html {
  const { view } = model;
  const lead = model.keys.find((reading) => reading.key.id === 'dora.change_lead_time');
  const known = lead?.points.filter((point) => point.value !== null) ?? [];
  const [first, last] = [known[0], known.at(-1)];
  if (!lead?.now || !first || !last || known.length < 2) return html``;
  const isDays = known.some((point) => (point.value ?? 0) > 14 * 24);
  const scaled = lead.points.map((point) => ({
    ...point,
    value: scale(point.value),
    low: scale(point.low),
    high: scale(point.high),
  }));
  const hours = quantityOf('hours');
  const say = (value: number | null) => formatValue(hours, value ?? 0);
  const now = lead.now.value !== null && showsValue(lead.now) ? say(lead.now.value) : null;
  const gaps = lead.points.length - known.length;
  const spans = [
    ...(view.baseline === null || view.against !== 'before'
      ? []
      : [{ span: view.baseline, words: `before: ${view.baseline.days} days` }]),
    { span: view.window, words: `now: ${view.window.days} days` },
  ];
  const title = `How soon is a change live? Weekly median with interval, from ${say(first.value)} in the week of ${formatDay(first.start, view.zone)} to ${say(last.value)} in the week of ${formatDay(last.start, view.zone)}${gaps > 0 ? `; ${gaps} ${gaps === 1 ? 'week' : 'weeks'} without a value` : ''}`;
  const nine = lead.now.quantiles?.p90?.value ?? null;
  return html`<section class="part" aria-labelledby="h-lead"><div class="says"><h2 id="h-lead">How soon is a change live?</h2>
${now === null ? html`<p>No median can be told for this window.</p>` : html`<p>Half of the changes of this window were live within <b>${now}</b>${nine === null ? '' : html`, nine in ten within <b>${say(nine)}</b>`}.</p>`}
<p>A week in ${formatMonth(first.start, view.zone)} stood at ${say(first.value)}, the latest at ${say(last.value)}.</p>
${gaps > 0 ? html`<p>${capital(gaps === 1 ? 'one week has' : `${formatNumber(gaps)} weeks have`)} no value; the line stays broken there.</p>` : ''}</div>
<figure><figcaption><h3>Do changes reach production sooner?</h3><span class="s">Change lead time in ${isDays ? 'days' : 'hours'}, weekly median with 95 % interval</span></figcaption>${timeline(
    {
      title,
      points: scaled,
      zone: view.zone,
      unit: isDays ? 'd' : 'h',
      label:
        now === null
          ? ['Lead time']
          : ['Lead time', now, `in ${view.window.days} days,`, `${formatNumber(lead.now.n ?? 0)} changes`],
      brackets: spans,
    },
  )}</figure></section>`;

  function scale(value: number | null): number | null {
    return value === null || !isDays ? value : value / 24;
  }
}

function firstVisit(model: OverviewModel): Html {
  const { baseUrl } = model.context;
  return html`<div class="lead alone"><div><p class="kick">First steps</p><h1>Nothing has arrived yet.</h1>
<p class="lede">Point a webhook at <code>/hooks/github</code>, or import a repository. Numbers appear here within seconds of the first delivery.</p></div></div>
<section class="part" aria-labelledby="h-hook"><div class="says"><h2 id="h-hook">Point a webhook</h2><p>In GitHub: organisation, Settings, Webhooks, Add webhook. Content type <b>application/json</b>, with the secret that the server was started with, and the events pushes, pull requests, deployments, deployment statuses and issues.</p></div>
<div><p class="m">Payload URL</p><pre>${baseUrl}/hooks/github</pre></div></section>
<section class="part" aria-labelledby="h-import"><div class="says"><h2 id="h-import">Or import what is there</h2><p>A local clone holds years of changes; its tags become production deployments. Or look at a made-up organisation first.</p></div>
<div><p class="m">Import the history of a local clone</p><pre>npm run headway -- import git path/to/clone</pre><p class="m" style="margin-top:16px">Fill with a synthetic year, to look around</p><pre>npm run headway -- demo</pre></div></section>`;
}

function emptySelection(model: OverviewModel): Html {
  const { view } = model;
  const filters = {
    ...(view.team === null ? {} : { team: view.team }),
    ...(view.service === null ? {} : { service: view.service }),
  };
  return html`<div class="lead alone"><div>${headerLine('/', view, model.context)}<h1>${emptySelectionWords(filters)}</h1>
<p class="lede"><a href="${linkTo('/', view, { team: null, service: null })}">Clear the filters</a></p></div></div>`;
}
