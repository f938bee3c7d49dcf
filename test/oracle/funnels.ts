import type { NormalizedEvent } from '../../ingest/event.ts';
import { text } from './attempts.ts';
import { UNASSIGNED } from './catalog.ts';
import { cohortsOf, type PersonalItem } from './cohorts.ts';
import { identityOf, placeOf } from './identities.ts';
import { dataOf, timeOf } from './known.ts';
import { eventsBy } from './owners.ts';
import { wilson } from './statistics.ts';
import { type Options, type OracleMetric, type RowContext, type Summary, within } from './summary.ts';
import { USE } from './use.ts';
import { remembered, type World } from './world.ts';

const DAY_MS = 86_400_000;
const FEWEST = 5;
const shared = { unit: 'fraction', graceHours: 48, sourcesAlone: true, isOfCohorts: true } as const;

/** metrics.md §6.3, readings R90 and R93. */
export const funnelMetrics: Readonly<Record<string, OracleMetric>> = {
  'adoption.funnel': {
    ...shared,
    options: { step: 'login', of: 'previous', within_days: 28 },
    feeds: USE,
    items: (world, options, tz) => cohortsOf(journeys(world, options), tz, (item) => item.dimensions.team!),
    aheadDays: (options) => Number(options.within_days),
    summarize: funnel,
  },
  'adoption.abandonment': {
    ...shared,
    options: { within_days: 28 },
    feeds: ['task.requested'],
    items: (world, options, tz) =>
      cohortsOf(tasks(world, options), tz, ({ dimensions }) => JSON.stringify([dimensions.team, dimensions.kind])),
    aheadDays: (options) => Number(options.within_days),
    summarize: share,
  },
};

const steps = ['discover', 'login', 'scaffold', 'deploy', 'second_week'] as const;
const scaffolds = ['create', 'scaffold', 'create-repository', 'create-service'];
const deploys = ['deploy', 'release', 'rollout'];

function isStep(step: (typeof steps)[number], event: NormalizedEvent): boolean {
  if (step === 'discover' || step === 'second_week') return true;
  if (event.type !== 'portal.action') return false;
  const action = text(dataOf(event).action).toLowerCase();
  const capability = text(dataOf(event).capability).toLowerCase();
  if (step === 'login') return true;
  if (step === 'scaffold') return scaffolds.includes(action) || ['templates', 'scaffolder'].includes(capability);
  return deploys.includes(action) || capability === 'deployments';
}

interface Journey extends PersonalItem {
  /** When each step was reached, in order; null from the first that was not. */
  readonly reached: readonly (number | null)[];
  /** When the time for the steps is over. */
  readonly over: number;
  readonly secondWeekOver: number;
}

/** How far each person got (R93). */
function journeys(world: World, options: Options): Journey[] {
  const done = new Map<string, NormalizedEvent[]>();
  for (const event of world.events) {
    if (!(USE as readonly string[]).includes(event.type)) continue;
    const { person, kind } = identityOf(world, text(dataOf(event).principal));
    if (kind === '') done.set(person, [...(done.get(person) ?? []), event]);
  }
  return [...done].map(([person, events]): Journey => {
    const first = events[0]!;
    const at = timeOf(first);
    const over = at + Number(options.within_days) * DAY_MS;
    const secondWeekOver = Math.min(over, at + 14 * DAY_MS);
    const reached: (number | null)[] = [];
    for (const step of steps) {
      const previous = step === 'discover' ? at : reached.at(-1)!;
      const found =
        previous === null
          ? undefined
          : events
              .map((event) => ({ event, time: timeOf(event) }))
              .find(
                ({ event, time }) =>
                  time >= previous &&
                  time <= over &&
                  (step !== 'second_week' || (time >= at + 7 * DAY_MS && time < at + 14 * DAY_MS)) &&
                  isStep(step, event),
              );
      reached.push(found ? found.time : null);
    }
    const team = text(dataOf(first).team) || placeOf(world, person, 'team', at) || UNASSIGNED;
    return { atomId: person, person, at, dimensions: { team }, excluded: '', reached, over, secondWeekOver };
  });
}

function rateOf(numerator: number, denominator: number, openN: number): Summary {
  return {
    value: denominator === 0 ? null : numerator / denominator,
    n: denominator,
    ci: wilson(numerator, denominator),
    openN,
    excluded: {},
    notApplicable: denominator === 0,
    insufficient: denominator < 5,
    facts: { numerator, denominator },
  };
}

function funnel(row: RowContext): Summary {
  const { step, of } = row.options;
  const index = steps.indexOf(step as (typeof steps)[number]);
  const people = within(row.items, row).counted as unknown as readonly Journey[];
  const base = of === 'first' ? people : people.filter((one) => one.reached[index - 1] !== null);
  const there = base.filter((one) => one.reached[index] !== null);
  const open = base.filter(
    (one) => one.reached[index] === null && row.world.asOf < (step === 'second_week' ? one.secondWeekOver : one.over),
  );
  // A later step may be of fewer than the cohort is: of them nothing is told (metrics.md §9.2, rule 1).
  return { ...rateOf(there.length, base.length, open.length), suppressed: base.length > 0 && base.length < FEWEST };
}

interface Task extends PersonalItem {
  readonly ended: boolean;
  readonly over: number;
}

/** Tasks that were asked for and then begun (R93). */
function tasks(world: World, options: Options): Task[] {
  const all = remembered(world, 'tasks by id', () => eventsBy(world, /^task\./, 'task_id'));
  return [...all].flatMap(([id, told]): Task[] => {
    const requested = told.find((event) => event.type === 'task.requested');
    if (!requested) return [];
    const { person, kind } = identityOf(world, text(dataOf(requested).principal));
    if (kind !== '') return [];
    const at = timeOf(requested);
    const over = at + Number(options.within_days) * DAY_MS;
    const begun = told.find((event) => event.type === 'task.started' && timeOf(event) >= at && timeOf(event) <= over);
    if (!begun) return [];
    const end = told.find(
      (event) =>
        event.type === 'task.finished' &&
        dataOf(event).outcome !== 'cancelled' &&
        timeOf(event) >= timeOf(begun) &&
        timeOf(event) <= over,
    );
    return [
      {
        atomId: id,
        person,
        at,
        dimensions: {
          team: text(dataOf(requested).team) || placeOf(world, person, 'team', at) || UNASSIGNED,
          kind: text(dataOf(requested).kind),
        },
        excluded: '',
        ended: end !== undefined,
        over,
      },
    ];
  });
}

function share(row: RowContext): Summary {
  const begun = within(row.items, row).counted as unknown as readonly Task[];
  const abandoned = begun.filter((one) => !one.ended);
  return rateOf(abandoned.length, begun.length, abandoned.filter((one) => row.world.asOf < one.over).length);
}
