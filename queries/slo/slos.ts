import { DateTime } from 'luxon';
import type { Store } from '../../ingest/ports.ts';
import { type SloDefinition, sloDefinition } from '../../ingest/workspace/slos.ts';
import { type Asking, asOfParam } from '../ask.ts';
import type { WithAtoms } from '../atoms/tables.ts';
import { iso } from '../buckets.ts';
import { readDefinitions } from '../definitions.ts';
import type { Row, Status } from '../envelope.ts';
import type { ListedAtom } from '../listing.ts';
import { availabilityOf, budgetOf, burnRate, consumedOf, exhaustionSeconds, isMet } from './budget.ts';
import { type JudgedRule, judgeRule } from './burn.ts';
import { type MeasuredSlices, measureSlices, rulesOf, windowOf } from './by-slices.ts';
import { countSlices } from './slices.ts';
import { type BadStretch, type SpendingRollout, spendingRollouts } from './spent.ts';
import { wholeWindow } from './window.ts';

/** The metric whose answers a service level by incidents is made of. */
const DOWNTIME = 'ops.downtime';

/** Asking, and the rows behind a metric's answer; null as with {@link Asking.ask}. */
export interface SloAsking extends Asking {
  readonly withAtoms: WithAtoms;
  readonly askAtoms: (
    metricId: string,
    params: Readonly<Record<string, string>>,
  ) => Promise<readonly ListedAtom[] | null>;
}

/** A service level objective as `GET /v1/slos/{id}` answers it. Shares are of 1; instants UTC ISO. */
export interface Slo {
  readonly slo: string;
  readonly title: string;
  readonly description: string;
  readonly service: string;
  readonly public: boolean;
  readonly sli: SloDefinition['sli'];
  readonly method: SloDefinition['method'];
  /** What is counted: seconds of time, events or slices. `bad` and the budget are in it. */
  readonly unit: 'seconds' | 'events' | 'slices';
  /** Rolling: days of 24 hours up to as_of; of the calendar: what has passed of the period, `days` what it is said to have. */
  readonly window: { readonly start: string; readonly end: string; readonly days: number };
  readonly as_of: string;
  readonly target: number;
  /** Good ÷ valid, or time without an incident ÷ window, as far as it was measured; null without data. */
  readonly value: number | null;
  /** Whether the value is at or above the target. */
  readonly met: boolean | null;
  readonly status: Status;
  /** Why there is no value, if the reason is not the status: an indicator that is not measured here. */
  readonly unsupported: boolean;
  readonly coverage: number;
  readonly good: number | null;
  readonly valid: number | null;
  readonly bad: number | null;
  /** Slices of the window without anything valid; null where time is counted. */
  readonly missing_slices: number | null;
  /** Null where events or slices are counted. */
  readonly bad_seconds: number | null;
  readonly budget: {
    /** What may be bad, in the unit; null where it depends on what is valid and nothing was. */
    readonly allowed: number | null;
    readonly seconds: number | null;
    readonly consumed: number | null;
    readonly remaining: number | null;
    /** At the burn rate of the last 24 hours; null if nothing burns. */
    readonly exhausted_in_seconds: number | null;
  };
  readonly burn_rate: { readonly '1h': number | null; readonly '24h': number | null };
  /** Every burn-rate rule as it stands. */
  readonly alerts: readonly JudgedRule[];
  /** Incidents under way now; null without data. */
  readonly open_incidents: number | null;
}

/** An incident that spent some of the budget. Those that overlap share their time, so shares may add up to more than is spent. */
export interface SpentBy {
  readonly incident_id: string;
  readonly title: string;
  readonly impact: string;
  readonly started_at: string;
  readonly restored_at: string | null;
  /** Within the window. */
  readonly seconds: number;
  readonly budget_share: number;
  /** The rollout that caused it, if it is known. */
  readonly cause_rollout_id: string | null;
  readonly event_ids: readonly string[];
}

interface Defined {
  readonly id: string;
  readonly isPublic: boolean;
  readonly definition: SloDefinition;
}

/** Every SLO as it was defined at `asOf`, by id. */
export async function answerSlos(store: Store, asking: SloAsking): Promise<readonly Slo[]> {
  const answered: Slo[] = [];
  for (const one of await readSlos(store, asking)) answered.push((await answerSlo(store, asking, one)).slo);
  return answered;
}

/** An SLO with what spent its budget: incidents, where it is measured by them, and rollouts. */
export type SloInDetail = Slo & {
  readonly incidents: readonly SpentBy[];
  readonly rollouts: readonly SpendingRollout[];
};

/** One SLO with the incidents that spent its budget, the latest first, and rollouts; null if there is none of that id. */
export async function findSlo(store: Store, asking: SloAsking, id: string): Promise<SloInDetail | null> {
  const found = (await readSlos(store, asking)).find((one) => one.id.toLowerCase() === id.toLowerCase());
  if (!found) return null;
  const { slo, measured } = await answerSlo(store, asking, found);
  const incidents = await spentBy(asking, slo);
  const stretches = measured === null ? incidents.map(stretchOf) : badSlices(measured, found.definition);
  const rollouts = await asking.withAtoms(asking.asOf, (tables) =>
    spendingRollouts(store, tables, {
      service: serviceOf(found.definition),
      window: { start: Date.parse(slo.window.start), end: Date.parse(slo.window.end) },
      stretches,
      allowed: slo.budget.allowed,
      causes: new Set(incidents.flatMap(({ cause_rollout_id: cause }) => cause ?? [])),
    }),
  );
  return { ...slo, incidents, rollouts };
}

function serviceOf({ indicator, service }: SloDefinition): string | null {
  return indicator?.from === 'rollouts' ? indicator.service : service;
}

function stretchOf({ started_at, restored_at, seconds }: SpentBy): BadStretch {
  const end = restored_at === null ? Date.parse(started_at) + seconds * 1000 : Date.parse(restored_at);
  return { start: Math.max(Date.parse(started_at), end - seconds * 1000), end, bad: seconds };
}

function badSlices({ slices, grid }: MeasuredSlices, definition: SloDefinition): BadStretch[] {
  const { method, slice_target: sliceTarget, slice_seconds: seconds } = definition;
  return slices.flatMap((slice) => {
    const { good, valid } = countSlices([slice], 1, { method, sliceTarget, missing: 'excluded' });
    const isBad = slice.start >= grid.window.start && valid - good > 0;
    return isBad ? [{ start: slice.start, end: slice.start + seconds * 1000, bad: valid - good }] : [];
  });
}

/** What spent the budget of an SLO, the latest first; at most a thousand. */
export async function spentBy(asking: SloAsking, slo: Slo): Promise<readonly SpentBy[]> {
  if (slo.sli !== 'incidents') return [];
  const { start, end } = slo.window;
  const params = { service: slo.service, from: start, to: end, ...asOfParam(asking.asOf) };
  const rows = (await asking.askAtoms(DOWNTIME, params)) ?? [];
  const spent = rows
    .filter((row) => row.excluded === null)
    .map((row): SpentBy => {
      const restored = row.restored_at === null ? null : String(row.restored_at);
      const until = Math.min(Date.parse(end), restored === null ? Date.parse(end) : Date.parse(restored));
      const seconds = Math.max(0, until - Math.max(Date.parse(start), Date.parse(row.at))) / 1000;
      const cause = String(row.cause_rollout_id ?? '');
      return {
        incident_id: String(row.incident_id),
        title: String(row.title),
        impact: String(row.impact),
        started_at: row.at,
        restored_at: restored,
        seconds,
        budget_share: seconds / (slo.budget.seconds ?? 1),
        cause_rollout_id: cause === '' ? null : cause,
        event_ids: row.event_ids,
      };
    });
  return spent.sort((a, b) => (a.started_at < b.started_at ? 1 : -1));
}

/** Bad share of each of the last local days, today's of what has passed of it; null where nobody measured. Oldest first. */
export async function badDays(
  asking: Asking,
  slo: Slo,
  days: number,
): Promise<readonly { readonly date: string; readonly badShare: number | null }[]> {
  if (slo.sli !== 'incidents') return [];
  const { zone } = asking;
  const today = DateTime.fromMillis(Date.parse(slo.as_of) - 1, { zone }).startOf('day');
  const from = iso(today.minus({ days: days - 1 }).toMillis());
  const answer = await asking.ask(DOWNTIME, { service: slo.service, from, to: slo.as_of, grain: 'day', tz: zone });
  return (answer?.series ?? []).map((row) => {
    const day = DateTime.fromISO(row.time, { zone });
    const end = Math.min(day.plus({ days: 1 }).toMillis(), Date.parse(slo.as_of));
    const seconds = Math.max(1, (end - day.toMillis()) / 1000);
    return { date: day.toFormat('yyyy-MM-dd'), badShare: row.value === null ? null : (row.value * 60) / seconds };
  });
}

async function readSlos(store: Store, { asOf, now }: Asking): Promise<readonly Defined[]> {
  return (await readDefinitions(store, 'slo.defined', asOf, now)).flatMap((data): Defined[] => {
    const parsed = sloDefinition.safeParse(data.definition);
    if (!parsed.success) return [];
    return [{ id: String(data.slo), isPublic: data.public === true, definition: parsed.data }];
  });
}

interface Answered {
  readonly slo: Slo;
  /** Null where the level is time without incidents. */
  readonly measured: MeasuredSlices | null;
}

async function answerSlo(store: Store, asking: SloAsking, defined: Defined): Promise<Answered> {
  const { definition } = defined;
  if (definition.sli === 'incidents') return { slo: await byIncidents(asking, defined), measured: null };
  const at = asking.asOf ?? asking.now;
  const { zone, asOf } = asking;
  const measured = await asking.withAtoms(asOf, (tables) =>
    measureSlices(store, tables, { slo: defined.id, definition, at: Date.parse(at), asOf, zone }),
  );
  return { slo: bySlices(defined, at, measured), measured };
}

function stated({ id, isPublic, definition }: Defined, at: string) {
  const { title, description, service, sli, method, target } = definition;
  return { slo: id, title, description, service, public: isPublic, sli, method, as_of: at, target };
}

function bySlices(defined: Defined, at: string, measured: MeasuredSlices | null): Slo {
  const { definition } = defined;
  const known = measured !== null && measured.status !== 'no_data' ? measured.judged : null;
  const whole = wholeWindow(windowOf(definition), Date.parse(at));
  const { start, end } = measured?.clipped ?? { start: whole.start, end: Date.parse(at) };
  return {
    ...stated(defined, at),
    unit: definition.method === 'Occurrences' ? 'events' : 'slices',
    window: { start: iso(start), end: iso(end), days: definition.window_days },
    value: known?.value ?? null,
    met: known?.met ?? null,
    status: measured?.status ?? 'no_data',
    unsupported: measured === null,
    coverage: measured?.coverage ?? 0,
    good: known?.level.good ?? null,
    valid: known?.level.valid ?? null,
    bad: known?.bad ?? null,
    missing_slices: known ? known.level.slices - known.level.present : null,
    bad_seconds: null,
    budget: {
      allowed: known?.allowed ?? null,
      seconds: null,
      consumed: known?.consumed ?? null,
      remaining: known?.remaining ?? null,
      exhausted_in_seconds: known?.exhaustedInSeconds ?? null,
    },
    burn_rate: { '1h': known?.burn(3_600) ?? null, '24h': known?.burn(86_400) ?? null },
    alerts: measured?.judged.alerts ?? [],
    open_incidents: null,
  };
}

async function byIncidents(asking: SloAsking, defined: Defined): Promise<Slo> {
  const { target, window_days: days, service } = defined.definition;
  const at = asking.asOf ?? asking.now;
  const whole = wholeWindow(windowOf(defined.definition), Date.parse(at));
  const measured = await downtime(asking, service, at, whole.start);
  const bad = secondsOf(measured);
  const windowSeconds = (whole.end - whole.start) / 1000;
  // What lies before anything was heard is neither good nor bad.
  const value = bad === null || measured === null ? null : availabilityOf(bad, lengthSeconds(measured.window));
  const consumed = bad === null ? null : consumedOf(bad, target, windowSeconds);
  const remaining = consumed === null ? null : 1 - consumed;
  const rules = rulesOf(defined.definition);
  const longest = Math.max(86_400, ...rules.map((rule) => rule.long_seconds + rule.for_seconds));
  const down = bad === null ? null : await downIntervals(asking, service, at, Date.parse(at) - longest * 1000);
  const burn = (stretch: number) =>
    down === null ? null : burnRate(secondsWithin(down, Date.parse(at), stretch), stretch, target);
  const trailing = (seconds: number, ago: number) =>
    down === null
      ? null
      : { good: seconds - secondsWithin(down, Date.parse(at) - ago * 1000, seconds), valid: seconds };
  const [hour, day] = [burn(3_600), burn(86_400)];
  const valid = bad === null || measured === null ? null : lengthSeconds(measured.window);
  return {
    ...stated(defined, at),
    unit: 'seconds',
    window: { start: iso(whole.start), end: at, days },
    value,
    met: value === null ? null : isMet(value, target),
    status: measured?.status ?? 'no_data',
    unsupported: false,
    coverage: measured?.coverage ?? 0,
    good: valid === null || bad === null ? null : valid - bad,
    valid,
    bad,
    missing_slices: null,
    bad_seconds: bad,
    budget: {
      allowed: budgetOf(target, windowSeconds),
      seconds: budgetOf(target, windowSeconds),
      consumed,
      remaining,
      exhausted_in_seconds:
        remaining === null || day === null ? null : exhaustionSeconds(remaining, day, windowSeconds),
    },
    burn_rate: { '1h': hour, '24h': day },
    alerts: rules.map((rule) => judgeRule(rule, target, trailing, { counts: false, stepSeconds: 60 })),
    open_incidents: bad === null ? null : (measured?.open_n ?? null),
  };
}

/** When the service was down since an instant, overlaps joined, in order; null if it cannot be told. */
async function downIntervals(asking: SloAsking, service: string, at: string, since: number) {
  const params = { service, from: iso(since), to: at, ...asOfParam(asking.asOf) };
  const rows = await asking.askAtoms(DOWNTIME, params);
  if (rows === null) return null;
  const counting = rows.filter((row) => row.excluded === null);
  const spans = counting.map((row) => ({
    start: Date.parse(row.at),
    end: row.restored_at === null ? Date.parse(at) : Date.parse(String(row.restored_at)),
  }));
  const joined: { start: number; end: number }[] = [];
  for (const span of spans.sort((a, b) => a.start - b.start)) {
    const last = joined.at(-1);
    if (last && span.start <= last.end) last.end = Math.max(last.end, span.end);
    else joined.push({ ...span });
  }
  return joined;
}

function secondsWithin(spans: readonly { start: number; end: number }[], end: number, seconds: number): number {
  const start = end - seconds * 1000;
  return (
    spans.reduce((sum, span) => sum + Math.max(0, Math.min(span.end, end) - Math.max(span.start, start)), 0) / 1000
  );
}

async function downtime(asking: Asking, service: string, at: string, since: number): Promise<Row | null> {
  const from = iso(since);
  const answer = await asking.ask(DOWNTIME, { service, from, to: at, ...asOfParam(asking.asOf) });
  return answer?.totals[0] ?? null;
}

function lengthSeconds({ start, end }: Row['window']): number {
  return (Date.parse(end) - Date.parse(start)) / 1000;
}

/** Minutes of downtime as seconds; null without data. */
function secondsOf(row: Row | null): number | null {
  return row === null || row.value === null ? null : row.value * 60;
}
