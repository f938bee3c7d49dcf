import type { GitCommit, PullRequest, Repository } from '../senders/github.ts';
import { type Calendar, calendarOf, DAY, HOUR } from './calendar.ts';
import type { DemoService, Organisation, Person, Team } from './organisation.ts';
import { shaOf } from './random.ts';
import type { Outgoing, Simulation } from './simulation.ts';
import type { Story } from './story.ts';

/** A change on the main branch that a service has not deployed yet. */
export interface Merged {
  /** As events name it: `owner/name#12`, or `owner/name@sha` of a direct push. */
  readonly id: string;
  /** Null for a direct push. */
  readonly pull: PullRequest | null;
  readonly repository: string;
  /** The incident that it repairs. */
  readonly fixes: string | null;
}

/** What is live, with what it brought. */
export interface Live {
  readonly rolloutId: string;
  readonly head: GitCommit;
  readonly changes: readonly Merged[];
}

/** A repository in the middle of the year: the tip of main and its counters. */
export interface RepositoryState extends Repository {
  readonly services: readonly ServiceState[];
  readonly merge: 'squash' | 'merge' | 'rebase';
  /** What the repository's hook was told to send about checks. */
  readonly reportsJobs: boolean;
  readonly reportsBranches: boolean;
  tip: GitCommit;
  nextNumber: number;
  commits: number;
  runs: number;
}

/** A service in the middle of the year: what is live and what waits. */
export interface ServiceState {
  readonly service: DemoService;
  readonly team: Team;
  readonly calendar: Calendar;
  readonly repository: RepositoryState;
  live: Live | null;
  previous: Live | null;
  pending: Merged[];
  busy: boolean;
  /** Asked for while busy. */
  again: boolean;
  /** Why the main branch must not go out: rolled back and not yet repaired. */
  readonly held: Set<string>;
  rollouts: number;
}

/** Everything that the year is played with. */
export interface World {
  readonly simulation: Simulation;
  readonly organisation: Organisation;
  readonly story: Story;
  readonly repositories: readonly RepositoryState[];
  readonly services: readonly ServiceState[];
  readonly calendars: ReadonlyMap<Team['id'], Calendar>;
  incidents: number;
}

/** Everything as it stands on the first day. */
export function makeWorld(simulation: Simulation, organisation: Organisation, story: Story): World {
  const calendars = new Map(organisation.teams.map((team) => [team.id, calendarOf(team.timezone)]));
  const repositories: RepositoryState[] = [];
  const all: ServiceState[] = [];
  for (const [fullName, services] of [...organisation.repositories].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const random = simulation.random(`repository/${fullName}/setup`);
    const author = organisation.teams.find(({ id }) => id === services[0]?.team)?.people[0];
    if (author === undefined) continue;
    const states: ServiceState[] = [];
    const repository: RepositoryState = {
      fullName,
      createdAt: story.start - random.whole(200, 900) * DAY,
      pushedAt: story.start - 3 * HOUR,
      services: states,
      merge: random.chance(0.6) ? 'squash' : random.chance(0.6) ? 'merge' : 'rebase',
      reportsJobs: random.chance(0.2),
      reportsBranches: random.chance(0.3),
      tip: {
        sha: shaOf(simulation.seed, fullName, 'root'),
        message: 'Prepare the release',
        author,
        authoredAt: story.start - 5 * HOUR,
        committedAt: story.start - 3 * HOUR,
        paths: [],
        offsetHours: 0,
      },
      nextNumber: random.whole(40, 900),
      commits: 0,
      runs: random.whole(300, 4000),
    };
    for (const service of services) {
      const team = organisation.teams.find(({ id }) => id === service.team);
      const calendar = calendars.get(service.team);
      if (team === undefined || calendar === undefined) continue;
      states.push({
        service,
        team,
        calendar,
        repository,
        live: null,
        previous: null,
        pending: [],
        busy: false,
        again: false,
        held: new Set(),
        rollouts: 0,
      });
    }
    repositories.push(repository);
    all.push(...states);
  }
  return { simulation, organisation, story, repositories, services: all, calendars, incidents: 0 };
}

/** The next commit of a repository. */
export function makeCommit(
  world: World,
  repository: RepositoryState,
  commit: Omit<GitCommit, 'sha' | 'offsetHours'>,
): GitCommit {
  const sha = shaOf(world.simulation.seed, repository.fullName, repository.commits++);
  return { ...commit, sha, offsetHours: commit.byForge === true ? 0 : authorOffset(commit.author) };
}

/** Some people's clocks write their own offset. */
function authorOffset(author: Person): number {
  return author.team === 'mobile' || author.team === 'warehouse' ? -5 : author.login.length % 3 === 0 ? 2 : 0;
}

/**
 * Sends as that sender does: within seconds as a rule; now and then twice, and now and then hours or days late, after an
 * outage and a redelivery by hand. Argo CD gives up after three tries, so it is never late.
 */
export function send(world: World, outgoing: Outgoing): void {
  const { simulation } = world;
  const random = simulation.random('wire');
  const late = random.next();
  let delay = random.between(700, 4_000);
  if (outgoing.source === 'github' && late < 0.004) delay = random.between(2 * HOUR, 3 * DAY);
  if (outgoing.source === 'pagerduty' && late < 0.02) delay = random.between(HOUR, 40 * HOUR);
  simulation.send(outgoing, delay);
  if (outgoing.source !== 'canonical' && random.chance(0.004)) {
    simulation.send(outgoing, delay + random.between(20_000, HOUR));
  }
}
