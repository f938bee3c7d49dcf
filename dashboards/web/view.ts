import { DateTime, IANAZone } from 'luxon';
import type { PageContext } from './page.ts';

/** A half-open span `[start, end)` of whole local days, as UTC instants. */
export interface Span {
  readonly start: string;
  readonly end: string;
  readonly days: number;
}

/** Ranges that the filter form offers; the first is the default. */
export const ranges = {
  '90d': 'last 90 days',
  '28d': 'last 28 days',
  quarter: 'quarter to date',
  last_quarter: 'last quarter',
  year: 'year to date',
  own: 'own dates',
} as const;
export type Range = keyof typeof ranges;

/** What a range is held against; the first is the default. */
export const comparisons = { before: 'the days before', year: 'same days last year', none: 'nothing' } as const;
export type Comparison = keyof typeof comparisons;

/** What the URL asks to see, worked out: every page of numbers starts from this. */
export interface View {
  readonly range: Range;
  readonly against: Comparison;
  readonly zone: string;
  readonly team: string | null;
  readonly service: string | null;
  /** The past instant at which the numbers are wanted as they were known, or null for now. */
  readonly asOf: string | null;
  readonly window: Span;
  readonly baseline: Span | null;
  /** 27 ISO weeks that end with the week of the window's last day. */
  readonly weeks: Span;
  /** Parameters that could not be read, in words; each fell back to its default. */
  readonly problems: readonly string[];
  /** The parameters that differ from their default, for links that keep the state. */
  readonly state: Readonly<Record<string, string>>;
}

const GRACE_HOURS = 48;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** Reads a page's parameters. Never fails: what cannot be read falls back to its default and is named in `problems`. */
export function readView(params: Readonly<Record<string, string>>, context: PageContext): View {
  const problems: string[] = [];
  const state: Record<string, string> = {};
  const keep = <T extends string>(name: string, value: T, fallback: T): T => {
    if (value !== fallback) state[name] = value;
    return value;
  };
  const choose = <T extends string>(name: string, options: Readonly<Record<T, string>>, fallback: T): T => {
    const value = params[name];
    if (!value) return fallback;
    if (Object.hasOwn(options, value)) return keep(name, value as T, fallback);
    problems.push(`${name} “${value}” is not one of ${Object.keys(options).join(', ')}`);
    return fallback;
  };

  let zone = context.zone;
  if (params.tz && IANAZone.isValidZone(params.tz)) zone = keep('tz', params.tz, context.zone);
  else if (params.tz) problems.push(`time zone “${params.tz}” is not known; try Europe/Berlin`);

  const asOf = readAsOf(params.as_of, zone, context.now, problems);
  if (asOf !== null && params.as_of) state.as_of = params.as_of;
  const known = DateTime.fromISO(asOf ?? context.now, { zone });

  const range = choose<Range>('range', ranges, '90d');
  const against = choose<Comparison>('against', comparisons, 'before');
  const [start, end] = windowOf(range, params, known, context.fiscalStartMonth, problems, state);
  const window = spanOf(start, end);
  const before =
    against === 'before'
      ? ([start.minus({ days: window.days }), start] as const)
      : ([start.minus({ years: 1 }), end.minus({ years: 1 })] as const);
  const lastWeek = end.minus({ milliseconds: 1 }).startOf('week');

  return {
    range,
    against,
    zone,
    team: params.team ? keep('team', params.team, '') : null,
    service: params.service ? keep('service', params.service, '') : null,
    asOf,
    window,
    baseline: against === 'none' ? null : spanOf(...before),
    weeks: spanOf(lastWeek.minus({ weeks: 26 }), lastWeek.plus({ weeks: 1 })),
    problems,
    state,
  };
}

/** A date means the end of that local day, or now if that day is not over. */
function readAsOf(value: string | undefined, zone: string, now: string, problems: string[]): string | null {
  if (!value || value === 'now') return null;
  const read = DateTime.fromISO(value, { zone });
  if (!read.isValid) {
    problems.push(`as of “${value}” is not a date such as 2026-03-31`);
    return null;
  }
  const instant = DATE.test(value) ? read.plus({ days: 1 }) : read;
  return instant.toMillis() >= Date.parse(now) ? null : toIso(instant);
}

function windowOf(
  range: Range,
  params: Readonly<Record<string, string>>,
  known: DateTime,
  fiscalStartMonth: number,
  problems: string[],
  state: Record<string, string>,
): [DateTime, DateTime] {
  // The last local day that is past its grace: what it says is not expected to move any more.
  const settled = known.minus({ hours: GRACE_HOURS }).startOf('day');
  const tomorrow = known.startOf('day').plus({ days: 1 });
  const quarter = startOfQuarter(known, fiscalStartMonth);
  if (range === '28d') return [settled.minus({ days: 28 }), settled];
  if (range === 'quarter') return [quarter, tomorrow];
  if (range === 'last_quarter') return [quarter.minus({ months: 3 }), quarter];
  if (range === 'year') return [known.startOf('year'), tomorrow];
  const fallback: [DateTime, DateTime] = [settled.minus({ days: 90 }), settled];
  if (range !== 'own' || (!params.first_day && !params.last_day)) return fallback;
  const first = DateTime.fromISO(params.first_day ?? '', { zone: known.zone });
  const last = DateTime.fromISO(params.last_day ?? '', { zone: known.zone });
  if (!first.isValid || !last.isValid || first > last || first.year < 2000 || last > known.plus({ years: 1 })) {
    problems.push('own dates need a first and a last day, such as 2026-01-01 and 2026-03-31');
    return fallback;
  }
  if (last.diff(first, 'days').days > 3660) {
    problems.push('own dates reach over ten years at most');
    return fallback;
  }
  state.first_day = first.toISODate() ?? '';
  state.last_day = last.toISODate() ?? '';
  return [first.startOf('day'), last.startOf('day').plus({ days: 1 })];
}

function startOfQuarter(known: DateTime, fiscalStartMonth: number): DateTime {
  const monthsIn = (((known.month - fiscalStartMonth) % 3) + 3) % 3;
  return known.startOf('month').minus({ months: monthsIn });
}

function spanOf(start: DateTime, end: DateTime): Span {
  return { start: toIso(start), end: toIso(end), days: Math.round(end.diff(start, 'days').days) };
}

function toIso(instant: DateTime): string {
  return instant.toUTC().toISO() ?? '';
}

/** A link to a page in the same state, with some parameters changed; `null` removes one. */
export function linkTo(path: string, view: View, changes: Readonly<Record<string, string | null>> = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...view.state, ...changes })) if (value !== null) query.set(name, value);
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

/** Parameters of the API for a span of this view. */
export function apiParams(
  view: View,
  span: Span,
  more: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  return {
    from: span.start,
    to: span.end,
    tz: view.zone,
    ...(view.team === null ? {} : { team: view.team }),
    ...(view.service === null ? {} : { service: view.service }),
    ...(view.asOf === null ? {} : { as_of: view.asOf }),
    ...more,
  };
}

/** Address of an API answer: `/v1/metrics/{id}` and what follows it. */
export function apiLink(metricId: string, params: Readonly<Record<string, string>>, tail = ''): string {
  return `/v1/metrics/${encodeURIComponent(metricId)}${tail}?${new URLSearchParams(params)}`;
}
