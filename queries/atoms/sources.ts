import { rolloutReports } from './rollouts.ts';
import { ruledKinds } from './ruled.ts';
import { EPOCH, FAR, text } from './sql.ts';

/** Pieces of life between `born` and `dies`, with each silence (from, until heard again) cut out. */
const pieces = (silences: string, born: string, dies: string): string => `
  arrayFilter(p -> p.1 < p.2, arrayMap(
    (from, to) -> (from, least(to, ${dies})),
    arrayConcat([${born}], arrayMap(s -> s.2, ${silences})),
    arrayConcat(arrayMap(s -> s.1, ${silences}), [${FAR}])))`;

/**
 * When each source was alive (R29). Rows without a service: the source as a whole, from its first event to its last one plus
 * its silence allowance. Rows with a service: which kinds it fed for that service, and its life as far as silences that
 * name the service cut it; a service is covered where both are alive.
 */
export const sourceSpansSql = (table: (layer: string) => string): string => {
  const heard = `
    SELECT if(type IN ('source.heartbeat', 'source.silent'), ${text('name')}, source) AS sender, type, occurred_at
    FROM ${table('known')} WHERE NOT (type IN ('source.heartbeat', 'source.silent') AND ${text('service_id')} != '')`;
  const fed = `
    SELECT p.service AS service, f.source AS sender, f.type AS kind, f.occurred_at AS at
    FROM (SELECT entity, source, type, occurred_at FROM ${rolloutReports(table)} WHERE type IN ('deployment.finished', 'service.rolledback')) AS f
    INNER JOIN (SELECT DISTINCT entity, service FROM ${table('placed_rollouts')}) AS p ON p.entity = f.entity
    UNION ALL
    SELECT p.service, f.source, f.type, f.occurred_at
    FROM (SELECT entity, source, type, occurred_at FROM ${table('facts')} WHERE type = 'incident.detected') AS f
    INNER JOIN (SELECT DISTINCT entity, service FROM ${table('placed_incidents')}) AS p ON p.entity = f.entity
    UNION ALL SELECT ${text('service_id')}, ${text('name')}, type, occurred_at FROM ${table('facts')} WHERE type IN ('source.heartbeat', 'source.silent') AND ${text('service_id')} != ''`;
  return `
  SELECT service, concat(service, ' ', source, ' ', toString(life.1)) AS atom_id, source, life.1 AS alive_from, life.2 AS alive_to, kinds
  FROM (
    SELECT '' AS service, a.sender AS source,
      if(hasAny(a.kinds, (${ruledKinds(table('facts'))})), arrayDistinct(arrayPushBack(a.kinds, 'deployment.finished')), a.kinds) AS kinds, arrayJoin(${pieces(
        's.silences',
        'a.first_at',
        'a.last_at + toIntervalSecond(toUInt64(86400 * if(w.silence_days > 0, w.silence_days, 7)))',
      )}) AS life
    FROM (
      SELECT sender, min(occurred_at) AS first_at, max(occurred_at) AS last_at, groupUniqArray(type) AS kinds FROM (${heard}) WHERE type != 'source.silent' GROUP BY sender
    ) AS a
    LEFT JOIN (
      SELECT sender, arraySort(groupUniqArray((silent_at, if(heard_again > 0, next_at, ${FAR})))) AS silences FROM (
        SELECT q.sender AS sender, q.occurred_at AS silent_at, countIf(h.occurred_at > q.occurred_at) AS heard_again, minIf(h.occurred_at, h.occurred_at > q.occurred_at) AS next_at
        FROM (SELECT * FROM (${heard}) WHERE type = 'source.silent') AS q
        LEFT JOIN (SELECT sender, occurred_at FROM (${heard}) WHERE type != 'source.silent') AS h ON h.sender = q.sender
        GROUP BY sender, silent_at
      ) GROUP BY sender
    ) AS s ON s.sender = a.sender
    LEFT JOIN (SELECT ${text('name')} AS sender, argMax(ifNull(data.silence_days::Nullable(Float64), 0), (occurred_at, id)) AS silence_days FROM ${table('facts')} WHERE type = 'source.defined' GROUP BY sender) AS w
      ON w.sender = a.sender
    UNION ALL
    SELECT f.service, f.sender, f.kinds, arrayJoin(${pieces('s.silences', EPOCH, FAR)}) AS life
    FROM (SELECT service, sender, groupUniqArray(kind) AS kinds FROM (${fed}) GROUP BY service, sender) AS f
    LEFT JOIN (
      SELECT service, sender, arraySort(groupUniqArray((silent_at, if(heard_again > 0, next_at, ${FAR})))) AS silences FROM (
        SELECT q.service AS service, q.sender AS sender, q.silent_at AS silent_at, countIf(h.at > q.silent_at AND h.service IN ('', q.service)) AS heard_again, minIf(h.at, h.at > q.silent_at AND h.service IN ('', q.service)) AS next_at
        FROM (SELECT ${text('service_id')} AS service, ${text('name')} AS sender, occurred_at AS silent_at FROM ${table('facts')} WHERE type = 'source.silent' AND service != '') AS q
        LEFT JOIN (
          SELECT * FROM (${fed}) WHERE kind != 'source.silent'
          UNION ALL SELECT '', ${text('name')}, type, occurred_at FROM ${table('facts')} WHERE type = 'source.heartbeat' AND ${text('service_id')} = ''
        ) AS h ON h.sender = q.sender
        GROUP BY service, sender, silent_at
      ) GROUP BY service, sender
    ) AS s ON s.service = f.service AND s.sender = f.sender
  )`;
};
