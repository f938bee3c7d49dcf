import type { Layer } from './layer.ts';
import { deliveryTypes } from './scope.ts';
import { text } from './sql.ts';

/** Definitions and words of sources, which every fold of deliveries reads. */
const CATALOG =
  "('service.defined', 'environment.defined', 'person.defined', 'platform.defined', 'rollout_rule.defined', 'source.defined', 'source.heartbeat', 'source.silent')";

const RETRACTED = "('deployment.retracted', 'change.retracted', 'incident.retracted')";

/** What tells a copy of an event from the others, but for one that was written twice. */
const COPY = 'id, normaliser, recorded_at, log_partition, log_offset';

/**
 * What newer normalisers of the same deliveries took the place of (R1), as pairs of delivery and normaliser: its events stand
 * only where the newer one told of them too. As the layer `superseded`, which is empty unless deliveries were read again.
 */
export const superseded: Layer = {
  name: 'superseded',
  sql: (table) => `
    SELECT delivery_id, arrayJoin(arrayFilter(each -> each < newest, normalisers)) AS normaliser FROM (
      SELECT delivery_id, max(normaliser) AS newest, groupUniqArray(normaliser) AS normalisers FROM ${table('known')}
      WHERE delivery_id != '' AND delivery_id IN (SELECT delivery_id FROM ${table('known')} WHERE normaliser > 1)
      GROUP BY delivery_id
    )`,
};

/** Whether a row of `known` is none of the superseded; where nothing is, its delivery is not even read. */
export const stands = (table: (layer: string) => string): string =>
  `((SELECT count() FROM ${table('superseded')}) = 0 OR (delivery_id, normaliser) NOT IN (SELECT delivery_id, normaliser FROM ${table('superseded')}))`;

/**
 * The facts among `candidates` (rows of `known`) as they were known (R1, R3): one row per event id, of the highest normaliser
 * known and the earliest copy, without what a newer normaliser no longer says and what was retracted. As the layer `facts`.
 * Which copies these are is found without their data: what sorts and joins them carries columns of every path there is.
 */
export const factsAmong = (candidates: Layer['sql']): Layer => ({
  name: 'facts',
  sql: (table) => {
    const known = table('known');
    return `
    SELECT id, type, source, entity, occurred_at, recorded_at, delivery_id, data FROM (${candidates(table)})
    WHERE (${COPY}) IN (
      SELECT ${COPY} FROM (
        SELECT ${COPY}, entity FROM (${candidates(table)})
        WHERE ${stands(table)}
        ORDER BY id, normaliser DESC, recorded_at, log_partition, log_offset LIMIT 1 BY id
      )
      WHERE id NOT IN (SELECT ${text('event_id')} FROM ${known} WHERE type IN ${RETRACTED} AND ${text('event_id')} != '' AND ${stands(table)})
        AND entity NOT IN (SELECT entity FROM ${known} WHERE type IN ${RETRACTED} AND ${text('event_id')} = '' AND ${stands(table)})
    )
    LIMIT 1 BY id`;
  },
});

/** The facts that deliveries are made of: all of them, or those of the entities in scope. */
export const deliveryFacts = (scoped: boolean): Layer =>
  factsAmong((table) => {
    const scope = scoped ? `(entity IN (SELECT entity FROM ${table('scope_entities')}) OR type IN ${CATALOG})` : '1';
    return `SELECT * FROM ${table('known')} WHERE ${scope} AND type IN (${listed(deliveryTypes)})`;
  });

/** Only the definitions and words of sources. */
export const catalogFacts: Layer = factsAmong((table) => `SELECT * FROM ${table('known')} WHERE type IN ${CATALOG}`);

/** Names of event kinds, which are our own, as a list in SQL. */
export const listed = (types: readonly string[]): string => types.map((type) => `'${type}'`).join(', ');
