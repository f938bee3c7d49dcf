import { createRequire } from 'node:module';
import { formatMonth, monthStarts } from '../dates.ts';
import { escapeText, type Html, raw, stableId } from '../html.ts';
import { formatNumber, THIN } from '../numbers.ts';
import type { Span } from '../view.ts';
import { coordinate as c, linear, niceStep, runsOf } from './scale.ts';
import type { Point } from './series.ts';

/**
 * The chart library, loaded at the first chart and as one file: its hundreds of modules would double the time that the server
 * takes to start.
 */
function chartLibrary(): typeof import('echarts') {
  return createRequire(import.meta.url)('echarts/dist/echarts.min.js');
}

/** One metric over time on axes. Values are in the unit that the axis names. */
export interface Timeline {
  readonly title: string;
  readonly points: readonly Point[];
  readonly zone: string;
  /** Unit on the topmost label: `h`, `%`. */
  readonly unit: string;
  /** Lines of text at the end of the line: its name, its value, its n. */
  readonly label: readonly string[];
  /** Brackets beneath the axis, with their words. */
  readonly brackets: readonly { readonly span: Span; readonly words: string }[];
}

type Shape = 'wide' | 'narrow';
const shapes = {
  wide: { width: 848, right: 146 },
  narrow: { width: 328, right: 8 },
} as const;
const HEIGHT = 348;
const TOP = 34;
const BOTTOM = 62;
const LEFT = 28;

/** The chart in two renderings, 848 and 328 px wide, exchanged by the page's style sheet. */
export function timeline(chart: Timeline): Html {
  return raw(draw(chart, 'wide') + draw(chart, 'narrow'));
}

function draw(chart: Timeline, shape: Shape): string {
  const { points } = chart;
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last) return '';
  const { width, right } = shapes[shape];
  const [from, to] = [Date.parse(first.start), Date.parse(last.end)];
  const values = points.flatMap((point) => (point.value === null ? [] : [point.value]));
  const highs = points.flatMap((point) => (point.high === null ? [] : [point.high]));
  const reach = Math.min(Math.max(...values, ...highs, 0), 2 * Math.max(...values, 0)) || 1;
  const step = niceStep(reach, 5);
  const max = Math.ceil(reach / step - 1e-9) * step;
  const x = linear(from, to, LEFT, width - right);
  const y = linear(0, max, HEIGHT - BOTTOM, TOP);
  const id = stableId('t', chart.title, shape, JSON.stringify(points));
  const body = clean(plot(points, { width, right, from, to, max, step }), id);

  const own: string[] = [];
  for (let value = step; value <= max + step / 2; value += step) {
    const words =
      formatNumber(value, step < 1 ? 2 : step % 1 === 0 ? 0 : 1) +
      (value + step > max + step / 2 ? THIN + chart.unit : '');
    own.push(`<text x="0" y="${c(y(value) - 4)}">${words}</text>`);
  }
  let free = -100;
  for (const month of monthStarts(first.start, last.end, chart.zone)) {
    const at = x(Date.parse(month));
    own.push(`<path d="M${c(at)} ${HEIGHT - BOTTOM}v5" stroke="var(--edge)"/>`);
    if (at - free < 32 || at > width - right - 20) continue;
    free = at;
    own.push(`<text x="${c(at + 3)}" y="${HEIGHT - BOTTOM + 16}">${formatMonth(month, chart.zone)}</text>`);
  }
  const open = points.find((point) => point.isProvisional);
  if (open) {
    own.push(
      `<text class="halo" x="${c(width - right - 2)}" y="${TOP - 8}" text-anchor="end">still provisional</text>`,
    );
  }
  const gap = longestGap(points);
  if (gap) {
    const at = x((Date.parse(gap.start) + Date.parse(gap.end)) / 2);
    const anchor = at < 110 ? 'start' : at > width - right - 90 ? 'end' : 'middle';
    own.push(
      `<text class="halo" x="${c(at)}" y="${c(y(max * 0.08))}" text-anchor="${anchor}">${escapeText(gap.words)}</text>`,
    );
  }
  for (const { span, words } of chart.brackets) {
    const start = Math.max(LEFT, x(Date.parse(span.start)) + 1);
    const end = Math.min(width - right, x(Date.parse(span.end)) - 1);
    if (end - start < 8) continue;
    const base = HEIGHT - BOTTOM + 30;
    own.push(
      `<path d="M${c(start)} ${base - 5}v5H${c(end)}v-5" fill="none" stroke="var(--ink-3)"/><text x="${c((start + end) / 2)}" y="${base + 17}" text-anchor="middle">${escapeText(words)}</text>`,
    );
  }
  const end = points.findLast((point) => point.value !== null);
  if (end && end.value !== null) {
    const at = [c(x(middleOf(end))), c(y(end.value))] as const;
    const fill = end.isProvisional ? 'var(--paper)' : 'var(--s1)';
    own.push(`<circle cx="${at[0]}" cy="${at[1]}" r="4" fill="${fill}" stroke="var(--s1)" stroke-width="2"/>`);
    if (shape === 'wide') {
      const top = Math.min(Math.max(y(end.value), TOP + 8), HEIGHT - BOTTOM - 28);
      chart.label.forEach((line, index) => {
        const paint = index === 0 ? ' class="b" style="fill:var(--s1)"' : ' class="k2"';
        own.push(`<text${paint} x="${width - right + 14}" y="${c(top + index * 16)}">${escapeText(line)}</text>`);
      });
    }
  }
  return `<svg class="${shape === 'wide' ? 'wide-only' : 'narrow'}" width="${width}" height="${HEIGHT}" viewBox="0 0 ${width} ${HEIGHT}" role="img" aria-labelledby="${id}"><title id="${id}">${escapeText(chart.title)}</title>${body}${own.join('')}</svg>`;
}

const middleOf = (point: Point) => (Date.parse(point.start) + Date.parse(point.end)) / 2;

function longestGap(points: readonly Point[]): { start: string; end: string; words: string } | null {
  const [longest] = [...runsOf(points, (point) => point.value === null)].sort((a, b) => b.length - a.length);
  const [first, last] = [longest?.[0], longest?.at(-1)];
  if (!first || !last) return null;
  const isSame = longest?.every((point) => point.gap === first.gap);
  return { start: first.start, end: last.end, words: isSame ? first.gap : 'no data' };
}

interface Frame {
  readonly width: number;
  readonly right: number;
  readonly from: number;
  readonly to: number;
  readonly max: number;
  readonly step: number;
}

function plot(points: readonly Point[], frame: Frame): string {
  const cap = (value: number) => Math.min(value, frame.max);
  const settledUpTo = points.findIndex((point) => point.isProvisional);
  const open = settledUpTo < 0 ? undefined : points[settledUpTo];
  const isSettled = (index: number) => settledUpTo < 0 || index < settledUpTo;
  const hasBand = (point: Point) => point.low !== null && point.high !== null;
  const chart = chartLibrary().init(null, null, { renderer: 'svg', ssr: true, width: frame.width, height: HEIGHT });
  const series = { type: 'line', symbol: 'none', connectNulls: false, silent: true } as const;
  chart.setOption({
    animation: false,
    silent: true,
    backgroundColor: 'transparent',
    color: ['var(--s1)'],
    textStyle: { fontFamily: 'Inter, system-ui, sans-serif', fontSize: 12, color: 'var(--ink-3)' },
    grid: { left: LEFT, right: frame.right, top: TOP, bottom: BOTTOM, containLabel: false },
    xAxis: {
      type: 'time',
      min: frame.from,
      max: frame.to,
      axisLine: { lineStyle: { color: 'var(--edge)' } },
      axisTick: { show: false },
      axisLabel: { show: false },
      splitLine: { show: false },
    },
    yAxis: {
      type: 'value',
      min: 0,
      max: frame.max,
      interval: frame.step,
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { show: false },
      splitLine: { lineStyle: { color: 'var(--rule)' } },
    },
    series: [
      {
        ...series,
        stack: 'interval',
        data: points.map((point) => [middleOf(point), hasBand(point) ? cap(point.low ?? 0) : null]),
        itemStyle: { color: 'var(--s1)' },
        lineStyle: { opacity: 0, color: 'var(--s1)' },
      },
      {
        ...series,
        stack: 'interval',
        data: points.map((point) => [
          middleOf(point),
          hasBand(point) ? cap(point.high ?? 0) - cap(point.low ?? 0) : null,
        ]),
        itemStyle: { color: 'var(--s1)' },
        lineStyle: { opacity: 0, color: 'var(--s1)' },
        areaStyle: { color: 'var(--s1)', opacity: 0.14 },
      },
      {
        ...series,
        data: points.map((point, index) => [
          middleOf(point),
          isSettled(index) && point.value !== null ? cap(point.value) : null,
        ]),
        itemStyle: { color: 'var(--s1)' },
        lineStyle: { width: 2, color: 'var(--s1)' },
        ...(open
          ? {
              markArea: {
                silent: true,
                itemStyle: { color: 'url(#ht)', opacity: 0.45 },
                data: [[{ xAxis: Date.parse(open.start) }, { xAxis: frame.to }]],
              },
            }
          : {}),
      },
      {
        ...series,
        data: points.map((point, index) => [
          middleOf(point),
          index >= settledUpTo - 1 && settledUpTo >= 0 && point.value !== null ? cap(point.value) : null,
        ]),
        itemStyle: { color: 'var(--s1)' },
        lineStyle: { width: 2, type: [3, 3], color: 'var(--s1)' },
      },
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

/** Keeps what the library drew and drops its frame, styles and running numbers, so that a page is the same every time. */
function clean(svg: string, id: string): string {
  return svg
    .replace(/^[\s\S]*?<svg[^>]*>/, '')
    .replace(/<\/svg>\s*$/, '')
    .replace(/<style[\s\S]*?<\/style>/g, '')
    .replace(/<rect[^>]*fill="(?:none|transparent)"[^>]*><\/rect>/g, '')
    .replace(/ (?:class|pointer-events)="[^"]*"/g, '')
    .replace(/zr\d+-/g, `${id}-`)
    .replace(/\n/g, '');
}
