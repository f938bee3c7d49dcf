import { type CanonicalEvent, canonical, canonicalRequest } from '../senders/canonical.ts';
import { DAY, HOUR } from './calendar.ts';
import { send, type World } from './world.ts';

const PORTAL = 'portal';
const ACTIONS = [
  ['deploy', 'deployments'],
  ['scaffold', 'templates'],
  ['create-repository', 'templates'],
  ['open-dashboard', 'observability'],
  ['rotate-secret', 'secrets'],
] as const;
/** Something that logs in every day and is nobody. */
const ROBOT = 'portal-healthcheck[bot]';

/** Who did what in the developer portal, sent once a day: more of those who adopted the platform, few at weekends. */
export function startPortal(world: World): void {
  const { simulation, story, organisation } = world;
  const random = simulation.random('portal');
  const sendDay = (evening: number): void => {
    const events: CanonicalEvent[] = [];
    const act = (principal: string, team: string | null, at: number, nth: number): void => {
      const [action, capability] = ACTIONS[Math.floor(random.between(0, ACTIONS.length - 0.001))]!;
      const data = { principal, action, capability, ...(team === null ? {} : { team }) };
      events.push(canonical(PORTAL, `action/${principal}/${at}/${nth}`, 'portal.action', at, data));
    };
    for (const team of organisation.teams) {
      const calendar = world.calendars.get(team.id);
      if (calendar === undefined) continue;
      const adopted = story.adoption.get(team.id);
      const eager = adopted !== undefined && evening > adopted ? 0.55 : 0.22;
      for (const person of team.people) {
        if (!random.chance(calendar.isWorkingDay(evening) ? eager : eager / 12)) continue;
        const times = random.chance(0.3) ? 2 : 1;
        for (let nth = 0; nth < times; nth += 1)
          act(person.login, team.id, evening - Math.floor(random.between(0.5, 9) * HOUR), nth);
      }
    }
    act(ROBOT, null, evening - 12 * HOUR, 0);
    send(world, canonicalRequest(events, 'portal-analytics/3'));
  };
  // After the last team's working day.
  for (let evening = story.start + 23 * HOUR; evening < story.end; evening += DAY)
    simulation.schedule(evening, () => sendDay(evening));
}
