import { availabilityMetrics } from './availability.ts';
import { iso, type Stretch } from './calendar.ts';
import { deploymentMetrics } from './deployment-metrics.ts';
import { documentationMetrics } from './documentation.ts';
import { featureMetrics } from './features.ts';
import { funnelMetrics } from './funnels.ts';
import { incidentMetrics } from './incident-metrics.ts';
import { compareText } from './known.ts';
import { leadTimeMetrics } from './lead-time.ts';
import { maintenanceMetrics } from './maintenance.ts';
import { moneyMetrics } from './money.ts';
import { newcomerMetrics } from './newcomers.ts';
import { pipelineMetrics } from './pipelines.ts';
import { selfServiceMetrics } from './self-service.ts';
import type { Options, OracleMetric } from './summary.ts';
import { supportMetrics } from './tickets.ts';
import { trainingMetrics } from './training.ts';
import { turnoverMetrics } from './turnover.ts';
import { useMetrics } from './use.ts';

/** Every metric that the oracle answers. */
export const oracleMetrics: Readonly<Record<string, OracleMetric>> = {
  ...deploymentMetrics,
  ...leadTimeMetrics,
  ...incidentMetrics,
  ...availabilityMetrics,
  ...maintenanceMetrics,
  ...pipelineMetrics,
  ...supportMetrics,
  ...selfServiceMetrics,
  ...documentationMetrics,
  ...trainingMetrics,
  ...moneyMetrics,
  ...featureMetrics,
  ...useMetrics,
  ...newcomerMetrics,
  ...funnelMetrics,
  ...turnoverMetrics,
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
  'resource',
  'category',
  'currency',
  'feature',
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
  /** Whether it is about some of those whom the metric is about: by group or filter. */
  readonly isOfSome: boolean;
  /** The dimensions of its groups and filters. */
  readonly dimensionsOfSome: readonly string[];
  /** Whether of some of the people anything is told at all (R61): of the organisation's days, as things were, as known now. */
  readonly isToldOfSome: boolean;
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
  if (params.baseline !== undefined) options.baseline = Object.values(baselineOf(params.baseline)).join('..');
  if (params.business_hours !== undefined) options.business_hours = params.business_hours;
  const scope: Record<string, readonly string[]> = {};
  for (const name of dimensionNames) {
    const given = params[name];
    if (given !== undefined && given !== '*') scope[name] = [...new Set(given.split(','))].sort(compareText);
  }
  const groupBy = params.group_by ? params.group_by.split(',') : [];
  const dimensionsOfSome = [...new Set([...groupBy, ...Object.keys(scope)])];
  return {
    metric,
    id: ask.metric,
    window: { start: Date.parse(params.from!), end: Date.parse(params.to!) },
    tz: params.tz ?? 'UTC',
    grain: params.grain ?? null,
    groupBy,
    scope,
    options,
    asOf: Date.parse(asOfText),
    asOfText,
    isOfSome: dimensionsOfSome.length > 0,
    dimensionsOfSome,
    isToldOfSome: (params.tz ?? 'UTC') === 'UTC' && options.ownership === 'then' && params.as_of === undefined,
  };
}

/** The two ends of a baseline. */
export function baselineOf(text: string): { readonly from: string; readonly to: string } {
  const [from, to] = text.split('..').map((part) => iso(Date.parse(part)));
  return { from: from!, to: to! };
}
