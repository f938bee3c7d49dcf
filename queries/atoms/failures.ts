import type { Layer } from './layer.ts';

/** What each delivering rollout carries: changes, hotfixes, fixes (R25, R27). */
export const rolloutContents: Layer = {
  name: 'rollout_contents',
  rowsOf: ['deliveries'],
  sql: (table) => `
    SELECT d.service AS service, d.atom_id AS atom_id, count() AS changes_n, length(arrayDistinct(arrayFlatten(groupArray(arrayMap(x -> x.sha, c.commits))))) AS commits_n,
      max(NOT t.direct) AS carries_pr, max(t.hotfix) AS carries_hotfix, arrayDistinct(arrayFlatten(groupArray(t.fixes))) AS fixes
    FROM ${table('deliveries')} AS d
    INNER JOIN ${table('all_changes')} AS c ON c.change_id = d.change_id
    INNER JOIN ${table('change_traces')} AS t ON t.change_id = d.change_id
    GROUP BY service, atom_id`,
};

/** Rollouts in L that repair: what each names as fixed, by incident or by rollout (F3). */
export const fixes: Layer = {
  name: 'fixes',
  rowsOf: ['kinded_rollouts'],
  sql: (table) => `
    SELECT r.service AS service, r.atom_id AS atom_id, r.finished_at AS finished_at, r.outcome AS outcome, r.fixes_rollout AS fixes_rollout,
      arrayDistinct(arrayFilter(x -> x != '', arrayConcat([r.fixes_incident], c.fixes))) AS fixes_incidents
    FROM ${table('kinded_rollouts')} AS r
    LEFT JOIN ${table('rollout_contents')} AS c ON c.service = r.service AND c.atom_id = r.atom_id
    WHERE r.kind != '' AND (r.fixes_rollout != '' OR notEmpty(fixes_incidents))`,
};

/** Which rollout each fix repairs: the one it names, or the cause of the incident it names (R25). */
export const repairs: Layer = {
  name: 'repairs',
  rowsOf: ['fixes'],
  sql: (table) => `
    SELECT DISTINCT fixed, fixed_service, atom_id, finished_at, outcome FROM (
      SELECT argMin(k.atom_id, (lower(k.service) != lower(f.service), k.service)) AS fixed, argMin(k.service, (lower(k.service) != lower(f.service), k.service)) AS fixed_service,
        f.atom_id AS atom_id, any(f.finished_at) AS finished_at, any(f.outcome) AS outcome
      FROM ${table('fixes')} AS f INNER JOIN ${table('kinded_rollouts')} AS k ON k.rollout_id = f.fixes_rollout
      WHERE f.fixes_rollout != '' GROUP BY f.service, f.atom_id
      UNION ALL
      SELECT c.cause_atom_id, c.cause_service, f.atom_id, f.finished_at, f.outcome
      FROM (SELECT *, arrayJoin(fixes_incidents) AS incident_id FROM ${table('fixes')}) AS f
      INNER JOIN ${table('causes')} AS c ON c.incident_id = f.incident_id
      INNER JOIN ${table('placed_incidents')} AS i ON i.incident_id = f.incident_id
      WHERE c.cause_atom_id != '' AND i.duplicate_of = '' AND NOT i.false_alarm
    )`,
};

/** Incidents that `previous_deploy` counts to the latest C rollout of their service before them (R28), without a limit of lag. */
export const previousDeploys: Layer = {
  name: 'previous_deploys',
  rowsOf: ['placed_incidents'],
  sql: (table) => `
    SELECT r.service AS service, r.atom_id AS atom_id, i.incident_id AS incident_id, i.started_at AS started_at, i.detected_at AS detected_at,
      i.restored_at AS restored_at, dateDiff('millisecond', r.finished_at, i.started_at) / 1000 AS lag_seconds
    FROM (SELECT * FROM ${table('placed_incidents')} WHERE excluded = '') AS i
    ASOF INNER JOIN (
      SELECT service, finished_at, atom_id FROM ${table('kinded_rollouts')} WHERE kind = 'change' ORDER BY finished_at, atom_id DESC LIMIT 1 BY service, finished_at
    ) AS r ON r.service = i.service AND i.started_at >= r.finished_at`,
};

/** Why and for how long each C rollout failed (metrics.md §3.3, §3.5). */
export const failures: Layer = {
  name: 'failures',
  rowsOf: ['kinded_rollouts'],
  sql: (table) => `
    SELECT r.service AS service, r.atom_id AS atom_id,
      arrayConcat(if(notEmpty(i.incident_ids), ['F1'], []), if(b.n > 0, ['F2'], []), if(x.n > 0, ['F3'], []), if(r.outcome = 'failed_live', ['F4'], [])) AS failed_by,
      i.incident_ids AS incident_ids,
      p.ids AS previous_incident_ids, p.lags AS previous_incident_lag_seconds, p.restored AS previous_incident_restored_ats,
      p.started AS previous_incident_started_ats, p.detected AS previous_incident_detected_ats,
      greatest(multiIf(notEmpty(i.incident_ids), i.started_at, r.exposed_at IS NOT NULL, assumeNotNull(r.exposed_at), r.finished_at), ifNull(r.started_at, toDateTime64('1900-01-01 00:00:00', 3, 'UTC'))) AS degraded_at,
      greatest(multiIf(notEmpty(i.incident_ids), i.detected_at, r.exposed_at IS NOT NULL, assumeNotNull(r.exposed_at), r.finished_at), ifNull(r.started_at, toDateTime64('1900-01-01 00:00:00', 3, 'UTC'))) AS detected_at,
      nullIf(least(
        if(r.outcome = 'failed_live', r.finished_at, toDateTime64('2299-12-31 00:00:00', 3, 'UTC')),
        if(b.ended_n > 0, b.ended_at, toDateTime64('2299-12-31 00:00:00', 3, 'UTC')),
        if(x.ended_n > 0, x.ended_at, toDateTime64('2299-12-31 00:00:00', 3, 'UTC'))), toDateTime64('2299-12-31 00:00:00', 3, 'UTC')) AS remedied_at,
      if(notEmpty(i.incident_ids), if(i.open_n > 0, NULL, toNullable(i.restored_at)), remedied_at) AS restored_at
    FROM (SELECT * FROM ${table('kinded_rollouts')} WHERE kind = 'change') AS r
    LEFT JOIN (
      SELECT c.cause_service AS service, c.cause_atom_id AS atom_id, arraySort(groupArray(i.incident_id)) AS incident_ids,
        min(i.started_at) AS started_at, min(i.detected_at) AS detected_at, countIf(i.restored_at IS NULL) AS open_n, assumeNotNull(max(i.restored_at)) AS restored_at
      FROM ${table('causes')} AS c INNER JOIN ${table('placed_incidents')} AS i ON i.incident_id = c.incident_id
      WHERE i.excluded = '' GROUP BY service, atom_id
    ) AS i ON i.service = r.service AND i.atom_id = r.atom_id
    LEFT JOIN (
      SELECT b.service AS service, b.rolled_back_atom_id AS atom_id, countIf(NOT b.precautionary) AS n,
        countIf(b.outcome = 'succeeded' AND b.finished_at >= k.finished_at) AS ended_n, minIf(b.finished_at, b.outcome = 'succeeded' AND b.finished_at >= k.finished_at) AS ended_at
      FROM ${table('rollbacks')} AS b INNER JOIN ${table('kinded_rollouts')} AS k ON k.service = b.service AND k.atom_id = b.rolled_back_atom_id
      GROUP BY service, atom_id
    ) AS b ON b.service = r.service AND b.atom_id = r.atom_id
    LEFT JOIN (
      SELECT x.fixed_service AS service, x.fixed AS atom_id, count() AS n,
        countIf(x.outcome = 'succeeded' AND x.finished_at >= k.finished_at) AS ended_n, minIf(x.finished_at, x.outcome = 'succeeded' AND x.finished_at >= k.finished_at) AS ended_at
      FROM ${table('repairs')} AS x INNER JOIN ${table('kinded_rollouts')} AS k ON k.service = x.fixed_service AND k.atom_id = x.fixed
      GROUP BY service, atom_id
    ) AS x ON x.service = r.service AND x.atom_id = r.atom_id
    LEFT JOIN (
      SELECT service, atom_id, arrayMap(x -> x.2, arraySort(groupArray((started_at, incident_id, lag_seconds, restored_at, detected_at))) AS rows) AS ids,
        arrayMap(x -> x.3, rows) AS lags, arrayMap(x -> x.4, rows) AS restored, arrayMap(x -> x.1, rows) AS started, arrayMap(x -> x.5, rows) AS detected
      FROM ${table('previous_deploys')} GROUP BY service, atom_id
    ) AS p ON p.service = r.service AND p.atom_id = r.atom_id`,
};

export const failureLayers: readonly Layer[] = [rolloutContents, fixes, repairs, previousDeploys, failures];
