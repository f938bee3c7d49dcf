import type { Delivery } from './delivery.ts';
import { type Fact, makeEvent, type NormalizedEvent, parseData } from './event.ts';
import { isHistory } from './sources/history.ts';
import type { Source } from './sources/source.ts';
import { isPlausible } from './time.ts';

export interface Problem {
  readonly field: string;
  readonly problem: string;
}

/** A delivery, read by its source: events that are complete and checked, or why there are none. */
export type Reading =
  | { readonly outcome: 'events'; readonly events: readonly NormalizedEvent[] }
  | { readonly outcome: 'ignored'; readonly reason: string }
  | { readonly outcome: 'rejected'; readonly reason: string; readonly notJson?: boolean };

/**
 * Runs a source over a delivery. All of its facts become events or none does; a throwing normaliser, which is a bug,
 * sets its delivery aside and stops nothing. Never throws.
 */
export function normaliseDelivery(source: Source, delivery: Delivery): Reading {
  try {
    const { history } = source;
    const normalized = history && isHistory(delivery) ? history(delivery) : source.normalise(delivery);
    if (normalized.outcome !== 'facts') return normalized;
    const events: NormalizedEvent[] = [];
    const from = { source: source.name, normaliser: source.normaliser, delivery_id: delivery.id };
    for (const fact of normalized.facts) {
      const made = completeFact(fact, from, delivery.received_at);
      if (!made.ok) return { outcome: 'rejected', reason: describe(made.problems) };
      events.push(made.event);
    }
    return { outcome: 'events', events };
  } catch (error) {
    return { outcome: 'rejected', reason: `the normaliser failed: ${(error as Error).name}` };
  }
}

/** Problems as one line. */
export function describe(problems: readonly Problem[]): string {
  return problems
    .slice(0, 5)
    .map(({ field, problem }) => `${field}: ${problem}`)
    .join('; ')
    .slice(0, 1000);
}

/**
 * Checks a fact against its kind's schema and its times against the receipt of what carried it, and makes the event.
 * Only times that metrics use are judged: authors' clocks are clamped where they are used.
 */
export function completeFact(
  fact: Fact,
  from: { readonly source: string; readonly normaliser: number; readonly delivery_id: string },
  receivedAt: string,
): { readonly ok: true; readonly event: NormalizedEvent } | { readonly ok: false; readonly problems: Problem[] } {
  const parsed = parseData(fact.type, fact.data);
  if (!parsed.ok) return parsed;
  const data: Readonly<Record<string, unknown>> = parsed.data;
  const times: readonly [string, unknown][] = [
    ['occurred_at', fact.occurred_at],
    ['data.opened_at', data.opened_at],
    ['data.impact_started_at', data.impact_started_at],
  ];
  const problems = times
    .filter(([, time]) => typeof time === 'string' && !isPlausible(time, receivedAt))
    .map(([field, time]) => ({ field, problem: `${time} is before 2000 or over 10 minutes after the receipt` }));
  if (problems.length > 0) return { ok: false, problems };
  // parseData answered with the data of exactly this kind.
  return { ok: true, event: makeEvent({ ...fact, data: parsed.data }, from) as NormalizedEvent };
}
