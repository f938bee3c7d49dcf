import type { NormalizedEvent } from '../../ingest/event.ts';
import { text } from './attempts.ts';
import { localDate } from './calendar.ts';
import { UNASSIGNED } from './catalog.ts';
import { cohortsOf, type PersonalItem } from './cohorts.ts';
import { identityOf, placeOf } from './identities.ts';
import { compareEvents, dataOf, timeOf } from './known.ts';
import { quantileWithOpen } from './statistics.ts';
import { durations, isClosed, type OracleMetric, type RowContext, type Summary, within } from './summary.ts';
import { remembered, type World } from './world.ts';

const DAY_MS = 86_400_000;
const shared = { options: {}, unit: 'days', graceHours: 48, sourcesAlone: true, isOfCohorts: true } as const;

/** metrics.md §6.5 and §6.6, readings R90 to R92. */
export const newcomerMetrics: Readonly<Record<string, OracleMetric>> = {
  'people.time_to_first_login': newcomers((world, person, since) => firstFrom(loginsOf(world, person), since)),
  'people.time_to_first_change': newcomers((world, person, since) =>
    firstFrom(changesOfPerson(world, person, false), since),
  ),
  'people.time_to_first_deployment': newcomers((world, person, since) => firstFrom(rolloutsOf(world, person), since)),
  'people.time_to_tenth_change': newcomers(
    (world, person, since) => changesOfPerson(world, person, true).filter((at) => at >= since)[9] ?? null,
  ),
  'people.onboarding_time': {
    ...shared,
    options: { within_days: 2 },
    feeds: ['onboarding.started'],
    items: (world, _options, tz) => cohortsOf(onboardings(world), tz, (item) => item.dimensions.team!),
    summarize: onboarding,
  },
};

/** Time from the start of a newcomer's clock until something is reached, unless they leave before. */
function newcomers(reachedAt: (world: World, person: string, since: number) => number | null): OracleMetric {
  return {
    ...shared,
    feeds: ['person.joined'],
    items: (world, _options, tz) => {
      const items = startsOf(world).flatMap((start): PersonalItem[] => {
        const reached = reachedAt(world, start.person, start.at);
        const isReached = reached !== null && (start.leftAt === null || reached < start.leftAt);
        if (!isReached && start.leftAt !== null) return [];
        return [
          {
            atomId: `${start.person} ${start.at}`,
            person: start.person,
            at: start.at,
            dimensions: { team: start.team },
            excluded: '',
            duration: isReached ? reached - start.at : null,
            since: start.at,
          },
        ];
      });
      return cohortsOf(items, tz, (item) => item.dimensions.team!);
    },
    summarize: (row) => {
      const summary = durations(row, row.items, DAY_MS);
      const { counted } = within(row.items, row);
      const median = (lasted: (from: number, to: number) => number): number | null => {
        const closed = counted.filter(isClosed).map((item) => lasted(item.since!, item.since! + item.duration!));
        return quantileWithOpen(closed, counted.length - closed.length, 0.5).value;
      };
      return {
        ...summary,
        derived: {
          elapsed_days: median((from, to) => (to - from) / DAY_MS),
          working_days: median((from, to) => workingDays(from, to, row.tz)),
        },
      };
    },
  };
}

/** R91: Monday to Friday among the local dates after the first. */
function workingDays(from: number, to: number, tz: string): number {
  const last = localDate(to, tz);
  let days = 0;
  for (let date = nextDate(localDate(from, tz)); date <= last; date = nextDate(date)) {
    const weekday = new Date(date).getUTCDay();
    if (weekday >= 1 && weekday <= 5) days += 1;
  }
  return days;
}

function nextDate(date: string): string {
  return new Date(Date.parse(date) + DAY_MS).toISOString().slice(0, 10);
}

interface Start {
  readonly person: string;
  readonly at: number;
  readonly team: string;
  readonly leftAt: number | null;
}

/** What was told of each person's coming, moving and going, oldest first. */
export function livesOf(world: World): Map<string, NormalizedEvent[]> {
  return remembered(world, 'lives', () => {
    const lives = new Map<string, NormalizedEvent[]>();
    for (const event of world.events) {
      if (!['person.joined', 'person.moved', 'person.left'].includes(event.type)) continue;
      const { person } = identityOf(world, text(dataOf(event).person));
      lives.set(person, [...(lives.get(person) ?? []), event]);
    }
    return lives;
  });
}

/** Whether a person, by whatever name, is a human. */
function isHuman(world: World, person: string): boolean {
  return identityOf(world, person).kind === '';
}

/** When newcomers' clocks start (R91). */
function startsOf(world: World): Start[] {
  return remembered(world, 'starts', () =>
    [...livesOf(world)]
      .filter(([person]) => isHuman(world, person))
      .flatMap(([person, life]) => startsIn(world, person, life)),
  );
}

function startsIn(world: World, person: string, life: readonly NormalizedEvent[]): Start[] {
  const starts: Start[] = [];
  let isHere = false;
  let engineering: unknown;
  let team = '';
  for (const [place, event] of life.entries()) {
    const data = dataOf(event);
    const at = timeOf(event);
    if (event.type === 'person.left') {
      isHere = false;
      continue;
    }
    const toTeam = text(data.team);
    const isJoining = event.type === 'person.joined' && !isHere;
    const entersEngineering = event.type === 'person.moved' && data.engineering === true && engineering === false;
    const isOfEngineering = (data.engineering ?? engineering) !== false;
    const changesTeam = event.type === 'person.moved' && toTeam !== '' && team !== '' && toTeam !== team;
    const begins = isJoining
      ? data.newcomer !== false && data.engineering !== false
      : entersEngineering || (changesTeam && isOfEngineering && isNewToPlatform(world, toTeam, at));
    if (begins) {
      // Of one instant the later by id: leaving before joining again is no leaving after it.
      const left = life.slice(place).find((one) => one.type === 'person.left');
      starts.push({
        person,
        at,
        team: placeOf(world, person, 'team', at) || UNASSIGNED,
        leftAt: left ? timeOf(left) : null,
      });
    }
    if (event.type === 'person.joined') isHere = true;
    if (toTeam !== '') team = toTeam;
    if (typeof data.engineering === 'boolean') engineering = data.engineering;
  }
  return starts;
}

/** Whether no service of a team was ever on the platform's path before (metrics.md §6.1). */
function isNewToPlatform(world: World, team: string, at: number): boolean {
  const stated = world.events.filter((event) => event.type === 'platform.defined');
  const platform = stated.findLast((event) => timeOf(event) <= at) ?? stated[0];
  const sources = (platform ? (dataOf(platform).path_sources as string[] | undefined) : undefined) ?? [];
  return !world.rollouts.some(
    (rollout) =>
      rollout.excluded === '' &&
      rollout.finishedAt < at &&
      ['succeeded', 'failed_live'].includes(rollout.outcome) &&
      sources.includes(rollout.source) &&
      world.catalog.dimensions(rollout.service, rollout.finishedAt).team === team,
  );
}

function firstFrom(times: readonly number[], since: number): number | null {
  return times.find((at) => at >= since) ?? null;
}

function loginsOf(world: World, person: string): number[] {
  const all = remembered(world, 'logins', () => {
    const times = new Map<string, number[]>();
    for (const event of world.events) {
      if (event.type !== 'portal.action') continue;
      const who = identityOf(world, text(dataOf(event).principal)).person;
      times.set(who, [...(times.get(who) ?? []), timeOf(event)]);
    }
    return times;
  });
  return all.get(person) ?? [];
}

/** Changes of a person: no copies, no merges, none that a bot made. */
function worksOf(world: World, person: string) {
  return world.delivered.filter(
    ({ change, isCopy, isMerge, isBot }) =>
      !isCopy && !isMerge && !isBot && change.author !== '' && identityOf(world, change.author).person === person,
  );
}

function changesOfPerson(world: World, person: string, requestsOnly: boolean): number[] {
  const works = worksOf(world, person).filter(({ change }) => !(requestsOnly && change.direct));
  const times = new Map(works.map(({ change }) => [change.changeId, change.mergedAt]));
  return [...times.values()].sort((a, b) => a - b);
}

function rolloutsOf(world: World, person: string): number[] {
  return worksOf(world, person)
    .flatMap(({ rollout }) => (rollout === null ? [] : [rollout.finishedAt]))
    .sort((a, b) => a - b);
}

/** R92. */
function onboardings(world: World): PersonalItem[] {
  return remembered(world, 'onboardings', () => {
    const byPerson = new Map<string, NormalizedEvent[]>();
    for (const event of world.events) {
      if (event.type !== 'onboarding.started' && event.type !== 'onboarding.completed') continue;
      const { person, kind } = identityOf(world, text(dataOf(event).person));
      if (kind === '') byPerson.set(person, [...(byPerson.get(person) ?? []), event]);
    }
    return [...byPerson].flatMap(([person, told]) => {
      const items: PersonalItem[] = [];
      const left = (livesOf(world).get(person) ?? []).filter((event) => event.type === 'person.left').map(timeOf);
      let started: NormalizedEvent | null = null;
      const end = (completedAt: number | null): void => {
        if (started === null) return;
        const at = timeOf(started);
        const isGone = left.some((gone) => gone >= at && (completedAt === null || gone < completedAt));
        const team = text(dataOf(started).team) || placeOf(world, person, 'team', at) || UNASSIGNED;
        if (!isGone)
          items.push({
            atomId: started.id,
            person,
            at,
            dimensions: { team },
            excluded: '',
            duration: completedAt === null ? null : completedAt - at,
            since: at,
          });
        started = null;
      };
      // What is told to have started and ended at one instant did both.
      const isEnd = (event: NormalizedEvent): number => (event.type === 'onboarding.completed' ? 1 : 0);
      for (const event of [...told].sort(
        (a, b) => timeOf(a) - timeOf(b) || isEnd(a) - isEnd(b) || compareEvents(a, b),
      )) {
        if (event.type === 'onboarding.completed') end(timeOf(event));
        else {
          const began: NormalizedEvent | null = started;
          // Who left meanwhile and comes back is set up anew.
          if (began !== null && left.some((gone) => gone >= timeOf(began) && gone < timeOf(event))) end(null);
          started ??= event;
        }
      }
      end(null);
      return items;
    });
  });
}

function onboarding(row: RowContext): Summary {
  const limit = Number(row.options.within_days) * DAY_MS;
  const { counted } = within(row.items, row);
  const mature = counted.filter((item) => item.since! + limit <= row.world.asOf);
  const inTime = mature.filter((item) => isClosed(item) && item.duration! < limit);
  return {
    ...durations(row, row.items, DAY_MS),
    facts: { in_time_n: inTime.length, mature_n: mature.length },
    derived: { share_in_time: mature.length === 0 ? null : inTime.length / mature.length },
  };
}
