import { intersection, type Stretch } from './calendar.ts';
import { sameName } from './catalog.ts';
import { type IncidentItem, incidentItems, touching, unionLength } from './incident-metrics.ts';
import { compareText } from './known.ts';
import { maintenanceOf, outside } from './maintenance.ts';
import { inBeing } from './scope.ts';
import { strictestTarget } from './service-levels.ts';
import { INCIDENT_FEEDS, type OracleMetric, type RowContext, type Summary, within } from './summary.ts';

/** metrics.md §5.3, reading R58, decisions D77 and D78; of services that are told by their incidents. */
export const availabilityMetrics: Readonly<Record<string, OracleMetric>> = {
  'platform.availability': {
    unit: 'fraction',
    options: { method: 'auto', level: 0.999, any_down: false },
    feeds: INCIDENT_FEEDS,
    graceHours: 48,
    items: (world, options) => incidentItems(world, options, () => ({})),
    summarize: availability,
  },
};

/** What is known of one service: seconds without an incident, of the seconds in which it was there and not in maintenance. */
interface Told {
  readonly service: string;
  readonly good: number;
  readonly valid: number;
  /** Seconds in maintenance. */
  readonly taken: number;
  readonly there: readonly Stretch[];
  readonly isMet: boolean;
}

function availability(row: RowContext): Summary {
  // Nothing is told by slices here, so that who asks for them alone hears of no service.
  const isOfNone = row.options.method === 'events';
  const items = isOfNone ? [] : (row.items as readonly IncidentItem[]);
  const down = touching(row, items);
  const there = isOfNone
    ? []
    : [...row.world.services].sort(compareText).flatMap((service) => ofService(row, service, down) ?? []);
  const told = there.filter(({ valid }) => valid > 0);
  const worst = told.reduce<Told | null>(
    (so, one) => (so === null || one.good / one.valid < so.good / so.valid ? one : so),
    null,
  );
  const most = { good: 0, valid: 0, taken: Math.max(0, ...there.map(({ taken }) => taken)) };
  const { good, valid, taken } =
    worst === null ? most : row.options.any_down === true ? ofAll(row, there, down) : worst;
  const meeting = told.filter((one) => one.isMet).length;
  return {
    value: valid === 0 ? null : good / valid,
    n: down.length,
    ci: null,
    openN: down.filter((one) => one.incident.restoredAt === null).length,
    excluded: within(items, row).excluded,
    notApplicable: valid === 0,
    facts: {
      numerator: good,
      denominator: valid,
      maintenance_seconds: taken,
      method: 'time',
      services_n: told.length,
      meeting_n: meeting,
    },
    derived: {
      worst_service: worst?.service ?? null,
      worst_value: worst === null ? null : worst.good / worst.valid,
      meeting_share: told.length === 0 ? null : meeting / told.length,
    },
  };
}

/** The union of one service's incidents, by the time in which it was of the scope and in being, both outside of maintenance. */
function ofService(row: RowContext, service: string, down: ReturnType<typeof touching>): Told | null {
  const there = inBeing(row.world, row.options, service, row.inScope).flatMap((part) =>
    intersection(part, untilNow(row)),
  );
  if (there.length === 0) return null;
  const maintenance = maintenanceOf(row.world, service);
  const own = down.filter((one) => sameName(one.incident.service, service));
  const valid = unionLength(outside(there, maintenance)) / 1000;
  const good = Math.max(0, valid - unionLength(outside(own, maintenance)) / 1000);
  const level = strictestTarget(row.world, service) ?? Number(row.options.level);
  const taken = unionLength(there) / 1000 - valid;
  return { service, good, valid, taken, there, isMet: good / valid >= level - 1e-12 };
}

/** All of the time in which not all of them were in maintenance, without what any of them was down outside of its own. */
function ofAll(row: RowContext, told: readonly Told[], down: ReturnType<typeof touching>) {
  const { start, end } = untilNow(row);
  const plans = told.map(({ service, there }) => ({ there, maintenance: maintenanceOf(row.world, service) }));
  const edges = plans
    .flatMap(({ there, maintenance }) => [...there, ...maintenance].flatMap((one) => [one.start, one.end]))
    .filter((edge) => edge > start && edge < end);
  const cuts = [...new Set([start, ...edges, end])].sort((a, b) => a - b);
  let idle = 0;
  for (const [nth, from] of cuts.slice(0, -1).entries()) {
    const holds = (stretches: readonly Stretch[]) => stretches.some((one) => one.start <= from && from < one.end);
    const serving = plans.filter(({ there }) => holds(there));
    if (serving.length > 0 && serving.every(({ maintenance }) => holds(maintenance))) idle += cuts[nth + 1]! - from;
  }
  const valid = Math.max(0, end - start - idle) / 1000;
  const bad = down.flatMap((one) => outside([one], maintenanceOf(row.world, one.incident.service)));
  return { good: Math.max(0, valid - unionLength(bad) / 1000), valid, taken: idle / 1000 };
}

function untilNow({ clipped, world }: RowContext): Stretch {
  return { start: clipped.start, end: Math.min(clipped.end, world.asOf) };
}
