import type { Layer } from './layer.ts';

/** What each delivering rollout reaches by position: a branch, and how far on it (R16), in its repository. */
export const rolloutReach: Layer = {
  name: 'rollout_reach',
  sql: (table) => `
    SELECT r.service AS service, r.environment_group AS environment_group, r.atom_id AS atom_id, r.finished_at AS finished_at,
      r.rolled_back AS rolled_back, r.revision_repository AS repository, l.carried AS branch,
      if(l.carried = r.branch, r.position, l.carried_to) AS reach
    FROM ${table('delivering_rollouts')} AS r
    INNER JOIN ${table('lineages')} AS l ON l.repository = r.revision_repository AND l.branch = r.branch
    WHERE NOT r.explicit AND r.branch != ''`,
};

/** Every (change, service) pair that could be delivered, with the original it stands for (R22, R23). */
export const carriers: Layer = {
  name: 'carriers',
  sql: (table) => `
    SELECT t.service AS service, c.change_id AS change_id, if(o.original != '', o.original, c.change_id) AS original, c.repository AS repository,
      c.number AS number, c.merged_at AS merged_at, c.standing_sha AS standing_sha, c.merge_sha AS merge_sha, c.head_sha AS head_sha,
      if(notEmpty(c.commits), c.commits[-1].sha, '') AS last_sha, arrayMap(x -> x.sha, c.commits) AS shas, c.direct AS direct,
      (c.repository, c.standing_sha) IN (SELECT repository, sha FROM ${table('positions')}) AS positioned
    FROM ${table('all_changes')} AS c
    INNER JOIN ${table('originals')} AS o ON o.change_id = c.change_id
    INNER JOIN ${table('touched_services')} AS t ON t.change_id = c.change_id`,
};

/** Containment as the sender lists it, or because a rollout's revision is a change's own (R18). */
export const explicitDeliveries: Layer = {
  name: 'explicit_deliveries',
  sql: (table) => `
    SELECT service, environment_group, original, min((finished_at, atom_id)) AS first FROM (
      SELECT c.service AS service, r.environment_group AS environment_group, c.original AS original, r.atom_id AS atom_id, r.finished_at AS finished_at, r.rolled_back AS rolled_back
      FROM (
        SELECT service, original, arrayJoin(arrayDistinct(arrayFilter(k -> k != '', [
          concat('sha:', merge_sha), concat('sha:', head_sha), concat('sha:', last_sha), concat('change:', change_id), if(number != '', concat('change:#', number), '')]))) AS key
        FROM ${table('carriers')}
      ) AS c
      INNER JOIN (
        SELECT service, environment_group, atom_id, finished_at, rolled_back, arrayJoin(arrayConcat(arrayMap(x -> concat('sha:', x), commits), arrayMap(x -> concat('change:', x), changes))) AS key
        FROM ${table('delivering_rollouts')} WHERE explicit
      ) AS r ON r.service = c.service AND r.key = c.key
      WHERE c.key != 'sha:'
      UNION ALL
      SELECT c.service, r.environment_group, c.original, r.atom_id, r.finished_at, r.rolled_back
      FROM (
        SELECT service, original, arrayJoin(arrayDistinct(arrayFilter(k -> k != '', arrayConcat([merge_sha, head_sha], shas)))) AS sha FROM ${table('carriers')} WHERE NOT direct
      ) AS c
      INNER JOIN (
        SELECT service, environment_group, atom_id, finished_at, rolled_back, if(full_revision != '', full_revision, lower(revision)) AS own FROM ${table('delivering_rollouts')}
        WHERE NOT explicit AND length(revision) >= 7
      ) AS r ON r.service = c.service AND substring(r.own, 1, 7) = substring(c.sha, 1, 7)
      WHERE startsWith(c.sha, r.own) OR startsWith(r.own, c.sha)
    ) GROUP BY service, environment_group, original`,
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
  sql: (table) => `
    SELECT service, environment_group, original, lasting, min((finished_at, atom_id)) AS first FROM (
      SELECT c.service AS service, s.environment_group AS environment_group, c.original AS original, s.lasting AS lasting, s.atom_id AS atom_id, s.finished_at AS finished_at
      FROM (
        SELECT c.service AS service, c.original AS original, p.repository AS repository, p.branch AS branch, p.position AS position, g.environment_group AS environment_group, arrayJoin([false, true]) AS lasting
        FROM ${table('carriers')} AS c
        INNER JOIN ${table('positions')} AS p ON p.repository = c.repository AND p.sha = c.standing_sha
        INNER JOIN (SELECT DISTINCT service, environment_group FROM ${table('rollout_reach')}) AS g ON g.service = c.service
      ) AS c
      ASOF INNER JOIN (${furthest(`SELECT * FROM ${table('rollout_reach')}`, 'service, environment_group, repository, branch', 'reach')}) AS s
        ON s.service = c.service AND s.environment_group = c.environment_group AND s.lasting = c.lasting AND s.repository = c.repository AND s.branch = c.branch AND c.position <= s.reach
    ) GROUP BY service, environment_group, original, lasting`,
};

/** Containment by time, where the change or the revision has no position: merged before the rollout began (R18). */
export const timeDeliveries: Layer = {
  name: 'time_deliveries',
  sql: (table) => {
    const began = (where: string) =>
      furthest(
        `SELECT service, environment_group, atom_id, finished_at, rolled_back, revision_repository, toUnixTimestamp64Milli(began_at) AS began FROM ${table('delivering_rollouts')} WHERE NOT explicit AND ${where}`,
        'service, environment_group',
        'began',
      );
    const joined = (changes: string, rollouts: string) => `
      SELECT c.service AS service, s.environment_group AS environment_group, c.original AS original, s.lasting AS lasting, s.atom_id AS atom_id, s.finished_at AS finished_at
      FROM (
        SELECT c.service AS service, c.original AS original, toUnixTimestamp64Milli(c.merged_at) AS merged, g.environment_group AS environment_group, arrayJoin([false, true]) AS lasting
        FROM ${table('carriers')} AS c
        INNER JOIN (SELECT DISTINCT service, environment_group FROM ${table('delivering_rollouts')}) AS g ON g.service = c.service
        WHERE ${changes}
      ) AS c
      ASOF INNER JOIN (${rollouts}) AS s
        ON s.service = c.service AND s.environment_group = c.environment_group AND s.lasting = c.lasting AND c.merged < s.began`;
    return `
    SELECT service, environment_group, original, lasting, min((finished_at, atom_id)) AS first FROM (
      ${joined('NOT c.positioned', began('1'))}
      UNION ALL
      ${joined('c.positioned', began("branch = ''"))}
      UNION ALL
      -- the revision stands in another repository than the change, as with a repository of manifests
      SELECT c.service, r.environment_group, c.original, c.lasting, r.atom_id, r.finished_at
      FROM (SELECT *, arrayJoin([false, true]) AS lasting FROM ${table('carriers')} WHERE positioned) AS c
      INNER JOIN ${table('delivering_rollouts')} AS r ON r.service = c.service
      WHERE NOT r.explicit AND r.branch != '' AND r.revision_repository != c.repository AND c.merged_at < r.began_at AND (NOT c.lasting OR NOT r.rolled_back)
    ) GROUP BY service, environment_group, original, lasting`;
  },
};

/** The first succeeded C rollout that contains each change, the first that lasted, and how that is known (R19). */
export const deliveries: Layer = {
  name: 'deliveries',
  sql: (table) => `
    SELECT service, original, rollout.2 AS atom_id, rollout.1 AS finished_at, first_of.3 AS containment,
      multiIf(
        containment = 'explicit', (l.finished_at, l.atom_id),
        (lasting.1, lasting.2)) AS lasting_rollout
    FROM (
      SELECT service, original,
        minIf((first.1, first.2, containment), NOT lasting_row) AS first_of, (first_of.1, first_of.2) AS rollout,
        minIf((first.1, first.2, containment), lasting_row) AS lasting
      FROM (
        SELECT service, original, first, 'explicit' AS containment, false AS lasting_row FROM ${table('explicit_deliveries')}
        UNION ALL SELECT service, original, first, 'position', lasting FROM ${table('position_deliveries')}
        UNION ALL SELECT service, original, first, 'time', lasting FROM ${table('time_deliveries')}
      ) GROUP BY service, original
      HAVING rollout.2 != ''
    ) AS d
    ASOF LEFT JOIN (
      SELECT service, finished_at, atom_id FROM ${table('delivering_rollouts')} WHERE NOT rolled_back ORDER BY finished_at, atom_id LIMIT 1 BY service, finished_at
    ) AS l ON l.service = d.service AND d.rollout.1 <= l.finished_at`,
};

export const containmentLayers: readonly Layer[] = [
  rolloutReach,
  carriers,
  explicitDeliveries,
  positionDeliveries,
  timeDeliveries,
  deliveries,
];
