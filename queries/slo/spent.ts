import type { Store } from '../../ingest/ports.ts';
import type { AtomTables } from '../atoms/tables.ts';
import { iso } from '../buckets.ts';

/** A stretch in which some of the budget went, in the unit of the budget. Times in epoch ms. */
export interface BadStretch {
  readonly start: number;
  readonly end: number;
  readonly bad: number;
}

/**
 * A rollout whose window overlaps what spent the budget: from its start until the next one has finished, for a day at most.
 * That it was then does not make it the cause; `is_cause` says that an incident names it.
 */
export interface SpendingRollout {
  readonly rollout_id: string;
  readonly service: string;
  readonly revision: string;
  readonly kind: string;
  readonly outcome: string;
  readonly started_at: string | null;
  readonly finished_at: string;
  /** What was bad in its window, and its share of the budget. */
  readonly bad: number;
  readonly budget_share: number | null;
  readonly is_cause: boolean;
  readonly event_ids: readonly string[];
}

const DAY = 86_400_000;
const MOST_ROLLOUTS = 1_000;

/**
 * The production rollouts of a service (null: of all) that overlap bad stretches, the greatest spender first. A stretch
 * belongs to a rollout by the share of its time that lies in the rollout's window.
 */
export async function spendingRollouts(
  store: Store,
  tables: AtomTables,
  asked: {
    readonly service: string | null;
    readonly window: { readonly start: number; readonly end: number };
    readonly stretches: readonly BadStretch[];
    readonly allowed: number | null;
    readonly causes: ReadonlySet<string>;
  },
): Promise<readonly SpendingRollout[]> {
  const { service, window, stretches, allowed, causes } = asked;
  if (stretches.length === 0) return [];
  const rows = await store.query<RolloutRow>(
    `SELECT rollout_id, service, revision, kind, outcome, event_ids, toUnixTimestamp64Milli(finished_at) AS finished,
       toUnixTimestamp64Milli(least(ifNull(started_at, finished_at), finished_at)) AS started, started_at IS NULL AS sudden
     FROM ${tables.rollouts}
     WHERE excluded = '' AND production AND ({service:Nullable(String)} IS NULL OR lower(service) = {service:Nullable(String)})
       AND toUnixTimestamp64Milli(finished_at) >= {from:Int64} AND toUnixTimestamp64Milli(finished_at) < {to:Int64}
     ORDER BY finished_at DESC, atom_id DESC LIMIT ${MOST_ROLLOUTS}`,
    { service: service === null ? null : service.toLowerCase(), from: window.start - DAY, to: window.end },
  );
  const next = new Map<string, number>();
  const spending = rows.map((row): SpendingRollout => {
    const [started, finished] = [Number(row.started), Number(row.finished)];
    const until = Math.min(next.get(row.service) ?? Number.POSITIVE_INFINITY, finished + DAY, window.end);
    next.set(row.service, finished);
    let bad = 0;
    for (const stretch of stretches) {
      const overlap = Math.min(stretch.end, until) - Math.max(stretch.start, started);
      // A rollout without a start has a window from its end on, in which it itself lies.
      if (overlap > 0) bad += (stretch.bad * overlap) / (stretch.end - stretch.start);
    }
    return {
      rollout_id: row.rollout_id,
      service: row.service,
      revision: row.revision,
      kind: row.kind,
      outcome: row.outcome,
      started_at: Number(row.sudden) === 1 ? null : iso(started),
      finished_at: iso(finished),
      bad,
      budget_share: allowed === null || allowed <= 0 ? null : bad / allowed,
      is_cause: causes.has(row.rollout_id),
      event_ids: row.event_ids,
    };
  });
  return spending.filter(({ bad, is_cause }) => bad > 0 || is_cause).sort((a, b) => b.bad - a.bad);
}

interface RolloutRow extends Record<string, unknown> {
  readonly rollout_id: string;
  readonly service: string;
  readonly revision: string;
  readonly kind: string;
  readonly outcome: string;
  readonly event_ids: readonly string[];
  readonly finished: string;
  readonly started: string;
  readonly sudden: number | boolean;
}
