import type { NormalizedEvent } from '../../ingest/event.ts';
import { UNASSIGNED } from './catalog.ts';
import { compareEvents, dataOf } from './known.ts';
import type { Dimensions, Options } from './summary.ts';
import type { World } from './world.ts';

/** Something that a sender tells of a service, of a team, of both or of neither. */
export interface Told {
  readonly service: string;
  readonly team: string;
}

/** R70: the workspace's service of that name in any case, with its owner; where it knows none, the team that was told. */
export function ownersOfTold(world: World, options: Options, told: Told, at: number): Dimensions {
  const service = world.catalog.service(told.service, at)?.service ?? (told.service || UNASSIGNED);
  const owned = world.catalog.dimensions(service, options.ownership === 'now' ? null : at);
  return { ...owned, team: owned.team === UNASSIGNED ? told.team || UNASSIGNED : owned.team };
}

/** The events of a kind by what they are about, oldest first. */
export function eventsBy(world: World, types: RegExp, key: string): Map<string, NormalizedEvent[]> {
  const found = new Map<string, NormalizedEvent[]>();
  for (const event of world.events) {
    if (!types.test(event.type)) continue;
    const id = String(dataOf(event)[key]);
    found.set(id, [...(found.get(id) ?? []), event]);
  }
  for (const events of found.values()) events.sort(compareEvents);
  return found;
}

/** A field as it was last stated (R2). */
export function lastStated(events: readonly NormalizedEvent[], field: string): unknown {
  return events
    .map((event) => dataOf(event)[field])
    .findLast((value) => value !== undefined && value !== null && value !== '');
}
