import { type Asking, asOfParam } from '../ask.ts';
import { iso } from '../buckets.ts';
import type { Row } from '../envelope.ts';
import { availabilityOf, budgetOf, burnRate, consumedOf, exhaustionSeconds, isMet } from './budget.ts';
import { judgeRule } from './burn.ts';
import { rulesOf, windowOf } from './by-slices.ts';
import { type Defined, DOWNTIME, type Slo, type SloAsking, stated } from './slo.ts';
import { wholeWindow } from './window.ts';

/** A level that is the time without an incident of its service (metrics.md §5.3); the budget is over the whole window (R33). */
export async function byIncidents(asking: SloAsking, defined: Defined): Promise<Slo> {
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
    pull: null,
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
