import type { Layer } from './layer.ts';
import { commitsOf, nameOf, text } from './sql.ts';

/** Pushes of every branch, with the commits they brought. */
export const pushes: Layer = {
  name: 'pushes',
  rowsOf: ['branch.*'],
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
  rowsOf: ['pushes'],
  sql: (table) => `
    SELECT repository, multiIf(stated != '', stated, has(branches, 'main'), 'main', has(branches, 'master'), 'master', 'main') AS branch FROM (
      SELECT repository, argMaxIf(default_branch, (occurred_at, id), default_branch != '') AS stated, groupUniqArray(branch) AS branches
      FROM ${table('pushes')} GROUP BY repository
    )`,
};

/**
 * Which push each one follows: the latest earlier one that left the branch where it begins, else the first of those that did
 * (R16).
 */
export const pushLinks: Layer = {
  name: 'push_links',
  rowsOf: ['pushes'],
  sql: (table) => `
    SELECT id, before_n, previous.2 AS previous FROM (
      SELECT p.id AS id,
        if(countIf((q.occurred_at, q.id) < (p.occurred_at, p.id)) > 0,
          maxIf((q.occurred_at, q.id, length(q.commits)), (q.occurred_at, q.id) < (p.occurred_at, p.id)),
          min((q.occurred_at, q.id, length(q.commits)))) AS previous, toInt64(previous.3) AS before_n
      FROM ${table('pushes')} AS p
      INNER JOIN ${table('pushes')} AS q ON q.repository = p.repository AND q.branch = p.branch AND q.after = p.before
      WHERE p.before != '' AND q.id != p.id
      GROUP BY p.id, p.occurred_at
    )`,
};

// Pointer doubling: each step doubles how far back a push looks, so that a branch of n pushes takes log2 n steps.
const doubling = (table: (layer: string) => string, links: string): string => `
  WITH RECURSIVE
    (SELECT toUInt8(ceil(log2(greatest(max(n), 2)))) + 1 FROM (SELECT count() AS n FROM ${table('pushes')} GROUP BY repository, branch)) AS steps,
    jump AS (
      SELECT p.id AS id, l.previous AS previous, l.before_n AS before_n, (p.occurred_at, p.id) AS least, p.id AS root, 0 AS step
      FROM ${table('pushes')} AS p LEFT JOIN ${links} AS l ON l.id = p.id
      UNION ALL
      SELECT a.id, b.previous, a.before_n + b.before_n, if(b.id = '', a.least, least(a.least, b.least)), if(b.id = '', a.root, b.root), a.step + 1
      FROM jump AS a LEFT JOIN jump AS b ON a.previous = b.id AND a.previous != ''
      WHERE a.step < steps
    )
  SELECT id, argMax(jump.previous, step) AS previous, argMax(jump.before_n, step) AS before_n, argMax(jump.least, step) AS least, argMax(jump.root, step) AS root
  FROM jump GROUP BY id`;

/** Pushes that begin a chain although another leads to them: the least of each loop, where it is cut (R16). */
export const loopCuts: Layer = {
  name: 'loop_cuts',
  rowsOf: ['push_links'],
  // Far enough back, every push on or behind a loop looks at one on it, and every one on it is looked at.
  sql: (table) => `
    WITH reached AS (${doubling(table, table('push_links'))})
    SELECT id FROM reached WHERE id = least.2 AND id IN (SELECT previous FROM reached WHERE previous != '')`,
};

/** For each push, the first of its chain, and how many commits the chain has before it. */
export const pushDepths: Layer = {
  name: 'push_depths',
  rowsOf: ['pushes'],
  sql: (table) =>
    doubling(table, `(SELECT * FROM ${table('push_links')} WHERE id NOT IN (SELECT id FROM ${table('loop_cuts')}))`),
};

/** Pushes with the positions they end at: chains follow one another by their least time, then their least id (R16). */
export const orderedPushes: Layer = {
  name: 'ordered_pushes',
  rowsOf: ['pushes'],
  sql: (table) => `
    SELECT p.*, c.base + d.chain_before_n + toInt64(length(p.commits)) AS end_position, c.base AS chain_base, p.id = d.chain_root AS begins_chain,
      begins_chain AND c.nth = 1 AS begins_branch,
      row_number() OVER (PARTITION BY repository, branch ORDER BY c.nth, d.chain_before_n, p.occurred_at, p.id) AS place
    FROM ${table('pushes')} AS p
    INNER JOIN (SELECT id AS push_id, before_n AS chain_before_n, root AS chain_root FROM ${table('push_depths')}) AS d ON d.push_id = p.id
    INNER JOIN (
      SELECT root_id, row_number() OVER (PARTITION BY chain_repository, chain_branch ORDER BY at, least_id) AS nth,
        sum(commits_n) OVER (PARTITION BY chain_repository, chain_branch ORDER BY at, least_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) - commits_n AS base
      FROM (
        SELECT p.repository AS chain_repository, p.branch AS chain_branch, d.root AS root_id, min(p.occurred_at) AS at, min(p.id) AS least_id,
          max(d.before_n + toInt64(length(p.commits))) AS commits_n
        FROM ${table('pushes')} AS p INNER JOIN ${table('push_depths')} AS d ON d.id = p.id GROUP BY chain_repository, chain_branch, root_id
      )
    ) AS c ON c.root_id = d.chain_root`,
};

/** Where each commit stands: its first position on each branch, counted from 1; the tips that pushes name included. */
export const positions: Layer = {
  name: 'positions',
  rowsOf: ['ordered_pushes'],
  sql: (table) => `
    SELECT repository, branch, sha, min(place) AS position FROM (
      SELECT repository, branch, c.1.1 AS sha, end_position - toInt64(length(commits)) + toInt64(c.2) AS place
      FROM ${table('ordered_pushes')} ARRAY JOIN arrayZip(commits, arrayEnumerate(commits)) AS c
      UNION ALL
      SELECT repository, branch, after, end_position FROM ${table('ordered_pushes')} WHERE after != ''
      UNION ALL
      -- what the default branch was before it was first heard of
      SELECT p.repository, p.branch, p.before, p.chain_base FROM ${table('ordered_pushes')} AS p
      INNER JOIN ${table('default_branches')} AS d ON d.repository = p.repository AND d.branch = p.branch
      WHERE p.begins_chain AND p.before != ''
    ) GROUP BY repository, branch, sha`,
};

/** Where each branch but the default one began: on which other branch, and at which position there (R16). */
export const branchOrigins: Layer = {
  name: 'branch_origins',
  rowsOf: ['ordered_pushes'],
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
        WHERE p.begins_branch AND p.branch != d.branch
      ) AS f LEFT JOIN ${table('positions')} AS b ON b.repository = f.repository AND b.sha = f.sha
      GROUP BY f.repository, f.branch
    ) AS f
    LEFT JOIN (
      SELECT f.repository AS repository, f.branch AS branch, max(q.end_position) AS default_position
      FROM (SELECT p.repository AS repository, p.branch AS branch, d.branch AS default_branch, p.occurred_at AS at
        FROM ${table('ordered_pushes')} AS p INNER JOIN ${table('default_branches')} AS d ON d.repository = p.repository
        WHERE p.begins_branch AND p.branch != d.branch) AS f
      INNER JOIN ${table('ordered_pushes')} AS q ON q.repository = f.repository AND q.branch = f.default_branch
      WHERE q.occurred_at <= f.at GROUP BY repository, branch
    ) AS t ON t.repository = f.repository AND t.branch = f.branch`,
};

/** For each branch, the branches that it carries: itself without limit, its parent up to where it began, and so on. */
export const lineages: Layer = {
  name: 'lineages',
  rowsOf: ['pushes'],
  sql: (table) => {
    const unlimited = 'toInt64(9000000000000000000)';
    const up = (from: string) => `
      SELECT l.repository AS repository, l.branch AS branch, o.parent AS carried, o.parent_position AS carried_to
      FROM (${from}) AS l INNER JOIN ${table('branch_origins')} AS o ON o.repository = l.repository AND o.branch = l.carried`;
    const level0 = `SELECT DISTINCT repository, branch, branch AS carried, ${unlimited} AS carried_to FROM ${table('pushes')}`;
    const levels = [level0];
    for (let level = 1; level <= 3; level += 1) levels.push(up(levels[level - 1] ?? level0));
    return `SELECT repository, branch, carried, max(carried_to) AS carried_to FROM (${levels
      .map((level) => `SELECT repository, branch, carried, carried_to FROM (${level})`)
      .join(' UNION ALL ')}) WHERE carried != '' GROUP BY repository, branch, carried`;
  },
};

export const positionLayers: readonly Layer[] = [
  pushes,
  defaultBranches,
  pushLinks,
  loopCuts,
  pushDepths,
  orderedPushes,
  positions,
  branchOrigins,
  lineages,
];
