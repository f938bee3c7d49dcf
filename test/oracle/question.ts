import { iso, type Stretch } from './calendar.ts';
import { deploymentMetrics } from './deployment-metrics.ts';
import { documentationMetrics } from './documentation.ts';
import { incidentMetrics } from './incident-metrics.ts';
import { compareText } from './known.ts';
import { leadTimeMetrics } from './lead-time.ts';
import { pipelineMetrics } from './pipelines.ts';
import { selfServiceMetrics } from './self-service.ts';
import type { Options, OracleMetric } from './summary.ts';
import { supportMetrics } from './tickets.ts';
import { trainingMetrics } from './training.ts';

/** Every metric that the oracle answers. */
export const oracleMetrics: Readonly<Record<string, OracleMetric>> = {
  ...deploymentMetrics,
  ...leadTimeMetrics,
  ...incidentMetrics,
  ...pipelineMetrics,
  ...supportMetrics,
  ...selfServiceMetrics,
  ...documentationMetrics,
  ...trainingMetrics,
};

const dimensionNames = [
  'service',
  'team',
  'tier',
  'region',
  'product',
  'environment_group',
  'repository',
  'workflow',
  'support_tier',
  'kind',
  'wave',
  'item',
] as const;

export interface Ask {
  readonly metric: string;
  /** As in the URL: from, to, grain, tz, group_by, filters, options, as_of. */
  readonly params: Readonly<Record<string, string>>;
  readonly now: string;
}

/** A question, read. */
export interface Question {
  readonly metric: OracleMetric;
  readonly id: string;
  readonly window: Stretch;
  readonly tz: string;
  readonly grain: string | null;
  readonly groupBy: readonly string[];
  readonly scope: Readonly<Record<string, readonly string[]>>;
  readonly options: Options;
  readonly asOf: number;
  readonly asOfText: string;
}

/** Reads a question as the API does; the oracle is only asked valid ones. */
export function readAsk(ask: Ask, metric: OracleMetric = oracleMetrics[ask.metric]!): Question {
  const { params } = ask;
  const asOfText = iso(Date.parse(params.as_of ?? ask.now));
  const options: Record<string, string | number | boolean> = {};
  for (const [name, byDefault] of Object.entries({ ...metric.options, ownership: 'then' })) {
    const given = params[name];
    if (given === undefined) options[name] = byDefault;
    else if (typeof byDefault === 'boolean') options[name] = given === 'true';
    else options[name] = typeof byDefault === 'number' ? Number(given) : given;
  }
  if (params.business_hours !== undefined) options.business_hours = params.business_hours;
  const scope: Record<string, readonly string[]> = {};
  for (const name of dimensionNames) {
    const given = params[name];
    if (given !== undefined && given !== '*') scope[name] = [...new Set(given.split(','))].sort(compareText);
  }
  return {
    metric,
    id: ask.metric,
    window: { start: Date.parse(params.from!), end: Date.parse(params.to!) },
    tz: params.tz ?? 'UTC',
    grain: params.grain ?? null,
    groupBy: params.group_by ? params.group_by.split(',') : [],
    scope,
    options,
    asOf: Date.parse(asOfText),
    asOfText,
  };
}
