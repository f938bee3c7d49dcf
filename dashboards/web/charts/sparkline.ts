import { type Html, html, raw, stableId } from '../html.ts';
import type { Span } from '../view.ts';
import { coordinate as c, linear, runsOf } from './scale.ts';
import type { Point } from './series.ts';

/** What a sparkline shows. Zero is at the baseline. */
export interface Sparkline {
  readonly title: string;
  readonly points: readonly Point[];
  /** Bars beneath: this window in ink, the one before in grey. */
  readonly window: Span | null;
  readonly before: Span | null;
  readonly width: number;
  readonly height: number;
  /** Top of the scale where several are to be compared; else from the data. */
  readonly max?: number;
  /** Draw the interval behind the line. */
  readonly hasBand: boolean;
}

/** The top that a sparkline chooses: room for its intervals, but not more than twice its largest value. */
export function sparklineMax(points: readonly Point[]): number {
  const values = points.flatMap((point) => (point.value === null ? [] : [point.value]));
  const top = Math.max(0, ...values);
  const highs = points.flatMap((point) => (point.high === null ? [] : [point.high]));
  return Math.min(Math.max(top, ...highs), 2 * top) || 1;
}

/** A line without axes: 1.5 px, interval as a band, null as a gap, the provisional end dashed, hatched and hollow. */
export function sparkline(spark: Sparkline): Html {
  const { points, width, height, title } = spark;
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last) return html``;
  const floor = spark.window ? height - 8 : height - 1;
  const x = linear(Date.parse(first.start), Date.parse(last.end), 0, width);
  const y = linear(0, spark.max ?? sparklineMax(points), floor, 3);
  const middle = (point: Point) => x((Date.parse(point.start) + Date.parse(point.end)) / 2);
  const place = (point: Point, value: number) => `${c(middle(point))} ${c(Math.max(0, y(value)))}`;

  const shapes: string[] = [`<path d="M0 ${c(floor)}H${width}" stroke="var(--rule)"/>`];
  const open = points.find((point) => point.isProvisional);
  if (open) {
    const from = x(Date.parse(open.start));
    shapes.push(
      `<rect x="${c(from)}" y="0" width="${c(width - from)}" height="${c(floor)}" fill="url(#ht)" opacity=".45"/>`,
    );
  }
  if (spark.hasBand) {
    for (const run of runsOf(points, (point) => point.low !== null && point.high !== null)) {
      if (run.length < 2) continue;
      const top = run.map((point) => place(point, point.high ?? 0));
      const bottom = run.map((point) => place(point, point.low ?? 0)).reverse();
      shapes.push(`<path d="M${[...top, ...bottom].join('L')}Z" fill="var(--s1)" opacity=".15"/>`);
    }
  }
  for (const run of runsOf(points, (point) => point.value !== null)) {
    const spots = run.map((point) => place(point, point.value ?? 0));
    const settled = run.filter((point) => !point.isProvisional).length;
    if (run.length === 1 && settled === 1) shapes.push(dot(run[0] as Point, 1.5, true));
    if (settled > 1) shapes.push(line(spots.slice(0, settled), ''));
    if (settled < run.length && run.length > 1) {
      shapes.push(line(spots.slice(Math.max(0, settled - 1)), ' stroke-dasharray="2 2"'));
    }
  }
  const end = points.findLast((point) => point.value !== null);
  if (end) shapes.push(dot(end, 2.5, !end.isProvisional));
  for (const [span, colour] of [[spark.before, 'edge'] as const, [spark.window, 'ink'] as const]) {
    if (!span) continue;
    const from = Math.max(0, x(Date.parse(span.start)));
    const to = Math.min(width, x(Date.parse(span.end)));
    if (to - from > 1) {
      shapes.push(
        `<rect x="${c(from)}" y="${height - 4}" width="${c(to - from - 1)}" height="2" fill="var(--${colour})"/>`,
      );
    }
  }

  const id = stableId('s', title, shapes.join(''));
  return html`<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}"><title id="${id}">${title}</title>${raw(shapes.join(''))}</svg>`;

  function line(spots: readonly string[], dash: string): string {
    return `<path d="M${spots.join('L')}" fill="none" stroke="var(--s1)" stroke-width="1.5" stroke-linejoin="round"${dash}/>`;
  }
  function dot(point: Point, radius: number, isFilled: boolean): string {
    const [cx, cy] = place(point, point.value ?? 0).split(' ');
    const fill = isFilled ? 'var(--s1)' : 'var(--paper)';
    return `<circle cx="${cx}" cy="${cy}" r="${radius}" fill="${fill}" stroke="var(--s1)" stroke-width="1.5"/>`;
  }
}
