import { DateTime } from 'luxon';
import type { Store } from '../../ingest/ports.ts';
import { type SloDefinition, sloDefinition } from '../../ingest/workspace/slos.ts';
import { type Asking, asOfParam } from '../ask.ts';
import { HOUR, iso } from '../buckets.ts';
import { readDefinitions } from '../definitions.ts';
import type { Row, Status } from '../envelope.ts';
import type { ListedAtom } from '../listing.ts';
import { availabilityOf, budgetOf, burnRate, consumedOf, exhaustionSeconds, isMet } from './budget.ts';

/** The metric whose answers a service level by incidents is made of. */
const DOWNTIME = 'ops.downtime';

/** Asking, and the rows behind a metric's answer; null as with {@link Asking.ask}. */
export interface SloAsking extends Asking {
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
  /** Rolling: days of 24 hours up to as_of. */
  readonly window: { readonly start: string; readonly end: string; readonly days: number };
  readonly as_of: string;
  readonly target: number;
  /** Time without an incident ÷ window, as far as it was measured; null without data. */
  readonly value: number | null;
  /** Whether the value is at or above the target. */
  readonly met: boolean | null;
  readonly status: Status;
  /** Why there is no value, if the reason is not the status: an indicator that is not measured here. */
  readonly unsupported: boolean;
  readonly coverage: number;
  readonly bad_seconds: number | null;
  readonly budget: {
    readonly seconds: number;
    readonly consumed: number | null;
    readonly remaining: number | null;
    /** At the burn rate of the last 24 hours; null if nothing burns. */
    readonly exhausted_in_seconds: number | null;
  };
  readonly burn_rate: { readonly '1h': number | null; readonly '24h': number | null };
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
export async function answerSlos(store: Store, asking: Asking): Promise<readonly Slo[]> {
  const answered: Slo[] = [];
  for (const one of await readSlos(store, asking)) answered.push(await answerSlo(asking, one));
  return answered;
}

/** One SLO with the incidents that spent its budget, the latest first; null if there is none of that id. */
export async function findSlo(
  store: Store,
  asking: SloAsking,
  id: string,
): Promise<(Slo & { readonly incidents: readonly SpentBy[] }) | null> {
  const found = (await readSlos(store, asking)).find((one) => one.id.toLowerCase() === id.toLowerCase());
  if (!found) return null;
  const slo = await answerSlo(asking, found);
  return { ...slo, incidents: await spentBy(asking, slo) };
}

/** What spent the budget of an SLO, the latest first; at most a thousand. */
export async function spentBy(asking: SloAsking, slo: Slo): Promise<readonly SpentBy[]> {
  if (slo.unsupported) return [];
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
        budget_share: seconds / slo.budget.seconds,
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
  if (slo.unsupported) return [];
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

async function answerSlo(asking: Asking, { id, isPublic, definition }: Defined): Promise<Slo> {
  const { target, window_days: days, sli, service } = definition;
  const at = asking.asOf ?? asking.now;
  const hours = days * 24;
  const measured = sli === 'incidents' ? await downtime(asking, service, at, hours) : null;
  const bad = secondsOf(measured);
  const windowSeconds = hours * 3600;
  // What lies before anything was heard is neither good nor bad.
  const value = bad === null || measured === null ? null : availabilityOf(bad, lengthSeconds(measured.window));
  const consumed = bad === null ? null : consumedOf(bad, target, windowSeconds);
  const remaining = consumed === null ? null : 1 - consumed;
  const burn = async (stretch: number) => {
    const seconds = bad === null ? null : secondsOf(await downtime(asking, service, at, stretch));
    return seconds === null ? null : burnRate(seconds, stretch * 3600, target);
  };
  const [hour, day] = [await burn(1), await burn(24)];
  return {
    slo: id,
    title: definition.title,
    description: definition.description,
    service,
    public: isPublic,
    sli,
    window: { start: iso(Date.parse(at) - hours * HOUR), end: at, days },
    as_of: at,
    target,
    value,
    met: value === null ? null : isMet(value, target),
    status: measured?.status ?? 'no_data',
    unsupported: sli !== 'incidents',
    coverage: measured?.coverage ?? 0,
    bad_seconds: bad,
    budget: {
      seconds: budgetOf(target, windowSeconds),
      consumed,
      remaining,
      exhausted_in_seconds:
        remaining === null || day === null ? null : exhaustionSeconds(remaining, day, windowSeconds),
    },
    burn_rate: { '1h': hour, '24h': day },
    open_incidents: bad === null ? null : (measured?.open_n ?? null),
  };
}

async function downtime(asking: Asking, service: string, at: string, hours: number): Promise<Row | null> {
  const from = iso(Date.parse(at) - hours * HOUR);
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
