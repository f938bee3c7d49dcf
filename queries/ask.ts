import type { MetricAnswer } from './envelope.ts';

/**
 * Asks for a metric as `GET /v1/metrics/{id}` does, with the same parameters. Null: there is no such metric, or it does not
 * take these parameters. Judgements are arithmetic on such answers, never on tables.
 */
export type Ask = (metricId: string, params: Readonly<Record<string, string>>) => Promise<MetricAnswer | null>;

/** Instants between which something is asked for, and the past it is asked of: UTC ISO, `asOf` null for now. */
export interface Asking {
  readonly ask: Ask;
  readonly now: string;
  readonly zone: string;
  readonly asOf: string | null;
}

/** The parameter `as_of`, if a past is asked for. */
export function asOfParam(asOf: string | null): { readonly as_of?: string } {
  return asOf === null ? {} : { as_of: asOf };
}
