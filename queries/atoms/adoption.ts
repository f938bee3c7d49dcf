import { EPOCH, FAR } from './sql.ts';

/** For so long a rollout shows that its service is on the platform (metrics.md §6.1). */
const PROOF_DAYS = 90;

/**
 * Cuts the life of every service where its owner, its definition or its being on the platform's path changes. Rollouts that
 * follow each other on one path within 90 days are one stretch.
 */
export const adoptionsSql = (table: (layer: string) => string): string => {
  const rollouts = `
    SELECT lower(service) AS service_key, atom_id, finished_at, platform_path, event_ids, delivery_ids,
      lagInFrame(platform_path, 1, toUInt8(2)) OVER w AS path_before, lagInFrame(finished_at, 1, ${EPOCH}) OVER w AS before,
      toUInt32(path_before != platform_path OR (platform_path = 1 AND finished_at > before + toIntervalDay(${PROOF_DAYS}))) AS begins
    FROM ${table('rollouts')} WHERE production = 1 AND excluded = '' AND outcome IN ('succeeded', 'failed_live')
    WINDOW w AS (PARTITION BY service_key ORDER BY finished_at, atom_id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)`;
  const runs = `
    SELECT service_key, run, any(platform_path) = 1 AS on_path, min(finished_at) AS first_at, max(finished_at) AS last_at,
      argMin(atom_id, (finished_at, atom_id)) AS first_rollout, argMin(event_ids, (finished_at, atom_id)) AS first_events,
      argMin(delivery_ids, (finished_at, atom_id)) AS first_deliveries
    FROM (
      SELECT *, sum(begins) OVER (PARTITION BY service_key ORDER BY finished_at, atom_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS run
      FROM (${rollouts})
    ) GROUP BY service_key, run`;
  const stretches = `
    SELECT service_key, piece.1 AS begins_at, piece.2 AS ends_at, piece.3 AS adopted, toNullable(last_at) AS last_rollout_at,
      if(piece.4, first_rollout, '') AS rollout_id, first_events AS rollout_events, first_deliveries AS rollout_deliveries
    FROM (
      SELECT *, leadInFrame(first_at, 1, ${FAR}) OVER (PARTITION BY service_key ORDER BY run ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS next_at,
        if(on_path, least(next_at, last_at + toIntervalDay(${PROOF_DAYS}) + toIntervalMillisecond(1)), first_at) AS proven_until
      FROM (${runs})
    )
    ARRAY JOIN [(first_at, proven_until, 1, true), (proven_until, next_at, 0, NOT on_path)] AS piece
    WHERE piece.1 < piece.2
    UNION ALL
    SELECT lower(s.service), ${EPOCH}, if(f.of = '', ${FAR}, f.first_at), 0, NULL, '', [], []
    FROM (SELECT DISTINCT service FROM ${table('service_spans')}) AS s
    LEFT JOIN (SELECT service_key AS of, min(finished_at) AS first_at FROM (${rollouts}) GROUP BY of) AS f ON f.of = lower(s.service)`;
  return `
  SELECT service, concat(service, ' ', toString(valid_from)) AS atom_id, valid_from, valid_to, adopted, rollout_id, last_rollout_at, excluded, exempt,
    team, tier, region, product, team_now, tier_now, region_now, product_now, event_ids, delivery_ids
  FROM (
    SELECT s.service AS service,
      greatest(s.valid_from, t.begins_at, coalesce(s.registered_at, s.first_rollout_at, ${EPOCH})) AS valid_from,
      least(s.valid_to, t.ends_at, ifNull(s.retired_at, ${FAR})) AS valid_to,
      toUInt8(t.adopted) AS adopted, t.rollout_id AS rollout_id, t.last_rollout_at AS last_rollout_at,
      multiIf(s.defined = 0, 'not_defined', s.exempt != '', 'exempt', '') AS excluded, s.exempt AS exempt,
      s.team AS team, s.tier AS tier, s.region AS region, s.product AS product,
      s.team_now AS team_now, s.tier_now AS tier_now, s.region_now AS region_now, s.product_now AS product_now,
      arraySort(arrayDistinct(arrayConcat(s.event_ids, t.rollout_events))) AS event_ids,
      arraySort(arrayDistinct(arrayConcat(s.delivery_ids, t.rollout_deliveries))) AS delivery_ids
    FROM (SELECT *, lower(service) AS service_key FROM ${table('service_spans')}) AS s
    INNER JOIN (${stretches}) AS t ON t.service_key = s.service_key
  ) WHERE valid_from < valid_to`;
};
