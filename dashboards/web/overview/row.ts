import type { Row } from '../../../queries/envelope.ts';
import type { Point } from '../charts/series.ts';
import { sparkline } from '../charts/sparkline.ts';
import { formatDayShort, formatMonth } from '../dates.ts';
import { type Difference, differenceWords } from '../difference.ts';
import { type Html, html } from '../html.ts';
import { DASH, formatInterval, formatNumber, formatShort, formatValue, quantityOf, THIN } from '../numbers.ts';
import { showsValue, stateWords } from '../states.ts';
import type { View } from '../view.ts';
import type { KeyReading, Reading } from './model.ts';
import { why } from './why.ts';

/** When the last day of the window is past its grace. */
export function settledAt(view: View, graceHours: number): string {
  return new Date(Date.parse(view.window.end) + graceHours * 3_600_000).toISOString();
}

/** One of the five keys: what it is, its value with interval, what changed, its weeks, and why. */
export function keyRow(reading: KeyReading, view: View, isOpen: boolean): Html {
  const { key, now } = reading;
  const state = now === null ? null : stateWords(now, view.zone, settledAt(view, key.graceHours));
  const words =
    state === null || state.words.length === 0
      ? ''
      : state.isProvisional
        ? html`<span class="s tag"><i></i>${state.words.join(', ')}</span>`
        : html`<span class="s">${state.words.join(', ')}</span>`;
  const described = now !== null && showsValue(now) ? html`<span class="s">${key.describe(now)}</span>` : '';
  return html`<section class="key"><div class="what"><h4>${key.title}</h4>${described}${words}</div><div class="fig">${figure(now, reading.atomsLink)}</div><div class="than">${than(reading.difference, now)}</div><div class="spark">${spark(reading, view, key.title)}</div>${why(reading, view, isOpen)}</section>
`;
}

function figure(row: Row | null, href: string): Html {
  if (row === null || row.value === null || !showsValue(row)) return html`<div class="v f">${DASH}</div>`;
  const quantity = quantityOf(row.unit);
  const text = formatValue(quantity, row.value, row.value, row.n);
  const [number, unit] =
    quantity.kind === 'rate'
      ? [text.slice(0, text.lastIndexOf(THIN)), text.slice(text.lastIndexOf(THIN) + 1)]
      : [text, ''];
  const tone = row.status === 'insufficient' ? 'v grey' : 'v';
  return html`<div class="${tone}"><a href="${href}">${number}${unit ? html` <small>${unit}</small>` : ''}</a></div><span class="s">${formatInterval(quantity, row.value, row.ci, row.n)}</span>`;
}

function than(difference: Difference | null, now: Row | null): Html | '' {
  if (difference === null || now === null) return '';
  const { judged, line, beneath } = differenceWords(difference, now);
  const first = judged === null ? line : html`<b class="${judged === 'better' ? 'good' : 'bad'}">${judged}</b>${line}`;
  return html`${first}${beneath ? html`<span class="s">${beneath}</span>` : ''}`;
}

function spark(reading: Reading, view: View, title: string): Html {
  const { points, now } = reading;
  if (now === null || points.every((point) => point.value === null))
    return html`<span>no value in these 27 weeks</span>`;
  const first = points.find((point) => point.value !== null);
  const said = first
    ? `${formatShort(quantityOf(now.unit), first.value ?? 0)} in ${formatMonth(first.start, view.zone)}`
    : '';
  const drawing = sparkline({
    title: seriesTitle(title, points, now.unit, view.zone),
    points,
    window: view.window,
    before: view.against === 'before' ? view.baseline : null,
    width: 188,
    height: 58,
    hasBand: true,
  });
  return html`${drawing}<span aria-hidden="true">${said}</span>`;
}

/** What a line of weeks shows, in words. */
export function seriesTitle(title: string, points: readonly Point[], unit: string, zone: string): string {
  const known = points.filter((point) => point.value !== null);
  const [first, last] = [known[0], known.at(-1)];
  if (!first || !last) return `${title}, ${points.length} weeks without a value`;
  const quantity = quantityOf(unit);
  const say = (point: Point) =>
    `${formatShort(quantity, point.value ?? 0)} in the week of ${formatDayShort(point.start, zone)}`;
  const gaps = points.length - known.length;
  const missing = gaps === 0 ? '' : `; ${formatNumber(gaps)} ${gaps === 1 ? 'week' : 'weeks'} without a value`;
  return `${title}, ${points.length} weeks. From ${say(first)} to ${say(last)}${missing}`;
}
