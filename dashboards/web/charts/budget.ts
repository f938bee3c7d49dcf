import { formatDayShort, formatMonth, monthStarts } from '../dates.ts';
import { escapeText, type Html, raw, stableId } from '../html.ts';
import { formatNumber } from '../numbers.ts';
import { coordinate as c } from './scale.ts';

/** One local day of a promise. `spend` is its bad share over what the target allows: 1 is an even spend, null is not measured. */
export interface BudgetDay {
  /** Local midnight as a UTC instant. */
  readonly start: string;
  readonly end: string;
  readonly spend: number | null;
}

/** Error budget spent per day. */
export interface BudgetColumns {
  readonly title: string;
  readonly days: readonly BudgetDay[];
  readonly zone: string;
  /** How many days at the end count towards the promise. */
  readonly windowDays: number;
  /** Say what the dotted line is, at its left end. */
  readonly saysEven: boolean;
  /** Words at the longest stretch that nobody measured. */
  readonly gapWords: string;
}

const FLOOR = 70;
const EVEN = 14.5;
/** Columns are broken above this many times an even spend. */
const CAP = 4;

/** The columns in two renderings, 588 and 328 px wide, exchanged by the page's style sheet. */
export function budgetColumns(chart: BudgetColumns): Html {
  return raw(draw(chart, 588, 'wide-only') + draw(chart, 328, 'narrow'));
}

function draw(chart: BudgetColumns, width: number, shape: string): string {
  const { days, zone } = chart;
  const count = days.length;
  if (count === 0) return '';
  const pitch = width / count;
  const bar = Math.max(1, pitch - 1.4);
  const shapes: string[] = [`<path d="M0 ${FLOOR + 0.5}H${width}" stroke="var(--edge)"/>`];
  const labels: string[] = [];
  let gap = { from: 0, length: 0 };
  let worst = { index: -1, spend: CAP };
  for (let index = 0; index < count; index++) {
    const spend = days[index]?.spend ?? null;
    const x = index * pitch;
    if (spend === null) {
      let length = 1;
      while (index + length < count && (days[index + length]?.spend ?? null) === null) length++;
      shapes.push(`<rect x="${c(x)}" y="12" width="${c(length * pitch)}" height="58" fill="url(#ht)" opacity=".6"/>`);
      if (length > gap.length) gap = { from: index, length };
      index += length - 1;
      continue;
    }
    if (spend <= 0) continue;
    if (spend > worst.spend) worst = { index, spend };
    const height = Math.max(0.8, Math.min(spend, CAP) * EVEN);
    const even = Math.min(height, EVEN);
    shapes.push(`<rect x="${c(x)}" y="${c(FLOOR - even)}" width="${c(bar)}" height="${c(even)}" fill="var(--s1)"/>`);
    if (height > EVEN) {
      shapes.push(
        `<rect x="${c(x)}" y="${c(FLOOR - height)}" width="${c(bar)}" height="${c(height - EVEN)}" fill="var(--bad)"/>`,
      );
    }
    if (spend > CAP) {
      shapes.push(`<path d="M${c(x - 1.5)} 19.5L${c(x + bar + 1.5)} 16.5" stroke="var(--paper)" stroke-width="2"/>`);
    }
  }
  shapes.push(`<path d="M0 ${FLOOR - EVEN}H${width}" stroke="var(--ink-3)" stroke-dasharray="1 3"/>`);
  if (worst.index >= 0) {
    const x = worst.index * pitch;
    const isLeft = x > width / 2;
    const words = `${formatDayShort(days[worst.index]?.start ?? '', zone)}, ${formatNumber(worst.spend)} times a day’s share`;
    labels.push(label(isLeft ? x - 4 : x + bar + 4, 22, words, isLeft));
  }
  if (gap.length > 2 && chart.gapWords) {
    const isLeft = gap.from * pitch > width / 2;
    const hasRoom = worst.index < 0 || Math.abs(worst.index - gap.from) * pitch > 200;
    const x = isLeft ? gap.from * pitch - 3 : (gap.from + gap.length) * pitch + 3;
    if (hasRoom) labels.push(label(x, 22, chart.gapWords, isLeft));
  }
  if (chart.saysEven) labels.push(label(0, FLOOR - EVEN - 4, 'an even day’s share', false));
  const [first, last] = [days[0], days.at(-1)];
  let free = -60;
  for (const month of first && last ? monthStarts(first.start, last.end, zone) : []) {
    const x = days.findIndex((day) => day.start >= month) * pitch;
    shapes.push(`<path d="M${c(x)} ${FLOOR}v5" stroke="var(--edge)"/>`);
    if (x - free < 40 || x > width - 24) continue;
    free = x;
    shapes.push(`<text x="${c(x + 3)}" y="${FLOOR + 17}">${formatMonth(month, zone)}</text>`);
  }
  const counted = Math.min(chart.windowDays, count);
  shapes.push(
    `<rect x="${c((count - counted) * pitch)}" y="92" width="${c(counted * pitch)}" height="2" fill="var(--ink)"/>`,
  );
  const inner = shapes.join('') + labels.join('');
  const id = stableId('b', chart.title, shape, inner);
  return `<svg class="${shape}" width="${width}" height="98" viewBox="0 0 ${width} 98" role="img" aria-labelledby="${id}"><title id="${id}">${escapeText(chart.title)}</title>${inner}</svg>`;
}

function label(x: number, y: number, words: string, isLeft: boolean): string {
  return `<text class="k2 halo" x="${c(x)}" y="${c(y)}" text-anchor="${isLeft ? 'end' : 'start'}">${escapeText(words)}</text>`;
}
