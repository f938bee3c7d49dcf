import { dimensionColumns, maybeTime, receiptColumns, time } from '../atom.ts';
import { kindOf, placeAt } from '../catalog.ts';
import { nameOf, text, UNASSIGNED } from '../sql.ts';
import type { SubjectKind } from './subject.ts';

/**
 * Where the clock of a person starts (metrics.md §6.5, R91): joining, joining again after leaving, coming to engineering, changing
 * teams. In the team that the person was last said to be in by then, else first (R7), whoever said so.
 */
const newcomersSql = (table: (layer: string) => string): string => {
  const order = 'PARTITION BY entity ORDER BY occurred_at, id';
  const before = (value: string) =>
    `ifNull(anyLast(nullIf(${value}, '')) OVER (${order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), '')`;
  const others = ['tier', 'region', 'product'].flatMap((name) => [name, `${name}_now`]);
  return `
  SELECT f.subject AS subject, f.id AS atom_id, '${UNASSIGNED}' AS service, hex(sipHash128(f.person)) AS login_key, how, started_at, left_at,
    ${kindOf('f.person', 'k.kind')} AS excluded,
    if(empty(k.teams), '${UNASSIGNED}', ${placeAt('k.teams', 'f.started_at')}) AS team, team AS team_now,
    ${others.map((name) => `'${UNASSIGNED}' AS ${name}`).join(', ')},
    [id] AS event_ids, arrayFilter(x -> x != '', [delivery_id]) AS delivery_ids
  FROM (
    SELECT entity AS subject, type, id, delivery_id, ${nameOf('person')} AS person, occurred_at AS started_at, ${text('team')} AS team_stated,
      ${text('engineering')} AS is_engineering, ${before(text('engineering'))} AS was_engineering, ${before(text('team'))} AS team_before,
      ${before("if(type = 'person.moved', '', toString(type))")} AS came_or_went,
      minIf(toNullable(occurred_at), type = 'person.left') OVER (${order} ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS left_at,
      multiIf(
        type = 'person.joined' AND came_or_went != 'person.joined' AND is_engineering != 'false' AND ${text('newcomer')} != 'false', 'joined',
        type = 'person.moved' AND is_engineering = 'true' AND was_engineering = 'false', 'engineering',
        type = 'person.moved' AND team_before NOT IN ('', team_stated) AND team_stated != '' AND if(is_engineering = '', was_engineering, is_engineering) != 'false', 'transfer',
        '') AS how
    FROM ${table('facts')} WHERE type IN ('person.joined', 'person.moved', 'person.left')
  ) AS f
  LEFT JOIN ${table('people')} AS k ON k.login = f.person
  WHERE how != ''`;
};

/** People where they begin. No person is ever listed. */
export const newcomers: SubjectKind = {
  name: 'newcomers',
  description: 'one person who joined us, came to engineering or changed the team',
  types: ['person.joined', 'person.moved', 'person.left'],
  definitions: ['person.defined'],
  columns: {
    subject: 'String',
    atom_id: 'String',
    service: 'LowCardinality(String)',
    /** Digest of the name by which they joined: see identities for whose it is. */
    login_key: 'String',
    /** joined engineering transfer */
    how: 'LowCardinality(String)',
    started_at: time,
    /** When they left after that, if they did. */
    left_at: maybeTime,
    /** bot service, or empty. */
    excluded: 'LowCardinality(String)',
    ...dimensionColumns,
    ...receiptColumns,
  },
  sql: newcomersSql,
};
