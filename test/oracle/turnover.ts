import { DateTime } from 'luxon';
import { text } from './attempts.ts';
import { bucketsOf, unitsOf } from './calendar.ts';
import { UNASSIGNED } from './catalog.ts';
import { identityOf } from './identities.ts';
import { compareText, dataOf, timeOf } from './known.ts';
import { livesOf } from './newcomers.ts';
import type { Question } from './question.ts';
import { garwood } from './statistics.ts';
import type { Dimensions, Item, Options, OracleMetric, RowContext, Summary } from './summary.ts';
import { hidden } from './use.ts';
import { remembered, type World } from './world.ts';

const FEWEST = 10;

/** metrics.md §4.7, reading R74. */
export const turnoverMetrics: Readonly<Record<string, OracleMetric>> = {
  'people.turnover': {
    unit: 'fraction',
    options: { voluntary: false },
    feeds: ['person.joined', 'person.moved', 'person.left'],
    graceHours: 48,
    sourcesAlone: true,
    items: leavers,
    groups: teamsIn,
    hidesRemainders: true,
    summarize: turnover,
  },
};

/** A stretch of a developer's time with us, in one team. */
interface Stay {
  readonly person: string;
  readonly team: string;
  readonly start: number;
  readonly end: number;
}

interface Employment {
  readonly stays: readonly Stay[];
  readonly gone: readonly { person: string; team: string; at: number; voluntary: boolean }[];
}

function employment(world: World): Employment {
  return remembered(world, 'employment', () => {
    const stays: Stay[] = [];
    const gone: { person: string; team: string; at: number; voluntary: boolean }[] = [];
    for (const [person, life] of livesOf(world)) {
      if (identityOf(world, person).kind !== '') continue;
      let isHere = false;
      let team = '';
      let engineering: unknown;
      let since = 0;
      const isDeveloper = (): boolean => isHere && engineering !== false;
      const close = (at: number): void => {
        if (isDeveloper() && since < at) stays.push({ person, team: team || UNASSIGNED, start: since, end: at });
        since = at;
      };
      for (const at of new Set(life.map(timeOf))) {
        close(at);
        const told = life.filter((event) => timeOf(event) === at);
        const leaving = told.filter((event) => event.type === 'person.left');
        // Who comes and goes at one instant was never here; who was is gone, whatever else is told of that instant.
        const voluntary = leaving.some((event) => dataOf(event).voluntary === true);
        if (leaving.length > 0 && isDeveloper()) gone.push({ person, team: team || UNASSIGNED, at, voluntary });
        for (const event of told) {
          const data = dataOf(event);
          // Who moves is with us, also if nobody told of their joining.
          isHere = event.type !== 'person.left';
          if (!isHere) continue;
          team = text(data.team) || team;
          if (typeof data.engineering === 'boolean') engineering = data.engineering;
        }
      }
      close(Number.POSITIVE_INFINITY);
    }
    return { stays, gone };
  });
}

function leavers(world: World, options: Options): Item[] {
  return employment(world)
    .gone.filter((one) => options.voluntary !== true || one.voluntary)
    .map((one) => ({
      atomId: `${one.person} ${one.at}`,
      at: one.at,
      dimensions: { team: one.team },
      excluded: '',
    }));
}

/** The points at which people are counted: begin, begins of months, end. */
function pointsOf(row: RowContext): number[] {
  const { start } = row.clipped;
  if (start > row.world.asOf) return [];
  const end = Math.min(row.clipped.end, row.world.asOf);
  const months = unitsOf({ start, end }, 'month', row.tz, row.world.asOf).map((month) => month.start);
  return [...new Set([start, ...months.filter((at) => at > start && at < end), end])];
}

function headcounts(row: RowContext, isIn: (team: string) => boolean): number[] {
  const { stays } = employment(row.world);
  return pointsOf(row).map(
    (at) =>
      new Set(stays.filter((one) => one.start <= at && at < one.end && isIn(one.team)).map((one) => one.person)).size,
  );
}

function turnover(row: RowContext): Summary {
  const isIn = (team: string): boolean => row.inScope({ team });
  const counts = headcounts(row, isIn);
  if (isUntold(row, isIn)) return hidden;
  const mean = counts.length === 0 ? 0 : counts.reduce((total, one) => total + one, 0) / counts.length;
  const left = row.items.filter(
    (item) => item.at! >= row.bucket.start && item.at! < row.bucket.end && row.inScope(item.dimensions),
  ).length;
  const value = mean === 0 ? null : left / mean;
  const months = wholeMonths(row);
  return {
    value,
    n: left,
    ci: garwood(left, mean),
    excluded: {},
    notApplicable: mean === 0,
    facts: { numerator: left, denominator: mean },
    derived: {
      retention: value === null ? null : 1 - value,
      annualised: value === null || months === null ? null : 1 - (1 - value) ** (12 / months),
    },
  };
}

function wholeMonths({ clipped, tz, world }: RowContext): number | null {
  // A month that is not over is no whole one.
  if (clipped.end > world.asOf) return null;
  const start = DateTime.fromMillis(clipped.start, { zone: tz });
  const end = DateTime.fromMillis(clipped.end, { zone: tz });
  const isBegin = (at: DateTime): boolean => at.startOf('month').toMillis() === at.toMillis();
  return isBegin(start) && isBegin(end) ? Math.round(end.diff(start, 'months').months) : null;
}

/** Too few at any point, or a companion of a team with too few (metrics.md §9.2, rule 2). Where nobody was, nobody is told of. */
function isUntold(row: RowContext, isIn: (team: string) => boolean): boolean {
  const cellOf = (inScope: (team: string) => boolean) => {
    const counts = headcounts(row, inScope);
    const gone = row.items.filter(
      ({ at, dimensions }) => at! >= row.bucket.start && at! < row.bucket.end && inScope(dimensions.team!),
    );
    return { n: Math.min(...counts), isEmpty: Math.max(0, ...counts) === 0 && gone.length === 0 };
  };
  if (row.question.groupBy.length === 0) {
    const { n, isEmpty } = cellOf(isIn);
    return n < FEWEST && !isEmpty;
  }
  const sizes = teamsOf(row.world)
    .map((team) => ({ team, ...cellOf((one) => one === team) }))
    .filter(({ isEmpty }) => !isEmpty)
    .sort((a, b) => a.n - b.n || compareText(a.team, b.team));
  let count = sizes.filter(({ n }) => n < FEWEST).length;
  const size = (): number => sizes.slice(0, count).reduce((total, one) => total + one.n, 0);
  if (count > 0) while (count < sizes.length && (count < 2 || size() < FEWEST)) count += 1;
  return sizes.slice(0, count).some(({ team }) => isIn(team));
}

function teamsOf(world: World): string[] {
  return [...new Set([...employment(world).stays, ...employment(world).gone].map((one) => one.team))];
}

/** The teams that somebody is of, or leaves, in the window or in what one of its rows looks back on. */
function teamsIn({ window: asked, grain, tz, asOf }: Question, world: World): Dimensions[] {
  const { stays, gone } = employment(world);
  const starts = bucketsOf(asked, grain, tz).map((bucket) => bucket.asked.start);
  const window = { start: Math.min(asked.start, ...starts), end: asked.end };
  const end = Math.min(window.end, asOf);
  if (window.start > asOf) return [];
  return teamsOf(world)
    .filter(
      (team) =>
        stays.some((one) => one.team === team && one.start <= end && one.end > window.start) ||
        gone.some((one) => one.team === team && one.at >= window.start && one.at < window.end),
    )
    .map((team) => ({ team }));
}
