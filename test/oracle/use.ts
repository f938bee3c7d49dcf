import { DateTime } from 'luxon';
import type { NormalizedEvent } from '../../ingest/event.ts';
import { text } from './attempts.ts';
import { isWeekend, localDate, type Stretch, startOfUnit, type Unit, unitsOf } from './calendar.ts';
import { identityOf } from './identities.ts';
import { compareText, dataOf, timeOf } from './known.ts';
import { personalDimensions } from './principals.ts';
import type { Question } from './question.ts';
import { wilson } from './statistics.ts';
import type { Dimensions, Item, Options, OracleMetric, RowContext, Summary } from './summary.ts';
import { remembered, type World } from './world.ts';

/** What somebody does on the platform (R60). */
export const USE = ['portal.action', 'search.performed', 'search.clicked', 'doc.viewed', 'doc.rated'] as const;

const shared = { options: {}, graceHours: 48, sourcesAlone: true, feeds: USE } as const;

/** metrics.md §6.2 and §6.4, readings R60 to R62. */
export const useMetrics: Readonly<Record<string, OracleMetric>> = {
  'adoption.dau': {
    ...shared,
    unit: 'persons',
    options: { per: 'calendar_day' },
    items: actions,
    reach: daysToldOf,
    summarize: dailyUsers,
  },
  'adoption.wau': {
    ...shared,
    unit: 'persons',
    items: actions,
    looksBack: true,
    reach: (bucket, question) => lookingBack(bucket, question, '7d'),
    summarize: users,
  },
  'adoption.mau': {
    ...shared,
    unit: 'persons',
    options: { window: '28d' },
    items: actions,
    looksBack: true,
    reach: (bucket, question) => lookingBack(bucket, question, String(question.options.window)),
    summarize: users,
  },
  'adoption.stickiness': {
    ...shared,
    unit: 'fraction',
    options: { window: '28d', per: 'calendar_day' },
    items: actions,
    looksBack: true,
    reach: (bucket, question) => lookingBack(bucket, question, String(question.options.window)),
    summarize: stickiness,
  },
  'adoption.retention': {
    ...shared,
    unit: 'fraction',
    options: { week: 1 },
    items: () => [],
    aheadDays: (options) => Number(options.week) * 7,
    summarize: retention,
  },
};

interface Action extends Item {
  readonly at: number;
  readonly person: string;
}

/** Everything that anybody did on the platform, by whom. */
function actions(world: World, options: Options): Action[] {
  return remembered(world, `actions ${options.ownership}`, () => {
    const platform = world.events.findLast((event) => event.type === 'platform.defined');
    const qualifying = (platform && (dataOf(platform).qualifying_actions as string[] | undefined)) ?? [];
    const qualifies = (event: NormalizedEvent): boolean =>
      qualifying.length === 0 ||
      qualifying.includes(event.type === 'portal.action' ? text(dataOf(event).action) : event.type);
    return world.events
      .filter((event) => (USE as readonly string[]).includes(event.type))
      .map((event): Action => {
        const { principal, team } = dataOf(event);
        const login = text(principal);
        const { person, kind } = identityOf(world, login);
        const at = timeOf(event);
        return {
          atomId: event.id,
          at,
          person,
          excluded: kind || (qualifies(event) ? '' : 'not_qualifying'),
          dimensions: { ...personalDimensions(world, options, { login, team: text(team), at }) },
        };
      });
  });
}

/** R61: of some of the people only days that are over are told. */
function daysToldOf(bucket: Stretch, { isOfSome, asOf, tz }: Question): Stretch {
  const today = startOfUnit(asOf, 'day', tz);
  return isOfSome ? { start: bucket.start, end: Math.min(bucket.end, Math.max(bucket.start, today)) } : bucket;
}

/** The local days that end with the last one of the bucket that has begun. */
function lookingBack(asked: Stretch, question: Question, length: string): Stretch {
  const bucket = daysToldOf(asked, question);
  const { tz, asOf } = question;
  const last = unitsOf(bucket, 'day', tz, asOf).at(-1)?.start ?? (question.isOfSome ? bucket.end - 1 : null);
  if (last === null) return bucket;
  const start =
    length === 'month'
      ? startOfUnit(last, 'month', tz)
      : DateTime.fromMillis(last, { zone: tz })
          .minus({ days: Number.parseInt(length, 10) - 1 })
          .startOf('day')
          .toMillis();
  return { start, end: bucket.end };
}

/** Distinct people of actions, by day or in all. */
function peopleOf(done: readonly Action[]): number {
  return new Set(done.map((action) => action.person)).size;
}

function personDaysOf(done: readonly Action[], tz: string): number {
  return new Set(done.map((action) => `${localDate(action.at, tz)} ${action.person}`)).size;
}

/** What is done in a row: by whom it counts and by whom it does not. */
function doneIn(row: RowContext, isWorking: boolean) {
  const within = (row.items as readonly Action[]).filter(
    ({ at, dimensions }) =>
      at >= row.bucket.start && at < row.bucket.end && row.inScope(dimensions) && !(isWorking && isWeekend(at, row.tz)),
  );
  return { counted: within.filter((one) => one.excluded === ''), left: within.filter((one) => one.excluded !== '') };
}

function countBy(left: readonly Action[], size: (done: readonly Action[]) => number): Record<string, number> {
  const reasons = [...new Set(left.map((one) => one.excluded))];
  return Object.fromEntries(reasons.map((reason) => [reason, size(left.filter((one) => one.excluded === reason))]));
}

function daysOf(row: RowContext, isWorking: boolean): readonly Unit[] {
  return unitsOf(row.clipped, 'day', row.tz, row.world.asOf).filter((day) => !isWorking || day.weekday <= 5);
}

function dailyUsers(row: RowContext): Summary {
  const isWorking = row.options.per === 'working_day';
  if (isHidden(row, daysOf(row, isWorking), isWorking)) return hidden;
  const { counted, left } = doneIn(row, isWorking);
  const numerator = personDaysOf(counted, row.tz);
  const denominator = daysOf(row, isWorking).length;
  return {
    value: denominator === 0 ? null : numerator / denominator,
    n: numerator,
    ci: null,
    excluded: countBy(left, (done) => personDaysOf(done, row.tz)),
    notApplicable: denominator === 0,
    facts: { numerator, denominator },
  };
}

function users(row: RowContext): Summary {
  if (isHidden(row, [row.clipped], false)) return hidden;
  const { counted, left } = doneIn(row, false);
  const people = peopleOf(counted);
  return { value: people, n: people, ci: null, excluded: countBy(left, peopleOf) };
}

function stickiness(row: RowContext): Summary {
  const isWorking = row.options.per === 'working_day';
  const days = daysOf(row, isWorking);
  if (isHidden(row, [row.clipped, ...days], isWorking)) return hidden;
  const { counted, left } = doneIn(row, isWorking);
  const people = peopleOf(counted);
  const perDay = days.length === 0 ? null : personDaysOf(counted, row.tz) / days.length;
  const value = perDay === null || people === 0 ? null : perDay / people;
  return {
    value,
    n: people,
    ci: null,
    excluded: countBy(left, peopleOf),
    notApplicable: value === null,
    facts: { numerator: perDay, denominator: people },
  };
}

export const hidden: Summary = { value: null, n: 0, ci: null, excluded: {}, suppressed: true };

const FEW = 5;

/** R61: whether a row of some of the people would tell of fewer than five, in any of the stretches that it is made of. */
function isHidden(row: RowContext, stretches: readonly Stretch[], isWorking: boolean): boolean {
  const { question } = row;
  if (!question.isOfSome) return false;
  if (!question.isToldOfSome) return true;
  const isWhole = (at: number): boolean => startOfUnit(at, 'day', row.tz) === at;
  if (!isWhole(row.bucket.start) || !isWhole(row.bucket.end)) return true;
  return stretches.some((stretch) => {
    const cells = cellsIn(row, question, stretch, isWorking);
    const untold = untoldOf(cells, question.dimensionsOfSome.length);
    return [...cells.keys()].some((name) => untold.has(name) && row.inScope(JSON.parse(name) as Dimensions));
  });
}

/** How many people each cell of the dimensions asked about has. */
function cellsIn(
  row: RowContext,
  question: Question,
  { start, end }: Stretch,
  isWorking: boolean,
): Map<string, number> {
  const people = new Map<string, Set<string>>();
  for (const action of row.items as readonly Action[]) {
    if (action.excluded !== '' || action.at < start || action.at >= end) continue;
    if (isWorking && isWeekend(action.at, row.tz)) continue;
    const names = question.dimensionsOfSome.map((name) => [name, action.dimensions[name]]);
    const cell = JSON.stringify(Object.fromEntries(names));
    people.set(cell, (people.get(cell) ?? new Set()).add(action.person));
  }
  return new Map([...people].map(([cell, who]) => [cell, who.size]));
}

/** Cells of 1 to 4 people and their companions: the next smallest while fewer than two cells or five people are hidden. */
function untoldOf(cells: ReadonlyMap<string, number>, dimensions: number): Set<string> {
  const bySize = [...cells].sort(([a, n], [b, m]) => n - m || compareText(a, b));
  const few = bySize.filter(([, n]) => n < FEW);
  if (few.length === 0) return new Set();
  if (dimensions > 1) return new Set(cells.keys());
  let count = few.length;
  const size = (): number => bySize.slice(0, count).reduce((total, [, n]) => total + n, 0);
  while (count < bySize.length && (count < 2 || size() < FEW)) count += 1;
  return new Set(bySize.slice(0, count).map(([name]) => name));
}

const WEEK_GRACE_MS = 48 * 3_600_000;

/** R62. */
function retention(row: RowContext): Summary {
  const { world, tz, options } = row;
  const weekOf = (at: number): number => startOfUnit(at, 'week', tz);
  const weeks = remembered(world, `weeks ${tz}`, () => {
    const byPerson = new Map<string, Set<number>>();
    for (const { person, at, excluded } of actions(world, options))
      if (excluded === '') byPerson.set(person, (byPerson.get(person) ?? new Set()).add(weekOf(at)));
    return byPerson;
  });
  const cohorts = new Map<number, Set<number>[]>();
  for (const active of weeks.values()) {
    const first = Math.min(...active);
    cohorts.set(first, [...(cohorts.get(first) ?? []), active]);
  }
  const weeksLater = (start: number, weeksOn: number): number =>
    DateTime.fromMillis(start, { zone: tz }).plus({ weeks: weeksOn }).toMillis();
  const late = Number(options.week);
  const inRow = [...cohorts].filter(
    ([start]) => start >= row.bucket.start && start < row.bucket.end && weeksLater(start, late) < world.asOf,
  );
  const told = inRow.filter(([, people]) => people.length >= FEW);
  if (told.length === 0 && inRow.length > 0) return hidden;
  let numerator = 0;
  let denominator = 0;
  let openN = 0;
  for (const [start, people] of told) {
    const came = people.filter((active) => active.has(weeksLater(start, late))).length;
    numerator += came;
    denominator += people.length;
    if (weeksLater(start, late + 1) + WEEK_GRACE_MS > world.asOf) openN += people.length - came;
  }
  return {
    value: denominator === 0 ? null : numerator / denominator,
    n: denominator,
    ci: wilson(numerator, denominator),
    openN,
    excluded: {},
    notApplicable: denominator === 0,
    facts: { numerator, denominator },
  };
}
