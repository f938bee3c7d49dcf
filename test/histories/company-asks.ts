import { type Ask, windowOf } from './asks.ts';
import { companyHistory } from './company.ts';
import { teams, weekendOf } from './organisation.ts';
import { newRandom, type Random } from './random.ts';

const DAY_MS = 86_400_000;
const owners = ['service', 'team', 'tier', 'region', 'product'] as const;

/** A metric with the values that its options take, what it is grouped by and what it is filtered by. */
interface Askable {
  readonly metric: string;
  readonly options: Readonly<Record<string, readonly string[]>>;
  readonly groups: readonly string[];
  readonly filters: readonly string[];
  readonly timed?: boolean;
  /** Its median can be set against that of a baseline. */
  readonly isReducible?: boolean;
  /** Of some of the people nothing is told but of whole days, in the organisation's zone, as known now. */
  readonly isOfPeople?: boolean;
}

const people = { groups: ['team', 'region'], filters: ['team', 'region'], options: {}, isOfPeople: true } as const;
const cohorts = { groups: ['team'], filters: [], options: {} } as const;
const per = ['calendar_day', 'working_day'];

const askable: readonly Askable[] = [
  {
    metric: 'delivery.features_delivered',
    options: {},
    groups: ['tier', 'region', 'product'],
    filters: ['team', 'service', 'tier'],
  },
  {
    metric: 'delivery.time_to_market',
    options: { audience: ['0.5', '1', '0.1', '0'], bucket: ['released', 'committed'] },
    groups: owners,
    filters: owners,
    timed: true,
    isReducible: true,
  },
  {
    metric: 'platform.utilization',
    options: { of: ['total', 'hourly_p95', 'hourly_p95'] },
    groups: [...owners, 'resource'],
    filters: [...owners, 'resource'],
  },
  {
    metric: 'business.cost',
    options: { chargeback: ['used', 'allocated', 'shares', 'none'], chargeback_resource: ['cpu', 'memory'] },
    groups: [...owners, 'category', 'currency'],
    filters: [...owners, 'category', 'currency'],
  },
  { metric: 'business.cost_per_feature', options: {}, groups: owners, filters: owners },
  { metric: 'planning.priority', options: {}, groups: [...owners, 'feature'], filters: [...owners, 'feature'] },
  { ...people, metric: 'adoption.dau', options: { per } },
  { ...people, metric: 'adoption.wau' },
  { ...people, metric: 'adoption.mau', options: { window: ['28d', '30d', 'month'] } },
  { ...people, metric: 'adoption.stickiness', options: { window: ['28d', '30d', 'month', '7d'], per } },
  { ...people, metric: 'adoption.retention', options: { week: ['0', '1', '2', '5'] }, groups: [], filters: [] },
  { ...cohorts, metric: 'people.time_to_first_login', timed: true },
  { ...cohorts, metric: 'people.time_to_first_change', timed: true },
  { ...cohorts, metric: 'people.time_to_first_deployment', timed: true },
  { ...cohorts, metric: 'people.time_to_tenth_change', timed: true },
  { ...cohorts, metric: 'people.onboarding_time', options: { within_days: ['2', '0.5', '10'] }, timed: true },
  {
    ...cohorts,
    metric: 'adoption.funnel',
    options: {
      step: ['login', 'scaffold', 'deploy', 'second_week'],
      of: ['previous', 'first'],
      within_days: ['28', '1', '10'],
    },
  },
  {
    ...cohorts,
    metric: 'adoption.abandonment',
    options: { within_days: ['28', '1', '60'] },
    groups: ['team', 'kind'],
  },
  { ...cohorts, metric: 'people.turnover', options: { voluntary: ['true', 'false'] } },
];

const values: Readonly<Record<string, readonly string[]>> = {
  service: ['api', 'web', 'shop', 'nobody', '(unassigned)'],
  team: [...teams, '(unassigned)'],
  tier: ['1', '2', '(unassigned)'],
  region: ['eu', 'us', '(unassigned)'],
  product: ['store', '(unassigned)'],
  resource: ['cpu', 'memory'],
  category: ['people', 'licence', '(unassigned)'],
  currency: ['EUR', 'USD', 'CHF'],
  feature: ['f1', 'f2', 'f3'],
};

/**
 * Questions about {@link companyHistory} of the same seed: each metric once plainly and twice with everything varied, of which
 * one seed asks half.
 */
export function companyAsks(seed: number): Ask[] {
  const random = newRandom(seed + 0xb0b);
  const recorded = Math.max(...companyHistory(seed).map((one) => Date.parse(one.recorded_at)));
  const now = new Date(recorded + random.pick([1, DAY_MS, 60 * DAY_MS])).toISOString();
  const past = new Date(weekendOf(seed).at + random.int(-40, 12) * DAY_MS + random.int(0, 86_400) * 1000).toISOString();
  const all = askable.flatMap((one) => [
    { metric: one.metric, params: windowAt(random, seed), now },
    { metric: one.metric, params: varied(random, one, seed, past), now },
    { metric: one.metric, params: varied(random, one, seed, past), now },
  ]);
  return all.filter((_, index) => index % 2 === seed % 2);
}

/** Around the change of clocks, or all three months. */
function windowAt(random: Random, seed: number): { from: string; to: string; tz: string } {
  const { at, tz } = weekendOf(seed);
  const window = windowOf(random, at, tz);
  if (random.chance(0.5)) return window;
  const days = random.pick([60, 90, 100]);
  return { ...window, from: new Date(Date.parse(window.to) - days * DAY_MS).toISOString() };
}

function varied(random: Random, one: Askable, seed: number, past: string): Record<string, string> {
  const params: Record<string, string> = windowAt(random, seed);
  if (one.isReducible === true && random.chance(0.7)) againstBaseline(params, random);
  const days = (Date.parse(params.to!) - Date.parse(params.from!)) / DAY_MS;
  const grain = random.pick([...(days <= 3 ? ['hour'] : []), 'day', 'week', 'month', 'quarter', 'year', '28d', '']);
  if (grain !== '') params.grain = grain;
  if (one.groups.length > 0 && random.chance(0.6))
    params.group_by = random.shuffled(one.groups).slice(0, random.int(1, 2)).join(',');
  if (
    one.isOfPeople !== true &&
    one.filters.length > 0 &&
    params.group_by?.split(',').includes('team') &&
    random.chance(0.3)
  )
    params.tz = 'team';
  if (one.filters.length > 0 && random.chance(0.35)) {
    const filter = random.pick(one.filters);
    params[filter] = random.shuffled(values[filter]!).slice(0, random.int(1, 3)).join(',');
  }
  for (const [name, among] of Object.entries(one.options)) if (random.chance(0.5)) params[name] = random.pick(among);
  if (one.timed === true && random.chance(0.3)) params.business_hours = random.pick(['office', 'nights']);
  if (random.chance(0.25)) params.ownership = random.pick(['then', 'now']);
  // Of some of the people nothing is told as of a past, least of all of what came after it.
  if (random.chance(0.4) && !(one.isOfPeople === true && past <= params.from!)) params.as_of = past;
  if (one.isOfPeople === true && one.groups.some((name) => name in params || params.group_by !== undefined))
    if (random.chance(0.8)) tellable(params);
  return params;
}

/** Makes a question one about weeks that are set against earlier ones, or for once against later ones. */
function againstBaseline(params: Record<string, string>, random: Random): void {
  const before = (instant: string, days: number): string => new Date(Date.parse(instant) - days * DAY_MS).toISOString();
  const from = before(params.to!, random.pick([7, 35, 40, 45, 50]));
  const end = before(from, random.pick([0, 0, 5]));
  const baseline = `${before(end, random.pick([7, 35, 40, 60]))}..${end}`;
  const now = `${from}..${params.to}`;
  const [asked, against] = random.chance(0.9) ? [now, baseline] : [baseline, now];
  [params.from, params.to] = asked.split('..') as [string, string];
  params.baseline = against;
}

/** Makes a question about some of the people one that may be answered. */
function tellable(params: Record<string, string>): void {
  params.tz = 'UTC';
  params.from = `${params.from!.slice(0, 10)}T00:00:00.000Z`;
  const to = `${params.to!.slice(0, 10)}T00:00:00.000Z`;
  params.to = to > params.from ? to : new Date(Date.parse(to) + DAY_MS).toISOString();
  delete params.as_of;
  delete params.ownership;
}
