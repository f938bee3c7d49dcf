import { FAR, UNASSIGNED } from '../atoms/sql.ts';
import type { AtomTables } from '../atoms/tables.ts';
import type { Metric, Scope } from '../metric.ts';
import { rolloutFeeds } from './populations.ts';

const places = ['team', 'tier', 'region', 'product'].flatMap((name) => [name, `${name}_now`]);

/**
 * Teams, cut where a stretch of any of their services begins or ends: running sums over these. Apart by what the question groups by, so that a team with services of two tiers is in both. Receipts are of what changed.
 */
const teamSpans = ({ adoptions }: AtomTables, { filters, groups, ownership }: Scope): string => {
  const team = ownership === 'now' ? 'team_now' : 'team';
  const keys = [...new Set([team, ...groups])];
  const own = keys.join(', ');
  const running = (name: string, condition: string) =>
    [`sum(edge.2 * toInt64(${condition})) AS ${name}_step`, `sum(${name}_step) OVER w AS ${name}`] as const;
  const counts = [
    running('eligible_n', "excluded = ''"),
    running('adopted_n', "excluded = '' AND adopted = 1"),
    running('exempt_n', "excluded = 'exempt'"),
    running('other_n', "excluded NOT IN ('', 'exempt')"),
  ];
  return `(
    SELECT '${UNASSIGNED}' AS service, concat(${keys.map((key) => `${key}, ' '`).join(', ')}, toString(at)) AS atom_id, at AS valid_from, until AS valid_to,
      toUInt8(adopted_n > 0) AS adopted, '' AS rollout_id, CAST(NULL, 'Nullable(DateTime64(3, \\'UTC\\'))') AS last_rollout_at, '' AS exempt,
      multiIf(${team} = '${UNASSIGNED}', 'no_team', eligible_n > 0, '', exempt_n > 0, 'exempt', 'not_defined') AS excluded,
      adopted_n, eligible_n, ${places.map((name) => (keys.includes(name) ? name : `'${UNASSIGNED}' AS ${name}`)).join(', ')}, event_ids, delivery_ids
    FROM (
      SELECT *, ${counts.map(([, sum]) => sum).join(', ')},
        leadInFrame(at, 1, ${FAR}) OVER (PARTITION BY ${own} ORDER BY at ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS until
      FROM (
        SELECT ${own}, edge.1 AS at, ${counts.map(([step]) => step).join(', ')},
          arraySort(groupUniqArrayArray(edge.3)) AS event_ids, arraySort(groupUniqArrayArray(edge.4)) AS delivery_ids
        FROM (SELECT *, event_ids AS events, delivery_ids AS deliveries FROM ${adoptions} WHERE ${filters})
        ARRAY JOIN [(valid_from, 1, events, deliveries), (valid_to, -1, [], [])] AS edge
        GROUP BY ${own}, at
      )
      WINDOW w AS (PARTITION BY ${own} ORDER BY at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
    )
    WHERE eligible_n + exempt_n + other_n > 0
  )`;
};

/** Platform adoption by teams (metrics.md §6.1): its breadth. */
export const adoptionBreadth: Metric = {
  id: 'adoption.breadth',
  title: 'Platform adoption by teams',
  question: 'How many of our teams use the platform for anything?',
  description:
    'Teams with at least one service on the platform, divided by the teams that have any eligible service, taken at the end of each bucket; the option team_threshold asks for a share of a team’s services instead. When a service is on the platform is told by adoption.rate. A team all of whose services are exempt is counted apart.',
  caveats: [
    'It says nothing of how much a team has on the platform: that is adoption.rate.',
    'By tier, region or product a team counts wherever it has services, so these groups add up to more than the whole.',
  ],
  unit: 'fraction',
  direction: 'higher',
  atom: 'adoptions',
  feeds: rolloutFeeds,
  dimensions: ['team', 'tier', 'region', 'product'],
  overlapping: ['tier', 'region', 'product'],
  options: {
    team_threshold: {
      type: 'number',
      default: 0,
      min: 0,
      max: 1,
      text: 'The share of its eligible services that a team must have on the platform to count, such as 0.5; with 0 one service is enough.',
    },
  },
  minN: 5,
  graceHours: 48,
  aggregate: { type: 'snapshot' },
  items: (options) => ({
    from: teamSpans,
    at: 'valid_from',
    until: 'valid_to',
    reason: 'excluded',
    // The quotient, since 0.55 × 20 is more than 11.
    hit: 'adopted_n > 0 AND adopted_n / eligible_n >= {team_threshold:Float64}',
    params: { team_threshold: Number(options.team_threshold) },
  }),
  examples: [
    {
      id: 'EX-ADO-1',
      text: 'Team A has 4 of 5 services on the platform, B 0 of 3, C 1 of 1, D is exempt: two of three teams.',
    },
  ],
};
