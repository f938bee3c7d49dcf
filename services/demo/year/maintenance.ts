import { type CanonicalEvent, canonical, canonicalRequest } from '../senders/canonical.ts';
import { DAY, HOUR, MINUTE } from './calendar.ts';
import type { Random } from './random.ts';
import type { ServiceState, World } from './world.ts';

/** The tool in which maintenance is planned. */
const CALENDAR_TOOL = 'change-calendar';
const EVERY = 42 * DAY;
const SUNDAY = 3 * DAY;

/**
 * Some services are maintained in the night to a Sunday every six weeks. It is announced a week before, and mostly done early;
 * now and then it takes longer, is called off, or is only written down when it has begun. The tool says that it lives.
 */
export function startMaintenance(world: World): void {
  const { simulation, story } = world;
  const maintained = world.services.filter(({ service }, index) => !service.exempt && index % 3 === 0);
  if (maintained.length === 0) return;
  for (let instant = story.start; instant < story.end; instant += 3 * DAY)
    simulation.schedule(instant, () =>
      post(
        world,
        'source.heartbeat',
        `alive/${instant}`,
        { name: CALENDAR_TOOL },
        simulation.random('maintenance/alive'),
      ),
    );
  for (const [index, state] of maintained.entries()) {
    const random = simulation.random(`maintenance/${state.service.id}`);
    // The epoch began on a Thursday.
    const sunday = Math.ceil((story.start + (index + 2) * 7 * DAY - SUNDAY) / (7 * DAY)) * 7 * DAY + SUNDAY;
    for (let starts = sunday + 2 * HOUR; starts < story.end + 7 * DAY; starts += EVERY)
      maintain(world, state, starts, random);
  }
}

function maintain(world: World, { service }: ServiceState, starts: number, random: Random): void {
  const { simulation } = world;
  const maintenance_id = `${service.id}/${new Date(starts).toISOString().slice(0, 10)}`;
  const ends = starts + 2 * HOUR;
  const announce = (said: number, until: number): void =>
    simulation.schedule(said, () => {
      const plan = {
        services: [service.id],
        starts_at: iso(starts),
        ends_at: iso(until),
        title: `Upgrade of ${service.id}`,
      };
      post(world, 'maintenance.announced', `${maintenance_id}/${said}`, { maintenance_id, ...plan }, random);
    });
  const end = (type: 'maintenance.cancelled' | 'maintenance.completed', at: number): void =>
    simulation.schedule(at, () => post(world, type, `${maintenance_id}/${type}`, { maintenance_id }, random));
  const course = random.next();
  if (course < 0.1) {
    announce(starts + random.between(5, 25) * MINUTE, ends);
    return;
  }
  announce(starts - 7 * DAY + random.between(-9, 9) * HOUR, ends);
  if (course < 0.2) {
    end('maintenance.cancelled', starts - random.between(2, 40) * HOUR);
    return;
  }
  if (course < 0.35) announce(ends - 20 * MINUTE, ends + HOUR);
  end('maintenance.completed', ends + (course < 0.35 ? 45 : -random.between(5, 50)) * MINUTE);
}

/** On a wire of its own, so that what others send is not moved by it. */
function post(
  { simulation }: World,
  type: CanonicalEvent['type'],
  id: string,
  data: Readonly<Record<string, unknown>>,
  random: Random,
): void {
  const event = canonical(CALENDAR_TOOL, id, type, simulation.now(), data);
  simulation.send(canonicalRequest([event], `${CALENDAR_TOOL}/3.2`), random.between(700, 4_000));
}

const iso = (instant: number): string => new Date(Math.round(instant / MINUTE) * MINUTE).toISOString();
