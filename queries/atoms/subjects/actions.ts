import { dimensionColumns, receiptColumns, time } from '../atom.ts';
import { text, texts, UNASSIGNED } from '../sql.ts';
import { placed } from './placed.ts';
import type { SubjectKind } from './subject.ts';

/**
 * What people did on the platform, one row per action (metrics.md §6.2, R60). The team is the one that the sender states, else
 * the person's own at that time.
 */
const actionsSql = (table: (layer: string) => string): string => `
  SELECT *, id AS atom_id, '${UNASSIGNED}' AS service,
    multiIf(person_kind != '', person_kind, empty(qualifying) OR has(qualifying, action), '', 'not_qualifying') AS excluded,
    [id] AS event_ids, if(delivery_id = '', [], [delivery_id]) AS delivery_ids
  FROM (${placed(
    `SELECT entity AS subject, id, delivery_id, occurred_at AS acted_at, lower(${text('principal')}) AS login, ${text('team')} AS team_stated,
      if(type = 'portal.action', ${text('action')}, toString(type)) AS action, ${text('capability')} AS capability,
      (SELECT argMax(${texts('qualifying_actions')}, (occurred_at, id)) FROM ${table('facts')} WHERE type = 'platform.defined') AS qualifying
    FROM ${table('facts')} WHERE type IN ('portal.action', 'search.performed', 'search.clicked', 'doc.viewed', 'doc.rated')`,
    'acted_at',
    table,
  )})`;

/** What people did on the platform. It carries no name but its subject's, only a digest by which people are told apart. */
export const actions: SubjectKind = {
  name: 'actions',
  description: 'one thing that somebody did on the platform: an action in the portal, a search, a page read or rated',
  types: ['portal.action', 'search.performed', 'search.clicked', 'doc.viewed', 'doc.rated'],
  definitions: ['person.defined', 'person.joined', 'person.moved', 'platform.defined'],
  columns: {
    subject: 'String',
    atom_id: 'String',
    service: 'LowCardinality(String)',
    /** One per person, whatever the login. */
    person_key: 'String',
    acted_at: time,
    /** The sender's word in the portal; else the kind of event. */
    action: 'LowCardinality(String)',
    capability: 'LowCardinality(String)',
    /** bot service not_qualifying, or empty. */
    excluded: 'LowCardinality(String)',
    ...dimensionColumns,
    ...receiptColumns,
  },
  sql: actionsSql,
};
