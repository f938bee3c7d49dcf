import { type CanonicalEvent, canonical, canonicalRequest } from '../senders/canonical.ts';
import { DAY, HOUR } from './calendar.ts';
import { newcomersOf } from './newcomers.ts';
import type { Team } from './organisation.ts';
import type { Random } from './random.ts';
import { send, type World } from './world.ts';

const WEEK = 7 * DAY;

/** What is neither delivery nor failure: features and what they cost, machines, and who works here. */
export function startBusiness(world: World): void {
  startFeatures(world);
  startCosts(world);
  startMachines(world);
  startStaff(world);
}

/** A feature every week or two per team: committed, released to all, done; sooner from when the team is on the platform. */
function startFeatures(world: World): void {
  const { simulation, story, organisation } = world;
  for (const team of organisation.teams) {
    const random = simulation.random(`features/${team.id}`);
    let number = 0;
    for (let at = story.start + random.between(0, 9) * DAY; at < story.end; at += random.between(6, 13) * DAY) {
      number += 1;
      const adopted = story.adoption.get(team.id);
      const days = random.between(5, 46) * (adopted !== undefined && at > adopted ? 0.6 : 1);
      planFeature(world, team, `${team.id.toUpperCase()}-${100 + number}`, at, at + days * DAY, random);
    }
  }
}

function planFeature(world: World, team: Team, feature: string, at: number, released: number, random: Random): void {
  const grade = (): number => Math.round(random.between(0.6, 5.4));
  const data = {
    feature,
    kind: random.chance(0.8) ? 'feature' : 'chore',
    team: team.id,
    developer_impact: grade(),
    business_value: grade(),
    technical_feasibility: grade(),
    implementation_cost: grade(),
  };
  // The tool sends the item's whole history with every step of it.
  const told: CanonicalEvent[] = [];
  const tell = (type: 'feature.committed' | 'feature.released' | 'feature.done', instant: number, more = {}): void => {
    const occurred = Math.floor(instant);
    if (occurred >= world.story.end) return;
    world.simulation.schedule(occurred, () => {
      told.push(canonical('roadmap', `${feature}/${type}`, type, occurred, { ...data, ...more }));
      send(world, canonicalRequest(told, 'roadmap-sync/1.4'));
    });
  };
  tell('feature.committed', at);
  tell('feature.released', released, { audience_share: 1 });
  tell('feature.done', released + random.between(1, 5) * DAY);
}

/** The bills: people and infrastructure of each team by the week, the platform's own licences of nobody's. */
function startCosts(world: World): void {
  const { simulation, story, organisation } = world;
  const random = simulation.random('costs');
  const bill = (from: number): void => {
    const until = from + WEEK;
    const cost = (of: string, category: string, amount: number, team: string | null): CanonicalEvent =>
      canonical('finance', `${of}/${category}/${from}`, 'cost.recorded', from, {
        cost_id: `${of}/${category}/${new Date(from).toISOString().slice(0, 10)}`,
        from: new Date(from).toISOString(),
        to: new Date(until).toISOString(),
        amount: Math.round(amount),
        currency: 'EUR',
        category,
        ...(team === null ? {} : { team }),
      });
    const costs = organisation.teams.flatMap((team) => [
      cost(team.id, 'people', team.people.length * 1_900, team.id),
      cost(team.id, 'infrastructure', team.services.length * random.between(180, 420), team.id),
    ]);
    send(world, canonicalRequest([...costs, cost('platform', 'licence', 950, null)], 'finance-export/2'));
  };
  for (let from = firstMonday(story.start); from + WEEK + 6 * HOUR < story.end; from += WEEK)
    simulation.schedule(from + WEEK + 6 * HOUR, () => bill(from));
}

/** How much of its processors and memory each service used, hour by hour, as one number a week. */
function startMachines(world: World): void {
  const { simulation, story, organisation } = world;
  const random = simulation.random('machines');
  const measure = (from: number): void => {
    const to = new Date(from + WEEK).toISOString();
    const events = organisation.services.flatMap((service) =>
      (['cpu', 'memory'] as const).map((resource) => {
        const allocated = resource === 'cpu' ? 4 : 16;
        const used = Number((allocated * random.between(0.18, 0.72)).toFixed(2));
        const id = `${service.id}/${resource}/${from}`;
        return canonical('cluster', id, 'usage.recorded', from, {
          usage_id: id,
          resource,
          service_id: service.id,
          from: new Date(from).toISOString(),
          to,
          used,
          allocated,
        });
      }),
    );
    send(world, canonicalRequest(events, 'cluster-usage/1'));
  };
  for (let from = firstMonday(story.start); from + WEEK + HOUR < story.end; from += WEEK)
    simulation.schedule(from + WEEK + HOUR, () => measure(from));
}

/** The personnel list, whole, every Sunday: the same facts again, and those who came or went since. */
function startStaff(world: World): void {
  const { simulation, story, organisation } = world;
  const random = simulation.random('staff');
  const told: CanonicalEvent[] = [];
  const person = (type: 'person.joined' | 'person.left', name: string, team: string, at: number, more = {}): void => {
    const data = { person: name, team, engineering: true, ...more };
    told.push(canonical('personnel', `${type}/${name}`, type, Math.floor(at), data));
  };
  for (const team of organisation.teams) {
    for (const { login } of team.people) person('person.joined', login, team.id, story.start, { newcomer: false });
    // Some who are no longer here, and whom the workspace does not know.
    for (let n = 1; n <= 2; n += 1) {
      const name = `${team.id}-former-${n}`;
      person('person.joined', name, team.id, story.start, { newcomer: false });
      person('person.left', name, team.id, story.start + random.between(20, 340) * DAY, {
        voluntary: random.chance(0.7),
      });
    }
  }
  for (const { person: newcomer, at } of newcomersOf(organisation, story))
    person('person.joined', newcomer.login, newcomer.team, at);
  for (let sunday = firstMonday(story.start) - 2 * HOUR; sunday < story.end; sunday += WEEK) {
    simulation.schedule(Math.max(sunday, story.start), () => {
      const known = told.filter(({ occurred_at }) => Date.parse(occurred_at) <= sunday);
      if (known.length > 0) send(world, canonicalRequest(known, 'personnel-export/1'));
    });
  }
}

/** The first Monday 00:00 UTC at or after an instant. */
function firstMonday(instant: number): number {
  const midnight = Math.ceil(instant / DAY) * DAY;
  // 1970-01-01 was a Thursday.
  return midnight + ((4 - ((midnight / DAY) % 7) + 7) % 7) * DAY;
}
