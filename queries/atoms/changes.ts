import type { Layer } from './layer.ts';
import { COMMIT, globToRegex } from './sql.ts';
import { fullShas, mergedChanges, statedChanges } from './stated-changes.ts';

/** Commits counted once per sha, at their first place. */
const distinct = (commits: string): string =>
  `arrayFilter((x, i) -> indexOf(arrayMap(y -> y.sha, ${commits}), x.sha) = i, ${commits}, arrayEnumerate(${commits}))`;

const noTime = "CAST(NULL, 'Nullable(DateTime64(3, \\'UTC\\'))')";

/** What the events of each change list themselves: the commits at merge, else the updates' since the last force push (R21). */
export const listedCommits: Layer = {
  name: 'listed_commits',
  rowsOf: ['merged_changes'],
  sql: (table) => `
    SELECT change_id, repository, merge_sha, head_sha,
      arrayFlatten(arrayMap(x -> x.3, arrayFilter(x -> (x.1, x.2) >= forced_at, updates))) AS updated,
      if(notEmpty(stated_commits), stated_commits, ${distinct('updated')}) AS commits
    FROM ${table('merged_changes')}`,
};

/** Which changes each pushed commit belongs to: that of the next merge sha at or after it in its push, those that list it (R20). */
export const pushedCommits: Layer = {
  name: 'pushed_commits',
  rowsOf: ['pushes'],
  sql: (table) => `
    SELECT c.repository AS repository, c.repository_name AS repository_name, c.branch AS branch, c.push_id AS push_id,
      c.push_delivery_id AS push_delivery_id, c.pushed_at AS pushed_at, c.place AS place, c.commit AS commit,
      first_value(nullIf(m.change_id, '')) IGNORE NULLS OVER (PARTITION BY c.push_id ORDER BY c.place ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS next_change,
      arrayDistinct(arrayConcat(if(next_change IS NULL, [], [assumeNotNull(next_change)]), l.change_ids)) AS belongs_to
    FROM (
      SELECT repository, repository_name, branch, id AS push_id, delivery_id AS push_delivery_id, occurred_at AS pushed_at, c.1 AS commit, c.2 AS place, c.1.1 AS sha
      FROM ${table('pushes')} ARRAY JOIN arrayZip(commits, arrayEnumerate(commits)) AS c
    ) AS c
    LEFT JOIN (SELECT repository, merge_sha, min(change_id) AS change_id FROM ${table('merged_changes')} WHERE merge_sha != '' GROUP BY repository, merge_sha) AS m
      ON m.repository = c.repository AND m.merge_sha = c.sha
    LEFT JOIN (
      SELECT repository, sha, groupUniqArray(change_id) AS change_ids FROM (
        SELECT repository, change_id, arrayJoin(arrayConcat([merge_sha, head_sha], arrayMap(x -> x.sha, commits))) AS sha FROM ${table('listed_commits')}
      ) WHERE sha != '' GROUP BY repository, sha
    ) AS l ON l.repository = c.repository AND l.sha = c.sha`,
};

/** Commits pushed to the head branch of a PR, between the last earlier merge from that branch and its own merge (R21). */
export const headCommits: Layer = {
  name: 'head_commits',
  rowsOf: ['merged_changes'],
  sql: (table) => `
    SELECT change_id, arraySlice(known, 1, if(head_place > 0, head_place, length(known))) AS commits, push_event_ids, push_delivery_ids FROM (
      SELECT change_id, head_sha,
        arrayFirstIndex(x -> x.4, arrayReverse(pushed)) AS from_forced,
        if(from_forced > 0, arraySlice(pushed, length(pushed) - from_forced + 1), pushed) AS since_forced,
        arrayFlatten(arrayMap(x -> x.3, since_forced)) AS every, ${distinct('every')} AS known,
        arrayFirstIndex(x -> x.sha = head_sha, known) AS head_place,
        arrayMap(x -> x.2, since_forced) AS push_event_ids, arrayMap(x -> x.5, since_forced) AS push_delivery_ids
      FROM (
        SELECT m.change_id AS change_id, any(m.head_sha) AS head_sha,
          arraySort(x -> (x.1, x.2), groupArray((p.occurred_at, p.id, p.commits, p.forced, p.delivery_id))) AS pushed
        FROM (
          SELECT change_id, repository, head_branch, head_sha, merged_at,
            lagInFrame(merged_at, 1, toDateTime64('1900-01-01 00:00:00', 3, 'UTC')) OVER (PARTITION BY repository, head_branch ORDER BY merged_at, change_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS merged_before_at
          FROM ${table('merged_changes')} WHERE head_branch != '' AND head_branch != base
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
  rowsOf: ['merged_changes', 'pushed_commits'],
  sql: (table) => `
    SELECT *, multiIf(merge_sha != '', merge_sha, head_sha != '', head_sha, notEmpty(commits), commits[-1].sha, '') AS standing_sha,
      arrayDistinct(arrayFilter(s -> s != '', arrayConcat([merge_sha, head_sha], arrayMap(x -> x.sha, commits), belonging_shas))) AS shas
    FROM (
      SELECT m.change_id AS change_id, m.repository AS repository, m.repository_name AS repository_name, m.number AS number, m.url AS url,
        m.direct AS direct, m.opened_at AS opened_at, m.merged_at AS merged_at,
        m.merge_sha AS merge_sha, m.head_sha AS head_sha, m.head_branch AS head_branch, m.hotfix_label AS hotfix_label,
        m.fixes_incident AS stated_fix, m.paths AS stated_paths, b.shas AS belonging_shas,
        arrayMap(x -> x.sha, l.commits) AS listed_shas,
        multiIf(notEmpty(l.commits), l.commits, notEmpty(h.commits), h.commits, b.commits) AS commits,
        if(m.direct AND notEmpty(commits), commits[1], CAST(('', NULL, false, false, '', '', '', '', '', [], ''), '${COMMIT}')) AS lone,
        if(m.author != '', m.author, lone.author) AS author, m.author_is_bot OR lone.is_bot AS author_is_bot,
        if(m.revert_of != '', m.revert_of, lone.revert_of) AS revert_of,
        if(m.cherry_pick_of != '', m.cherry_pick_of, lone.cherry_pick_of) AS cherry_pick_of, lone.patch_id AS patch_id,
        arraySort(arrayDistinct(arrayConcat(m.event_ids, h.push_event_ids, b.push_ids))) AS event_ids,
        arraySort(arrayFilter(x -> x != '', arrayDistinct(arrayConcat(m.delivery_ids, h.push_delivery_ids, b.push_delivery_ids)))) AS delivery_ids
      FROM ${table('merged_changes')} AS m
      INNER JOIN ${table('listed_commits')} AS l ON l.change_id = m.change_id
      LEFT JOIN ${table('head_commits')} AS h ON h.change_id = m.change_id
      LEFT JOIN (
        SELECT belongs, arrayMap(x -> x.4, arraySort(x -> (x.1, x.2, x.3), groupArray((pushed_at, push_id, place, commit)))) AS every, ${distinct('every')} AS commits,
          arrayMap(x -> x.sha, commits) AS shas, groupUniqArray(push_id) AS push_ids, groupUniqArray(push_delivery_id) AS push_delivery_ids
        FROM (SELECT *, arrayJoin(belongs_to) AS belongs FROM ${table('pushed_commits')}) GROUP BY belongs
      ) AS b ON b.belongs = m.change_id
      UNION ALL
      SELECT concat(repository_name, '@', commit.sha), repository, repository_name, '', '', true,
        ${noTime}, pushed_at, commit.sha, '', '', false, '', [], [], [commit.sha], [commit], commit,
        commit.author, commit.is_bot, commit.revert_of, commit.cherry_pick_of, commit.patch_id,
        [push_id], arrayFilter(x -> x != '', [push_delivery_id])
      FROM (
        SELECT * FROM ${table('pushed_commits')}
        WHERE (repository, branch) IN (SELECT repository, branch FROM ${table('deployed_branches')})
          AND (repository, commit.sha) NOT IN (
            SELECT repository, commit.sha FROM ${table('pushed_commits')}
            WHERE notEmpty(belongs_to) AND (repository, branch) IN (SELECT repository, branch FROM ${table('deployed_branches')}))
        ORDER BY pushed_at, push_id, place LIMIT 1 BY repository, commit.sha
      )
    )`,
};

/** Branches whose direct pushes are changes: the default one, and those that a counted rollout's revision stands on (R20). */
export const deployedBranches: Layer = {
  name: 'deployed_branches',
  rowsOf: ['default_branches', 'kinded_rollouts'],
  sql: (table) => `
    SELECT repository, branch FROM ${table('default_branches')}
    UNION DISTINCT SELECT revision_repository, branch FROM ${table('kinded_rollouts')} WHERE counts AND branch != ''`,
};

/** Which change each copy repeats, one step (R23). */
export const copies: Layer = {
  name: 'copies',
  rowsOf: ['all_changes'],
  sql: (table) => `
    SELECT c.change_id AS change_id, multiIf(k.original != '', k.original, t.original != c.change_id, t.original, '') AS original
    FROM ${table('all_changes')} AS c
    LEFT JOIN (
      SELECT c.change_id AS change_id, min((o.merged_at, o.change_id)).2 AS original FROM (
        SELECT change_id, repository, lower(cherry_pick_of) AS key FROM ${table('all_changes')} WHERE cherry_pick_of != ''
      ) AS c
      INNER JOIN (
        SELECT repository, change_id, merged_at, arrayJoin(arrayConcat([lower(change_id)], if(number != '', [concat('#', number)], []),
          arrayFilter(s -> s != '', arrayConcat([merge_sha, head_sha], arrayMap(x -> x.sha, commits))))) AS key
        FROM ${table('all_changes')}
      ) AS o ON o.repository = c.repository
      WHERE o.change_id != c.change_id AND (o.key = c.key OR (match(c.key, '^[0-9a-f]{7,64}$') AND startsWith(o.key, c.key)))
      GROUP BY change_id
    ) AS k ON k.change_id = c.change_id
    LEFT JOIN (
      SELECT repository, patch_id, argMin(change_id, (merged_at, merge_sha)) AS original FROM ${table('all_changes')}
      WHERE patch_id != '' AND direct GROUP BY repository, patch_id
    ) AS t ON t.repository = c.repository AND t.patch_id = c.patch_id AND c.patch_id != '' AND c.direct
    WHERE original != ''`,
};

/** The change at the end of the line of copies; only copies have a row. */
export const originals: Layer = {
  name: 'originals',
  rowsOf: ['copies'],
  sql: (table) => `
    WITH RECURSIVE line AS (
      SELECT change_id, original, 1 AS step FROM ${table('copies')}
      UNION ALL
      SELECT l.change_id, c.original, l.step + 1 FROM line AS l INNER JOIN ${table('copies')} AS c ON c.change_id = l.original
      WHERE c.original != l.change_id AND l.step < 32
    )
    SELECT change_id, argMax(line.original, step) AS original FROM line GROUP BY change_id`,
};

/** PRs all of whose telling commits are listed by PRs merged earlier: they move work on, they are no work of their own. */
export const promotions: Layer = {
  name: 'promotions',
  rowsOf: ['all_changes'],
  sql: (table) => `
    SELECT change_id FROM (
      SELECT c.change_id AS change_id, c.sha AS sha, any(c.silent) AS says_nothing,
        max(o.change_id != '' AND (o.merged_at, o.change_id) < (c.merged_at, c.change_id)) AS listed_before
      FROM (
        SELECT change_id, repository, merged_at, arrayJoin(commits) AS commit, commit.sha AS sha, commit.is_merge OR commit.sha = merge_sha AS silent
        FROM ${table('all_changes')} WHERE NOT direct
      ) AS c
      LEFT JOIN (
        SELECT change_id, repository, merged_at, arrayJoin(arrayConcat([merge_sha, head_sha], arrayMap(x -> x.sha, commits))) AS sha FROM ${table('all_changes')} WHERE NOT direct
      ) AS o ON o.repository = c.repository AND o.sha = c.sha
      GROUP BY change_id, sha
    ) WHERE listed_before OR NOT says_nothing GROUP BY change_id HAVING min(listed_before)`,
};

/** Paths and fixed incidents of each change: its own, and those of its commits wherever they were pushed (R21). */
export const changeTraces: Layer = {
  name: 'change_traces',
  rowsOf: ['all_changes'],
  sql: (table) => `
    SELECT change_id, repository, repository_name, merged_at, direct, hotfix,
      arrayDistinct(arrayConcat(any(own_paths), arrayFlatten(groupArray(pushed_paths)))) AS paths,
      arrayDistinct(arrayFilter(x -> x != '', arrayConcat(any(own_fixes), arrayFlatten(groupArray(pushed_fixes))))) AS fixes
    FROM (
      SELECT c.*, p.paths AS pushed_paths, p.fixes AS pushed_fixes
      FROM (
        SELECT change_id, repository, repository_name, merged_at, direct, NOT direct AND (hotfix_label OR match(head_branch, '(?i)^hotfix/')) AS hotfix,
          arrayConcat(stated_paths, arrayFlatten(arrayMap(x -> x.paths, commits))) AS own_paths,
          arrayConcat([stated_fix], arrayMap(x -> x.fixes_incident, commits)) AS own_fixes, arrayJoin(if(empty(shas), [''], shas)) AS sha
        FROM ${table('all_changes')}
      ) AS c
      LEFT JOIN (
        SELECT repository AS in_repository, commit.sha AS pushed_sha, arrayDistinct(arrayFlatten(groupArray(commit.paths))) AS paths, groupUniqArray(commit.fixes_incident) AS fixes
        FROM ${table('pushed_commits')} GROUP BY in_repository, pushed_sha
      ) AS p ON p.in_repository = c.repository AND p.pushed_sha = c.sha
    ) GROUP BY change_id, repository, repository_name, merged_at, direct, hotfix`,
};

/** Which services each change touches (R6). */
export const touchedServices: Layer = {
  name: 'touched_services',
  rowsOf: ['change_traces'],
  sql: (table) => `
    SELECT change_id, arrayJoin(multiIf(o.change_id = '', [repository_name], empty(o.touched), [repository_name], o.touched)) AS service,
      o.change_id != '' AND empty(o.touched) AS unowned
    FROM ${table('change_traces')} AS c
    LEFT JOIN (
      SELECT c.change_id AS change_id,
        groupUniqArrayIf(n.service, empty(n.paths) OR empty(c.paths)
          OR arrayExists(g -> arrayExists(p -> match(p, ${globToRegex('g')}), c.paths), n.paths)) AS touched
      FROM ${table('change_traces')} AS c
      INNER JOIN ${table('service_names')} AS n ON n.name = c.repository
      WHERE n.kind = 'repository' AND c.merged_at >= n.valid_from AND c.merged_at < n.valid_to
      GROUP BY change_id
    ) AS o ON o.change_id = c.change_id`,
};

export const changeLayers: readonly Layer[] = [
  statedChanges,
  fullShas,
  mergedChanges,
  listedCommits,
  pushedCommits,
  headCommits,
  deployedBranches,
  allChanges,
  copies,
  originals,
  promotions,
  changeTraces,
  touchedServices,
];
