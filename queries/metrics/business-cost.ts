import type { Metric } from '../metric.ts';
import { moneyFields, moneyItems, ofSeveralCurrencies } from './money.ts';
import { ownershipDimensions } from './populations.ts';

/** Cost by who causes it (metrics.md §4.6). */
export const cost: Metric = {
  id: 'business.cost',
  title: 'Cost',
  question: 'What do services and teams cost?',
  description:
    'All recorded costs whose period begins in the bucket, by the service that they are for and the team that owned it then. Cost of no service counts for the team that it is recorded for; what is shared stays unassigned. The currency and the categories that it holds stand beside it.',
  caveats: [
    'A cost counts as a whole where its period begins.',
    'Amounts in several currencies are not added up: record costs in one, or filter by currency.',
  ],
  unit: 'currency',
  direction: 'lower',
  atom: 'costs',
  feeds: ['cost.recorded'],
  dimensions: [...ownershipDimensions, 'category', 'currency'],
  options: {},
  minN: 0,
  graceHours: 48,
  aggregate: { type: 'sum' },
  items: () => ({ at: 'from_at', reason: 'excluded', value: 'amount', ...moneyItems }),
  fields: moneyFields,
  incomparable: ofSeveralCurrencies,
  examples: [
    {
      id: 'EX-CPF-1',
      text: 'Three teams cost 100, 50 and 30 thousand in a period: 180 thousand together.',
    },
  ],
};
