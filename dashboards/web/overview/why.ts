import type { Row } from '../../../queries/envelope.ts';
import { histogram } from '../charts/histogram.ts';
import type { Point } from '../charts/series.ts';
import { formatDayShort, formatInstantShort } from '../dates.ts';
import { type Html, html } from '../html.ts';
import { DASH, formatInterval, formatNumber, formatPlainShare, formatValue, quantityOf } from '../numbers.ts';
import type { AtomRow } from '../page.ts';
import { showsValue } from '../states.ts';
import type { View } from '../view.ts';
import { leftOutWords, optionWords, reasonWords } from './keys.ts';
import type { KeyReading } from './model.ts';

const SHOWN_ROWS = 20;

/** "Why this number": what was counted, how, what was left out, how sure it is, and the rows themselves. */
export function why(reading: KeyReading, view: View, isOpen: boolean): Html {
  const { key, now } = reading;
  if (now === null) return html``;
  const entries: [string, string | Html][] = [
    ['Counted', `${formatNumber(countOf(now))} ${key.counted}${waitingWords(now)}`],
    ['Clock', key.clock],
    ['Left out', leftOutWords(now.excluded)],
    ['Interval', `95 %, ${key.interval}${differenceMethod(reading)}`],
    ['Certainty', certaintyWords(reading)],
    ['Options', optionsWords(reading.options)],
  ];
  const chart = distribution(reading);
  const list = html`<dl>${entries.filter(([, text]) => text !== '').map(([name, text]) => html`<dt>${name}</dt><dd>${text}</dd>`)}</dl>`;
  const inner = html`${list}${chart}<div class="span">${weeksTable(reading, view)}${rowsTable(reading, view)}</div>`;
  return html`<details class="why"${isOpen ? openAttribute : ''}><summary>Why this number<span class="hide">: ${key.title}</span></summary><div class="panel${chart ? ' duo' : ''}">${inner}</div></details>`;
}

const openAttribute = html` open`;

function countOf(row: Row): number {
  return row.denominator !== undefined && row.denominator !== null && row.unit === 'fraction'
    ? row.denominator
    : (row.count ?? row.n ?? 0);
}

function waitingWords(row: Row): string {
  const waiting = row.undeployed_n ?? 0;
  const open = row.open_n > 0 ? ` ${formatNumber(row.open_n)} not yet restored.` : '';
  return `${waiting > 0 ? ` ${formatNumber(waiting)} merged changes are not live yet.` : ''}${open}`;
}

function differenceMethod(reading: KeyReading): string {
  const method = reading.difference?.method;
  return method ? ` The difference: ${method}.` : '';
}

function certaintyWords(reading: KeyReading): string {
  const { now, rows, isComplete, options } = reading;
  if (now === null) return '';
  const said: string[] = [];
  if (options.link === 'previous_deploy') said.push('Heuristic: each incident counted to the deployment before it.');
  const counted = rows.filter((row) => row.excluded === null);
  const byTime = counted.filter((row) => row.containment === 'time').length;
  if (isComplete && counted.length > 0 && counted.some((row) => typeof row.containment === 'string')) {
    const share = byTime / counted.length;
    said.push(
      byTime === 0
        ? 'All changes were matched by commit list or branch position.'
        : `${formatPlainShare(1 - share, 0)} of changes matched by commit list or branch position, ${formatPlainShare(share, 0)} by time alone.`,
    );
  }
  const unlinked = now.unlinked_n ?? 0;
  if (unlinked > 0) {
    said.push(
      `${formatNumber(unlinked)} ${unlinked === 1 ? 'incident names' : 'incidents name'} no cause and ${unlinked === 1 ? 'is' : 'are'} counted to no deployment.`,
    );
  }
  const unknown = now.planned_unknown_n ?? 0;
  if (unknown > 0)
    said.push(`${formatNumber(unknown)} deployments do not say whether they were planned; counted as planned.`);
  if (now.coverage < 1) said.push(`Sources were heard during ${formatPlainShare(now.coverage, 1)} of the window.`);
  if (now.mix_shift === true) said.push('The whole moved against each of its parts: the mix of parts has changed.');
  if (!isComplete && said.length === 0)
    return 'Too many rows to look at each here; what is known of one stands in the row.';
  return said.length === 0 ? 'No gaps known.' : said.join(' ');
}

function optionsWords(options: KeyReading['options']): string {
  const parts = Object.entries(options).map(([name, value]) => optionWords(name, value));
  return parts.length === 0 ? '' : `${parts.join(' · ')}.`;
}

function distribution(reading: KeyReading): Html | '' {
  const { key, now, rows, isComplete } = reading;
  const quantity = quantityOf(now?.unit ?? '');
  if (now === null || !showsValue(now) || quantity.kind !== 'duration') return '';
  const seconds = rows.flatMap((row) =>
    row.excluded === null && row.value !== null ? [row.value * quantity.seconds] : [],
  );
  const quantile = (name: 'p50' | 'p75' | 'p90') => {
    const value = now.quantiles?.[name]?.value ?? null;
    return value === null ? null : value * quantity.seconds;
  };
  const [median, threeInFour, nineInTen] = [quantile('p50'), quantile('p75'), quantile('p90')];
  if (!isComplete || seconds.length < 5) {
    const known = (
      [
        ['Half', median],
        ['Three in four', threeInFour],
        ['Nine in ten', nineInTen],
      ] as const
    ).flatMap(([name, value]) =>
      value === null
        ? []
        : [html`<li>${name} up to <b>${formatValue({ kind: 'duration', seconds: 1 }, value)}</b></li>`],
    );
    return known.length === 0 ? '' : html`<div><h3>How are they spread?</h3><ul class="m">${known}</ul></div>`;
  }
  return html`<figure><figcaption><h3>How are the ${formatNumber(seconds.length)} spread?</h3><span class="s">${key.title}, logarithmic axis. The long tail is why no mean is given.</span></figcaption>${histogram({ things: key.things, seconds, median, threeInFour, nineInTen })}</figure>`;
}

function weeksTable(reading: KeyReading, view: View): Html | '' {
  const { now, points } = reading;
  if (now === null || points.length === 0) return '';
  const quantity = quantityOf(now.unit);
  const cells = (point: Point) =>
    point.value === null
      ? html`<td class="right">${DASH}</td><td class="f">${point.gap}</td><td class="right f">${DASH}</td>`
      : html`<td class="right">${formatValue(quantity, point.value, point.value, point.n)}</td><td class="f">${formatInterval(quantity, point.value, intervalOf(point), null)}</td><td class="right f">${point.n === null ? DASH : formatNumber(point.n)}</td>`;
  return html`<details><summary>Show the ${points.length} weeks</summary><table class="weeks stack"><thead><tr><th scope="col">Week of</th><th scope="col" class="right">Value</th><th scope="col">95 % interval</th><th scope="col" class="right">n</th></tr></thead><tbody>${points.map(
    (point) => html`<tr><th scope="row">${formatDayShort(point.start, view.zone)}</th>${cells(point)}</tr>`,
  )}</tbody></table></details>`;
}

function intervalOf(point: Point): Row['ci'] {
  return point.low === null && point.high === null
    ? null
    : { low: point.low, high: point.high, level: 0.95, method: '' };
}

function rowsTable(reading: KeyReading, view: View): Html {
  const { key, now, rows, isComplete, atomsLink } = reading;
  const quantity = quantityOf(now?.unit ?? '');
  const order =
    quantity.kind === 'duration' ? 'slowest first' : quantity.kind === 'share' ? 'failed first' : 'latest first';
  const counted = rows.filter((row) => row.excluded === null);
  const sorted = [...counted].sort(
    (a, b) =>
      (quantity.kind === 'rate' ? 0 : (b.value ?? Infinity) - (a.value ?? Infinity) || 0) ||
      (b.at ?? '').localeCompare(a.at ?? '', 'en') ||
      a.atom_id.localeCompare(b.atom_id, 'en'),
  );
  const shown = [...sorted, ...rows.filter((row) => row.excluded !== null)].slice(0, SHOWN_ROWS);
  const size = isComplete ? formatNumber(counted.length) : `first ${formatNumber(counted.length)}`;
  const all = html`<a href="${atomsLink}">All rows, with what was left out</a>`;
  if (shown.length === 0)
    return html`<p class="s"><a href="${atomsLink}">The rows at the API</a>: none in this window.</p>`;
  return html`<details><summary>Show the rows (${size}, ${key.factor === 'instability' && key.id.endsWith('rework_rate') ? 'repairs first' : order})</summary><table class="rows stack"><thead><tr><th scope="col">When</th><th scope="col">Service</th><th scope="col">What</th><th scope="col" class="right">Value</th><th scope="col">Events</th></tr></thead><tbody>${shown.map(
    (row) => atomRow(row, now, view),
  )}</tbody></table><p class="s">${all}</p></details>`;
}

/** Full hashes would fill the row: eight digits tell commits apart. */
function shortenHashes(name: string): string {
  return name.replace(/\b([0-9a-f]{8})[0-9a-f]{32}\b/g, '$1');
}

function atomRow(row: AtomRow, now: Row | null, view: View): Html {
  const quantity = quantityOf(now?.unit ?? '');
  const name = ['change_id', 'rollout_id', 'incident_id', 'revision']
    .map((field) => row[field])
    .find((value) => typeof value === 'string' && value !== '');
  const value =
    row.excluded !== null
      ? `left out: ${reasonWords(row.excluded)}`
      : row.value === null
        ? 'still open'
        : quantity.kind === 'duration'
          ? formatValue(quantity, row.value)
          : quantity.kind === 'share'
            ? row.value > 0
              ? 'yes'
              : 'no'
            : 'counted';
  const events = row.event_ids
    .slice(0, 4)
    .map(
      (id, index) =>
        html`${index > 0 ? ' ' : ''}<a href="/v1/events/${encodeURIComponent(id)}" aria-label="Event ${index + 1} of ${row.atom_id}">${index + 1}</a>`,
    );
  const more = row.event_ids.length > 4 ? ` of ${formatNumber(row.event_ids.length)}` : '';
  return html`<tr><th scope="row" class="whole">${row.at === null ? DASH : formatInstantShort(row.at, view.zone)}</th><td data-l="Service">${row.service}</td><td data-l="What">${shortenHashes(String(name ?? row.atom_id))}</td><td class="right" data-l="Value">${value}</td><td data-l="Events">${events}${more}</td></tr>`;
}
