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
        SELECT ${COPY}, entity FROM (${candidates(table)}) AS e
        LEFT JOIN (SELECT delivery_id AS of_delivery, max(normaliser) AS newest FROM ${known} WHERE normaliser > 1 AND delivery_id != '' GROUP BY of_delivery) AS n
          ON n.of_delivery = e.delivery_id
        WHERE normaliser >= newest
        ORDER BY id, normaliser DESC, recorded_at, log_partition, log_offset LIMIT 1 BY id
      )
      WHERE id NOT IN (SELECT ${text('event_id')} FROM ${known} WHERE type IN ${RETRACTED} AND ${text('event_id')} != '')
        AND entity NOT IN (SELECT entity FROM ${known} WHERE type IN ${RETRACTED} AND ${text('event_id')} = '')
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
