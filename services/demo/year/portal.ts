import { type CanonicalEvent, canonical, canonicalRequest } from '../senders/canonical.ts';
import { DAY, HOUR, MINUTE } from './calendar.ts';
import type { Random } from './random.ts';
import { send, type World } from './world.ts';

/** The source that the developer portal is. */
export const PORTAL = 'portal';
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
  const taskRandom = simulation.random('portal/tasks');
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
    for (const team of organisation.teams)
      for (const person of team.people)
        if (taskRandom.chance(0.16))
          events.push(
            ...taskOf(person.login, team.id, evening - Math.floor(taskRandom.between(2, 9) * HOUR), taskRandom),
          );
    act(ROBOT, null, evening - 12 * HOUR, 0);
    send(world, canonicalRequest(events, 'portal-analytics/3'));
  };
  // After the last team's working day.
  for (let evening = story.start + 23 * HOUR; evening < story.end; evening += DAY)
    simulation.schedule(evening, () => sendDay(evening));
}

/** A task of the catalogue, done by the portal within the hour; some wait for ever, or stop half way. */
function taskOf(principal: string, team: string, at: number, random: Random): CanonicalEvent[] {
  const kind = random.pick(['create-repository', 'request-environment', 'grant-access']);
  const task = { task_id: `${kind}/${principal}/${at}`, kind, principal, team, channel: 'portal' };
  const tell = (
    type: 'task.requested' | 'task.started' | 'task.finished',
    instant: number,
    more = {},
  ): CanonicalEvent => canonical(PORTAL, `${type}/${task.task_id}`, type, instant, { ...task, ...more });
  const begun = at + Math.floor(random.between(0.1, 4) * MINUTE);
  const done = begun + Math.floor(random.between(0.5, 50) * MINUTE);
  const end = random.next();
  const events = [tell('task.requested', at)];
  if (end > 0.04) events.push(tell('task.started', begun));
  if (end > 0.13)
    events.push(tell('task.finished', done, { outcome: end > 0.19 ? 'succeeded' : 'failed', human_touch: false }));
  return events;
}
