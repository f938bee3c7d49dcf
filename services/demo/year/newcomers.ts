import { type CanonicalEvent, canonical, canonicalRequest } from '../senders/canonical.ts';
import { DAY, HOUR, MINUTE } from './calendar.ts';
import { ordinaryChange } from './changes.ts';
import type { Organisation, Person } from './organisation.ts';
import { PORTAL } from './portal.ts';
import type { Random } from './random.ts';
import type { Story } from './story.ts';
import { send, type World } from './world.ts';

/** Somebody who starts with a team; `at` is the first day, midnight UTC. */
export interface Newcomer {
  readonly person: Person;
  readonly at: number;
  /** Small changes that were kept for them. */
  readonly changes: number;
}

const MARCH = 2;
/** How long they take part before they go on training. */
const APPRENTICESHIP = 28 * DAY;
const WEEK = 7 * DAY;

/** Two graduates a team, on the second Monday of March; one of them to write code, one to run it. */
export function newcomersOf(organisation: Organisation, story: Story): readonly Newcomer[] {
  const years = [new Date(story.start).getUTCFullYear(), new Date(story.end).getUTCFullYear()];
  const days = [...new Set(years)].map((year) => secondMonday(year, MARCH));
  return days
    .filter((at) => at > story.start && at + DAY < story.end)
    .flatMap((at) =>
      organisation.teams.flatMap(({ id: team }) =>
        [14, 3].map((changes, index) => {
          const login = `graduate-${new Date(at).toISOString().slice(0, 7)}-${team}-${index + 1}`;
          return { at, changes, person: { login, name: login, email: `${login}@kestrel.example`, team } };
        }),
      ),
    );
}

/** They are set up for work, look around in the portal and make small changes. The personnel list tells that they came. */
export function startNewcomers(world: World): void {
  for (const newcomer of newcomersOf(world.organisation, world.story)) {
    const random = world.simulation.random(`newcomer/${newcomer.person.login}`);
    const nine = newcomer.at + 9 * HOUR;
    onboard(world, newcomer, nine, random);
    lookAround(world, newcomer, nine, random);
    makeChanges(world, newcomer, nine, random);
  }
}

/** The checklist of the portal; some never tick the last box. */
function onboard(world: World, { person }: Newcomer, at: number, random: Random): void {
  const tell = (type: 'onboarding.started' | 'onboarding.completed', instant: number): void => {
    if (instant >= world.story.end) return;
    const event = canonical(PORTAL, `${type}/${person.login}`, type, instant, {
      person: person.login,
      team: person.team,
    });
    world.simulation.schedule(instant, () => send(world, canonicalRequest([event], 'portal-checklist/2')));
  };
  tell('onboarding.started', at);
  if (random.chance(0.9)) tell('onboarding.completed', Math.floor(at + random.between(0.3, 3.2) * DAY));
}

/** What they do in the portal, told week by week. */
function lookAround(world: World, { person }: Newcomer, nine: number, random: Random): void {
  const calendar = world.calendars.get(person.team);
  const first = nine + Math.floor(random.between(0.5, 40) * HOUR);
  for (let monday = nine; monday < nine + APPRENTICESHIP; monday += WEEK) {
    const events: CanonicalEvent[] = [];
    const act = (action: string, capability: string, instant: number): void => {
      const data = { principal: person.login, team: person.team, action, capability };
      events.push(canonical(PORTAL, `action/${person.login}/${instant}`, 'portal.action', instant, data));
    };
    for (let at = Math.max(first, monday); at < monday + WEEK - DAY; at += DAY) {
      if (at !== first && (calendar?.isWorkingDay(at) !== true || !random.chance(0.6))) continue;
      act('open-dashboard', 'observability', at);
      if (random.chance(0.3)) act('scaffold', 'templates', at + 20 * MINUTE);
      if (random.chance(0.2)) act('deploy', 'deployments', at + 55 * MINUTE);
    }
    const told = monday + WEEK;
    if (told < world.story.end && events.length > 0)
      world.simulation.schedule(told, () => send(world, canonicalRequest(events, 'portal-analytics/3')));
  }
}

function makeChanges(world: World, { person, changes }: Newcomer, nine: number, random: Random): void {
  const calendar = world.calendars.get(person.team);
  const states = world.services.filter(({ team: { id } }) => id === person.team);
  if (calendar === undefined || states.length === 0) return;
  const next = (left: number, after: number, hours: number): void => {
    const at = calendar.after(after, hours);
    if (left === 0 || at > nine + APPRENTICESHIP || at >= world.story.end) return;
    world.simulation.schedule(at, () => {
      ordinaryChange(world, random.pick(states), person);
      next(left - 1, at, random.exponential(1) * 5);
    });
  };
  next(changes, nine, random.between(6, 24));
}

function secondMonday(year: number, month: number): number {
  const first = Date.UTC(year, month, 1);
  // 1970-01-01 was a Thursday.
  return first + (((4 - ((first / DAY) % 7) + 7) % 7) + 7) * DAY;
}
