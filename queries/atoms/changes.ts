import type { Layer } from './layer.ts';
import {
  COMMIT,
  commitsOf,
  correctedInstant,
  correctionsOf,
  flag,
  globToRegex,
  instantOf,
  latest,
  nameOf,
  text,
  texts,
} from './sql.ts';

const noTime = "CAST(NULL, 'Nullable(DateTime64(3, \\'UTC\\'))')";

/** Merged PRs, and direct commits that an importer reports as changes, before their commits are known (R2, R3). */
export const mergedChanges: Layer = {
  name: 'merged_changes',
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
        ${latest(text('author_kind'))} = 'bot' AS author_is_bot, ${latest(text('branch'))} AS head_branch,
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

/** Which PR each pushed commit belongs to: the next merge sha at or after it in its push, or the PR that lists it (R20). */
export const pushedCommits: Layer = {
  name: 'pushed_commits',
  sql: (table) => `
    SELECT repository, repository_name, branch, push_id, push_delivery_id, pushed_at, place, commit, if(in_push != '', in_push, listed) AS pr
    FROM (
      SELECT c.repository AS repository, c.repository_name AS repository_name, c.branch AS branch, c.push_id AS push_id,
        c.push_delivery_id AS push_delivery_id, c.pushed_at AS pushed_at, c.place AS place, c.commit AS commit,
        first_value(nullIf(m.change_id, '')) IGNORE NULLS OVER (PARTITION BY c.push_id ORDER BY c.place ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS next_pr,
        ifNull(next_pr, '') AS in_push, l.change_id AS listed
      FROM (
        SELECT repository, repository_name, branch, id AS push_id, delivery_id AS push_delivery_id, occurred_at AS pushed_at, c.1 AS commit, c.2 AS place, c.1.1 AS sha
        FROM ${table('pushes')} ARRAY JOIN arrayZip(commits, arrayEnumerate(commits)) AS c
      ) AS c
      LEFT JOIN (SELECT repository, merge_sha, min(change_id) AS change_id FROM ${table('merged_changes')} WHERE merge_sha != '' AND NOT direct GROUP BY repository, merge_sha) AS m
        ON m.repository = c.repository AND m.merge_sha = c.sha
      LEFT JOIN (
        SELECT repository, sha, min(change_id) AS change_id FROM (
          SELECT repository, change_id, arrayJoin(arrayConcat([merge_sha, head_sha], arrayMap(x -> x.sha, stated_commits))) AS sha FROM ${table('merged_changes')}
        ) WHERE sha != '' GROUP BY repository, sha
      ) AS l ON l.repository = c.repository AND l.sha = c.sha
    )`,
};

/** Commits pushed to the head branch of a PR, between the last earlier merge from that branch and its own merge (R21). */
export const headCommits: Layer = {
  name: 'head_commits',
  sql: (table) => `
    SELECT change_id, arraySlice(known, 1, if(head_place > 0, head_place, length(known))) AS commits, push_event_ids, push_delivery_ids FROM (
      SELECT change_id, head_sha,
        arrayFirstIndex(x -> x.4, arrayReverse(pushed)) AS from_forced,
        if(from_forced > 0, arraySlice(pushed, length(pushed) - from_forced + 1), pushed) AS since_forced,
        arrayFlatten(arrayMap(x -> x.3, since_forced)) AS known,
        arrayLastIndex(x -> x.sha = head_sha, known) AS head_place,
        arrayMap(x -> x.2, since_forced) AS push_event_ids, arrayMap(x -> x.5, since_forced) AS push_delivery_ids
      FROM (
        SELECT m.change_id AS change_id, any(m.head_sha) AS head_sha,
          arraySort(x -> x.1, groupArray((p.place, p.id, p.commits, p.forced, p.delivery_id))) AS pushed
        FROM (
          SELECT change_id, repository, head_branch, head_sha, merged_at,
            lagInFrame(merged_at, 1, toDateTime64('1900-01-01 00:00:00', 3, 'UTC')) OVER (PARTITION BY repository, head_branch ORDER BY merged_at, change_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS merged_before_at
          FROM ${table('merged_changes')} WHERE head_branch != ''
        ) AS m
        INNER JOIN ${table('ordered_pushes')} AS p ON p.repository = m.repository AND p.branch = m.head_branch
        WHERE p.occurred_at <= m.merged_at AND p.occurred_at > m.merged_before_at
        GROUP BY change_id
      )
    )`,
};

/** Every change of a repository: merged PRs and direct commits, with the commits that are known of it. */
export const allChanges: Layer = {
  name: 'all_changes',
  sql: (table) => `
    SELECT change_id, repository, repository_name, number, url, author, author_is_bot, direct, opened_at, merged_at, merge_sha, head_sha,
      head_branch, hotfix_label, fixes_incident, revert_of, cherry_pick_of, patch_id, commits, event_ids, delivery_ids,
      arrayDistinct(arrayConcat(paths, arrayFlatten(arrayMap(x -> x.paths, commits)))) AS paths,
      multiIf(merge_sha != '', merge_sha, head_sha != '', head_sha, notEmpty(commits), commits[-1].sha, '') AS standing_sha
    FROM (
      SELECT m.change_id AS change_id, m.repository AS repository, m.repository_name AS repository_name, m.number AS number, m.url AS url,
        m.author AS author, m.author_is_bot AS author_is_bot, m.direct AS direct, m.opened_at AS opened_at, m.merged_at AS merged_at,
        m.merge_sha AS merge_sha, m.head_sha AS head_sha, m.head_branch AS head_branch, m.hotfix_label AS hotfix_label,
        m.fixes_incident AS fixes_incident, m.revert_of AS revert_of, m.cherry_pick_of AS cherry_pick_of, '' AS patch_id,
        arrayConcat(m.paths, b.paths) AS paths,
        arrayFlatten(arrayMap(x -> x.3, arrayFilter(x -> (x.1, x.2) >= m.forced_at, m.updates))) AS updated,
        multiIf(notEmpty(m.stated_commits), m.stated_commits, notEmpty(updated), updated, notEmpty(h.commits), h.commits, b.commits) AS commits,
        arraySort(arrayDistinct(arrayConcat(m.event_ids, h.push_event_ids, b.push_ids))) AS event_ids,
        arraySort(arrayFilter(x -> x != '', arrayDistinct(arrayConcat(m.delivery_ids, h.push_delivery_ids, b.push_delivery_ids)))) AS delivery_ids
      FROM ${table('merged_changes')} AS m
      LEFT JOIN ${table('head_commits')} AS h ON h.change_id = m.change_id
      LEFT JOIN (
        SELECT pr, arrayMap(x -> x.3, arraySort(x -> (x.1, x.2), groupArray((pushed_at, place, commit)))) AS all_commits,
          arrayFilter((x, i) -> indexOf(arrayMap(y -> y.sha, all_commits), x.sha) = i, all_commits, arrayEnumerate(all_commits)) AS commits,
          arrayFlatten(groupArray(commit.paths)) AS paths, groupUniqArray(push_id) AS push_ids, groupUniqArray(push_delivery_id) AS push_delivery_ids
        FROM ${table('pushed_commits')} WHERE pr != '' GROUP BY pr
      ) AS b ON b.pr = m.change_id
      UNION ALL
      SELECT concat(repository_name, '@', commit.sha), repository, repository_name, '', '', commit.author, commit.is_bot, true,
        ${noTime}, pushed_at, commit.sha, '', '', false,
        commit.fixes_incident, commit.revert_of, commit.cherry_pick_of, commit.patch_id, commit.paths,
        [], [commit], [push_id], arrayFilter(x -> x != '', [push_delivery_id])
      FROM (
        SELECT * FROM ${table('pushed_commits')} AS c
        WHERE c.pr = '' AND (c.repository, c.branch) IN (
          SELECT repository, branch FROM ${table('default_branches')}
          UNION ALL SELECT repository, branch FROM ${table('revision_positions')})
        ORDER BY pushed_at, push_id, place LIMIT 1 BY repository, commit.sha
      )
    )`,
};

/** Copies: which change each cherry-pick repeats (R23), and which PRs only promote others' commits (R24). */
export const originals: Layer = {
  name: 'originals',
  sql: (table) => `
    SELECT c.change_id AS change_id, c.repository AS repository,
      multiIf(k.original != '', k.original, t.original != '' AND t.original != c.change_id, t.original, '') AS original
    FROM ${table('all_changes')} AS c
    LEFT JOIN (
      SELECT c.change_id AS change_id, min((o.merged_at, o.change_id)).2 AS original FROM (
        SELECT change_id, repository, cherry_pick_of AS key FROM ${table('all_changes')} WHERE cherry_pick_of != ''
      ) AS c
      INNER JOIN (
        SELECT repository, change_id, merged_at, arrayJoin(arrayConcat([change_id], if(number != '', [concat('#', number)], []),
          arrayFilter(s -> s != '', arrayConcat([merge_sha, head_sha], arrayMap(x -> x.sha, commits))))) AS key
        FROM ${table('all_changes')}
      ) AS o ON o.repository = c.repository
      WHERE o.change_id != c.change_id AND (o.key = c.key OR (match(lower(c.key), '^[0-9a-f]{7,64}$') AND startsWith(o.key, lower(c.key))))
      GROUP BY change_id
    ) AS k ON k.change_id = c.change_id
    LEFT JOIN (
      SELECT repository, patch_id, argMin(change_id, (merged_at, merge_sha)) AS original FROM ${table('all_changes')}
      WHERE patch_id != '' AND direct GROUP BY repository, patch_id
    ) AS t ON t.repository = c.repository AND t.patch_id = c.patch_id AND c.patch_id != '' AND c.direct`,
};

/** PRs all of whose commits are listed by PRs merged earlier: they move work on, they are no work of their own. */
export const promotions: Layer = {
  name: 'promotions',
  sql: (table) => `
    SELECT change_id FROM (
      SELECT c.change_id AS change_id, c.sha AS sha, max(o.change_id != '' AND o.change_id != c.change_id AND (o.merged_at, o.change_id) < (c.merged_at, c.change_id)) AS listed_before
      FROM (SELECT change_id, repository, merged_at, arrayJoin(commits).sha AS sha FROM ${table('all_changes')} WHERE NOT direct) AS c
      LEFT JOIN (SELECT change_id, repository, merged_at, arrayJoin(commits).sha AS sha FROM ${table('all_changes')} WHERE NOT direct) AS o
        ON o.repository = c.repository AND o.sha = c.sha
      GROUP BY change_id, sha
    ) GROUP BY change_id HAVING min(listed_before)`,
};

/** Paths of each change: its own, and those of its commits wherever they were pushed (R21). */
export const changePaths: Layer = {
  name: 'change_paths',
  sql: (table) => `
    SELECT change_id, repository, repository_name, merged_at, arrayDistinct(arrayConcat(any(own), arrayFlatten(groupArray(pushed)))) AS paths
    FROM (
      SELECT c.change_id AS change_id, c.repository AS repository, c.repository_name AS repository_name, c.merged_at AS merged_at,
        c.paths AS own, p.paths AS pushed
      FROM (
        SELECT change_id, repository, repository_name, merged_at, paths, arrayJoin(if(empty(commits), [''], arrayMap(x -> x.sha, commits))) AS sha
        FROM ${table('all_changes')}
      ) AS c
      LEFT JOIN (SELECT repository, commit.sha AS sha, any(commit.paths) AS paths FROM ${table('pushed_commits')} WHERE notEmpty(commit.paths) GROUP BY repository, sha) AS p
        ON p.repository = c.repository AND p.sha = c.sha
    ) GROUP BY change_id, repository, repository_name, merged_at`,
};

/** Which services each change touches (R6). */
export const touchedServices: Layer = {
  name: 'touched_services',
  sql: (table) => `
    SELECT change_id, arrayJoin(multiIf(o.change_id = '', [repository_name], empty(o.touched), [repository_name], o.touched)) AS service,
      o.change_id != '' AND empty(o.touched) AS unowned
    FROM ${table('change_paths')} AS c
    LEFT JOIN (
      SELECT c.change_id AS change_id,
        groupUniqArrayIf(n.service, empty(n.paths) OR empty(c.paths)
          OR arrayExists(g -> arrayExists(p -> match(p, ${globToRegex('g')}), c.paths), n.paths)) AS touched
      FROM ${table('change_paths')} AS c
      INNER JOIN ${table('service_names')} AS n ON n.name = c.repository
      WHERE n.kind = 'repository' AND c.merged_at >= n.valid_from AND c.merged_at < n.valid_to
      GROUP BY change_id
    ) AS o ON o.change_id = c.change_id`,
};

export const changeLayers: readonly Layer[] = [
  mergedChanges,
  pushedCommits,
  headCommits,
  allChanges,
  originals,
  promotions,
  changePaths,
  touchedServices,
];
