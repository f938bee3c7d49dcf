import type { NormalizedEvent } from '../../ingest/event.ts';
import { sameName } from './catalog.ts';
import { compareEvents, timeOf } from './known.ts';
import { eventsBy } from './owners.ts';
import { remembered, type World } from './world.ts';

/** An SLO by incidents: the share of time that a service is to be without one. */
interface Target {
  readonly service: string;
  readonly target: number;
}

/** R58: the strictest target of a service's SLOs by incidents; null where it has none. */
export function strictestTarget(world: World, service: string): number | null {
  const own = remembered(world, 'targets', () => targetsOf(world)).filter((one) => sameName(one.service, service));
  return own.length === 0 ? null : Math.max(...own.map((one) => one.target));
}

/** Each SLO, whose id is one in any case, as it was last defined by `as_of`, else as it is first defined after (R7). */
function targetsOf(world: World): Target[] {
  const byId = new Map<string, NormalizedEvent[]>();
  for (const [id, stated] of eventsBy(world, /^slo\.defined$/, 'slo'))
    byId.set(id.toLowerCase(), [...(byId.get(id.toLowerCase()) ?? []), ...stated].sort(compareEvents));
  return [...byId.values()].flatMap((stated) => {
    const held = stated.findLast((event) => timeOf(event) <= world.asOf) ?? stated[0]!;
    const { service, target, sli } = (held.data as { definition: Target & { sli: string } }).definition;
    return sli === 'incidents' ? [{ service, target }] : [];
  });
}
