import type { Layer } from './layer.ts';

/** What each delivering rollout reaches by position: a branch, and how far on it (R16), in its repository. */
export const rolloutReach: Layer = {
  name: 'rollout_reach',
  rowsOf: ['delivering_rollouts'],
  sql: (table) => `
    SELECT r.service AS service, r.environment_group AS environment_group, r.atom_id AS atom_id, r.finished_at AS finished_at,
      r.rolled_back AS rolled_back, r.revision_repository AS repository, l.carried AS branch,
      if(l.carried = r.branch, r.position, l.carried_to) AS reach
    FROM ${table('delivering_rollouts')} AS r
    INNER JOIN ${table('lineages')} AS l ON l.repository = r.revision_repository AND l.branch = r.branch
    WHERE NOT r.explicit AND r.branch != ''`,
};

/**
 * Who stands for whom: a change, and the changes whose delivery delivers it. An original is delivered with the first of its
 * copies; a copy is shown where it went live itself (R23).
 */
export const carriers: Layer = {
  name: 'carriers',
  rowsOf: ['all_changes'],
  sql: (table) => `
    SELECT t.service AS service, f.change_id AS change_id, c.change_id AS member, c.repository AS repository, c.number AS number,
      c.merged_at AS merged_at, c.standing_sha AS standing_sha, c.merge_sha AS merge_sha, c.head_sha AS head_sha,
      if(notEmpty(c.commits), c.commits[-1].sha, '') AS last_sha, c.listed_shas AS listed_shas,
      (c.repository, c.standing_sha) IN (SELECT repository, sha FROM ${table('positions')}) AS positioned
    FROM (
      SELECT change_id, change_id AS member FROM ${table('all_changes')}
      UNION ALL SELECT original, change_id FROM ${table('originals')} WHERE original NOT IN (SELECT change_id FROM ${table('originals')})
    ) AS f
    INNER JOIN ${table('all_changes')} AS c ON c.change_id = f.member
    INNER JOIN ${table('touched_services')} AS t ON t.change_id = f.change_id`,
};

/** Containment as the sender lists it, or because a rollout's revision is a change's own (R18, R22). */
export const explicitDeliveries: Layer = {
  name: 'explicit_deliveries',
  rowsOf: ['carriers'],
  sql: (table) => `
    SELECT service, change_id, min((finished_at, atom_id)) AS first, minIf((finished_at, atom_id), NOT rolled_back) AS lasting_first, countIf(NOT rolled_back) AS lasting_n, max(listed) AS by_list
    FROM (
      SELECT c.service AS service, c.change_id AS change_id, r.atom_id AS atom_id, r.finished_at AS finished_at, r.rolled_back AS rolled_back, r.listed AS listed
      FROM (
        SELECT service, change_id, repository, arrayJoin(arrayDistinct(arrayConcat(
          arrayMap(s -> (substring(s, 1, 7), s, 'listed'), arrayFilter(s -> s != '', [merge_sha, head_sha, last_sha])),
          arrayMap(s -> (substring(s, 1, 7), s, 'own'), arrayFilter(s -> s != '', arrayConcat([merge_sha, head_sha], listed_shas))),
          [(lower(member), '', 'name')], if(number != '', [(concat('#', number), '', 'number')], [])))) AS key
        FROM ${table('carriers')}
      ) AS c
      INNER JOIN (
        SELECT service, atom_id, finished_at, rolled_back, revision_repository, arrayJoin(arrayConcat(
          arrayFlatten(arrayMap(x -> if(match(x, '^[0-9a-f]{7,64}$'), [(substring(x, 1, 7), x, 'listed'), (x, '', 'name')], [(x, '', 'name'), (x, '', 'number')]), if(explicit, arrayConcat(commits, changes), []))),
          if(match(lower(revision), '^[0-9a-f]{7,64}$'), [(substring(lower(revision), 1, 7), lower(revision), 'own')], []))) AS key, key.3 != 'own' AS listed
        FROM ${table('delivering_rollouts')}
      ) AS r ON r.service = c.service AND r.key.1 = c.key.1 AND r.key.3 = c.key.3
      WHERE startsWith(c.key.2, r.key.2) AND (c.key.3 != 'number' OR r.revision_repository = c.repository)
    ) GROUP BY service, change_id`,
};

// Only rollouts that carry a branch further than any before can be the first to contain something: with the running
// maximum kept, the least reach at or after a position is the first rollout that has it.
const furthest = (rows: string, partition: string, reach: string): string => `
  SELECT * FROM (
    SELECT *, max(${reach}) OVER (PARTITION BY lasting, ${partition} ORDER BY finished_at, atom_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before_reach,
      row_number() OVER (PARTITION BY lasting, ${partition} ORDER BY finished_at, atom_id) AS nth
    FROM (SELECT *, arrayJoin([false, true]) AS lasting FROM (${rows}))
    WHERE NOT lasting OR NOT rolled_back
  ) WHERE nth = 1 OR ${reach} > before_reach`;

/** Containment by branch position: the first rollout whose reach covers where a change, or a copy of it, stands. */
export const positionDeliveries: Layer = {
  name: 'position_deliveries',
  rowsOf: ['carriers'],
  sql: (table) => `
    SELECT service, change_id, lasting, min((finished_at, atom_id)) AS first FROM (
      SELECT c.service AS service, s.environment_group AS environment_group, c.change_id AS change_id, s.lasting AS lasting, s.atom_id AS atom_id, s.finished_at AS finished_at
      FROM (
        SELECT c.service AS service, c.change_id AS change_id, p.repository AS repository, p.branch AS branch, p.position AS position, g.environment_group AS environment_group, arrayJoin([false, true]) AS lasting
        FROM ${table('carriers')} AS c
        INNER JOIN ${table('positions')} AS p ON p.repository = c.repository AND p.sha = c.standing_sha
        INNER JOIN (SELECT DISTINCT service, environment_group FROM ${table('rollout_reach')}) AS g ON g.service = c.service
      ) AS c
      ASOF INNER JOIN (${furthest(`SELECT * FROM ${table('rollout_reach')}`, 'service, environment_group, repository, branch', 'reach')}) AS s
        ON s.service = c.service AND s.environment_group = c.environment_group AND s.lasting = c.lasting AND s.repository = c.repository AND s.branch = c.branch AND c.position <= s.reach
    ) GROUP BY service, change_id, lasting`,
};

/** Containment by time, where the change or the revision has no position: merged before the rollout began (R18). */
export const timeDeliveries: Layer = {
  name: 'time_deliveries',
  rowsOf: ['carriers'],
  sql: (table) => {
    const apart = (repository: boolean) => [
      'service',
      'environment_group',
      ...(repository ? ['revision_repository'] : []),
    ];
    const joined = (changes: string, rollouts: string, repository = false) => `
      SELECT c.service AS service, s.environment_group AS environment_group, c.change_id AS change_id, s.lasting AS lasting, s.atom_id AS atom_id, s.finished_at AS finished_at
      FROM (
        SELECT c.change_id AS change_id, toUnixTimestamp64Milli(c.merged_at) AS merged, ${apart(repository)
          .map((name) => `g.${name} AS ${name}`)
          .join(', ')}, arrayJoin([false, true]) AS lasting
        FROM ${table('carriers')} AS c
        INNER JOIN (SELECT DISTINCT ${apart(repository).join(', ')} FROM ${table('delivering_rollouts')}) AS g ON g.service = c.service
        WHERE ${changes}
      ) AS c
      ASOF INNER JOIN (${furthest(
        `SELECT service, environment_group, atom_id, finished_at, rolled_back, revision_repository, toUnixTimestamp64Milli(began_at) AS began FROM ${table('delivering_rollouts')} WHERE NOT explicit AND ${rollouts}`,
        apart(repository).join(', '),
        'began',
      )}) AS s
        ON ${apart(repository)
          .map((name) => `s.${name} = c.${name}`)
          .join(' AND ')} AND s.lasting = c.lasting AND c.merged < s.began`;
    return `
    SELECT service, change_id, lasting, min((finished_at, atom_id)) AS first FROM (
      ${joined('NOT c.positioned', '1')}
      UNION ALL
      ${joined('c.positioned', "branch = ''")}
      UNION ALL
      -- the revision stands in another repository than the change, as with a repository of manifests
      ${joined('c.positioned AND g.revision_repository != c.repository', "branch != ''", true)}
    ) GROUP BY service, change_id, lasting`;
  },
};

/** The first succeeded C rollout that contains each change, the first that lasted, and how that is known (R19). */
export const deliveries: Layer = {
  name: 'deliveries',
  rowsOf: ['explicit_deliveries', 'position_deliveries', 'time_deliveries'],
  sql: (table) => `
    SELECT service, change_id, first_of.2 AS atom_id, first_of.1 AS finished_at, first_of.3 AS containment,
      if(first_of.4 AND containment = 'explicit', (l.finished_at, l.atom_id), lasting) AS lasting_rollout
    FROM (
      SELECT service, change_id, minIf((first.1, first.2, how, listed), NOT lasting_row) AS first_of, first_of.1 AS first_at,
        minIf((first.1, first.2), lasting_row) AS lasting
      FROM (
        SELECT service, change_id, first, 'explicit' AS how, by_list AS listed, false AS lasting_row FROM ${table('explicit_deliveries')}
        UNION ALL SELECT service, change_id, lasting_first, 'explicit', by_list, true FROM ${table('explicit_deliveries')} WHERE lasting_n > 0
        UNION ALL SELECT service, change_id, first, 'position', false, lasting FROM ${table('position_deliveries')}
        UNION ALL SELECT service, change_id, first, 'time', false, lasting FROM ${table('time_deliveries')}
      ) GROUP BY service, change_id
      HAVING first_of.2 != ''
    ) AS d
    ASOF LEFT JOIN (
      SELECT service, finished_at, atom_id FROM ${table('delivering_rollouts')} WHERE NOT rolled_back ORDER BY finished_at, atom_id LIMIT 1 BY service, finished_at
    ) AS l ON l.service = d.service AND d.first_at <= l.finished_at`,
};

export const containmentLayers: readonly Layer[] = [
  rolloutReach,
  carriers,
  explicitDeliveries,
  positionDeliveries,
  timeDeliveries,
  deliveries,
];
