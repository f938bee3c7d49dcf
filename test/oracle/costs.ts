import { text } from './attempts.ts';
import { UNASSIGNED } from './catalog.ts';
import { dataOf } from './known.ts';
import { eventsBy, ownersOfTold } from './owners.ts';
import type { Options } from './summary.ts';
import type { RatioItem } from './usages.ts';
import type { World } from './world.ts';

/** What was spent in one period. */
export interface CostItem extends RatioItem {
  readonly from: number;
  readonly to: number;
  /** The currency that it is told in. */
  readonly toldIn: string;
  /** Of no service and of no team. */
  readonly isShared: boolean;
}

/** What `money.defined` says. */
export interface Money {
  /** Null: amounts are told as they are. */
  readonly currency: string | null;
  readonly rates: readonly { readonly currency: string; readonly from: string; readonly rate: number }[];
  readonly shares: readonly { readonly service_id: string; readonly share: number }[];
}

/** R78: what was stated last of money, for all time. */
export function moneyOf(world: World): Money {
  const stated = world.events.findLast((event) => event.type === 'money.defined')?.data as
    | (Money & { readonly removed?: boolean })
    | undefined;
  return stated === undefined || stated.removed === true ? { currency: null, rates: [], shares: [] } : stated;
}

/** R70, R78: costs in the currency that they are told in. */
export function costs(world: World, options: Options): CostItem[] {
  const money = moneyOf(world);
  return [...eventsBy(world, /^cost\.recorded$/, 'cost_id')].map(([id, stated]): CostItem => {
    const data = dataOf(stated.at(-1)!);
    const [from, to] = [Date.parse(String(data.from)), Date.parse(String(data.to))];
    const [service, team, currency] = [text(data.service_id), text(data.team), text(data.currency)];
    const rate = rateOf(money, currency, from);
    return {
      atomId: id,
      at: from,
      dimensions: {
        ...ownersOfTold(world, options, { service, team }, from),
        category: text(data.category) || UNASSIGNED,
        currency,
      },
      excluded: rate === null ? 'no_rate' : '',
      part: Number(data.amount) * (rate ?? 0),
      whole: 0,
      from,
      to,
      toldIn: money.currency ?? currency,
      isShared: service === '' && team === '',
    };
  });
}

/** What one unit is worth in the currency that is told; null where nothing tells it yet. */
function rateOf({ currency: told, rates }: Money, currency: string, at: number): number | null {
  if (told === null || told === currency) return 1;
  const dated = rates
    .map((one) => ({ ...one, since: Date.parse(one.from) }))
    .filter((one) => one.currency === currency && one.since <= at)
    .sort((a, b) => a.since - b.since);
  return dated.at(-1)?.rate ?? null;
}
