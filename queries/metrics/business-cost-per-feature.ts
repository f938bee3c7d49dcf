import { costs } from '../atoms/subjects/costs.ts';
import type { Metric } from '../metric.ts';
import { moneyFields, moneyItems, ofSeveralCurrencies } from './money.ts';
import { ownershipDimensions } from './populations.ts';

/** Columns of a cost, for a work item that was done. */
const asCost: Readonly<Record<string, string>> = {
  cost_id: "''",
  category: "''",
  currency: "''",
  amount: '0.',
  reporting_currency: "''",
  exchange_rate: '1.',
  reporting_amount: '0.',
  share_services: "CAST([], 'Array(String)')",
  share_weights: "CAST([], 'Array(Float64)')",
  from_at: 'assumeNotNull(done_at)',
  to_at: 'assumeNotNull(done_at)',
};

const featureColumns = Object.keys(costs.columns).map((name) => (name in asCost ? `${asCost[name]} AS ${name}` : name));

/** Engineering cost per feature (metrics.md §4.6). */
export const costPerFeature: Metric = {
  id: 'business.cost_per_feature',
  title: 'Cost per feature',
  question: 'What does a feature cost us?',
  description:
    'All costs whose period begins in the bucket, divided by the features done in it, of the same services and teams. Bugs and chores are not counted; what they cost is. Without a feature there is no value, and the cost stands beside it. Which categories it holds is said in cost_scope.',
  caveats: [
    'Features differ in size. Read the trend of one team, not the difference between two.',
    'Costs of one period may be for features of a later one: take quarters rather than weeks.',
    'The interval draws weeks anew, and needs ten of them.',
  ],
  unit: 'currency/feature',
  direction: 'lower',
  atom: 'costs',
  reads: ['features'],
  feeds: ['cost.recorded', 'feature.done'],
  dimensions: ownershipDimensions,
  options: {},
  minN: 0,
  graceHours: 48,
  aggregate: { type: 'ratio' },
  items: () => ({
    from: (tables, { filters }) => `(
      SELECT ${Object.keys(costs.columns).join(', ')}, 0 AS is_feature FROM ${tables.costs} WHERE ${filters}
      UNION ALL SELECT ${featureColumns.join(', ')}, 1 AS is_feature FROM ${tables.features} WHERE isNotNull(done_at) AND ${filters})`,
    part: "if(is_feature = 1, 'feature', 'cost')",
    at: 'from_at',
    reason: 'excluded',
    value: 'reporting_amount',
    weight: 'is_feature',
    ...moneyItems,
  }),
  fields: moneyFields,
  incomparable: ofSeveralCurrencies,
  examples: [
    {
      id: 'EX-CPF-1',
      text: 'Teams with 100 thousand for 4 features, 50 for 1 and 30 for none: 180 thousand for 5 are 36 thousand each. The third team alone has no value, and its cost is shown.',
    },
  ],
};
