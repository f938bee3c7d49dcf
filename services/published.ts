import type { PublishedValue } from './telemetry.ts';

/** Metrics that are published as gauges: the five keys, over the last 28 days. */
export const PUBLISHED = [
  'dora.deployment_frequency',
  'dora.change_lead_time',
  'dora.change_fail_rate',
  'dora.deployment_rework_rate',
  'dora.failed_deployment_recovery_time',
] as const;

/** What a gauge needs of an answer. */
export interface PublishedAnswer {
  readonly unit: string;
  readonly value: number | null;
  readonly n: number | null;
  readonly coverage: number;
}

/**
 * Computes the published metrics when asked, at most once in `seconds`: however often Prometheus scrapes, the store is asked
 * that seldom. A metric that cannot be answered is left out.
 */
export function publishedMetrics(
  ask: (metric: string) => Promise<PublishedAnswer | null>,
  monotonicSeconds: () => number,
  seconds = 60,
): () => Promise<readonly PublishedValue[]> {
  let computed = Number.NEGATIVE_INFINITY;
  let values: Promise<readonly PublishedValue[]> = Promise.resolve([]);
  return () => {
    const now = monotonicSeconds();
    if (now - computed >= seconds) {
      computed = now;
      values = compute(ask);
    }
    return values;
  };
}

async function compute(ask: (metric: string) => Promise<PublishedAnswer | null>): Promise<readonly PublishedValue[]> {
  const rows: PublishedValue[] = [];
  for (const metric of PUBLISHED) {
    const answer = await ask(metric).catch(() => null);
    if (answer === null) continue;
    const { unit, value, n, coverage } = answer;
    rows.push({ metric, unit, value, n, coverage });
  }
  return rows;
}
