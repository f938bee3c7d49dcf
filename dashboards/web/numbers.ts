import type { Interval } from '../../queries/envelope.ts';

/** Thin no-break space: between number and unit, and in thousands. */
export const THIN = '\u202f';
/** The minus sign. */
export const MINUS = '\u2212';
/** What stands where there is no value. */
export const DASH = '–';

/** How a unit of the metric registry is read by people. Durations carry the seconds in one of their unit. */
export type Quantity =
  | { readonly kind: 'duration'; readonly seconds: number }
  | { readonly kind: 'share' }
  | { readonly kind: 'rate' }
  | { readonly kind: 'plain'; readonly unit: string };

const secondsPerUnit: Readonly<Record<string, number>> = { seconds: 1, minutes: 60, hours: 3600, days: 86_400 };

/** The quantity behind a metric's `unit`. */
export function quantityOf(unit: string): Quantity {
  const seconds = secondsPerUnit[unit];
  if (seconds !== undefined) return { kind: 'duration', seconds };
  if (unit === 'fraction') return { kind: 'share' };
  if (unit === 'deployments/day') return { kind: 'rate' };
  return { kind: 'plain', unit };
}

/** A number in figures: thousands parted by thin spaces, U+2212 for minus. */
export function formatNumber(value: number, decimals = 0): string {
  const [whole = '0', fraction] = roundHalfUp(Math.abs(value), decimals).toFixed(decimals).split('.');
  const figures = whole.replace(/\B(?=(\d{3})+$)/g, THIN) + (fraction ? `.${fraction}` : '');
  return value < 0 && /[1-9]/.test(figures) ? MINUS + figures : figures;
}

/** Rounds half away from zero in decimal, as people do: 0.25 to 0.3, 1.005 to 1.01. */
export function roundHalfUp(value: number, decimals: number): number {
  const shifted = Number(`${Math.abs(value)}e${decimals}`);
  if (!Number.isFinite(shifted)) return value;
  return Math.sign(value) * Number(`${Math.round(shifted)}e-${decimals}`);
}

type Step = 'second' | 'minute' | 'hour' | 'day' | 'whole day';

function stepOf(seconds: number): Step {
  const size = Math.abs(seconds);
  if (Math.round(size) < 60) return 'second';
  if (Math.round(size / 60) < 60) return 'minute';
  if (Math.round(size / 60) < 48 * 60) return 'hour';
  if (Math.round(size / 3600) < 14 * 24) return 'day';
  return 'whole day';
}

const withUnit = (count: number, unit: string) => `${formatNumber(count)}${THIN}${unit}`;

function inSteps(seconds: number, step: Step): string {
  if (step === 'second') return withUnit(Math.round(seconds), 's');
  if (step === 'minute') return withUnit(Math.round(seconds / 60), 'min');
  if (step === 'whole day') return withUnit(Math.round(seconds / 86_400), 'd');
  const [small, perLarge, names] =
    step === 'hour'
      ? ([Math.round(seconds / 60), 60, ['h', 'min']] as const)
      : ([Math.round(seconds / 3600), 24, ['d', 'h']] as const);
  const large = Math.floor(small / perLarge);
  const rest = small - large * perLarge;
  if (large === 0) return withUnit(rest, names[1]);
  return rest === 0 ? withUnit(large, names[0]) : `${withUnit(large, names[0])}\u00a0${withUnit(rest, names[1])}`;
}

/**
 * A duration in two units at most: `38 s`, `38 min`, `21 h 40 min`, `3 d 4 h`, `23 d`. Bounds pass the value they belong to
 * as `like` and use its unit steps, unless that would leave nothing of them.
 */
export function formatDuration(seconds: number, like = seconds): string {
  const size = Math.abs(seconds);
  let text = inSteps(size, stepOf(like));
  if (size > 0 && !/[1-9]/.test(text)) text = inSteps(size, stepOf(size));
  return seconds < 0 && /[1-9]/.test(text) ? MINUS + text : text;
}

/** A duration in its one leading unit, for captions and axes: `32 h`, `44 min`, `3 d`. */
export function formatDurationShort(seconds: number): string {
  const step = stepOf(seconds);
  if (step === 'hour') return withUnit(Math.round(seconds / 3600), 'h');
  if (step === 'day') return withUnit(Math.round(seconds / 86_400), 'd');
  return inSteps(seconds, step);
}

const shareDecimals = (n: number | null) => (n !== null && n < 20 ? 0 : 1);

/** A share of 1: one decimal, none if fewer than 20 stand behind it. */
export function formatShare(fraction: number, n: number | null = null): string {
  return `${formatNumber(fraction * 100, shareDecimals(n))}${THIN}%`;
}

/** A share without trailing zeros, for targets and budgets: `99.9 %`, `42 %`. */
export function formatPlainShare(fraction: number, decimals = 3): string {
  return `${String(roundHalfUp(fraction * 100, decimals)).replace('-', MINUS)}${THIN}%`;
}

/** An availability with two significant digits of the bad share: `99.42 %`, `99.961 %`, `97.4 %`. */
export function formatAvailability(fraction: number): string {
  const bad = (1 - fraction) * 100;
  if (bad < 1e-9) return `100${THIN}%`;
  const decimals = Math.min(6, Math.max(0, 1 - Math.floor(Math.log10(bad))));
  return `${formatNumber(100 - bad, decimals)}${THIN}%`;
}

interface RateSteps {
  readonly days: number;
  readonly words: string;
  readonly decimals: number;
}

function rateSteps(perDay: number): RateSteps {
  const size = Math.abs(perDay);
  const [days, words] = size > 0 && size < 0.1 ? ([7, 'a week'] as const) : ([1, 'a day'] as const);
  const shown = size * days;
  return { days, words, decimals: shown >= 100 || shown === 0 ? 0 : shown >= 1 ? 1 : 2 };
}

/** A rate: `14.2 a day`; under a tenth a day `0.42 a week`. */
export function formatRate(perDay: number, like = perDay): string {
  const steps = rateSteps(like);
  return `${formatNumber(perDay * steps.days, steps.decimals)}${THIN}${steps.words}`;
}

/** A score: one decimal, half up from the unrounded; never a percentage. */
export function formatScore(score: number): string {
  return formatNumber(score, 1);
}

/** Money in thousands from 10 000 on, the currency always with it: `36 k€`, `940 €`. */
export function formatMoney(amount: number, currency = '€'): string {
  return Math.abs(amount) >= 10_000
    ? `${formatNumber(amount / 1000)}${THIN}k${currency}`
    : `${formatNumber(amount)}${THIN}${currency}`;
}

/** Any metric value by its quantity. `like` is the value whose unit steps a bound uses; `n` what stands behind a share. */
export function formatValue(quantity: Quantity, value: number, like = value, n: number | null = null): string {
  if (quantity.kind === 'duration') return formatDuration(value * quantity.seconds, like * quantity.seconds);
  if (quantity.kind === 'share') return formatShare(value, n);
  if (quantity.kind === 'rate') return formatRate(value, like);
  return `${formatNumber(value, Math.abs(like) < 100 ? 1 : 0)}${THIN}${quantity.unit}`;
}

/** A value for captions, where a second unit would not fit: `32 h`, `5.1 %`, `12 a day`. */
export function formatShort(quantity: Quantity, value: number): string {
  if (quantity.kind === 'duration') return formatDurationShort(value * quantity.seconds);
  if (quantity.kind === 'rate' && value >= 10) return `${formatNumber(value)}${THIN}a day`;
  return formatValue(quantity, value);
}

const unitOf = (text: string) => text.slice(text.lastIndexOf(THIN) + 1);
const figureOf = (text: string) => text.slice(0, text.lastIndexOf(THIN));
const isSimple = (text: string) => !text.includes('\u00a0');

/** The 95 % interval beneath a value: `18 h 50 min to 24 h 30 min`, `12.9 to 15.7 a day`; in words where there is none. */
export function formatInterval(quantity: Quantity, value: number, ci: Interval | null, n: number | null): string {
  const size = n === null ? '' : `n = ${formatNumber(n)}`;
  if (ci === null || (ci.low === null && ci.high === null)) return size ? `no interval, ${size}` : 'no interval';
  // Of a rate of zero the upper bound decides what is fine enough to be seen.
  const like = quantity.kind === 'rate' && value === 0 ? (ci.high ?? 0) : value;
  const bound = (of: number) =>
    quantity.kind === 'rate' && of === 0 ? formatValue(quantity, 0) : formatValue(quantity, of, like, n);
  if (ci.high === null) return `from ${bound(ci.low ?? 0)}, no upper bound yet${size && ` (${size})`}`;
  if (ci.low === null) return `up to ${bound(ci.high)}, no lower bound yet${size && ` (${size})`}`;
  const [low, high] = [bound(ci.low), bound(ci.high)];
  return quantity.kind === 'rate' ? `${figureOf(low)} to ${high}` : `${low} to ${high}`;
}

/** The size of a difference without its sign; differences of shares are percentage points. */
export function formatDistance(quantity: Quantity, distance: number, n: number | null = null, like = distance): string {
  if (quantity.kind === 'share') return `${formatNumber(distance * 100, shareDecimals(n))}${THIN}pp`;
  return formatValue(quantity, distance, like, n);
}

/** A difference with its interval in brackets: `−14 min (−39 to +6 min)`, `+0.4 pp (−3.1 to +3.9 pp)`. */
export function formatDifference(
  quantity: Quantity,
  estimate: number,
  low: number | null,
  high: number | null,
  n: number | null = null,
): string {
  const like = [estimate, low ?? 0, high ?? 0].reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
  const signed = (of: number) => {
    const text = formatDistance(quantity, of, n, like);
    return of > 0 && /[1-9]/.test(text) ? `+${text}` : text;
  };
  if (low === null || high === null) return signed(estimate);
  const [from, to] = [signed(low), signed(high)];
  const once = isSimple(from) && isSimple(to) && unitOf(from) === unitOf(to);
  return `${signed(estimate)} (${once ? figureOf(from) : from} to ${quantity.kind === 'rate' ? figureOf(to) : to})`;
}

const numerals = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];

/** A count as a sentence has it: in words up to ten. */
export function countWords(count: number): string {
  return numerals[count] ?? formatNumber(count);
}
