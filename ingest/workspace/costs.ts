import { z } from 'zod';
import { type Definition, since } from './definition.ts';

const currency = z.string().regex(/^[A-Z]{3}$/, 'is not a currency code of ISO 4217, such as EUR');

/**
 * `costs.yaml`: the currency that costs are told in, what others are worth in it from which day on, and in which parts services
 * bear the cost of nobody. What it says holds for all time, from when it is loaded.
 */
export function costsSchema(timezone: string) {
  const rate = z.strictObject({ currency, from: since(timezone).unwrap(), rate: z.number().positive().max(1e9) });
  const share = z.strictObject({ service: z.string().trim().min(1).max(512), share: z.number().positive().max(1e9) });
  return z
    .strictObject({
      currency,
      rates: z.array(rate).max(5000).default([]),
      shares: z.array(share).max(2000).default([]),
    })
    .superRefine(({ currency: reporting, rates, shares }, context) => {
      const report = (path: (string | number)[], message: string) =>
        context.addIssue({ code: 'custom', path, message });
      const dated = new Set<string>();
      rates.forEach((one, index) => {
        const key = `${one.currency} ${one.from}`;
        if (one.currency === reporting) report(['rates', index, 'currency'], 'is the currency that costs are told in');
        if (dated.has(key)) report(['rates', index], `says twice what ${one.currency} is worth from then on`);
        dated.add(key);
      });
      const charged = new Set<string>();
      shares.forEach(({ service }, index) => {
        if (charged.has(service.toLowerCase())) report(['shares', index], `names '${service}' twice`);
        charged.add(service.toLowerCase());
      });
    })
    .transform(({ currency: reporting, rates, shares }): Definition[] => [
      {
        type: 'money.defined',
        since: null,
        data: {
          currency: reporting,
          rates,
          shares: shares.map(({ service, share: part }) => ({ service_id: service, share: part })),
        },
      },
    ]);
}
