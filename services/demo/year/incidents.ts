import { canonical, canonicalRequest } from '../senders/canonical.ts';
import { type Issue, issueEvent } from '../senders/github.ts';
import { incidentEvent, incidentNote, type PagerdutyIncident } from '../senders/pagerduty.ts';
import { DAY, HOUR, MINUTE } from './calendar.ts';
import { hotfix } from './changes.ts';
import type { Person } from './organisation.ts';
import { codeOf, type Random } from './random.ts';
import { deploy, rollBack } from './rollouts.ts';
import { quarterStart, temperOf, troubleOf } from './story.ts';
import { incidentTitle } from './titles.ts';
import { type Live, type Merged, type ServiceState, send, type World } from './world.ts';

/** An incident as its tool sees it: PagerDuty, or issues where the team keeps them. */
interface Ticket {
  /** As events name it. */
  readonly incidentId: string;
  /** Null where the team keeps issues. */
  readonly pagerduty: PagerdutyIncident | null;
  acknowledge(): void;
  resolve(): void;
  reopen(): void;
  note(text: string): void;
}

/** A deployment turns out to be bad: users notice, somebody is called, production is repaired, the cause written down. */
export function startIncident(world: World, state: ServiceState, bad: Live): void {
  const { simulation, story } = world;
  const random = simulation.random(`incident/${state.service.id}`);
  const onset = simulation.now() + random.lognormal(11, 0.9) * MINUTE;
  const detected = onset + random.lognormal(6, 0.7) * MINUTE;
  simulation.schedule(detected, () => {
    const ticket = openTicket(world, state, random, 'high');
    const takes =
      random.lognormal(temperOf(state.team.id).recoveryMinutes * troubleOf(story, detected).recovery, 0.65) * MINUTE;
    simulation.schedule(detected + random.lognormal(3, 0.7) * MINUTE, () => ticket.acknowledge());
    const resolve = (): void => {
      simulation.schedule(simulation.now() + random.between(2, 7) * MINUTE, () => {
        ticket.resolve();
        if (random.chance(0.07)) relapse(world, ticket, random);
      });
    };
    simulation.schedule(detected + takes * 0.55, () => {
      const means = random.next();
      if (means < 0.5 && rollBack(world, state, bad, resolve)) return;
      if (means < 0.85) {
        hotfix(world, state, ticket.incidentId, (repair) => whenLive(world, state, repair, resolve));
        return;
      }
      simulation.schedule(detected + takes, resolve);
    });
    blame(world, state, ticket, bad, detected, random);
    if (random.chance(0.4)) postmortem(world, state, ticket, onset, detected, random);
    if (ticket.pagerduty !== null && random.chance(0.1)) duplicate(world, state, ticket.pagerduty, detected, random);
  });
}

/** Incidents that no deployment caused, alarms that were none, and alarms that woke nobody. */
export function startMishaps(world: World): void {
  for (const state of world.services) {
    const random = world.simulation.random(`mishap/${state.service.id}`);
    const next = (): void => {
      world.simulation.schedule(world.simulation.now() + random.exponential(150) * DAY, () => {
        mishap(world, state, random);
        next();
      });
    };
    next();
  }
  const struck = world.services.find((state) => !keepsIssues(state) && !state.service.exempt);
  if (struck === undefined) return;
  // One that is still going on when the year ends.
  world.simulation.schedule(world.story.end - 38 * MINUTE, () => {
    const ticket = openTicket(world, struck, world.simulation.random('incident/latest'), 'high');
    world.simulation.schedule(world.simulation.now() + 4 * MINUTE, () => ticket.acknowledge());
  });
}

function mishap(world: World, state: ServiceState, random: Random): void {
  const { simulation, story } = world;
  const now = simulation.now();
  const sort = random.next();
  const ticket = openTicket(world, state, random, sort > 0.8 ? 'low' : 'high');
  const recovery = temperOf(state.team.id).recoveryMinutes * troubleOf(story, now).recovery;
  const takes = random.lognormal(sort > 0.5 ? 12 : recovery, 0.7) * MINUTE;
  const acknowledgedAt = now + Math.min(takes / 2, random.lognormal(4, 0.8) * MINUTE);
  simulation.schedule(acknowledgedAt, () => ticket.acknowledge());
  simulation.schedule(now + takes, () => ticket.resolve());
  if (sort > 0.5 && sort <= 0.8) {
    simulation.schedule(now + takes + random.between(1, 30) * HOUR, () => {
      const id = `${ticket.incidentId}/review`;
      const data = { incident_id: ticket.incidentId, false_alarm: true };
      send(
        world,
        canonicalRequest(
          [canonical('postmortems', id, 'incident.reclassified', simulation.now(), data)],
          'postmortems/1.4',
        ),
      );
    });
  }
}

/** The repair must be live before the incident is over. */
function whenLive(world: World, state: ServiceState, repair: Merged, resolve: () => void): void {
  const { simulation } = world;
  const deadline = simulation.now() + 6 * HOUR;
  const look = (): void => {
    if (!state.pending.includes(repair) || simulation.now() > deadline) {
      resolve();
      return;
    }
    if (!state.busy) deploy(world, state);
    simulation.schedule(simulation.now() + 3 * MINUTE, look);
  };
  look();
}

function relapse(world: World, ticket: Ticket, random: Random): void {
  const { simulation } = world;
  const again = simulation.now() + random.between(15, 80) * MINUTE;
  simulation.schedule(again, () => ticket.reopen());
  simulation.schedule(again + random.lognormal(30, 0.5) * MINUTE, () => ticket.resolve());
}

/** How the cause comes to be known: at once in a note, days later in the review, or never. */
function blame(world: World, state: ServiceState, ticket: Ticket, bad: Live, detected: number, random: Random): void {
  const { simulation, story } = world;
  const quarterEnd = quarterStart(story.end, 0);
  const atTheEnd = detected > quarterEnd - 12 * DAY && detected < quarterEnd;
  const change = bad.changes.findLast(({ pull }) => pull !== null);
  const cause =
    change?.pull && random.chance(0.5)
      ? `https://github.com/${change.repository}/pull/${change.pull.number}`
      : bad.head.sha;
  const how = random.next();
  if (how < 0.62 && !atTheEnd) {
    simulation.schedule(detected + random.between(15, 200) * MINUTE, () =>
      ticket.note(`Found it.\ncaused-by: ${cause}`),
    );
    return;
  }
  if (how > 0.85 && !atTheEnd) return;
  const linkedAt = atTheEnd
    ? quarterEnd + story.lateLinkDays * DAY
    : state.calendar.after(detected, random.between(8, 60));
  simulation.schedule(linkedAt, () => {
    const data = { incident_id: ticket.incidentId, caused_by: cause };
    const event = canonical('postmortems', `${ticket.incidentId}/cause`, 'incident.linked', simulation.now(), data);
    send(world, canonicalRequest([event], 'postmortems/1.4'));
  });
}

/** The review finds out since when users were affected. */
function postmortem(
  world: World,
  state: ServiceState,
  ticket: Ticket,
  onset: number,
  detected: number,
  random: Random,
): void {
  const { simulation } = world;
  simulation.schedule(state.calendar.after(detected, random.between(9, 30)), () => {
    const data = { incident_id: ticket.incidentId, impact_started_at: new Date(onset).toISOString() };
    const event = canonical('postmortems', `${ticket.incidentId}/impact`, 'incident.detected', detected, data);
    send(world, canonicalRequest([event], 'postmortems/1.4'));
  });
}

/** A second alarm for the same trouble, merged into the first. Only PagerDuty merges. */
function duplicate(
  world: World,
  state: ServiceState,
  first: PagerdutyIncident,
  detected: number,
  random: Random,
): void {
  world.simulation.schedule(detected + random.between(1, 6) * MINUTE, () => {
    const extra = pagerdutyIncident(world, state, random, 'high');
    const now = world.simulation.now();
    send(world, incidentEvent(extra, 'triggered', now, null));
    world.simulation.schedule(now + random.between(2, 15) * MINUTE, () =>
      send(world, incidentEvent(extra, 'resolved', world.simulation.now(), extra.assignee, first)),
    );
  });
}

function openTicket(world: World, state: ServiceState, random: Random, urgency: 'high' | 'low'): Ticket {
  return keepsIssues(state) ? issueTicket(world, state, random) : pagerdutyTicket(world, state, random, urgency);
}

/** Warehouse writes its incidents as issues. */
function keepsIssues(state: ServiceState): boolean {
  return state.team.id === 'warehouse';
}

function pagerdutyIncident(
  world: World,
  state: ServiceState,
  random: Random,
  urgency: 'high' | 'low',
): PagerdutyIncident {
  const number = 4100 + world.incidents++;
  return {
    id: codeOf(14, world.simulation.seed, 'incident', number),
    number,
    title: incidentTitle(random, state.service.id),
    service: { id: state.service.pagerduty, name: state.service.id },
    team: state.team.id,
    urgency,
    createdAt: world.simulation.now(),
    assignee: random.pick(state.team.people),
  };
}

function pagerdutyTicket(world: World, state: ServiceState, random: Random, urgency: 'high' | 'low'): Ticket {
  const incident = pagerdutyIncident(world, state, random, urgency);
  const post = (what: 'triggered' | 'acknowledged' | 'resolved' | 'reopened', agent: Person | null): void =>
    send(world, incidentEvent(incident, what, world.simulation.now(), agent));
  post('triggered', null);
  return {
    incidentId: incident.id,
    pagerduty: incident,
    acknowledge: () => post('acknowledged', incident.assignee),
    resolve: () => post('resolved', incident.assignee),
    reopen: () => post('reopened', incident.assignee),
    note: (text) => send(world, incidentNote(incident, text, world.simulation.now(), incident.assignee)),
  };
}

function issueTicket(world: World, state: ServiceState, random: Random): Ticket {
  const { repository } = state;
  const { simulation } = world;
  const issue: Issue = {
    number: repository.nextNumber++,
    title: incidentTitle(random, state.service.id),
    labels: ['incident', random.chance(0.25) ? 'outage' : 'degraded', `sev${random.whole(1, 3)}`],
    openedAt: simulation.now(),
    author: random.pick(state.team.people).login,
    body: 'Reported from the depot.',
    closedAt: null,
    stateReason: null,
  };
  send(world, issueEvent(repository, issue, 'opened', simulation.now()));
  let closed = false;
  return {
    incidentId: `${repository.fullName}#${issue.number}`,
    pagerduty: null,
    acknowledge: () => undefined,
    resolve: () => {
      if (closed) return;
      closed = true;
      Object.assign(issue, { closedAt: simulation.now(), stateReason: 'completed' });
      send(world, issueEvent(repository, issue, 'closed', simulation.now()));
    },
    reopen: () => undefined,
    note: (text) => {
      // Written into the description; the hook tells it with the closing.
      issue.body = `${issue.body}\n\n${text}`;
    },
  };
}
