/**
 * What somebody would write by hand, straight from the stored atoms, for each metric by team and week with the totals of each
 * team: no options, coverage, intervals, provisional or open items. The measure of what these cost.
 */
export const byHand: Readonly<Record<string, string>> = {
  'dora.deployment_frequency': of('rollouts', 'finished_at', 'count() / 7', "production AND outcome = 'succeeded'"),
  'dora.change_lead_time': of('changes', 'finished_at', quantiles('first_commit_at', 'finished_at')),
  'dora.change_fail_rate': of(
    'rollouts',
    'finished_at',
    share('notEmpty(failed_by)'),
    "production AND outcome = 'succeeded'",
  ),
  'dora.failed_deployment_recovery_time': of(
    'rollouts',
    'finished_at',
    quantiles('degraded_at', 'restored_at'),
    'notEmpty(failed_by)',
  ),
  'dora.deployment_rework_rate': of('rollouts', 'finished_at', share('remediation = 1'), 'rework_population = 1'),
  'delivery.deployment_success_rate': of('rollouts', 'finished_at', share("outcome = 'succeeded'"), 'production'),
  'ops.mttr': of(
    'incidents',
    'started_at',
    `avg(${seconds('started_at', 'restored_at')}), ${quantiles('started_at', 'restored_at')}`,
  ),
  'ops.time_to_detect': of('incidents', 'started_at', quantiles('impact_started_at', 'detected_at')),
  'ops.time_to_acknowledge': of('incidents', 'started_at', quantiles('detected_at', 'acknowledged_at')),
  'ops.incident_rate': of('incidents', 'started_at', 'count()'),
  'ops.downtime': of(
    'incidents',
    'started_at',
    'intervalLengthSum(toUnixTimestamp(started_at), toUnixTimestamp(restored_at))',
  ),
  'ops.maintenance': of(
    'maintenances',
    'starts_at',
    'intervalLengthSum(toUnixTimestamp(starts_at), toUnixTimestamp(ends_at))',
  ),
  'platform.availability': of(
    `(SELECT team, service, toStartOfWeek(started_at, 1, 'UTC') AS at, excluded,
        1 - intervalLengthSum(toUnixTimestamp(started_at), toUnixTimestamp(restored_at)) / 604800 AS share
      FROM incidents FINAL GROUP BY team, service, at, excluded)`,
    'at',
    'min(share)',
  ),
  'platform.ci_start_latency': of('runs', 'queued_at', share(`${seconds('queued_at', 'started_at')} <= 60`)),
  'pipeline.queue_time': of('runs', 'queued_at', quantiles('queued_at', 'started_at')),
  'pipeline.run_time': of('runs', 'finished_at', quantiles('started_at', 'finished_at')),
  'pipeline.success_rate': of('runs', 'finished_at', share("outcome = 'succeeded'"), 'last_attempt = 1'),
  'pipeline.flaky_rate': of('runs', 'finished_at', share('flaky = 1'), 'last_attempt = 1'),
  'delivery.features_delivered': of('features', 'done_at', 'count()', "kind = 'feature'", 'tier'),
  'delivery.time_to_market': of(
    '(SELECT *, arrayFirst((at, part) -> part >= 0.5, release_ats, release_shares) AS released_at FROM features FINAL)',
    'released_at',
    quantiles('committed_at', 'released_at'),
  ),
  'platform.utilization': of('usages', 'from_at', 'sum(used_hours) / sum(allocated_hours)'),
  'business.cost': of('costs', 'from_at', 'sum(amount)'),
  'business.cost_per_feature': of(
    `(SELECT team, from_at AS at, amount, 0 AS done, excluded FROM costs FINAL
      UNION ALL SELECT team, assumeNotNull(done_at), 0, 1, excluded FROM features FINAL WHERE isNotNull(done_at))`,
    'at',
    'sum(amount) / sum(done)',
  ),
  'planning.priority': of(
    `(SELECT *, arrayJoin(arrayMap(week -> ${begin()} + toIntervalWeek(week), range(104))) AS at FROM priorities FINAL)`,
    'at',
    'avg(score)',
    'stands_from <= at AND stands_to > at',
  ),
  'people.turnover': `
    SELECT team, month, uniqExactIf(atom_id, toStartOfMonth(left_at) = month) / uniqExact(atom_id)
    FROM (SELECT *, arrayJoin(arrayMap(nth -> addMonths(${begin()}, nth), range(24))) AS month FROM employments FINAL WHERE excluded = '')
    WHERE stands_from < addMonths(month, 1) AND stands_to > month GROUP BY team, month`,
  'people.onboarding_time': of('onboardings', 'started_at', quantiles('started_at', 'completed_at')),
  'people.time_to_first_login': first('actions', 'person_key', 'acted_at'),
  'people.time_to_first_change': first('changes', 'lower(author)', 'merged_at'),
  'people.time_to_first_deployment': first('changes', 'lower(author)', 'finished_at'),
  'people.time_to_tenth_change': first('changes', 'lower(author)', 'merged_at', 10),
  'adoption.rate': of(
    `(SELECT *, arrayJoin(arrayMap(week -> ${begin()} + toIntervalWeek(week), range(104))) AS at FROM adoptions FINAL)`,
    'at',
    share('adopted = 1'),
    'valid_from <= at AND valid_to > at',
  ),
  'adoption.breadth': of(
    `(SELECT *, arrayJoin(arrayMap(week -> ${begin()} + toIntervalWeek(week), range(104))) AS at FROM adoptions FINAL)`,
    'at',
    'max(adopted)',
    'valid_from <= at AND valid_to > at',
  ),
  'adoption.dau': of('actions', 'acted_at', 'uniqExact(person_key, toDate(acted_at)) / 7'),
  'adoption.wau': of('actions', 'acted_at', 'uniqExact(person_key)'),
  'adoption.mau': of(widened(4), 'at', 'uniqExact(person_key)'),
  'adoption.stickiness': of(
    widened(4),
    'at',
    'uniqExactIf((person_key, toDate(acted_at)), acted_at >= at - toIntervalWeek(1)) / 7 / uniqExact(person_key)',
  ),
  'adoption.retention': `
    SELECT toMonday(begun) AS cohort, dateDiff('week', cohort, week) AS nth, count() FROM (
      SELECT person_key, min(acted_at) AS begun, groupUniqArray(toMonday(acted_at)) AS weeks FROM actions FINAL WHERE excluded = '' GROUP BY person_key
    ) ARRAY JOIN weeks AS week GROUP BY cohort, nth`,
  'platform.self_service_success': intents('countIf(ok AND NOT asked) / count()'),
  'platform.self_service_share': intents('countIf(tried) / count()'),
  'platform.automation_run_success': of('tasks', 'asked_at', share("outcome = 'succeeded'"), "outcome != ''"),
  'people.training_completion': of('assignments', 'due_at', share('completed_at <= due_at')),
  'support.volume': of('tickets', 'created_at', 'count()'),
  'support.first_response': of('tickets', 'created_at', quantiles('created_at', 'responded_at')),
  'support.resolution_time': of('tickets', 'created_at', quantiles('created_at', 'resolved_at')),
  'support.resolution_rate': of('tickets', 'created_at', share('resolved_at <= created_at + toIntervalDay(14)')),
  'support.escalation_rate': of('tickets', 'created_at', share("support_tier = '3'"), "support_tier IN ('2', '3')"),
  'support.tier_share': of('tickets', 'created_at', share("support_tier = '1'")),
  'support.deflection': of(
    `(SELECT team, created_at AS at, 0 AS solved, excluded FROM tickets FINAL
      UNION ALL SELECT team, began_at, 1, excluded FROM searches FINAL WHERE isNotNull(found_at))`,
    'at',
    share('solved = 1'),
  ),
  'docs.search_success': of('searches', 'began_at', share('isNotNull(found_at)')),
  'docs.time_to_find': of('searches', 'began_at', quantiles('began_at', 'found_at')),
  'docs.zero_result_rate': of('searches', 'began_at', 'sum(empty_queries) / sum(answered_queries)'),
  'adoption.funnel': `
    SELECT toMonday(steps.1) AS cohort, countIf(steps.2 >= steps.1), count() FROM (
      SELECT (min(acted_at), minIf(acted_at, action = 'scaffold')) AS steps FROM actions FINAL WHERE excluded = '' GROUP BY person_key
    ) GROUP BY cohort`,
  'adoption.abandonment': of('requests', 'requested_at', share('isNull(finished_at)')),
  'survey.score': waves('avg(score)', '1-5'),
  'survey.favourable': waves(share('score >= 4'), '1-5'),
  'survey.enps': waves('countIf(score >= 9) / count() - countIf(score <= 6) / count()', '0-10'),
  'survey.response_rate': waves("uniqExactIf(respondent_key, kind = 'answer') / uniqExact(respondent_key)", ''),
};

function begin(): string {
  return "toDateTime64('2024-01-01 00:00:00', 3, 'UTC')";
}

function of(atoms: string, at: string, value: string, where = '1', key = 'team'): string {
  const from = atoms.startsWith('(') ? atoms : `${atoms} FINAL`;
  return `
    SELECT ${key}, toMonday(assumeNotNull(${at})) AS bucket, ${value}, count() AS n FROM ${from}
    WHERE excluded = '' AND ${where} AND ${at} >= ${begin()} AND ${at} < ${begin()} + toIntervalYear(2)
    GROUP BY GROUPING SETS ((${key}, bucket), (${key}))`;
}

function seconds(from: string, to: string): string {
  return `dateDiff('millisecond', ${from}, ${to}) / 1000`;
}

function quantiles(from: string, to: string): string {
  return `quantilesExactInclusive(0.5, 0.75, 0.9)(${seconds(from, to)})`;
}

function share(hit: string): string {
  return `countIf(${hit}) / count()`;
}

/** Each action once for every week of which the last `weeks` hold it. */
function widened(weeks: number): string {
  return `(SELECT *, toMonday(acted_at) + toIntervalWeek(arrayJoin(range(${weeks}))) AS at FROM actions FINAL)`;
}

function first(atoms: string, who: string, at: string, nth = 1): string {
  return `
    SELECT team, toMonday(started_at) AS bucket, quantilesExactInclusive(0.5, 0.75, 0.9)(dateDiff('second', started_at, reached))
    FROM (SELECT login_key, team, started_at FROM newcomers FINAL WHERE excluded = '') AS newcomers
    LEFT JOIN (SELECT ${who} AS login_key, arraySort(groupArray(${at}))[${nth}] AS reached FROM ${atoms} FINAL GROUP BY login_key) AS reached USING login_key
    GROUP BY GROUPING SETS ((team, bucket), (team))`;
}

function intents(value: string): string {
  return `
    SELECT team, toMonday(begun) AS bucket, ${value} FROM (
      SELECT any(team) AS team, min(at) AS begun, max(done) AS ok, max(by_ticket) AS asked, max(NOT by_ticket) AS tried FROM (
        SELECT team, person_key, kind, asked_at AS at, outcome = 'succeeded' AS done, false AS by_ticket FROM tasks FINAL
        UNION ALL SELECT team, person_key, kind, assumeNotNull(created_at), false, true FROM tickets FINAL WHERE isNotNull(created_at)
      ) GROUP BY person_key, kind, toDate(at)
    ) GROUP BY GROUPING SETS ((team, bucket), (team))`;
}

function waves(value: string, scale: string): string {
  return `SELECT wave, team, ${value} FROM answers FINAL WHERE scale = '${scale}' OR '${scale}' = '' GROUP BY GROUPING SETS ((wave, team), (wave))`;
}
