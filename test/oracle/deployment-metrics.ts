import { localDate, unitsOf } from './calendar.ts';
import { failuresOf, inR, type LinkOptions, reworkOf } from './failures.ts';
import { inC, type Rollout } from './rollouts.ts';
import { garwood, quantile, wilson } from './statistics.ts';
import {
  dimensionsOf,
  durations,
  type Item,
  type Options,
  type OracleMetric,
  ROLLOUT_FEEDS,
  type RowContext,
  type Summary,
  within,
} from './summary.ts';
import { remembered, type World } from './world.ts';

/** metrics.md §3.1, §3.3 to §3.5 and §4.2. */
export const deploymentMetrics: Readonly<Record<string, OracleMetric>> = {
  'dora.deployment_frequency': {
    unit: 'deployments/day',
    options: { count: 'changes', per: 'calendar_day', cadence_class: false },
    feeds: ROLLOUT_FEEDS,
    graceHours: 48,
    items: deployments,
    summarize: frequency,
  },
  'dora.change_fail_rate': {
    unit: 'fraction',
    options: { link: 'linked_only', max_lag: 24 },
    feeds: ROLLOUT_FEEDS,
    graceHours: 7 * 24,
    items: (world, options) => rolloutItems(world, options, outsideC),
    summarize: failRate,
  },
  'dora.deployment_rework_rate': {
    unit: 'fraction',
    options: {},
    feeds: ROLLOUT_FEEDS,
    graceHours: 7 * 24,
    items: (world, options) => rolloutItems(world, options, (rollout) => outsideR(world, rollout)),
    summarize: reworkRate,
  },
  'dora.failed_deployment_recovery_time': {
    unit: 'minutes',
    options: {
      start: 'degraded',
      bucket: 'finished_at',
      closed_only: false,
      kaplan_meier: false,
      link: 'linked_only',
      max_lag: 24,
    },
    feeds: ROLLOUT_FEEDS,
    graceHours: 7 * 24,
    items: recoveries,
    summarize: (row) => durations(row, row.items, 60_000),
  },
  'delivery.deployment_success_rate': {
    unit: 'fraction',
    options: { unit: 'rollout' },
    feeds: ROLLOUT_FEEDS,
    graceHours: 48,
    items: attempts,
    summarize: (row) => {
      const { counted, excluded } = within(row.items, row);
      return proportion(counted.filter((item) => item.duration === 0).length, counted.length, excluded);
    },
  },
};

/** A rollout as an item; `leftOut` says why the metric's population is without it. */
function rolloutItems(
  world: World,
  options: Options,
  leftOut: (rollout: Rollout) => string,
): (Item & { rollout: Rollout })[] {
  return world.rollouts.map((rollout) => ({
    rollout,
    atomId: rollout.atomId,
    at: rollout.finishedAt,
    dimensions: dimensionsOf(world, options, rollout.service, rollout.finishedAt, { environment_group: rollout.group }),
    excluded: rollout.excluded || leftOut(rollout),
  }));
}

/** Why a rollout is not in L ∩ succeeded, or is no change. */
function outsideChanges(rollout: Rollout): string {
  if (rollout.outcome !== 'succeeded') return rollout.outcome;
  return rollout.kind === 'change' ? '' : rollout.kind;
}

function outsideC(rollout: Rollout): string {
  return outsideL(rollout) || outsideKind(rollout);
}

function outsideL(rollout: Rollout): string {
  return rollout.outcome === 'succeeded' || rollout.outcome === 'failed_live' ? '' : rollout.outcome;
}

function outsideKind(rollout: Rollout): string {
  return rollout.kind === 'change' ? '' : rollout.kind;
}

function outsideR(world: World, rollout: Rollout): string {
  const remedy = world.remedies.find((one) => one.rollout === rollout)!;
  return outsideL(rollout) || (inR(remedy) ? '' : 'noop');
}

function deployments(world: World, options: Options): Item[] {
  const all = options.count === 'all_rollouts';
  return rolloutItems(world, options, (rollout) =>
    all ? (rollout.outcome === 'succeeded' ? '' : rollout.outcome) : outsideChanges(rollout),
  );
}

/** §3.1. */
function frequency(row: RowContext): Summary {
  const { counted, excluded } = within(row.items, row);
  const times = counted.map((item) => item.at!).sort((a, b) => a - b);
  const count = times.length;
  const days = row.options.per === 'working_day' ? row.workingDays : row.days;
  const intervals = times.slice(1).map((at, index) => (at - times[index]!) / 1000);
  return {
    value: days > 0 ? count / days : null,
    n: count,
    ci: garwood(count, days),
    excluded,
    notApplicable: days === 0,
    facts: {
      numerator: count,
      denominator: days,
      count,
      deployment_days: new Set(times.map((at) => localDate(at, row.tz))).size,
      service_days: row.serviceDays,
    },
    derived: {
      median_interval_seconds: quantile(intervals, 0.5),
      per_service_day: row.serviceDays > 0 ? count / row.serviceDays : null,
      ...(row.options.cadence_class === true ? { cadence_class: cadence(row, times) } : {}),
    },
  };
}

/**
 * Four Keys' classes over the weeks begun in the bucket: daily if the median week has 3 deployment days or more, weekly if
 * it has one, monthly if the median month has a week with one, else yearly.
 */
function cadence(row: RowContext, times: readonly number[]): string {
  const weeks = unitsOf(row.clipped, 'week', row.tz, row.world.asOf);
  const daysOf = (start: number, end: number): number =>
    new Set(times.filter((at) => at >= start && at < end).map((at) => localDate(at, row.tz))).size;
  const perWeek =
    quantile(
      weeks.map((week) => daysOf(week.start, week.end)),
      0.5,
    ) ?? 0;
  if (perWeek >= 3) return 'daily';
  if (perWeek >= 1) return 'weekly';
  const months = unitsOf(row.clipped, 'month', row.tz, row.world.asOf);
  const perMonth = quantile(
    months.map((month) => (daysOf(month.start, month.end) > 0 ? 1 : 0)),
    0.5,
  );
  return (perMonth ?? 0) >= 1 ? 'monthly' : 'yearly';
}

function proportion(numerator: number, denominator: number, excluded: Readonly<Record<string, number>>): Summary {
  return {
    value: denominator === 0 ? null : numerator / denominator,
    n: denominator,
    ci: wilson(numerator, denominator),
    excluded,
    notApplicable: denominator === 0,
    insufficient: denominator < 5,
    facts: { numerator, denominator },
  };
}

function linkOptions(options: Options): LinkOptions {
  return {
    link: options.link === 'previous_deploy' ? 'previous_deploy' : 'linked_only',
    maxLagMs: Number(options.max_lag) * 3_600_000,
  };
}

/** §3.3. */
function failRate(row: RowContext): Summary {
  const { world, options, bucket } = row;
  const { counted, excluded } = within(row.items, row);
  const failures = remembered(world, `failures ${options.link} ${options.max_lag}`, () =>
    failuresOf(world.rollouts, world.incidents, world.remedies, linkOptions(options)),
  );
  const failed = new Set(failures.map((failure) => failure.rollout.atomId));
  const summary = proportion(counted.filter((item) => failed.has(item.atomId)).length, counted.length, excluded);
  if (options.link !== 'linked_only') return summary;
  const unlinked = world.incidents.filter(
    (incident) =>
      incident.excluded === '' &&
      incident.cause === null &&
      incident.startedAt >= bucket.start &&
      incident.startedAt < bucket.end &&
      row.inScope(dimensionsOf(world, options, incident.service, incident.startedAt)),
  );
  return { ...summary, facts: { ...summary.facts, unlinked_n: unlinked.length } };
}

/** §3.4. */
function reworkRate(row: RowContext): Summary {
  const { world } = row;
  const remedies = new Map(world.remedies.map((remedy) => [remedy.rollout.atomId, remedy]));
  const { counted, excluded } = within(row.items, row);
  const judged = counted.map((item) => reworkOf(remedies.get(item.atomId)!));
  const unknown = judged.filter((one) => one.isUnknown).length;
  const summary = proportion(judged.filter((one) => one.isRework).length, counted.length, excluded);
  return {
    ...summary,
    noData: unknown > 0.2 * counted.length,
    facts: { ...summary.facts, planned_unknown_n: unknown },
  };
}

/** §3.5: failed deployments with the time it took to recover; the rest of C is not its atoms. */
function recoveries(world: World, options: Options): Item[] {
  const failures = new Map(
    failuresOf(world.rollouts, world.incidents, world.remedies, linkOptions(options)).map((failure) => [
      failure.rollout.atomId,
      failure,
    ]),
  );
  return rolloutItems(world, options, outsideC).flatMap((item): Item[] => {
    if (item.excluded !== '' || !inC(item.rollout)) return [item];
    const failure = failures.get(item.atomId);
    if (!failure) return [];
    const starts = { degraded: failure.degradedAt, detected: failure.detectedAt, deployed: item.rollout.finishedAt };
    const start = starts[options.start as keyof typeof starts];
    const duration = failure.restoredAt === null ? null : Math.max(0, failure.restoredAt - start);
    return [{ ...item, at: options.bucket === 'restored_at' ? failure.restoredAt : item.at, duration, since: start }];
  });
}

/** §4.2: rollouts, or each attempt at its own end. A success has duration 0, a failure none. */
function attempts(world: World, options: Options): Item[] {
  const leftOut = (outcome: string): string => (outcome === 'cancelled' || outcome === 'superseded' ? outcome : '');
  const asItem = (item: Item, outcome: string): Item => ({ ...item, duration: outcome === 'succeeded' ? 0 : null });
  if (options.unit !== 'attempt')
    return rolloutItems(world, options, (rollout) => leftOut(rollout.outcome)).map((item) =>
      asItem(item, item.rollout.outcome),
    );
  return rolloutItems(world, options, () => '').flatMap((item) =>
    item.rollout.attempts.map((attempt) =>
      asItem(
        {
          ...item,
          at: attempt.finishedAt,
          excluded: item.rollout.excluded || leftOut(attempt.outcome),
        },
        attempt.outcome,
      ),
    ),
  );
}
