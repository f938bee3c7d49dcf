import { DateTime, IANAZone } from 'luxon';
import { readBaseline } from './baseline.ts';
import { bucketsOf, calendarGrains, dayStart, type Grain, iso, rollingDays } from './buckets.ts';
import { whyNotCompared } from './compare.ts';
import {
  bandYears,
  filtersOf,
  type Metric,
  type OptionSpec,
  type Options,
  type OptionValue,
  optionsOf,
} from './metric.ts';

/** Most rows (buckets × groups) that one answer may hold. */
export const MAX_ROWS = 12_000;
const MAX_DAYS = 40_000;
const MAX_FILTER_VALUES = 500;

/** A question that has passed all checks. Instants are UTC ISO with milliseconds; the window is half-open. */
export interface MetricRequest {
  readonly from: string;
  readonly to: string;
  readonly grain: Grain | null;
  /** IANA zone, or `team`: each team in its own. */
  readonly tz: string;
  readonly groupBy: readonly string[];
  readonly filters: Readonly<Record<string, readonly string[]>>;
  /** Every declared option with its effective value; `bands`, `baseline` and `compare` only if asked for. */
  readonly options: Options;
  /** Null: as things stand now. */
  readonly asOf: string | null;
}

/** What is wrong with one parameter, and what would be right. */
export interface Problem {
  readonly field: string;
  readonly problem: string;
  readonly fix: string;
}

export type Parameters = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface RequestContext {
  readonly now: string;
  readonly reportingZone: string;
  readonly fiscalStartMonth?: number;
  /** The organisation's own default options: metric id to option to value. */
  readonly defaults?: Readonly<Record<string, Options>>;
  /** Names that the route itself reads (`format`, `after`); not ours, and no problem. */
  readonly others?: readonly string[];
}

export type Parsed =
  | { readonly ok: true; readonly request: MetricRequest }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads query parameters as design.md §5 declares them. All problems at once; a repeated parameter is one of them. */
export function parseRequest(metric: Metric, parameters: Parameters, context: RequestContext): Parsed {
  const problems: Problem[] = [];
  const report = (field: string, problem: string, fix: string) => problems.push({ field, problem, fix });
  const given = new Map<string, string>();
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined || context.others?.includes(name)) continue;
    if (typeof value === 'string') given.set(name, value);
    else report(name, 'is given more than once', 'give it once; several values are a comma list');
  }
  const specs = optionsOf(metric);
  const asked = [
    ...(metric.band ? ['bands'] : []),
    ...(metric.isReducible ? ['baseline'] : []),
    ...(whyNotCompared(metric) === null ? ['compare'] : []),
  ];
  const known = [...windowNames, ...filtersOf(metric), ...Object.keys(specs), ...asked];
  for (const name of given.keys()) {
    if (!known.includes(name) && name !== 'compare')
      report(name, 'is not a parameter of this metric', `use one of ${known.join(', ')}`);
  }
  const tz = readZone(given.get('tz'), context.reportingZone, report);
  const zone = tz === 'team' ? context.reportingZone : tz;
  const window = readWindow(given, zone, context.now, report);
  const grain = readGrain(given.get('grain'), report);
  const groupBy = readGroups(given.get('group_by'), metric, report);
  if (tz === 'team' && !groupBy.includes('team')) {
    report('tz', 'is team, which forbids adding teams up', 'add group_by=team');
  }
  if (tz === 'team' && metric.isUnfiltered)
    report('tz', 'is team, and this metric has one zone for all', 'name a zone');
  const asOf = readAsOf(given.get('as_of'), zone, context.now, report);
  const options = readOptions(specs, given, context.defaults?.[metric.id], report);
  if (metric.band) readBands(given.get('bands'), options, report);
  readCompare(given, metric, tz, options, report);
  if (metric.isReducible && given.get('baseline')) {
    const instant = (text: string) => readInstant(text, 'baseline', zone, () => undefined);
    const read = readBaseline(given.get('baseline')!, instant, window);
    if (read.ok) options.baseline = read.baseline;
    else report('baseline', read.problem, read.fix);
  }
  const filters = readFilters(metric, given, report);
  if (window && grain && problems.length === 0) {
    const rows = bucketsOf(window, zone, grain, context.fiscalStartMonth).length;
    if (rows > MAX_ROWS) report('grain', tooMany(rows), 'take a coarser grain or a shorter window');
  }
  if (problems.length > 0 || !window) return { ok: false, problems };
  const request = { from: iso(window.start), to: iso(window.end), grain, tz, groupBy, filters, options, asOf };
  return { ok: true, request };
}

/** The words for an answer that would be too long. */
export function tooMany(rows: number): string {
  return `asks for ${rows} rows (buckets × groups); the most is ${MAX_ROWS}`;
}

const windowNames = ['from', 'to', 'grain', 'tz', 'group_by', 'as_of'];

type Report = (field: string, problem: string, fix: string) => void;

function readZone(text: string | undefined, reportingZone: string, report: Report): string {
  if (text === undefined || text === '') return reportingZone;
  if (text === 'team') return text;
  if (IANAZone.isValidZone(text)) return text;
  report('tz', 'is not an IANA time zone', 'use a name such as Europe/Berlin, or team');
  return reportingZone;
}

function readWindow(given: ReadonlyMap<string, string>, zone: string, now: string, report: Report) {
  const end = readInstant(given.get('to'), 'to', zone, report) ?? Date.parse(now);
  const start = readInstant(given.get('from'), 'from', zone, report) ?? twentyEightDays(end, zone);
  if (start >= end) {
    report('from', 'is not before to', 'the window is half-open: from < to');
    return null;
  }
  if (end - start > MAX_DAYS * 86_400_000) {
    report('from', `is more than ${MAX_DAYS} days before to`, 'ask for a shorter window');
    return null;
  }
  return { start, end };
}

function twentyEightDays(end: number, zone: string): number {
  const day = DateTime.fromMillis(dayStart(end - 1, zone), { zone });
  return day.minus({ days: 27 }).startOf('day').toMillis();
}

/** An ISO date (midnight in the zone), local time (in the zone) or instant. */
function readInstant(text: string | undefined, field: string, zone: string, report: Report): number | null {
  if (text === undefined || text === '') return null;
  // A plus sign in a query string arrives as a blank.
  const time = DateTime.fromISO(text.trim().replace(/ (?=\d{2}:?\d{2}$)/, '+'), { zone });
  if (/^\d{4}-/.test(text) && time.isValid && time.year >= 1970 && time.year <= 2200) return time.toMillis();
  report(field, 'is not an ISO date or instant of the years 1970 to 2200', 'use 2026-01-01 or 2026-01-01T00:00:00Z');
  return null;
}

function readAsOf(text: string | undefined, zone: string, now: string, report: Report): string | null {
  const time = readInstant(text, 'as_of', zone, report);
  if (time === null) return null;
  if (time > Date.parse(now)) {
    report('as_of', 'lies in the future', 'leave it out for now');
    return null;
  }
  return iso(time);
}

function readGrain(text: string | undefined, report: Report): Grain | null {
  if (text === undefined || text === '' || text === 'none') return null;
  const rolling = rollingDays(text);
  if ((rolling !== null && rolling <= 3_660) || (calendarGrains as readonly string[]).includes(text)) {
    return text as Grain;
  }
  report('grain', 'is not a grain', `use ${calendarGrains.join(', ')}, a number of days such as 28d, or none`);
  return null;
}

function readGroups(text: string | undefined, metric: Metric, report: Report): readonly string[] {
  const names = (text ?? '').split(',').filter((name) => name !== '');
  const fix = `use at most two of ${metric.dimensions.join(', ')}`;
  if (new Set(names).size !== names.length) report('group_by', 'names a dimension twice', fix);
  if (names.length > 2) report('group_by', 'names more than two dimensions', fix);
  const unknown = names.filter((name) => !metric.dimensions.includes(name));
  if (unknown.length > 0) report('group_by', `names no dimension of this metric: ${unknown.join(', ')}`, fix);
  return names;
}

function readFilters(metric: Metric, given: ReadonlyMap<string, string>, report: Report) {
  const filters: Record<string, readonly string[]> = {};
  for (const dimension of filtersOf(metric)) {
    const text = given.get(dimension);
    if (text === undefined) continue;
    const values = [...new Set(text.split(','))].filter((value) => value !== '');
    if (values.includes('*') || values.length === 0) continue;
    if (values.length > MAX_FILTER_VALUES) {
      report(dimension, `lists more than ${MAX_FILTER_VALUES} values`, 'filter by a coarser dimension');
      continue;
    }
    filters[dimension] = values.sort();
  }
  return filters;
}

function readOptions(
  specs: Readonly<Record<string, OptionSpec>>,
  given: ReadonlyMap<string, string>,
  defaults: Options | undefined,
  report: Report,
): Record<string, OptionValue> {
  const options: Record<string, OptionValue> = {};
  for (const [name, spec] of Object.entries(specs)) {
    const preset = defaults?.[name];
    const text = given.get(name) ?? (preset === undefined ? undefined : String(preset));
    if (spec.type === 'calendar') {
      // Empty: by the clock, also where the organisation has set a calendar.
      if (text) options[name] = text;
      continue;
    }
    options[name] = text === undefined ? spec.default : readOption(name, spec, text, report);
  }
  for (const [name, spec] of Object.entries(specs)) {
    const other = spec.type === 'flag' ? spec.excludes : undefined;
    if (other === undefined || options[name] !== true || options[other] !== true) continue;
    // What is asked for beats what the organisation has set.
    if (given.has(name) && !given.has(other)) options[other] = false;
    else if (given.has(other) && !given.has(name)) options[name] = false;
    else {
      report(name, `makes no sense with ${other}`, `leave out ${name} or ${other}`);
      report(other, `makes no sense with ${name}`, `leave out ${name} or ${other}`);
    }
  }
  return options;
}

function readOption(
  name: string,
  spec: Exclude<OptionSpec, { type: 'calendar' }>,
  text: string,
  report: Report,
): OptionValue {
  if (spec.type === 'choice') {
    if (spec.values.includes(text)) return text;
    report(name, 'is not one of its values', `use ${spec.values.join(' or ')}`);
  } else if (spec.type === 'flag') {
    if (text === '' || text === 'true' || text === '1') return true;
    if (text === 'false' || text === '0') return false;
    report(name, 'is neither true nor false', 'write it bare for true');
  } else {
    const number = Number(text);
    if (text.trim() !== '' && number >= spec.min && number <= spec.max) return number;
    report(name, `is not a number from ${spec.min} to ${spec.max}`, `for example ${spec.default}`);
  }
  return spec.default;
}

function readBands(text: string | undefined, options: Record<string, OptionValue>, report: Report): void {
  if (text === undefined || text === '' || text === 'off') return;
  if ((bandYears as readonly string[]).includes(text)) options.bands = text;
  else report('bands', 'is not a published set of bands', `use ${bandYears.join(', ')} or off`);
}

function readCompare(
  given: ReadonlyMap<string, string>,
  metric: Metric,
  tz: string,
  options: Record<string, OptionValue>,
  report: Report,
): void {
  const text = given.get('compare');
  if (text === undefined || text === '') return;
  const unfit = whyNotCompared(metric);
  if (unfit !== null) report('compare', unfit, 'leave it out');
  else if (text !== 'adopters') report('compare', 'is not a comparison', 'use adopters');
  else if (tz === 'team') report('tz', 'is team, and a comparison has one zone for all', 'name a zone');
  else if (given.get('baseline')) report('compare', 'makes no sense with baseline', 'ask for one of the two');
  else options.compare = text;
}
