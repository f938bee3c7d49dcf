import { type Html, html, raw, stableId } from '../html.ts';
import { formatDuration, formatNumber } from '../numbers.ts';
import { coordinate as c, linear } from './scale.ts';

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
const ticks: readonly (readonly [number, string])[] = [
  [10, '10 s'],
  [MINUTE, '1 min'],
  [5 * MINUTE, '5 min'],
  [15 * MINUTE, '15 min'],
  [HOUR, '1 h'],
  [4 * HOUR, '4 h'],
  [12 * HOUR, '12 h'],
  [DAY, '1 d'],
  [2 * DAY, '2 d'],
  [4 * DAY, '4 d'],
  [7 * DAY, '1 wk'],
  [14 * DAY, '2 wk'],
  [30 * DAY, '30 d'],
  [90 * DAY, '90 d'],
  [365 * DAY, '1 y'],
];

/** A distribution of durations in seconds, with its three quantiles (null where an open item decides it). */
export interface Histogram {
  /** What is counted, in the plural: "changes". */
  readonly things: string;
  readonly seconds: readonly number[];
  readonly median: number | null;
  readonly threeInFour: number | null;
  readonly nineInTen: number | null;
}

const WIDTH = 340;
const HEIGHT = 214;
const FLOOR = 180;
/** Room at the right for the words beside the lines. */
const PLOT = WIDTH - 56;

/** Columns in logarithmic bins with lines at the median, three in four and nine in ten. */
export function histogram(chart: Histogram): Html {
  // What took no time at all (a clamped clock) stands in the first column.
  const sizes = chart.seconds.map((value) => Math.max(value, 10));
  if (sizes.length === 0) return html``;
  const lowest = Math.min(...sizes);
  const highest = Math.max(...sizes, lowest * 4);
  const bins = sizes.length < 60 ? 8 : 12;
  const x = linear(Math.log(lowest), Math.log(highest * 1.0001), 0, PLOT);
  const counts = new Array<number>(bins).fill(0);
  const binWidth = PLOT / bins;
  for (const size of sizes) {
    const bin = Math.min(bins - 1, Math.floor(x(Math.log(size)) / binWidth));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const y = linear(0, Math.max(...counts), 0, 126);
  const shapes = counts.map((count, bin) =>
    count === 0
      ? ''
      : `<rect x="${c(bin * binWidth + 0.5)}" y="${c(FLOOR - y(count))}" width="${c(binWidth - 1)}" height="${c(y(count))}" fill="var(--s1)" opacity=".42"/>`,
  );
  shapes.push(`<path d="M0 ${FLOOR + 0.5}H${PLOT}" stroke="var(--edge)"/>`);
  let free = -20;
  for (const [at, label] of ticks) {
    const left = x(Math.log(at));
    if (at < lowest || at > highest || left - free < 36) continue;
    free = left;
    shapes.push(
      `<path d="M${c(left)} ${FLOOR}v4" stroke="var(--edge)"/><text x="${c(left)}" y="${FLOOR + 18}" text-anchor="middle">${label}</text>`,
    );
  }
  const marks = [
    ['median', chart.median, 11],
    ['three in four', chart.threeInFour, 27],
    ['nine in ten', chart.nineInTen, 43],
  ] as const;
  const labels: string[] = [];
  for (const [name, value, top] of marks) {
    if (value === null) continue;
    const left = Math.min(PLOT, Math.max(0, x(Math.log(Math.max(value, 10)))));
    const label = `${name} ${formatDuration(value)}`;
    const isLeft = left + 6 + label.length * 6.2 > WIDTH + 20;
    shapes.push(`<path d="M${c(left)} ${top - 9}V${FLOOR}" stroke="var(--ink)"/>`);
    labels.push(
      `<text class="k2 halo" x="${c(left + (isLeft ? -5 : 5))}" y="${top}" text-anchor="${isLeft ? 'end' : 'start'}">${label}</text>`,
    );
  }
  shapes.push(...labels);
  const said = [
    chart.median === null ? '' : `Half took up to ${formatDuration(chart.median)}`,
    chart.threeInFour === null ? '' : `three in four up to ${formatDuration(chart.threeInFour)}`,
    chart.nineInTen === null ? '' : `nine in ten up to ${formatDuration(chart.nineInTen)}`,
  ].filter((text) => text !== '');
  const title = `How the ${formatNumber(sizes.length)} ${chart.things} are spread. ${said.join(', ')}. Logarithmic time axis`;
  const id = stableId('h', title, shapes.join(''));
  return html`<svg width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="${id}"><title id="${id}">${title}</title>${raw(shapes.join(''))}</svg>`;
}
