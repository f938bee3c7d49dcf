import { type Asking, asOfParam } from '../ask.ts';
import { iso, type Span } from '../buckets.ts';
import type { Row } from '../envelope.ts';
import { joined, secondsWithin, without } from '../intervals.ts';
import { availabilityOf, budgetOf, burnRate, consumedOf, exhaustionSeconds, isMet } from './budget.ts';
import { judgeRule } from './burn.ts';
import { rulesOf, windowOf } from './by-slices.ts';
import type { Counted } from './slices.ts';
import { type Defined, DOWNTIME, type Slo, type SloAsking, stated } from './slo.ts';
import { wholeWindow } from './window.ts';

/**
 * A level that is the time without an incident of its service, outside of maintenance (metrics.md §5.3, R58); the budget is over
 * the whole window less maintenance (R33).
 */
export async function byIncidents(asking: SloAsking, defined: Defined): Promise<Slo> {
  const { target, window_days: days, service } = defined.definition;
  const at = asking.asOf ?? asking.now;
  const now = Date.parse(at);
  const whole = wholeWindow(windowOf(defined.definition), now);
  const rules = rulesOf(defined.definition);
  const longest = Math.max(86_400, ...rules.map((rule) => rule.long_seconds + rule.for_seconds)) * 1000;
  const taken = await maintainedUntil(asking, service, now);
  const isTaken = taken.some(({ end }) => end > whole.start);
  const measured = await downtime(asking, service, at, whole.start);
  const seconds = secondsOf(measured);
  const since = isTaken ? Math.min(whole.start, now - longest) : now - longest;
  const down = seconds === null ? null : await downIntervals(asking, service, at, since);
  const served = without(down ?? [], taken);
  // What lies before anything was heard is neither good nor bad.
  const heard = measured === null ? null : spanOf(measured.window);
  const maintenance = heard === null ? 0 : secondsWithin(taken, heard);
  const excused = heard === null || !isTaken ? 0 : secondsWithin(down ?? [], heard) - secondsWithin(served, heard);
  const bad = seconds === null ? null : Math.max(0, seconds - excused);
  const valid = bad === null || heard === null ? null : (heard.end - heard.start) / 1000 - maintenance;
  const value = bad === null || valid === null ? null : availabilityOf(bad, valid);
  const windowSeconds = (whole.end - whole.start) / 1000 - secondsWithin(taken, whole);
  const consumed = bad === null || windowSeconds <= 0 ? null : consumedOf(bad, target, windowSeconds);
  const remaining = consumed === null ? null : 1 - consumed;
  const trailing = (stretch: number, ago: number): Counted | null => {
    if (down === null) return null;
    const within = { start: now - (ago + stretch) * 1000, end: now - ago * 1000 };
    const there = stretch - secondsWithin(taken, within);
    return { good: there - secondsWithin(served, within), valid: there };
  };
  const burn = (stretch: number) => {
    const counted = trailing(stretch, 0);
    return counted === null || counted.valid <= 0
      ? null
      : burnRate(counted.valid - counted.good, counted.valid, target);
  };
  const [hour, day] = [burn(3_600), burn(86_400)];
  const status = measured?.status ?? 'no_data';
  return {
    ...stated(defined, at),
    unit: 'seconds',
    window: { start: iso(whole.start), end: at, days },
    value,
    met: value === null ? null : isMet(value, target),
    status: valid !== null && valid <= 0 ? 'not_applicable' : status,
    unsupported: false,
    pull: null,
    coverage: measured?.coverage ?? 0,
    good: valid === null || bad === null ? null : valid - bad,
    valid,
    bad,
    missing_slices: null,
    maintenance_slices: null,
    maintenance_seconds: valid === null ? null : maintenance,
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

/** When the service was in maintenance up to an instant: what is only planned is taken out of nothing yet. */
async function maintainedUntil(asking: SloAsking, service: string, at: number): Promise<readonly Span[]> {
  return (await asking.maintenanceOf(service)).flatMap(({ start, end }) =>
    start < at ? [{ start, end: Math.min(end, at) }] : [],
  );
}

/** When the service was down since an instant, overlaps joined, in order; null if it cannot be told. */
export async function downIntervals(
  asking: SloAsking,
  service: string,
  at: string,
  since: number,
): Promise<readonly Span[] | null> {
  const params = { service, from: iso(since), to: at, ...asOfParam(asking.asOf) };
  const rows = await asking.askAtoms(DOWNTIME, params);
  if (rows === null) return null;
  const counting = rows.filter((row) => row.excluded === null);
  const spans = counting.map((row) => ({
    start: Date.parse(row.at),
    end: row.restored_at === null ? Date.parse(at) : Date.parse(String(row.restored_at)),
  }));
  return joined(spans);
}

async function downtime(asking: Asking, service: string, at: string, since: number): Promise<Row | null> {
  const from = iso(since);
  const answer = await asking.ask(DOWNTIME, { service, from, to: at, ...asOfParam(asking.asOf) });
  return answer?.totals[0] ?? null;
}

function spanOf({ start, end }: Row['window']): Span {
  return { start: Date.parse(start), end: Date.parse(end) };
}

/** Minutes of downtime as seconds; null without data. */
function secondsOf(row: Row | null): number | null {
  return row === null || row.value === null ? null : row.value * 60;
}
