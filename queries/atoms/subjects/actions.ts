import { dimensionColumns, receiptColumns, time } from '../atom.ts';
import { placeAt } from '../catalog.ts';
import { text, UNASSIGNED } from '../sql.ts';
import type { SubjectKind } from './subject.ts';

/**
 * What people did on the platform, one row per action (metrics.md §6.2, R60). The team is the one that the sender states, else
 * the person's own at that time.
 */
const actionsSql = (table: (layer: string) => string): string => {
  const place = (name: 'team' | 'region', stated: string) => {
    const places = `p.${name}s`;
    const then = placeAt(places, 'f.acted_at');
    return `multiIf(${stated} != '', ${stated}, empty(${places}), '${UNASSIGNED}', ${then}) AS ${name},
      multiIf(notEmpty(${places}), ${places}[-1].3, ${stated} != '', ${stated}, '${UNASSIGNED}') AS ${name}_now`;
  };
  const others = ['tier', 'product'].flatMap((name) => [name, `${name}_now`]);
  return `
  SELECT f.entity AS subject, f.id AS atom_id, '${UNASSIGNED}' AS service,
    hex(sipHash128(if(p.login = '', f.login, p.person_key))) AS person_key, f.acted_at AS acted_at, f.action AS action, f.capability AS capability,
    multiIf(p.kind IN ('bot', 'service'), p.kind, endsWith(f.login, '[bot]'), 'bot', '') AS excluded,
    ${place('team', 'f.team_stated')}, ${place('region', "''")}, ${others.map((name) => `'${UNASSIGNED}' AS ${name}`).join(', ')},
    [f.id] AS event_ids, if(f.delivery_id = '', [], [f.delivery_id]) AS delivery_ids
  FROM (
    SELECT entity, id, delivery_id, occurred_at AS acted_at, lower(${text('principal')}) AS login, ${text('team')} AS team_stated,
      if(type = 'portal.action', ${text('action')}, toString(type)) AS action, ${text('capability')} AS capability
    FROM ${table('facts')} WHERE type IN ('portal.action', 'search.performed', 'search.clicked', 'doc.viewed', 'doc.rated')
  ) AS f
  LEFT JOIN ${table('people')} AS p ON p.login = f.login`;
};

/** What people did on the platform. It carries no name but its subject's, only a digest by which people are told apart. */
export const actions: SubjectKind = {
  name: 'actions',
  description: 'one thing that somebody did on the platform: an action in the portal, a search, a page read or rated',
  types: ['portal.action', 'search.performed', 'search.clicked', 'doc.viewed', 'doc.rated'],
  definitions: ['person.defined', 'person.joined', 'person.moved'],
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
    /** bot service, or empty. */
    excluded: 'LowCardinality(String)',
    ...dimensionColumns,
    ...receiptColumns,
  },
  sql: actionsSql,
};
