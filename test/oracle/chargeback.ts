import { intersection } from './calendar.ts';
import { UNASSIGNED } from './catalog.ts';
import { type CostItem, costs, moneyOf } from './costs.ts';
import { ownersOfTold } from './owners.ts';
import type { Options } from './summary.ts';
import { usages } from './usages.ts';
import type { World } from './world.ts';

/** A service and what its part of a shared cost is in proportion to. */
interface Bearer {
  readonly service: string;
  readonly weight: number;
}

/** R78: costs, shared ones cut into the parts that services bear of them (D79). */
export function charged(world: World, options: Options): CostItem[] {
  return costs(world, options).flatMap((cost) => {
    const bearers = cost.isShared && cost.excluded === '' ? bearersOf(world, options, cost) : [];
    const all = bearers.reduce((total, { weight }) => total + weight, 0);
    if (all === 0) return [cost];
    return bearers.map(({ service, weight }) => ({
      ...cost,
      part: (cost.part * weight) / all,
      dimensions: { ...cost.dimensions, ...ownersOfTold(world, options, { service, team: '' }, cost.from) },
    }));
  });
}

function bearersOf(world: World, options: Options, cost: CostItem): Bearer[] {
  if (options.chargeback === 'none') return [];
  const { currency, shares } = moneyOf(world);
  if (options.chargeback === 'shares')
    return currency === null ? [] : shares.map(({ service_id, share }) => ({ service: service_id, weight: share }));
  const hours = new Map<string, number>();
  for (const { dimensions, excluded, from, to, used, allocated } of usages(world, options)) {
    const service = dimensions.service!;
    if (excluded !== '' || service === UNASSIGNED || dimensions.resource !== options.chargeback_resource) continue;
    for (const both of intersection({ start: from, end: to }, { start: cost.from, end: cost.to })) {
      const weight = (options.chargeback === 'used' ? used : allocated) * (both.end - both.start);
      hours.set(service, (hours.get(service) ?? 0) + weight);
    }
  }
  return [...hours].map(([service, weight]) => ({ service, weight })).filter(({ weight }) => weight > 0);
}
