import type { AtomName, AtomTables } from '../atoms/tables.ts';
import type { Envelope } from '../envelope.ts';
import type { Items, Measured, Metric } from '../metric.ts';
import { quantile, rank } from '../statistics/quantile.ts';
import { byPeople, isPortalAction } from './activity.ts';
import { cohortCaveats, inCohorts, toldOfCohorts } from './cohorts.ts';
import { signedSeconds } from './populations.ts';

const newcomerCaveats: readonly string[] = [
  'Who has not got there yet sorts last, and who left before is left out. Who was there before the records began has no clock.',
  'Accounts are joined by the identities that the workspace states: who changes code under a login that nobody says is theirs seems never to have begun.',
  'Working days are Monday to Friday of the zone asked about; with business_hours the clock runs in the open hours of a calendar.',
  ...cohortCaveats,
];

/** Kinds of atoms that every one of them reads. */
export const newcomerReads: readonly AtomName[] = ['identities', 'rollouts'];

/** Whose each login is: the person of the latest definition that names it, of a person the latest definition only (R60). */
const people = ({ identities }: AtomTables): string => `(
      SELECT login_key, argMax(person_key, (defined_at, event_ids[1])) AS person_key
      FROM (SELECT *, defined_at = max(defined_at) OVER (PARTITION BY person_key) AS stands FROM ${identities}) WHERE stands GROUP BY login_key
    )`;

/** A rollout that went through the platform's path (metrics.md §6.1), of whatever service: registered by then, exempt or neither. */
const isOnPath = "production = 1 AND excluded = '' AND outcome IN ('succeeded', 'failed_live') AND platform_path = 1";

/** A change, once for all services, by the digest of its author. */
const authored =
  (at: 'merged_at' | 'finished_at', condition: string) =>
  (tables: AtomTables): string =>
    `
      SELECT if(p.login_key = '', c.author_key, p.person_key) AS reached_by, c.at AS at FROM (
        SELECT change_id, hex(sipHash128(lower(any(author)))) AS author_key, min(${at}) AS at FROM ${tables.changes}
        WHERE is_bot = 0 AND author != '' AND excluded NOT IN ('cherry_pick', 'promotion', 'merge_commit') AND ${condition} GROUP BY change_id
      ) AS c LEFT JOIN ${people(tables)} AS p ON p.login_key = c.author_key`;

/** What newcomers reach, as rows of `reached_by` and `at`. */
export const reaches = {
  login: ({ actions }: AtomTables): string => `
      SELECT person_key AS reached_by, acted_at AS at FROM ${actions} WHERE ${byPeople} AND ${isPortalAction}`,
  change: authored('merged_at', '1'),
  pullRequest: authored('merged_at', 'direct = 0'),
  deployment: authored('finished_at', 'isNotNull(finished_at)'),
} as const;

/**
 * Newcomers with when they reached something for the `nth` time after their clock started and before they left. Who changed
 * teams is one only if no service of the new team was on the platform before.
 */
export function firstTimes(reached: (tables: AtomTables) => string, nth = 1): Items {
  const nthAt = nth === 1 ? 'min(r.at)' : `arraySort(groupArray(assumeNotNull(r.at)))[${nth}]`;
  return {
    from: (tables, { groups }) =>
      inCohorts(
        `(
      WITH begun AS (
        SELECT n.subject AS subject, n.atom_id AS atom_id, n.started_at AS started_at, n.left_at AS left_at, n.team AS team,
          if(p.login_key = '', n.login_key, p.person_key) AS person_key
        FROM ${tables.newcomers} AS n
        LEFT JOIN ${people(tables)} AS p ON p.login_key = n.login_key
        LEFT JOIN (SELECT team AS platform_team, min(finished_at) AS since FROM ${tables.rollouts} WHERE ${isOnPath} GROUP BY team) AS a
          ON a.platform_team = n.team
        WHERE n.excluded = '' AND (n.how != 'transfer' OR a.platform_team = '' OR a.since >= n.started_at)
      )
      SELECT b.*, f.reached_at AS reached_at FROM begun AS b
      LEFT JOIN (
        SELECT b.atom_id AS of, toNullable(${nthAt}) AS reached_at
        FROM (${reached(tables)}) AS r INNER JOIN begun AS b ON b.person_key = r.reached_by
        WHERE r.at >= b.started_at AND (isNull(b.left_at) OR r.at < b.left_at) GROUP BY of HAVING count() >= ${nth}
      ) AS f ON f.of = b.atom_id
      WHERE isNotNull(reached_at) OR isNull(left_at) OR left_at > fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')
    )`,
        {
          who: 'person_key',
          at: 'started_at',
          cells: ['team'],
          columns: ['person_key', 'started_at', 'reached_at', 'team'],
        },
        groups.length > 0,
      ),
    steps: [
      {
        elapsed_seconds: `if(isNull(reached_at), NULL, ${signedSeconds('started_at', 'reached_at')})`,
        first_day: 'toRelativeDayNum(started_at, {tz:String})',
        last_day: 'ifNull(toRelativeDayNum(reached_at, {tz:String}), 0)',
      },
      {
        // Days since 1970-01-01, which was a Thursday.
        working_days:
          'if(isNull(reached_at), NULL, toNullable(arrayCount(day -> (day + 3) % 7 < 5, range(first_day + 1, last_day + 1))))',
      },
    ],
    at: 'cohort_at',
    reason: "if(few, 'few', '')",
    clock: { start: 'started_at', end: 'reached_at' },
    turns: ({ newcomers }) => nextAfterAsOf('left_at', newcomers),
    columns: ['person_key', 'elapsed_seconds', 'working_days'],
    tallies: {
      respondents: 'uniqExact(person_key)',
      elapsed: 'arraySort(groupArrayIf(assumeNotNull(elapsed_seconds), isNotNull(elapsed_seconds)))',
      working: 'arraySort(groupArrayIf(toFloat64(assumeNotNull(working_days)), isNotNull(working_days)))',
    },
  };
}

/** SQL of the first `instant` of the rows of a table that comes after as_of, in epoch ms; 0 if none does. */
export const nextAfterAsOf = (instant: string, table: string): string =>
  `(SELECT ifNull(min(toUnixTimestamp64Milli(${instant})), 0) FROM ${table} WHERE toUnixTimestamp64Milli(${instant}) > {as_of:Int64})`;

/** Both medians, in days that have passed and in working days between the local dates; null as {@link quantile} says. */
function daysOfNewcomers({ items, tallies }: Measured): Partial<Envelope> {
  const median = (values: readonly number[] = []) => quantile(rank(values, items - values.length), 50).value;
  const elapsed = median(tallies.elapsed as number[] | undefined);
  return {
    elapsed_days: elapsed === null ? null : elapsed / 86_400,
    working_days: median(tallies.working as number[] | undefined),
  };
}

const newcomerExample = {
  id: 'EX-TTF-1',
  text: 'Four who took 1, 2, 3 and 10 days and one who came 4 days ago and is not there yet: the median is 3 days; the 90th percentile is open, at least 10 days.',
} as const;

/** What the metrics of newcomers have in common (metrics.md §6.5). */
export const newcomerMetric = {
  unit: 'days',
  direction: 'lower',
  atom: 'newcomers',
  feeds: ['person.joined'],
  dimensions: ['team'],
  ...toldOfCohorts,
  options: {},
  aggregate: { type: 'quantiles' },
  caveats: newcomerCaveats,
  fields: daysOfNewcomers,
  examples: [newcomerExample],
} as const satisfies Partial<Metric>;
