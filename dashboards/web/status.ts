import { DateTime } from 'luxon';
import type { Status } from '../../queries/envelope.ts';
import { type BudgetDay, budgetColumns } from './charts/budget.ts';
import { formatInstant, formatInstantShort } from './dates.ts';
import { mark, renderDocument } from './frame.ts';
import { type Html, html, raw } from './html.ts';
import { countWords, DASH, formatAvailability, formatDuration, formatPlainShare, THIN } from './numbers.ts';
import { capital } from './overview/words.ts';

/** One promise as the public page shows it. Shares are of 1. */
export interface PublicSlo {
  readonly id: string;
  readonly title: string;
  /** What is promised, in one sentence. */
  readonly description: string;
  readonly target: number;
  /** Measured over the window; null without data. */
  readonly value: number | null;
  /** 1 = untouched, 0 = spent, negative = overspent; null without data. */
  readonly budgetRemaining: number | null;
  readonly status: Status;
  /** Measured time ÷ window. */
  readonly coverage: number;
  /** Whether it works at this moment; null if nobody measures it. */
  readonly isWorking: boolean | null;
  /** Bad share per local day (`YYYY-MM-DD`), oldest first, about 90 of them; null where nothing was measured. */
  readonly days: readonly { readonly date: string; readonly badShare: number | null }[];
  /** Only promises whose file marks them public are shown. */
  readonly public: boolean;
}

/** Something that users could notice. `budgetSpent` is a share of the promise's budget. */
export interface PublicIncident {
  readonly began: string;
  readonly title: string;
  readonly text: string;
  /** null while it lasts. */
  readonly lastedSeconds: number | null;
  readonly budgetSpent: number | null;
}

/** What `/status` shows. */
export interface StatusModel {
  readonly now: string;
  readonly zone: string;
  readonly organisation: string;
  /** Rolling window of the promises, in days. */
  readonly windowDays: number;
  readonly slos: readonly PublicSlo[];
  readonly incidents: readonly PublicIncident[];
}

const css = `
.lead{padding-bottom:48px}
.top .wrap{justify-content:space-between}
.lead .tag{font-size:inherit;line-height:inherit}
.promise{display:grid;grid-template-columns:300px minmax(0,1fr) 168px;gap:0 48px;align-items:start;padding:24px 0 26px;border-top:1px solid var(--rule)}
.promise:first-child{border-top-color:var(--ink)}
.promise h2{font-size:16px}
.promise .m{margin-top:2px}
.state{display:inline-flex;align-items:center;gap:7px;margin-top:10px;font-weight:600}
.got{text-align:right}.got .v{font-size:20px;line-height:24px;font-weight:600;letter-spacing:-.014em}
.got span{display:block;font-size:12px;line-height:18px;color:var(--ink-3)}
.got span.left{margin-top:8px;font-size:13px;line-height:20px;font-weight:600;color:var(--ink)}.got span.bad{color:var(--bad)}
.wrong tbody th{width:112px;font-weight:400;color:var(--ink-3);white-space:nowrap}.wrong b{display:block}.wrong .right{white-space:nowrap}
@media screen and (max-width:1180px){.promise{grid-template-columns:minmax(0,1fr) 168px;gap:16px 32px}.promise .g{grid-column:1/-1;grid-row:2}}
@media screen and (max-width:640px){.promise{grid-template-columns:minmax(0,1fr)}.promise .g{grid-row:auto}.got{display:grid;grid-template-columns:auto 1fr;gap:0 16px;align-items:baseline;text-align:left}.got span.left{margin:0;grid-column:1/-1}}
@media print{.promise{grid-template-columns:190px minmax(0,1fr) 110px;gap:0 16px}}
`;

/** The page `/status`: no navigation, no login; what works now and which promises are kept. */
export function renderStatus(model: StatusModel): string {
  const slos = model.slos.filter((slo) => slo.public);
  const checked = formatInstant(model.now, model.zone);
  const header = html`<header class="top"><div class="wrap"><a class="brand" href="/status">${mark}${model.organisation} platform status</a><span class="s f">Public, by <a href="/">Headway</a></span></div></header>`;
  const footer = html`<span>Checked ${checked} · ${model.zone} · every minute</span><span><a href="/public/slos">This page as data</a></span><span>${model.organisation}</span>`;
  const body = slos.length === 0 ? nothingPublic(model, checked) : content(model, slos, checked);
  return renderDocument({ title: `Status, ${model.organisation}`, css, body }, header, footer);
}

function nothingPublic(model: StatusModel, checked: string): Html {
  return html`<div class="lead alone"><div><p class="kick">Checked ${checked}, ${model.zone}.</p><h1>No promise is public yet.</h1>
<p class="lede">This page shows the service level objectives that their files in <code>workspace/slos</code> mark as public, to everyone and without a login.</p></div></div>`;
}

function content(model: StatusModel, slos: readonly PublicSlo[], checked: string): Html {
  const { windowDays, incidents } = model;
  const heads = sentence(slos);
  return html`<div class="lead"><div><p class="kick">Checked ${checked}. Rolling ${windowDays} days, ${model.zone}.</p><h1>${heads[0]}<br>${heads[1]}</h1>
<p class="lede">${lede(slos)}</p></div>
<div><h2 class="kick">How to read this page</h2><p class="m">Each target leaves an error budget: what may go wrong in ${windowDays}\u00a0days. A column is one day’s share of it. The dotted line is an even spend; what stands above it is too fast. The black bar marks the ${windowDays}\u00a0days that count.</p><p class="m" style="margin-top:12px">No column means that nothing went wrong. <span class="tag"><i></i>hatched</span> means that nobody measured.</p></div></div>
<div>${slos.map((slo, index) => promise(slo, model, index === 0))}</div>
<section class="part" aria-labelledby="h-wrong"><div class="says"><h2 id="h-wrong">What went wrong?</h2><p>Incidents of the last ${windowDays} days that users could notice. Each began when users were first affected, not when it was reported.</p></div>
${incidents.length === 0 ? html`<p class="m">Nothing that users could notice in these ${windowDays} days.</p>` : incidentTable(model)}</section>`;
}

function isBroken(slo: PublicSlo): boolean {
  return slo.budgetRemaining !== null && slo.budgetRemaining < 0;
}

function sentence(slos: readonly PublicSlo[]): [string, string] {
  const failing = slos.filter((slo) => slo.isWorking === false);
  const measured = slos.filter((slo) => slo.isWorking !== null);
  const broken = slos.filter(isBroken).length;
  const told = slos.filter((slo) => slo.budgetRemaining !== null).length;
  const now =
    measured.length === 0
      ? 'Nothing is measured now.'
      : failing.length === 0
        ? 'Everything measured is working now.'
        : failing.length === 1
          ? `${failing[0]?.title} is not working now.`
          : `${capital(countWords(failing.length))} things are not working now.`;
  const all = countWords(slos.length);
  if (told === 0) return [now, 'No promise can be told.'];
  if (broken === 0) {
    if (slos.length === 1) return [now, 'The one promise is kept.'];
    return [now, told === slos.length ? `All ${all} promises are kept.` : 'Every promise that can be told is kept.'];
  }
  if (slos.length === 1) return [now, 'The one promise is broken.'];
  return [
    now,
    `${capital(countWords(broken))} ${broken === 1 ? 'promise' : 'promises'} of ${all} ${broken === 1 ? 'is' : 'are'} broken.`,
  ];
}

function lede(slos: readonly PublicSlo[]): string {
  const kept = slos.filter((slo) => slo.budgetRemaining !== null && !isBroken(slo)).length;
  const said = kept === 0 ? [] : [`${capital(countWords(kept))} ${kept === 1 ? 'promise is' : 'promises are'} kept.`];
  for (const slo of slos.filter(isBroken)) {
    const worst = [...slo.days]
      .filter((day) => day.badShare !== null)
      .sort((a, b) => (b.badShare ?? 0) - (a.badShare ?? 0))[0];
    said.push(
      `${slo.title} has overspent its error budget by ${formatPlainShare(-(slo.budgetRemaining ?? 0), 0)}${worst ? `, most of it on ${dayWords(worst.date)}` : ''}.`,
    );
  }
  const untold = slos.filter((slo) => slo.budgetRemaining === null);
  for (const slo of untold)
    said.push(`${slo.title} cannot be told: ${formatPlainShare(slo.coverage, 0)} of the window is covered.`);
  return said.join(' ');
}

function dayWords(date: string): string {
  return DateTime.fromISO(date, { zone: 'utc', locale: 'en-US' }).toFormat('d LLLL');
}

const glyphs = {
  good: '<circle cx="5" cy="5" r="4.5" fill="var(--good)"/>',
  bad: '<circle cx="5" cy="5" r="3.75" fill="none" stroke="var(--bad)" stroke-width="1.5"/>',
  none: '<circle cx="5" cy="5" r="3.75" fill="none" stroke="var(--ink-3)" stroke-width="1.5" stroke-dasharray="2.4 2.4"/>',
} as const;

function promise(slo: PublicSlo, model: StatusModel, isFirst: boolean): Html {
  const [tone, words] =
    slo.isWorking === null
      ? (['none', 'No data'] as const)
      : slo.isWorking
        ? (['good', 'Working now'] as const)
        : (['bad', 'Not working now'] as const);
  const glyph = raw(`<svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">${glyphs[tone]}</svg>`);
  const days = slo.days.map((day): BudgetDay => {
    const start = DateTime.fromISO(day.date, { zone: model.zone });
    const spend = day.badShare === null ? null : day.badShare / Math.max(1 - slo.target, 1e-9);
    return { start: start.toUTC().toISO() ?? '', end: start.plus({ days: 1 }).toUTC().toISO() ?? '', spend };
  });
  const chart = budgetColumns({
    title: `${slo.title}, error budget spent per day, ${days.length} days. The dotted line is an even day’s share; columns above it spend faster than the target allows`,
    days,
    zone: model.zone,
    windowDays: model.windowDays,
    saysEven: isFirst,
    gapWords: 'not measured',
  });
  return html`<section class="promise" aria-labelledby="p-${slo.id}"><div><h2 id="p-${slo.id}">${slo.title}</h2><p class="m">${slo.description}</p><span class="state ${tone === 'none' ? 'f' : tone}">${glyph}${words}</span></div><div class="g">${chart}</div>
<div class="got"><div class="v">${slo.value === null ? DASH : formatAvailability(slo.value)}</div><span>target ${formatPlainShare(slo.target)}</span>${budgetWords(slo)}</div></section>`;
}

function budgetWords(slo: PublicSlo): Html {
  if (slo.budgetRemaining === null) {
    return html`<span class="left">${formatPlainShare(slo.coverage, 0)} covered, 80${THIN}% needed</span>`;
  }
  if (slo.budgetRemaining < 0)
    return html`<span class="left bad">${formatPlainShare(-slo.budgetRemaining, 0)} overspent</span>`;
  return html`<span class="left">${formatPlainShare(slo.budgetRemaining, 0)} of budget left</span>`;
}

function incidentTable(model: StatusModel): Html {
  return html`<table class="wrong stack"><thead><tr><th scope="col">Began</th><th scope="col">What users saw</th><th scope="col" class="right">Lasted</th><th scope="col" class="right">Budget spent</th></tr></thead><tbody>${model.incidents.map(
    (
      incident,
    ) => html`<tr><th scope="row">${formatInstantShort(incident.began, model.zone)}</th><td><b>${incident.title}</b>${incident.text ? html`<span class="m">${incident.text}</span>` : ''}</td><td class="right" data-l="Lasted">${incident.lastedSeconds === null ? 'still open' : formatDuration(incident.lastedSeconds)}</td><td class="right" data-l="Budget spent">${incident.budgetSpent === null ? DASH : formatPlainShare(incident.budgetSpent, 0)}</td></tr>
`,
  )}</tbody></table>`;
}
