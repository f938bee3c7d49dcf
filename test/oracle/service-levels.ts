import { sameName } from './catalog.ts';
import { timeOf } from './known.ts';
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

/** Each SLO as it was last defined by `as_of`, else as it is first defined after (R7). */
function targetsOf(world: World): Target[] {
  return [...eventsBy(world, /^slo\.defined$/, 'slo').values()].flatMap((stated) => {
    const held = stated.findLast((event) => timeOf(event) <= world.asOf) ?? stated[0]!;
    const { service, target, sli } = (held.data as { definition: Target & { sli: string } }).definition;
    return sli === 'incidents' ? [{ service, target }] : [];
  });
}
