import { DateTime } from 'luxon';
import type { Store } from '../../ingest/ports.ts';
import { type SloDefinition, sloDefinition } from '../../ingest/workspace/slos.ts';
import { asOfParam } from '../ask.ts';
import type { AtomName } from '../atoms/tables.ts';
import { iso } from '../buckets.ts';
import { readDefinitions } from '../definitions.ts';
import { secondsWithin, without } from '../intervals.ts';
import { byIncidents, downIntervals } from './by-incidents.ts';
import { type MeasuredSlices, measureSlices, windowOf } from './by-slices.ts';
import { countSlices } from './slices.ts';
import {
  type Defined,
  DOWNTIME,
  MAINTENANCE,
  type Slo,
  type SloAsking,
  type SpentBy,
  stated,
  type ToldMaintenance,
} from './slo.ts';
import { type BadStretch, type SpendingRollout, spendingRollouts } from './spent.ts';
import { wholeWindow } from './window.ts';

/** Every SLO as it was defined at `asOf`, by id. */
export async function answerSlos(store: Store, asking: SloAsking): Promise<readonly Slo[]> {
  const answered: Slo[] = [];
  for (const one of await readSlos(store, asking)) answered.push((await answerSlo(store, asking, one)).slo);
  return answered;
}

/** An SLO with what spent its budget, incidents, where it is measured by them, and rollouts; and with the maintenance of its window. */
export type SloInDetail = Slo & {
  readonly incidents: readonly SpentBy[];
  readonly rollouts: readonly SpendingRollout[];
  readonly maintenances: readonly ToldMaintenance[];
};

/** One SLO with the incidents that spent its budget, the latest first, and rollouts; null if there is none of that id. */
export async function findSlo(store: Store, asking: SloAsking, id: string): Promise<SloInDetail | null> {
  const found = (await readSlos(store, asking)).find((one) => one.id.toLowerCase() === id.toLowerCase());
  if (!found) return null;
  const { slo, measured } = await answerSlo(store, asking, found);
  const incidents = await spentBy(asking, slo);
  const stretches = measured === null ? incidents.map(stretchOf) : badSlices(measured, found.definition);
  const rollouts = await asking.withAtoms(asking.asOf, ['rollouts'], (tables) =>
    spendingRollouts(store, tables, {
      service: serviceOf(found.definition),
      window: { start: Date.parse(slo.window.start), end: Date.parse(slo.window.end) },
      stretches,
      allowed: slo.budget.allowed,
      causes: new Set(incidents.flatMap(({ cause_rollout_id: cause }) => cause ?? [])),
    }),
  );
  return { ...slo, incidents, rollouts, maintenances: await maintenancesOf(asking, slo) };
}

function serviceOf({ indicator, service }: SloDefinition): string | null {
  return indicator?.from === 'rollouts' ? indicator.service : service;
}

/** Maintenance of the window that counts and that does not, the latest first. */
async function maintenancesOf(asking: SloAsking, slo: Slo): Promise<readonly ToldMaintenance[]> {
  const { start, end } = slo.window;
  const rows = await asking.askAtoms(MAINTENANCE, {
    service: slo.service,
    from: start,
    to: end,
    ...asOfParam(asking.asOf),
  });
  const told = (rows ?? []).map((row): ToldMaintenance => {
    const text = (field: string) => String(row[field]);
    return {
      maintenance_id: text('maintenance_id'),
      title: text('title'),
      announced_at: text('announced_at'),
      starts_at: row.at,
      ends_at: text('ends_at'),
      excluded: row.excluded,
      event_ids: row.event_ids,
    };
  });
  return told.reverse();
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
  const taken = await asking.maintenanceOf(slo.service);
  const spent = rows
    .filter((row) => row.excluded === null)
    .map((row): SpentBy => {
      const restored = row.restored_at === null ? null : String(row.restored_at);
      const lasted = { start: Date.parse(row.at), end: restored === null ? Date.parse(end) : Date.parse(restored) };
      const window = { start: Date.parse(start), end: Date.parse(end) };
      const seconds = secondsWithin(without([lasted], taken), window);
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
  asking: SloAsking,
  slo: Slo,
  days: number,
): Promise<readonly { readonly date: string; readonly badShare: number | null }[]> {
  if (slo.sli !== 'incidents') return [];
  const { zone } = asking;
  const today = DateTime.fromMillis(Date.parse(slo.as_of) - 1, { zone }).startOf('day');
  const from = iso(today.minus({ days: days - 1 }).toMillis());
  const answer = await asking.ask(DOWNTIME, { service: slo.service, from, to: slo.as_of, grain: 'day', tz: zone });
  const until = Date.parse(slo.as_of);
  const taken = (await asking.maintenanceOf(slo.service)).filter(({ end }) => end > Date.parse(from));
  const down =
    taken.length === 0 ? [] : ((await downIntervals(asking, slo.service, slo.as_of, Date.parse(from))) ?? []);
  const excused = without(down, without(down, taken));
  return (answer?.series ?? []).map((row) => {
    const day = DateTime.fromISO(row.time, { zone });
    const within = { start: day.toMillis(), end: Math.min(day.plus({ days: 1 }).toMillis(), until) };
    const seconds = (within.end - within.start) / 1000 - secondsWithin(taken, within);
    const isMeasured = row.value !== null && (seconds > 0 || taken.length === 0);
    const bad = (row.value ?? 0) * 60 - secondsWithin(excused, within);
    return { date: day.toFormat('yyyy-MM-dd'), badShare: isMeasured ? Math.max(0, bad) / Math.max(1, seconds) : null };
  });
}

async function readSlos(store: Store, { asOf, now, spellingOf }: SloAsking): Promise<readonly Defined[]> {
  const defined: Defined[] = [];
  for (const data of await readDefinitions(store, 'slo.defined', asOf, now)) {
    const parsed = sloDefinition.safeParse(data.definition);
    if (!parsed.success) continue;
    const definition = { ...parsed.data, service: await spellingOf(parsed.data.service) };
    defined.push({ id: String(data.slo), isPublic: data.public === true, definition });
  }
  return defined;
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
  const maintenance = await asking.maintenanceOf(definition.service);
  const rolloutsToo = definition.indicator?.from === 'rollouts';
  const kinds: readonly AtomName[] = rolloutsToo ? ['rollouts', 'source_spans'] : ['source_spans'];
  const measured = await asking.withAtoms(asOf, kinds, (tables) =>
    measureSlices(store, tables, { slo: defined.id, definition, at: Date.parse(at), asOf, zone, maintenance }),
  );
  const until = measured?.pulledUntil;
  const problem = asOf === null ? (asking.pullProblem?.(defined.id) ?? null) : null;
  const pull = until === undefined ? null : { until: until === null ? null : iso(until), problem };
  return { slo: bySlices(defined, at, measured, pull), measured };
}

function bySlices(defined: Defined, at: string, measured: MeasuredSlices | null, pull: Slo['pull']): Slo {
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
    pull,
    coverage: measured?.coverage ?? 0,
    good: known?.level.good ?? null,
    valid: known?.level.valid ?? null,
    bad: known?.bad ?? null,
    missing_slices: known ? known.level.slices - known.level.present : null,
    maintenance_slices: known?.maintenanceSlices ?? null,
    maintenance_seconds: null,
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
