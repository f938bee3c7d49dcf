import type { MetricAnswer, Row } from '../../../queries/envelope.ts';
import { type Point, pointsOf } from '../charts/series.ts';
import { type Difference, differenceOf } from '../difference.ts';
import type { AtomRow, PageContext, PagePorts } from '../page.ts';
import { apiLink, apiParams, readView, type Span, type View } from '../view.ts';
import { type Key, keys } from './keys.ts';

/** One number in two windows, with its weeks and its address. */
export interface Reading {
  readonly now: Row | null;
  readonly before: Row | null;
  readonly difference: Difference | null;
  readonly points: readonly Point[];
  /** The rows behind it, at the API. */
  readonly atomsLink: string;
}

/** One of the five keys over the whole scope, with the first rows behind it. */
export interface KeyReading extends Reading {
  readonly key: Key;
  readonly options: MetricAnswer['options'];
  readonly rows: readonly AtomRow[];
  /** True if `rows` are all there are, so that a distribution can be drawn from them. */
  readonly isComplete: boolean;
  readonly dataLink: string;
}

/** A team (or, within one team, a service) and its five keys in the order of {@link keys}. */
export interface Group {
  readonly name: string;
  readonly readings: readonly Reading[];
}

/** Everything the overview shows. */
export interface OverviewModel {
  readonly context: PageContext;
  readonly view: View;
  /** Nothing has arrived yet: the page teaches the first step instead. */
  readonly isFirstVisit: boolean;
  /** The filters match nothing that is known. */
  readonly isEmptySelection: boolean;
  readonly keys: readonly KeyReading[];
  /** null if one service is selected. */
  readonly groups: { readonly by: 'team' | 'service'; readonly list: readonly Group[]; readonly all: number } | null;
  /** Incidents that began in the window and count; null if that is not known. */
  readonly incidents: number | null;
}

/** Up to this many rows are fetched whole, so that their distribution can be drawn; of more, the first few only. */
const ALL_ROWS = 5000;
const FEW_ROWS = 40;

/** The group of what nobody owns. */
const UNASSIGNED = '(unassigned)';

/** Groups beyond this many are left to the filter; with more than `LINES` the weekly lines are left out, the page would outgrow its weight. */
const GROUPS = 60;
const LINES = 16;

/** Asks for everything the overview shows. `params` are the page's own, as the filter form sends them. */
export async function overviewModel(
  ports: PagePorts,
  params: Readonly<Record<string, string>>,
): Promise<OverviewModel> {
  const context = await ports.context();
  const view = readView(params, context);
  const isKnown = (name: string | null, known: readonly string[]) =>
    name === null || name === UNASSIGNED || known.includes(name);
  const nothing = { keys: [], groups: null, incidents: null };
  if (context.heardUntil === null) return { context, view, isFirstVisit: true, isEmptySelection: false, ...nothing };
  if (!isKnown(view.team, context.teams) || !isKnown(view.service, context.services)) {
    return { context, view, isFirstVisit: false, isEmptySelection: true, ...nothing };
  }
  const by = view.service !== null ? null : view.team !== null ? 'service' : 'team';
  const readings = await Promise.all(keys.map((key) => readKey(ports, view, key)));
  const split = by === null ? null : await Promise.all(keys.map((key) => readGroups(ports, view, key, by)));
  const incidents = await ports.ask('ops.incident_rate', apiParams(view, view.window));
  return {
    context,
    view,
    isFirstVisit: false,
    isEmptySelection: false,
    keys: readings,
    groups: by === null || split === null ? null : { by, ...joinGroups(split) },
    incidents: incidents.totals[0]?.n ?? null,
  };
}

async function readKey(ports: PagePorts, view: View, key: Key): Promise<KeyReading> {
  const over = (span: Span, more: Readonly<Record<string, string>> = {}) =>
    ports.ask(key.id, apiParams(view, span, more));
  const [now, before, weeks] = await Promise.all([
    over(view.window),
    view.baseline === null ? null : over(view.baseline),
    over(view.weeks, { grain: 'week' }),
  ]);
  const row = now.totals[0] ?? null;
  const limit = String((row?.n ?? 0) <= ALL_ROWS ? ALL_ROWS : FEW_ROWS);
  const listed = await ports.askAtoms(key.id, apiParams(view, view.window, { limit }));
  return {
    key,
    ...reading(view, key, row, before?.totals[0] ?? null, pointsOf(weeks, key.graceHours)),
    options: now.options,
    rows: listed.atoms,
    isComplete: listed.next === null,
    dataLink: apiLink(key.id, apiParams(view, view.weeks, { grain: 'week' })),
  };
}

async function readGroups(
  ports: PagePorts,
  view: View,
  key: Key,
  by: 'team' | 'service',
): Promise<Map<string, Reading>> {
  const grouped = (span: Span, more: Readonly<Record<string, string>> = {}) =>
    ports.ask(key.id, apiParams(view, span, { group_by: by, ...more }));
  const [now, before] = await Promise.all([
    grouped(view.window),
    view.baseline === null ? null : grouped(view.baseline),
  ]);
  const hasLines = now.totals.length <= LINES;
  const weeks = hasLines ? await grouped(view.weeks, { grain: 'week' }) : null;
  const found = new Map<string, Reading>();
  for (const row of now.totals) {
    const name = String(row[by] ?? '');
    const earlier = before?.totals.find((other) => other[by] === row[by]) ?? null;
    found.set(
      name,
      reading(view, key, row, earlier, weeks === null ? [] : pointsOf(weeks, key.graceHours, { [by]: name }), {
        [by]: name,
      }),
    );
  }
  return found;
}

function reading(
  view: View,
  key: Key,
  now: Row | null,
  before: Row | null,
  points: readonly Point[],
  group: Readonly<Record<string, string>> = {},
): Reading {
  return {
    now,
    before,
    difference: now === null || view.baseline === null ? null : differenceOf(now, before, key.direction),
    points,
    atomsLink: apiLink(key.id, apiParams(view, view.window, group), '/atoms'),
  };
}

/** Groups in the order of their names, those without an owner last; a group that one key does not know has an empty reading there. */
function joinGroups(perKey: readonly ReadonlyMap<string, Reading>[]): { list: readonly Group[]; all: number } {
  const empty: Reading = { now: null, before: null, difference: null, points: [], atomsLink: '' };
  const names = [...new Set(perKey.flatMap((readings) => [...readings.keys()]))];
  const rank = (name: string) => (name === UNASSIGNED ? 1 : 0);
  names.sort((a, b) => rank(a) - rank(b) || a.localeCompare(b, 'en'));
  const list = names.slice(0, GROUPS).map((name) => ({
    name,
    readings: perKey.map((readings) => readings.get(name) ?? empty),
  }));
  return { list, all: names.length };
}
