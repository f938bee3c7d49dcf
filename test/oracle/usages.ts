import { text } from './attempts.ts';
import { dataOf } from './known.ts';
import { eventsBy, ownersOfTold } from './owners.ts';
import type { Item, Options } from './summary.ts';
import type { World } from './world.ts';

const HOUR_MS = 3_600_000;

/** What stands above and below the line. */
export interface RatioItem extends Item {
  readonly part: number;
  readonly whole: number;
}

/** Use of one resource over one period, by the hours of both. */
export interface UsageItem extends RatioItem {
  readonly from: number;
  readonly to: number;
  /** In units of the resource. */
  readonly used: number;
  readonly allocated: number;
}

/** R70: of what is stated again under one id, the last holds whole. */
export function usages(world: World, options: Options): UsageItem[] {
  return [...eventsBy(world, /^usage\.recorded$/, 'usage_id')].map(([id, stated]): UsageItem => {
    const data = dataOf(stated.at(-1)!);
    const [from, to] = [Date.parse(String(data.from)), Date.parse(String(data.to))];
    const [used, allocated, hours] = [Number(data.used), Number(data.allocated), (to - from) / HOUR_MS];
    return {
      atomId: id,
      at: from,
      dimensions: {
        ...ownersOfTold(world, options, { service: text(data.service_id), team: text(data.team) }, from),
        resource: text(data.resource).toLowerCase(),
      },
      excluded: hours === 0 ? 'no_duration' : hours < 0 ? 'negative_duration' : '',
      part: used * hours,
      whole: allocated * hours,
      from,
      to,
      used,
      allocated,
    };
  });
}
