import type { Metric } from '../metric.ts';
import { chargebackOptions, chargebackReads, chargedItems } from './chargeback.ts';
import { moneyFields, moneyItems, ofSeveralCurrencies } from './money.ts';
import { ownershipDimensions } from './populations.ts';

/** Cost by who causes it (metrics.md §4.6). */
export const cost: Metric = {
  id: 'business.cost',
  title: 'Cost',
  question: 'What do services and teams cost?',
  description:
    'All recorded costs whose period begins in the bucket, by the service that they are for and the team that owned it then. Cost of no service counts for the team that it is recorded for; what is shared stays unassigned, or is charged to services by a key with the option chargeback. The currency and the categories that it holds stand beside it.',
  caveats: [
    'A cost counts as a whole where its period begins.',
    'Amounts in other currencies are told in the one that costs.yaml of the workspace names, at the rate of the day on which their period begins; without a rate they are left out and counted. Where it names none, several currencies are not added up.',
    'With chargeback every part of a shared cost counts for itself in n. A key says who bears a cost, not who caused it.',
  ],
  unit: 'currency',
  direction: 'lower',
  atom: 'costs',
  reads: chargebackReads,
  feeds: ['cost.recorded'],
  dimensions: [...ownershipDimensions, 'category', 'currency'],
  options: chargebackOptions,
  minN: 0,
  graceHours: 48,
  aggregate: { type: 'sum' },
  items: (options) => ({
    at: 'from_at',
    reason: 'excluded',
    value: 'reporting_amount',
    ...moneyItems,
    ...chargedItems(options),
  }),
  fields: moneyFields,
  incomparable: ofSeveralCurrencies,
  examples: [
    {
      id: 'EX-CPF-1',
      text: 'Three teams cost 100, 50 and 30 thousand in a period: 180 thousand together.',
    },
  ],
};
