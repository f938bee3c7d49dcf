import type { Envelope } from '../envelope.ts';
import type { Items, Measured } from '../metric.ts';

/** What the metrics of money tell of the costs that they add up. */
export const moneyItems = {
  columns: ['reporting_currency', 'category'],
  tallies: {
    currencies: "arraySort(groupUniqArrayIf(reporting_currency, reporting_currency != ''))",
    categories: "arraySort(groupUniqArrayIf(category, reporting_currency != ''))",
  },
} as const satisfies Partial<Items>;

const listOf = ({ tallies }: Measured, name: 'currencies' | 'categories') =>
  (tallies[name] as string[] | undefined) ?? [];

/** The currency, and the categories of cost that were added up. */
export function moneyFields(measured: Measured): Partial<Envelope> {
  const currencies = listOf(measured, 'currencies');
  return { currency: currencies.length === 1 ? currencies[0]! : null, cost_scope: listOf(measured, 'categories') };
}

/** Several currencies are not added up where the workspace does not name the one to tell them in. */
export function ofSeveralCurrencies(measured: Measured): string | undefined {
  const currencies = listOf(measured, 'currencies');
  if (currencies.length < 2) return undefined;
  return `Amounts in ${currencies.join(' and ')} are not added up: record costs in one currency, or name one with its rates in costs.yaml of the workspace.`;
}
