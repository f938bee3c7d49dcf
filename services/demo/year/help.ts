import { type CanonicalEvent, canonical, canonicalRequest } from '../senders/canonical.ts';
import { type Calendar, DAY, HOUR, MINUTE } from './calendar.ts';
import type { Person, Team } from './organisation.ts';
import type { Random } from './random.ts';
import { send, type World } from './world.ts';

const SECOND = 1_000;
const WEEK = 7 * DAY;
const TASKS = ['create-repository', 'create-database', 'rotate-secret'] as const;
const QUESTIONS = ['advice', 'access', 'outage'] as const;
const COURSES = ['secure-coding', 'incident-response', 'platform-basics'] as const;

/** What each tool has to tell since it last did. */
type Outbox = Map<string, CanonicalEvent[]>;

/**
 * How people get what they need: by themselves from the platform and its documentation, from others, and by learning. Their
 * tools tell of it every evening.
 */
export function startHelp(world: World): void {
  const outbox: Outbox = new Map();
  for (const team of world.organisation.teams) {
    const calendar = world.calendars.get(team.id);
    if (calendar === undefined) continue;
    startAsking(world, outbox, team, calendar);
    startSearching(world, outbox, team, calendar);
  }
  startTrainings(world, outbox);
  for (let evening = world.story.start + 22 * HOUR; evening < world.story.end; evening += DAY)
    world.simulation.schedule(evening, () => sendAll(world, outbox));
}

function sendAll(world: World, outbox: Outbox): void {
  for (const [agent, events] of outbox) send(world, canonicalRequest(events, agent));
  outbox.clear();
}

/** Notes the steps of one thing as they come; what would come after the year stays untold. */
function tellSteps(world: World, outbox: Outbox, agent: string, steps: readonly CanonicalEvent[]): void {
  for (const step of steps) {
    const at = Date.parse(step.occurred_at);
    if (at >= world.story.end) continue;
    world.simulation.schedule(at, () => outbox.set(agent, [...(outbox.get(agent) ?? []), step]));
  }
}

/** What somebody wants now and then: mostly the platform does it, sometimes only with help, and some ask people at once. */
function startAsking(world: World, outbox: Outbox, team: Team, calendar: Calendar): void {
  const { simulation, story } = world;
  const random = simulation.random(`help/${team.id}`);
  const each = (WEEK / Math.max(2, team.people.length)) * 1.2;
  let number = 0;
  for (let at = story.start + DAY; at < story.end; at += random.between(0.3, 1.7) * each) {
    if (team.people.length === 0) return;
    const asker = random.pick(team.people);
    number += 1;
    const when = calendar.after(at, random.between(0, 6));
    const id = `${team.id}-${number}`;
    const adopted = story.adoption.get(team.id);
    const skilled = adopted !== undefined && at > adopted ? 0.78 : 0.5;
    const kind = random.pick(TASKS);
    if (random.chance(0.35)) tellTicket(world, outbox, team, asker, id, random.pick(QUESTIONS), when, random);
    else if (random.chance(skilled)) {
      const succeeds = random.chance(0.88);
      tellTask(world, outbox, team, asker, id, kind, when, succeeds, random);
      if (!succeeds && random.chance(0.6)) tellTicket(world, outbox, team, asker, id, kind, when + 20 * MINUTE, random);
    } else tellTicket(world, outbox, team, asker, id, kind, when, random);
  }
}

function tellTask(
  world: World,
  outbox: Outbox,
  team: Team,
  asker: Person,
  id: string,
  kind: string,
  at: number,
  succeeds: boolean,
  random: Random,
): void {
  const task = {
    task_id: id,
    kind,
    principal: asker.login,
    team: team.id,
    channel: random.chance(0.7) ? 'portal' : 'cli',
  };
  const step = (type: CanonicalEvent['type'], instant: number, more = {}): CanonicalEvent =>
    canonical('portal', `${type}/${id}`, type, Math.floor(instant), { ...task, ...more });
  const touched = succeeds && random.chance(0.06) ? { human_touch: true } : {};
  const end = at + random.between(20, 400) * SECOND;
  const outcome = succeeds ? 'succeeded' : random.chance(0.7) ? 'failed' : 'timed_out';
  const steps = [
    step('task.requested', at),
    step('task.started', at + random.between(1, 15) * SECOND),
    step('task.finished', end, { outcome, ...touched }),
  ];
  tellSteps(world, outbox, 'portal-tasks/2', steps);
}

function tellTicket(
  world: World,
  outbox: Outbox,
  team: Team,
  asker: Person,
  id: string,
  kind: string,
  at: number,
  random: Random,
): void {
  const calendar = world.calendars.get(team.id);
  if (calendar === undefined) return;
  const ticket = { ticket_id: `HELP-${id}`, kind, principal: asker.login, team: team.id };
  const tier = random.chance(0.3) ? 1 : 2;
  let nth = 0;
  const step = (type: CanonicalEvent['type'], instant: number, more = {}): CanonicalEvent => {
    nth += 1;
    return canonical('helpdesk', `HELP-${id}/${nth}`, type, Math.floor(instant), { ...ticket, ...more });
  };
  const answered = calendar.after(at + MINUTE, random.between(0.1, 5));
  const escalated = tier === 2 && random.chance(0.2);
  const resolved = calendar.after(answered, random.between(0.2, 30) * (escalated ? 2 : 1));
  const steps = [
    step('ticket.created', at, { tier }),
    step('ticket.responded', at + 5 * SECOND, { actor: 'helpdesk[bot]', actor_kind: 'bot' }),
    step('ticket.responded', answered, { actor: 'platform-support', actor_kind: 'human' }),
    ...(escalated ? [step('ticket.escalated', calendar.after(answered, 1), { tier: 3 })] : []),
    ...(random.chance(0.96) ? [step('ticket.resolved', Math.max(resolved, answered + 2 * HOUR))] : []),
  ];
  tellSteps(world, outbox, 'helpdesk/5.2', steps);
}

/** A few searches of the documentation a week and team: most end at a page that helps, some with another query or not at all. */
function startSearching(world: World, outbox: Outbox, team: Team, calendar: Calendar): void {
  const { simulation, story } = world;
  const random = simulation.random(`searches/${team.id}`);
  const each = WEEK / Math.max(2, team.people.length);
  for (let at = story.start + DAY; at < story.end; at += random.between(0.3, 1.7) * each) {
    if (team.people.length === 0) return;
    const reader = random.pick(team.people);
    const began = calendar.after(at, random.between(0, 6));
    const steps: CanonicalEvent[] = [];
    const act = (type: CanonicalEvent['type'], instant: number, more = {}): void => {
      const id = `${reader.login}/${Math.floor(began)}/${steps.length}`;
      const data = { principal: reader.login, team: team.id, ...more };
      steps.push(canonical('docs', id, type, Math.floor(instant), data));
    };
    const read = (instant: number, dwell: number): void => {
      const document = `guide-${random.whole(1, 40)}`;
      act('search.clicked', instant, { document });
      act('doc.viewed', instant + SECOND, { document, dwell_seconds: dwell });
    };
    const finds = random.chance(0.74);
    act('search.performed', began, { results: finds || random.chance(0.5) ? random.whole(1, 30) : 0 });
    const again = random.chance(0.25) ? random.between(25, 60) * SECOND : 0;
    if (again > 0) {
      read(began + 8 * SECOND, 6);
      act('search.performed', began + again, { results: random.whole(1, 12) });
    }
    if (finds) read(began + again + random.between(4, 45) * SECOND, Math.round(random.between(15, 300)));
    tellSteps(world, outbox, 'docs-site/1', steps);
  }
}

/** A course for everybody every second week, due a week later; most are in time. */
function startTrainings(world: World, outbox: Outbox): void {
  const { simulation, story, organisation } = world;
  const random = simulation.random('trainings');
  let round = 0;
  for (let at = story.start + 9 * HOUR; at < story.end; at += 2 * WEEK) {
    const course = COURSES[round % COURSES.length] ?? COURSES[0];
    round += 1;
    const assigned = Math.floor(at);
    const due_at = new Date(assigned + WEEK).toISOString();
    const everybody = organisation.teams.flatMap((team) => team.people);
    const given = everybody.map((person) => {
      const training = { person: person.login, team: person.team, course, assignment_id: `${course}-${round}` };
      return { training, person };
    });
    simulation.schedule(assigned, () => {
      const told = given.map(({ training, person }) =>
        canonical('academy', `${training.assignment_id}/${person.login}`, 'training.assigned', assigned, {
          ...training,
          due_at,
        }),
      );
      send(world, canonicalRequest(told, 'academy/3'));
    });
    const completed = given.flatMap(({ training, person }) => {
      if (!random.chance(0.93)) return [];
      const instant = Math.floor(assigned + random.between(1, 8) * DAY);
      const id = `${training.assignment_id}/${person.login}/completed`;
      return [canonical('academy', id, 'training.completed', instant, { ...training, passed: random.chance(0.9) })];
    });
    tellSteps(world, outbox, 'academy/3', completed);
  }
}
