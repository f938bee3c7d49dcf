import type { Layer } from './layer.ts';
import {
  COMMIT,
  commitsOf,
  correctedInstant,
  correctionsOf,
  flag,
  instantOf,
  latest,
  nameOf,
  text,
  texts,
} from './sql.ts';

/** A sha that is cut. */
const CUT = '^[0-9a-f]{7,39}$';

/** Merged PRs, and commits that an importer reports as changes, as their events state them (R2, R3). */
export const statedChanges: Layer = {
  name: 'stated_changes',
  rowsOf: ['change.*'],
  sql: (table) => `
    SELECT f.* EXCEPT (merged_at, opened_at, commits),
      ${correctedInstant('merged_at', 'f.merged_at')} AS merged_at_known, assumeNotNull(merged_at_known) AS merged_at,
      ${correctedInstant('opened_at', 'f.opened_at')} AS opened_at,
      if(mapContains(corrections, 'commits'),
        arrayMap(x -> CAST((lower(x.sha), parseDateTime64BestEffortOrNull(x.authored_at, 3, 'UTC'), length(x.parents) > 1, x.author_kind = 'bot' OR endsWith(lower(x.author), '[bot]'), x.author, x.revert_of, x.cherry_pick_of, x.patch_id, x.fixes_incident, x.paths, if(notEmpty(x.parents), lower(x.parents[1]), '')), '${COMMIT}'),
          JSONExtract(corrections['commits'], 'Array(Tuple(sha String, authored_at String, parents Array(String), author_kind String, author String, revert_of String, cherry_pick_of String, patch_id String, fixes_incident String, paths Array(String)))')),
        f.commits) AS stated_commits,
      arraySort(arrayDistinct(arrayConcat(f.own_event_ids, c.correction_event_ids))) AS event_ids,
      arraySort(arrayFilter(x -> x != '', arrayDistinct(arrayConcat(f.own_delivery_ids, c.correction_delivery_ids)))) AS delivery_ids
    FROM (
      SELECT entity, substring(entity, 8) AS change_id,
        ${latest(nameOf('repository'))} AS repository, ${latest(text('repository'))} AS repository_name,
        ${latest(text('number'))} AS number, ${latest(text('url'))} AS url, ${latest(text('author'))} AS author,
        ${latest(text('author_kind'))} = 'bot' AS author_is_bot, ${latest(text('branch'))} AS head_branch, ${latest(text('base'))} AS base,
        ${latest(nameOf('head_sha'))} AS head_sha, ${latest(nameOf('merge_sha'))} AS merge_sha,
        ${latest(text('revert_of'))} AS revert_of, ${latest(text('cherry_pick_of'))} AS cherry_pick_of,
        ${latest(text('fixes_incident'))} AS fixes_incident, max(${flag('direct')} = 'true') AS direct,
        max(arrayExists(l -> lower(l) = 'hotfix', ${texts('labels')})) AS hotfix_label,
        minIf(toNullable(occurred_at), type = 'change.merged') AS merged_at,
        coalesce(minIf(toNullable(occurred_at), type = 'change.created'), min(${instantOf('opened_at')})) AS opened_at,
        argMaxIf(${commitsOf()}, (occurred_at, id), type = 'change.merged' AND notEmpty(data.commits[].sha)) AS commits,
        maxIf((occurred_at, id), type = 'change.updated' AND ${flag('force_push')} = 'true') AS forced_at,
        arraySort(x -> (x.1, x.2), groupArrayIf((occurred_at, id, ${commitsOf()}), type = 'change.updated')) AS updates,
        arrayDistinct(arrayFlatten(groupArray(${texts('paths')}))) AS paths,
        groupArray(id) AS own_event_ids, groupArray(delivery_id) AS own_delivery_ids
      FROM ${table('facts')}
      WHERE type IN ('change.created', 'change.updated', 'change.merged')
      GROUP BY entity
    ) AS f
    LEFT JOIN (SELECT entity AS of, corrections, correction_event_ids, correction_delivery_ids FROM (${correctionsOf(table('facts'), 'change.corrected')})) AS c ON c.of = f.entity
    WHERE f.merged_at IS NOT NULL`,
};

/** The full shas that the cut ones of changes stand for: some forges name 12 digits only. None that fits several (R16). */
export const fullShas: Layer = {
  name: 'full_shas',
  rowsOf: ['stated_changes'],
  sql: (table) => `
    SELECT repository, short, any(full) AS sha FROM (
      SELECT DISTINCT s.repository AS repository, s.short AS short, p.sha AS full
      FROM (SELECT repository, arrayJoin(arrayFilter(x -> match(x, '${CUT}'), [merge_sha, head_sha])) AS short FROM ${table('stated_changes')}) AS s
      INNER JOIN (
        SELECT repository, sha, substring(sha, 1, 7) AS prefix FROM ${table('positions')}
        WHERE repository IN (SELECT repository FROM ${table('stated_changes')} WHERE match(merge_sha, '${CUT}') OR match(head_sha, '${CUT}'))
      ) AS p ON p.repository = s.repository AND p.prefix = substring(s.short, 1, 7)
      WHERE startsWith(p.sha, s.short)
    ) GROUP BY repository, short HAVING count() = 1`,
};

/** The same with full shas, without what an importer says of a commit that is a forge's PR, or one of its commits (R20). */
export const mergedChanges: Layer = {
  name: 'merged_changes',
  rowsOf: ['stated_changes'],
  sql: (table) => `
    SELECT * EXCEPT (m_repository, m_short, m_sha, h_repository, h_short, h_sha)
      REPLACE (if(m_sha != '', m_sha, merge_sha) AS merge_sha, if(h_sha != '', h_sha, head_sha) AS head_sha)
    FROM ${table('stated_changes')}
    LEFT JOIN (SELECT repository AS m_repository, short AS m_short, sha AS m_sha FROM ${table('full_shas')}) AS m ON m_repository = repository AND m_short = merge_sha
    LEFT JOIN (SELECT repository AS h_repository, short AS h_short, sha AS h_sha FROM ${table('full_shas')}) AS h ON h_repository = repository AND h_short = head_sha
    WHERE number != '' OR merge_sha = '' OR (repository, merge_sha) NOT IN (
      SELECT repository, arrayJoin(arrayConcat([merge_sha, head_sha], arrayMap(x -> x.sha, stated_commits))) AS sha
      FROM ${table('stated_changes')} WHERE number != ''
      UNION ALL SELECT repository, sha FROM ${table('full_shas')})`,
};
