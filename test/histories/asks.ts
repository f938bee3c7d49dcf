import { DateTime } from 'luxon';
import { randomHistory } from './histories.ts';
import { teams, weekendOf } from './organisation.ts';
import { newRandom, type Random } from './random.ts';

/** A question to a metric, as its URL would say it. */
export interface Ask {
  readonly metric: string;
  readonly params: Readonly<Record<string, string>>;
  readonly now: string;
}

const DAY_MS = 86_400_000;
const owners = ['service', 'team', 'tier', 'region', 'product'] as const;
const runOwners = [...owners, 'repository', 'workflow'] as const;
const link = { link: ['linked_only', 'previous_deploy'], max_lag: ['24', '1', '0.5', '200'] };
const open = { closed_only: ['true', 'false'], kaplan_meier: ['true', 'false'] };
const bucket = { bucket: ['impact_started_at', 'restored_at'] };

/** A metric that has an oracle, with the values its options take and the dimensions its atoms have. */
export interface Askable {
  readonly metric: string;
  readonly options: Readonly<Record<string, readonly string[]>>;
  readonly dimensions: readonly string[];
  /** Told without filters, in one zone for all. */
  readonly unfiltered?: boolean;
  /** Asked in one zone for all. */
  readonly oneZone?: boolean;
}

/** The metrics that are asked about {@link randomHistory}. */
const askable: readonly Askable[] = [
  {
    metric: 'dora.deployment_frequency',
    options: {
      count: ['changes', 'all_rollouts'],
      per: ['calendar_day', 'working_day'],
      cadence_class: ['true', 'false'],
    },
    dimensions: [...owners, 'environment_group'],
  },
  {
    metric: 'dora.change_lead_time',
    options: {
      unit: ['change', 'commit'],
      start: ['first_commit', 'merged'],
      end: ['first', 'lasting'],
      dedupe_changes: ['service', 'last_service'],
      include_reverts: ['true', 'false'],
      include_bots: ['true', 'false'],
    },
    dimensions: [...owners, 'environment_group', 'repository'],
  },
  { metric: 'dora.change_fail_rate', options: link, dimensions: [...owners, 'environment_group'] },
  { metric: 'dora.deployment_rework_rate', options: {}, dimensions: [...owners, 'environment_group'] },
  {
    metric: 'dora.failed_deployment_recovery_time',
    options: {
      ...link,
      start: ['degraded', 'detected', 'deployed'],
      bucket: ['finished_at', 'restored_at'],
      ...open,
    },
    dimensions: [...owners, 'environment_group'],
  },
  {
    metric: 'delivery.deployment_success_rate',
    options: { unit: ['rollout', 'attempt'] },
    dimensions: [...owners, 'environment_group'],
  },
  { metric: 'ops.mttr', options: { ...bucket, kaplan_meier: ['true', 'false'] }, dimensions: owners },
  { metric: 'ops.time_to_detect', options: bucket, dimensions: owners },
  { metric: 'ops.time_to_acknowledge', options: { ...bucket, ...open }, dimensions: owners },
  { metric: 'ops.incident_rate', options: { per: ['30_service_days', '100_deployments'] }, dimensions: owners },
  { metric: 'ops.downtime', options: {}, dimensions: owners },
  { metric: 'ops.maintenance', options: {}, dimensions: owners },
  { metric: 'pipeline.queue_time', options: {}, dimensions: runOwners },
  { metric: 'pipeline.run_time', options: {}, dimensions: runOwners },
  { metric: 'pipeline.success_rate', options: {}, dimensions: runOwners },
  { metric: 'pipeline.flaky_rate', options: {}, dimensions: runOwners },
  {
    metric: 'platform.ci_start_latency',
    options: { finish: ['true', 'false'], within_seconds: ['60', '1', '900'] },
    dimensions: runOwners,
  },
  {
    metric: 'platform.availability',
    options: { method: ['auto', 'time', 'events'], any_down: ['true', 'false'], level: ['0.95', '0.5', '1'] },
    dimensions: owners,
  },
];

/** Metrics of durations. */
const timed = [
  'dora.change_lead_time',
  'dora.failed_deployment_recovery_time',
  'ops.mttr',
  'ops.time_to_detect',
  'ops.time_to_acknowledge',
  'pipeline.queue_time',
  'pipeline.run_time',
  'support.first_response',
  'support.resolution_time',
  'docs.time_to_find',
];

const values: Readonly<Record<string, readonly string[]>> = {
  service: ['api', 'web', 'shop', 'shop-jobs', 'legacy', 'acme/lib', 'acme/mono', '(unassigned)'],
  team: [...teams, '(unassigned)'],
  tier: ['1', '2', '(unassigned)'],
  region: ['eu', 'us', '(unassigned)'],
  product: ['store', '(unassigned)'],
  environment_group: ['production', 'edge', '(unassigned)'],
  repository: ['acme/mono', 'acme/shop', 'acme/lib'],
  workflow: ['Deploy', 'CI', '(unassigned)'],
  support_tier: ['0', '1', '2', '3'],
  kind: ['create-repository', 'advice', 'documentation', '(unassigned)'],
  wave: ['A', 'B', 'C'],
  item: ['overall', 'docs', 'enps', 'mood'],
};

/** Questions about {@link randomHistory} of the same seed: each metric once plainly and once with everything varied. */
export function asks(seed: number): Ask[] {
  return questionsAbout(seed, randomHistory(seed), askable);
}

/** Questions about a history of a seed: each metric once plainly and once with everything varied. */
export function questionsAbout(
  seed: number,
  history: readonly { readonly recorded_at: string }[],
  metrics: readonly Askable[],
): Ask[] {
  const random = newRandom(seed + 0x5eed);
  const { at, tz } = weekendOf(seed);
  // Now is when everything was recorded; earlier states of knowledge are asked for with as_of.
  const recorded = Math.max(...history.map((one) => Date.parse(one.recorded_at)));
  const now = new Date(recorded + random.pick([1, DAY_MS, 60 * DAY_MS])).toISOString();
  return metrics.flatMap((one) => [
    { metric: one.metric, params: windowOf(random, at, tz), now },
    { metric: one.metric, params: variedParams(random, one, at, tz, now), now },
  ]);
}

/** Whole local days around the change of clocks, most of them; some cut days in the middle. */
export function windowOf(random: Random, at: number, tz: string): { from: string; to: string; tz: string } {
  const zone = random.weighted([
    [4, tz],
    [1, 'UTC'],
    [1, 'Asia/Kolkata'],
    [1, 'America/New_York'],
  ]);
  const days = random.pick([1, 7, 14, 28, 40]);
  const from = DateTime.fromMillis(at, { zone })
    .startOf('day')
    .minus({ days: random.int(Math.floor(days / 2), days + 4) });
  // Less than the shortest day has.
  const cut = random.chance(0.15) ? { minutes: Math.min(random.int(1, 1400), 1370) } : {};
  return {
    from: from.plus(cut).toUTC().toISO()!,
    to: from
      .plus({ days })
      .plus(random.chance(0.1) ? { minutes: random.int(1, 1400) } : {})
      .toUTC()
      .toISO()!,
    tz: zone,
  };
}

function variedParams(random: Random, one: Askable, at: number, tz: string, now: string): Record<string, string> {
  const params: Record<string, string> = windowOf(random, at, tz);
  const days = (Date.parse(params.to!) - Date.parse(params.from!)) / DAY_MS;
  const grain = random.pick([...(days <= 3 ? ['hour'] : []), 'day', 'week', 'month', 'quarter', 'year', '28d', '']);
  if (grain !== '') params.grain = grain;
  if (random.chance(0.6)) params.group_by = random.shuffled(one.dimensions).slice(0, random.int(1, 2)).join(',');
  if (params.group_by?.split(',').includes('team') && random.chance(0.4) && !one.unfiltered && !one.oneZone)
    params.tz = 'team';
  if (random.chance(0.35) && !one.unfiltered) {
    const dimension = random.pick(one.dimensions);
    params[dimension] = random.chance(0.1)
      ? '*'
      : random.shuffled(values[dimension]!).slice(0, random.int(1, 3)).join(',');
  }
  for (const [name, among] of Object.entries(one.options)) if (random.chance(0.5)) params[name] = random.pick(among);
  if (timed.includes(one.metric) && random.chance(0.3)) params.business_hours = random.pick(['office', 'nights']);
  // The two ways to read what is open exclude each other.
  if (params.closed_only === 'true' && params.kaplan_meier === 'true') params.closed_only = 'false';
  if (random.chance(0.25)) params.ownership = random.pick(['then', 'now']);
  if (random.chance(0.5)) {
    const past = at + random.int(-10, 12) * DAY_MS + random.int(0, 86_400) * 1000;
    params.as_of = new Date(Math.min(past, Date.parse(now))).toISOString();
  }
  return params;
}
