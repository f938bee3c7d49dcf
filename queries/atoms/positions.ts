import type { Layer } from './layer.ts';
import { commitsOf, nameOf, text } from './sql.ts';

/** Pushes of every branch, with the commits they brought. */
export const pushes: Layer = {
  name: 'pushes',
  sql: (table) => `
    SELECT id, delivery_id, occurred_at, ${nameOf('repository')} AS repository, ${text('repository')} AS repository_name,
      ${text('branch')} AS branch, ${text('default_branch')} AS default_branch,
      if(match(${text('before')}, '^0+$'), '', ${nameOf('before')}) AS before,
      if(match(${text('after')}, '^0+$'), '', ${nameOf('after')}) AS after,
      ${text('forced')} = 'true' AS forced, ${commitsOf()} AS commits
    FROM ${table('facts')} WHERE type = 'branch.pushed' AND ${text('deleted')} != 'true'`,
};

/** The default branch of each repository (R17). */
export const defaultBranches: Layer = {
  name: 'default_branches',
  sql: (table) => `
    SELECT repository, multiIf(stated != '', stated, has(branches, 'main'), 'main', has(branches, 'master'), 'master', 'main') AS branch FROM (
      SELECT repository, argMaxIf(default_branch, (occurred_at, id), default_branch != '') AS stated, groupUniqArray(branch) AS branches
      FROM ${table('pushes')} GROUP BY repository
    )`,
};

/**
 * Order of the pushes of a branch: chains by before and after (R16). The predecessor of a push is the latest earlier one
 * that left the branch where it began, else the least later one; a push that several follow is followed by the least.
 */
export const pushLinks: Layer = {
  name: 'push_links',
  sql: (table) => `
    SELECT id, previous FROM (
      SELECT id, at, arrayFirst(x -> 1, candidates).2 AS previous FROM (
        SELECT p.id AS id, (any(p.occurred_at), p.id) AS at,
          arrayConcat(
            arrayReverseSort(groupArrayIf((q.occurred_at, q.id), q.id != '' AND (q.occurred_at, q.id) < (p.occurred_at, p.id))),
            arraySort(groupArrayIf((q.occurred_at, q.id), q.id != '' AND (q.occurred_at, q.id) > (p.occurred_at, p.id)))
          ) AS candidates
        FROM ${table('pushes')} AS p
        INNER JOIN ${table('pushes')} AS q ON q.repository = p.repository AND q.branch = p.branch AND q.after = p.before
        WHERE p.before != '' AND q.id != p.id
        GROUP BY p.id
      )
      WHERE previous != ''
    )
    ORDER BY at LIMIT 1 BY previous`,
};

/**
 * Depth of each push in its chain by pointer doubling, one step per doubling of the distance. A push that reaches no head
 * within the steps is on a loop; the loop is cut at its least push, whose depth counts from there.
 */
export const pushDepths: Layer = {
  name: 'push_depths',
  sql: (table) => `
    WITH RECURSIVE
      (SELECT toUInt8(ceil(log2(greatest(max(n), 2)))) + 1 FROM (SELECT count() AS n FROM ${table('pushes')} GROUP BY repository, branch)) AS steps,
      jump AS (
        SELECT p.id AS id, l.previous AS previous, toUInt64(1) AS depth,
          (p.occurred_at, p.id) AS least, (p.occurred_at, p.id) AS head_at, 0 AS step
        FROM ${table('pushes')} AS p LEFT JOIN ${table('push_links')} AS l ON l.id = p.id
        UNION ALL
        SELECT a.id, b.previous, a.depth + b.depth,
          if(b.id = '', a.least, least(a.least, b.least)), if(b.id = '', a.head_at, b.head_at), a.step + 1
        FROM jump AS a LEFT JOIN jump AS b ON a.previous = b.id AND a.previous != ''
        WHERE a.step < steps
      )
    SELECT id, previous != '' AS on_loop, depth, head, chain_least FROM (
      SELECT id, argMax(previous, step) AS previous, argMax(depth, step) AS depth, argMax(head_at.2, step) AS head, argMax(least, step) AS chain_least
      FROM jump GROUP BY id
    )`,
};

/** Pushes in the order of their branch, with the position of their last commit. */
export const orderedPushes: Layer = {
  name: 'ordered_pushes',
  sql: (table) => `
    SELECT *, toInt64(sum(length(commits)) OVER (PARTITION BY repository, branch ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)) AS end_position
    FROM (
      SELECT p.*, row_number() OVER (PARTITION BY repository, branch ORDER BY chain_at, depth, occurred_at, id) AS place
      FROM (
        SELECT p.*, min((p.occurred_at, p.id)) OVER (PARTITION BY p.repository, p.branch, if(d.on_loop, d.chain_least.2, d.head)) AS chain_at,
          if(d.on_loop, 0, d.chain_depth) AS depth
        FROM ${table('pushes')} AS p INNER JOIN (SELECT id AS push_id, on_loop, depth AS chain_depth, head, chain_least FROM ${table('push_depths')}) AS d ON d.push_id = p.id
      ) AS p
    )`,
};

/** Where each commit stands: its first position on each branch, counted from 1; the tips that pushes name included. */
export const positions: Layer = {
  name: 'positions',
  sql: (table) => `
    SELECT repository, branch, sha, min(place) AS position FROM (
      SELECT repository, branch, c.1.1 AS sha, end_position - toInt64(length(commits)) + toInt64(c.2) AS place
      FROM ${table('ordered_pushes')} ARRAY JOIN arrayZip(commits, arrayEnumerate(commits)) AS c
      UNION ALL
      SELECT repository, branch, after, end_position FROM ${table('ordered_pushes')} WHERE after != ''
    ) GROUP BY repository, branch, sha`,
};

/** Where each branch but the default one began: on which other branch, and at which position there (R16). */
export const branchOrigins: Layer = {
  name: 'branch_origins',
  sql: (table) => `
    SELECT f.repository AS repository, f.branch AS branch,
      multiIf(before_at.3 != '', before_at.3, parent_at.3 != '', parent_at.3, default_branch) AS parent,
      multiIf(before_at.3 != '', before_at.4, parent_at.3 != '', parent_at.4, default_position) AS parent_position
    FROM (
      SELECT f.repository AS repository, f.branch AS branch, any(f.default_branch) AS default_branch, any(f.at) AS at,
        minIf((b.branch != f.default_branch, b.branch, b.branch, b.position), b.branch != '' AND b.branch != f.branch AND b.sha = f.before AND f.before != '') AS before_at,
        minIf((b.branch != f.default_branch, b.branch, b.branch, b.position), b.branch != '' AND b.branch != f.branch AND b.sha = f.first_parent AND f.first_parent != '') AS parent_at
      FROM (
        SELECT p.repository AS repository, p.branch AS branch, d.branch AS default_branch, p.occurred_at AS at, p.before AS before,
          if(notEmpty(p.commits), p.commits[1].parent, '') AS first_parent, arrayJoin([p.before, if(notEmpty(p.commits), p.commits[1].parent, '')]) AS sha
        FROM ${table('ordered_pushes')} AS p INNER JOIN ${table('default_branches')} AS d ON d.repository = p.repository
        WHERE p.place = 1 AND p.branch != d.branch
      ) AS f LEFT JOIN ${table('positions')} AS b ON b.repository = f.repository AND b.sha = f.sha
      GROUP BY f.repository, f.branch
    ) AS f
    LEFT JOIN (
      SELECT f.repository AS repository, f.branch AS branch, max(q.end_position) AS default_position
      FROM (SELECT p.repository AS repository, p.branch AS branch, d.branch AS default_branch, p.occurred_at AS at
        FROM ${table('ordered_pushes')} AS p INNER JOIN ${table('default_branches')} AS d ON d.repository = p.repository
        WHERE p.place = 1 AND p.branch != d.branch) AS f
      INNER JOIN ${table('ordered_pushes')} AS q ON q.repository = f.repository AND q.branch = f.default_branch
      WHERE q.occurred_at <= f.at GROUP BY repository, branch
    ) AS t ON t.repository = f.repository AND t.branch = f.branch`,
};

/** For each branch, the branches that it carries: itself without limit, its parent up to where it began, and so on. */
export const lineages: Layer = {
  name: 'lineages',
  sql: (table) => {
    const unlimited = 'toInt64(9000000000000000000)';
    const up = (from: string) => `
      SELECT l.repository AS repository, l.branch AS branch, o.parent AS carried, o.parent_position AS carried_to
      FROM (${from}) AS l INNER JOIN ${table('branch_origins')} AS o ON o.repository = l.repository AND o.branch = l.carried`;
    const level0 = `SELECT DISTINCT repository, branch, branch AS carried, ${unlimited} AS carried_to FROM ${table('pushes')}`;
    const levels = [level0];
    for (let level = 1; level <= 4; level += 1) levels.push(up(levels[level - 1] ?? level0));
    return `SELECT repository, branch, carried, max(carried_to) AS carried_to FROM (${levels
      .map((level) => `SELECT repository, branch, carried, carried_to FROM (${level})`)
      .join(' UNION ALL ')}) WHERE carried != '' GROUP BY repository, branch, carried`;
  },
};

export const positionLayers: readonly Layer[] = [
  pushes,
  defaultBranches,
  pushLinks,
  pushDepths,
  orderedPushes,
  positions,
  branchOrigins,
  lineages,
];
