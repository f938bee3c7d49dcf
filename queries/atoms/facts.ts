import type { Layer } from './layer.ts';
import { text } from './sql.ts';

const CATALOG =
  "('service.defined', 'team.defined', 'environment.defined', 'person.defined', 'platform.defined', 'rollout_rule.defined', 'source.defined', 'source.heartbeat', 'source.silent')";

const RETRACTED = "('deployment.retracted', 'change.retracted', 'incident.retracted')";

/**
 * The facts in scope as they were known (R1, R3): one row per event id, of the highest normaliser known and the earliest
 * copy, without what a newer normaliser no longer says and what was retracted.
 */
export const factsLayer = (scoped: boolean): Layer => ({
  name: 'facts',
  sql: (table) => {
    const known = table('known');
    return `
    SELECT id, type, source, entity, occurred_at, recorded_at, delivery_id, data FROM (
      SELECT e.* FROM (
        SELECT * FROM ${known} WHERE ${scoped ? `entity IN (SELECT entity FROM ${table('scope_entities')}) OR type IN ${CATALOG}` : '1'}
      ) AS e
      LEFT JOIN (SELECT delivery_id, max(normaliser) AS newest FROM ${known} WHERE normaliser > 1 AND delivery_id != '' GROUP BY delivery_id) AS n
        ON n.delivery_id = e.delivery_id
      WHERE e.normaliser >= n.newest
      ORDER BY id, normaliser DESC, recorded_at, log_partition, log_offset LIMIT 1 BY id
    )
    WHERE id NOT IN (SELECT ${text('event_id')} FROM ${known} WHERE type IN ${RETRACTED} AND ${text('event_id')} != '')
      AND entity NOT IN (SELECT entity FROM ${known} WHERE type IN ${RETRACTED} AND ${text('event_id')} = '')`;
  },
});
