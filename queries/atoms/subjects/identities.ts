import { dimensionColumns, receiptColumns, time } from '../atom.ts';
import { nameOf, text, texts, UNASSIGNED } from '../sql.ts';
import type { SubjectKind } from './subject.ts';

/** The logins of the latest definition of each person (R60). */
const identitiesSql = (table: (layer: string) => string): string => {
  const dimensions = ['team', 'tier', 'region', 'product'].flatMap((name) => [name, `${name}_now`]);
  return `
  SELECT subject, hex(sipHash128(login)) AS atom_id, '${UNASSIGNED}' AS service, atom_id AS login_key, hex(sipHash128(person)) AS person_key,
    kind, defined_at, '' AS excluded, ${dimensions.map((name) => `'${UNASSIGNED}' AS ${name}`).join(', ')},
    [id] AS event_ids, arrayFilter(x -> x != '', [delivery_id]) AS delivery_ids
  FROM (
    SELECT subject, arrayJoin(arrayDistinct(arrayMap(x -> lower(x), arrayPushBack(identities, person)))) AS login, person, kind, defined_at, id, delivery_id
    FROM (
      SELECT entity AS subject, ${nameOf('person')} AS person, if(${text('kind')} = '', 'human', ${text('kind')}) AS kind, ${texts('identities')} AS identities,
        occurred_at AS defined_at, id, delivery_id
      FROM ${table('facts')} WHERE type = 'person.defined' ORDER BY occurred_at DESC, id DESC LIMIT 1 BY entity
    )
  )`;
};

/** By which logins people are known, as digests that tell them apart and name nobody. */
export const identities: SubjectKind = {
  name: 'identities',
  description: 'one login of one person, as the workspace last defined it',
  types: ['person.defined'],
  definitions: [],
  columns: {
    subject: 'String',
    atom_id: 'String',
    service: 'LowCardinality(String)',
    login_key: 'String',
    /** As that of actions. */
    person_key: 'String',
    /** human bot service */
    kind: 'LowCardinality(String)',
    defined_at: time,
    excluded: 'LowCardinality(String)',
    ...dimensionColumns,
    ...receiptColumns,
  },
  sql: identitiesSql,
};
