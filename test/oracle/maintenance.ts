import { intersection, type Stretch } from './calendar.ts';
import { sameName } from './catalog.ts';
import { unionLength } from './incident-metrics.ts';
import { compareText, dataOf, timeOf } from './known.ts';
import { eventsBy } from './owners.ts';
import {
  dimensionsOf,
  type Item,
  type Options,
  type OracleMetric,
  type RowContext,
  type Summary,
  within,
} from './summary.ts';
import { remembered, type World } from './world.ts';

/** metrics.md §5.1 and §5.3, reading R59: what was announced of maintenance. */
export const maintenanceMetrics: Readonly<Record<string, OracleMetric>> = {
  'ops.maintenance': {
    unit: 'minutes',
    options: {},
    feeds: ['maintenance.announced'],
    graceHours: 48,
    sourcesAlone: true,
    items: (world, options) => maintenancesOf(world).map((one) => itemOf(world, options, one)),
    summarize: minutes,
  },
};

/** Maintenance under one name, or why there is none of it. */
interface Maintenance extends Stretch {
  readonly service: string;
  readonly excluded: '' | 'announced_late' | 'cancelled';
}

interface MaintenanceItem extends Item {
  readonly maintenance: Maintenance;
}

/** What somebody said of a maintenance: a plan for those named, or that it is over. */
interface Said {
  readonly at: number;
  readonly plan: (Stretch & { readonly names: readonly string[] }) | null;
  readonly id: string;
}

/** A service's maintenance that counts; stretches may overlap. */
export function maintenanceOf(world: World, service: string): readonly Stretch[] {
  return maintenancesOf(world).filter((one) => one.excluded === '' && sameName(one.service, service));
}

/** What of `stretches` lies in none of `taken`. */
export function outside(stretches: readonly Stretch[], taken: readonly Stretch[]): Stretch[] {
  return taken.reduce<Stretch[]>(
    (left, { start, end }) =>
      left.flatMap((one) => [
        ...intersection(one, { start: Number.NEGATIVE_INFINITY, end: start }),
        ...intersection(one, { start: end, end: Number.POSITIVE_INFINITY }),
      ]),
    [...stretches],
  );
}

function maintenancesOf(world: World): readonly Maintenance[] {
  return remembered(world, 'maintenances', () =>
    [...eventsBy(world, /^maintenance\./, 'maintenance_id').values()].flatMap((events) => {
      const said = events
        .map((event): Said => {
          const { services, starts_at: start, ends_at: end } = dataOf(event);
          const isPlan = event.type === 'maintenance.announced';
          const plan = isPlan
            ? { names: services as string[], start: Date.parse(String(start)), end: Date.parse(String(end)) }
            : null;
          return { at: timeOf(event), plan, id: event.id };
        })
        .sort((a, b) => a.at - b.at || Number(a.plan === null) - Number(b.plan === null) || compareText(a.id, b.id));
      const names = new Set(said.flatMap(({ plan }) => plan?.names.map((name) => name.toLowerCase()) ?? []));
      return [...names].flatMap((name) => follow(world, name, said));
    }),
  );
}

/** Goes through what was said as it was said: the plan that stands, and what each word changes of it (R59). */
function follow(world: World, name: string, said: readonly Said[]): Maintenance[] {
  const found: Maintenance[] = [];
  const believed = new Set<string>();
  const late = new Map<string, Maintenance>();
  let standing: { start: number; end: number; readonly planned: number; readonly spelled: string } | null = null;
  const close = (at: number, isPutOff: boolean): void => {
    if (standing === null) return;
    const { start, planned } = standing;
    const service = serviceOf(world, standing.spelled, start);
    const end = Math.min(standing.end, at);
    if (end > start) found.push({ start, end, service, excluded: '' });
    else if (!isPutOff) found.push({ start, end: planned, service, excluded: 'cancelled' });
    standing = null;
  };
  for (const { at, plan } of said) {
    // Of several spellings in one announcement the first by name.
    const spelled = plan?.names.filter((one) => sameName(one, name)).sort(compareText)[0];
    if (plan === null || spelled === undefined) {
      close(at, false);
      continue;
    }
    const { start, end } = plan;
    const told = `${start} ${end}`;
    const open = standing as { start: number; end: number } | null;
    if (at < start) {
      close(at, true);
      standing = { start, end, planned: end, spelled };
      believed.add(told);
    } else if (open !== null && open.start <= at && at < open.end) {
      open.end = Math.max(end, at);
      believed.add(told);
    } else if (!late.has(told)) {
      late.set(told, { start, end, service: serviceOf(world, spelled, start), excluded: 'announced_late' });
    }
  }
  close(Number.POSITIVE_INFINITY, false);
  return [...found, ...[...late].flatMap(([told, one]) => (believed.has(told) ? [] : [one]))];
}

/** R5's service of a name; one that nobody defines is what it is called. */
function serviceOf({ catalog }: World, name: string, at: number): string {
  return catalog.listing('incident_services', name, at) ?? catalog.service(name, at)?.service ?? name;
}

function itemOf(world: World, options: Options, maintenance: Maintenance): MaintenanceItem {
  const { service, start, excluded } = maintenance;
  return {
    maintenance,
    atomId: `${service} ${start}`,
    // What is only planned yet is not there yet (D82).
    at: excluded === '' && start >= world.asOf ? null : start,
    dimensions: dimensionsOf(world, options, service, start),
    excluded,
  };
}

/** The union, clipped to the bucket and to what is past. */
function minutes(row: RowContext): Summary {
  const items = row.items as readonly MaintenanceItem[];
  const past = { start: row.bucket.start, end: Math.min(row.bucket.end, row.world.asOf) };
  const there = items
    .filter((item) => item.excluded === '' && row.inScope(item.dimensions))
    .flatMap((item) => intersection(item.maintenance, past));
  return {
    value: unionLength(there) / 60_000,
    n: there.length,
    ci: null,
    excluded: within(items, row).excluded,
  };
}
