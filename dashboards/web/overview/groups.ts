import type { Point } from '../charts/series.ts';
import { sparkline } from '../charts/sparkline.ts';
import { differenceWords } from '../difference.ts';
import { type Html, html } from '../html.ts';
import { DASH, formatInterval, formatNumber, formatValue, quantityOf } from '../numbers.ts';
import { showsValue, stateWords } from '../states.ts';
import { linkTo, type View } from '../view.ts';
import { keys } from './keys.ts';
import type { Group, OverviewModel, Reading } from './model.ts';
import { seriesTitle, settledAt } from './row.ts';
import { baselineWords } from './words.ts';

/** The five keys of every team, or of every service of one team: small multiples on one scale per column, by name. */
export function groupsPart(model: OverviewModel): Html {
  const { groups, view } = model;
  if (groups === null || groups.list.length === 0) return html``;
  const isTeams = groups.by === 'team';
  const tops = keys.map((_, column) => columnTop(groups.list.flatMap((group) => group.readings[column]?.points ?? [])));
  const hasLines = groups.list.some((group) => group.readings.some((reading) => reading.points.length > 0));
  const things = isTeams ? 'Teams' : 'Services';
  const cut =
    groups.all <= groups.list.length
      ? ''
      : html`<p>These are the first ${formatNumber(groups.list.length)} of ${formatNumber(groups.all)}; the filter above leads to the others.</p>`;
  const sayings = [
    hasLines
      ? 'A line shows 27 weeks, one scale down each column, cut above its highest weeks. A gap is a week without a value.'
      : '',
    view.baseline === null ? '' : `Better and worse are against ${baselineWords(view)}.`,
  ].filter((saying) => saying !== '');
  const compared = view.baseline === null ? 0 : groups.list.length * keys.length;
  const chance =
    compared < 20
      ? ''
      : html`<p class="s f">Of ${formatNumber(compared)} comparisons about ${formatNumber(Math.round(compared / 20))} would look like a change by chance alone.</p>`;
  return html`<section class="part" aria-labelledby="h-groups"><div class="says"><h2 id="h-groups">${isTeams ? 'How is it in each team?' : `How is it in each service of ${view.team ?? ''}?`}</h2>
<p>${things} are listed by name and never ranked: what they build and how often it has to change differ.</p>
${sayings.length > 0 ? html`<p>${sayings.join(' ')}</p>` : ''}${cut}${chance}</div>
<table class="teams stack"><thead><tr><th scope="col">${isTeams ? 'Team' : 'Service'}</th>${keys.map((key) => html`<th scope="col">${key.short}</th>`)}</tr></thead><tbody>${groups.list.map(
    (group) => groupRow(group, view, groups.by, tops),
  )}</tbody></table></section>`;
}

/** One week of a small team can be far off; nine in ten weeks of all teams decide the scale, and the rest is cut. */
function columnTop(points: readonly Point[]): number {
  const values = points.flatMap((point) => (point.value === null ? [] : [point.value])).sort((a, b) => a - b);
  return 1.25 * (values[Math.floor(values.length * 0.9)] ?? 0) || 1;
}

function groupRow(group: Group, view: View, by: 'team' | 'service', tops: readonly number[]): Html {
  const name = group.name === '' ? '(unassigned)' : group.name;
  return html`<tr><th scope="row"><a class="bare" href="${linkTo('/', view, { [by]: group.name })}">${name}</a></th>${group.readings.map(
    (reading, column) => cell(reading, view, name, column, tops[column] ?? 1),
  )}</tr>
`;
}

function cell(reading: Reading, view: View, name: string, column: number, max: number): Html {
  const key = keys[column];
  if (!key) return html``;
  const { now, points, difference } = reading;
  if (now === null) return html`<td data-l="${key.short}"><span class="v f">${DASH}</span></td>`;
  const quantity = quantityOf(now.unit);
  const drawing = points.some((point) => point.value !== null)
    ? sparkline({
        title: seriesTitle(`${key.title}, ${name}`, points, now.unit, view.zone),
        points,
        window: null,
        before: null,
        width: 120,
        height: 36,
        max,
        hasBand: false,
      })
    : '';
  if (now.value === null || !showsValue(now)) {
    const [words = ''] = stateWords(now, view.zone, settledAt(view, key.graceHours)).words;
    return html`<td data-l="${key.short}"><span class="v f">${DASH}</span><span class="s">${words}</span>${drawing}</td>`;
  }
  const tone = now.status === 'insufficient' ? 'v grey' : 'v';
  const isFew = now.status === 'insufficient' ? 'too few to say, ' : '';
  return html`<td data-l="${key.short}"><a class="${tone}" href="${reading.atomsLink}">${formatValue(quantity, now.value, now.value, now.n)}</a><span class="s">${isFew}${formatInterval(quantity, now.value, now.ci, now.n)}</span>${drawing}${judged()}</td>`;

  function judged(): Html | '' {
    if (difference === null || now === null) return '';
    const { judged: way, line, beneath } = differenceWords(difference, now);
    if (way === null) return '';
    return html`<span class="s ${way === 'better' ? 'good' : 'bad'}"><b>${way}</b>${line}</span><span class="s">${beneath}</span>`;
  }
}
