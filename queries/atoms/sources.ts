import { rolloutReports } from './rollouts.ts';
import { ruledKinds } from './ruled.ts';
import { FAR, text } from './sql.ts';

/** What is left of a life from `born` to `dies` when the gaps (from, until heard again), sorted, are cut out of it. */
const pieces = (gaps: string, born: string, dies: string): string => `
  arrayFilter(p -> p.1 < p.2, arrayMap(
    (from, to) -> (from, least(to, ${dies})),
    arrayConcat([${born}], arrayMap(i -> arrayMax(g -> g.2, arraySlice(${gaps}, 1, i)), arrayEnumerate(${gaps}))),
    arrayConcat(arrayMap(g -> g.1, ${gaps}), [${FAR}])))`;

/**
 * When each source was alive (R29). Rows without a service: the source as a whole. Rows with a service: which kinds it fed for
 * that service, and its life for that service alone, with the heartbeats and less the silences that name it. A source that
 * never lived has a row of no length, so that what it fed is known.
 */
export const sourceSpansSql = (table: (layer: string) => string): string => {
  const speaks = "type IN ('source.heartbeat', 'source.silent')";
  const heard = `
    SELECT if(${speaks}, ${text('name')}, source) AS sender, type AS kind, occurred_at AS at
    FROM ${table('known')} WHERE NOT (${speaks} AND ${text('service_id')} != '')`;
  const fed = `
    SELECT lower(p.service) AS service_key, p.service AS service, f.source AS sender, f.type AS kind, f.occurred_at AS at
    FROM (
      SELECT entity, source, type, occurred_at FROM ${rolloutReports(table)} WHERE type IN ('deployment.finished', 'service.rolledback')
      UNION ALL SELECT entity, source, type, occurred_at FROM ${table('facts')} WHERE type = 'incident.detected'
    ) AS f
    INNER JOIN (SELECT DISTINCT entity, service FROM ${table('placed_rollouts')} UNION ALL SELECT DISTINCT entity, service FROM ${table('placed_incidents')}) AS p
      ON p.entity = f.entity
    UNION ALL SELECT lower(${text('service_id')}), ${text('service_id')}, ${text('name')}, type, occurred_at FROM ${table('facts')} WHERE ${speaks} AND ${text('service_id')} != ''`;
  // Of each silence: until when it lasted, FAR if nothing that ends it was heard.
  const silences = (of: string, by: string, ends: string): string => `
    SELECT q.service_key AS service_key, q.sender AS sender, arraySort(groupUniqArray((q.silent_at, q.until))) AS gaps FROM (
      SELECT q.service_key AS service_key, q.sender AS sender, q.at AS silent_at, if(countIf(${ends}) > 0, minIf(h.at, ${ends}), ${FAR}) AS until
      FROM (${of}) AS q LEFT JOIN (${by}) AS h ON h.sender = q.sender GROUP BY service_key, sender, silent_at
    ) AS q GROUP BY service_key, sender`;
  const wholeSilences = silences(
    `SELECT '' AS service_key, sender, at FROM (${heard}) WHERE kind = 'source.silent'`,
    `SELECT sender, at FROM (${heard}) WHERE kind != 'source.silent'`,
    'h.at > q.at',
  );
  const ownSilences = silences(
    `SELECT service_key, sender, at FROM (${fed}) WHERE kind = 'source.silent'`,
    `SELECT service_key, sender, at FROM (${fed}) WHERE kind != 'source.silent'
      UNION ALL SELECT '', sender, at FROM (${heard}) WHERE kind = 'source.heartbeat'`,
    "h.at > q.at AND h.service_key IN ('', q.service_key)",
  );
  return `
  SELECT service, concat(service, ' ', source, ' ', toString(life.1)) AS atom_id, source, life.1 AS alive_from, life.2 AS alive_to, kinds
  FROM (
    SELECT k.service AS service, k.sender AS source, k.kinds AS kinds,
      if(empty(k.own_beats), k.first_at, least(k.first_at, arrayMin(k.own_beats))) AS born,
      if(empty(k.own_beats), k.last_at, greatest(k.last_at, arrayMax(k.own_beats))) + toIntervalSecond(toUInt64(86400 * if(d.silence_days > 0, d.silence_days, 7))) AS dies,
      arraySort(arrayConcat(
        arrayMap(g -> (g.1, arrayMin(arrayConcat([g.2], arrayFilter(beat -> beat > g.1, k.own_beats)))), w.gaps),
        o.gaps)) AS gaps,
      ${pieces('gaps', 'born', 'dies')} AS lives,
      arrayJoin(if(empty(lives), [(born, born)], lives)) AS life
    FROM (
      SELECT k.*, ifNull(a.first_at, arrayMin(k.own_beats)) AS first_at, ifNull(a.last_at, arrayMax(k.own_beats)) AS last_at
      FROM (
        SELECT service_key, any(service) AS service, sender, groupUniqArray(kind) AS kinds, groupArrayIf(at, kind = 'source.heartbeat') AS own_beats
        FROM (${fed}) GROUP BY service_key, sender
        UNION ALL
        SELECT '', '', sender, if(hasAny(groupUniqArray(kind) AS heard_kinds, (${ruledKinds(table('facts'))})), arrayDistinct(arrayPushBack(heard_kinds, 'deployment.finished')), heard_kinds), []
        FROM (${heard}) WHERE kind != 'source.silent' GROUP BY sender
      ) AS k
      LEFT JOIN (SELECT sender, toNullable(min(at)) AS first_at, toNullable(max(at)) AS last_at FROM (${heard}) WHERE kind != 'source.silent' GROUP BY sender) AS a
        ON a.sender = k.sender
      WHERE a.first_at IS NOT NULL OR notEmpty(k.own_beats)
    ) AS k
    LEFT JOIN (${wholeSilences}) AS w ON w.sender = k.sender
    LEFT JOIN (${ownSilences}) AS o ON o.service_key = k.service_key AND o.sender = k.sender
    LEFT JOIN (SELECT ${text('name')} AS sender, argMax(ifNull(data.silence_days::Nullable(Float64), 0), (occurred_at, id)) AS silence_days FROM ${table('facts')} WHERE type = 'source.defined' GROUP BY sender) AS d
      ON d.sender = k.sender
  )`;
};
