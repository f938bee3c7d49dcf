import { intersection, type Stretch } from './calendar.ts';
import { sameName } from './catalog.ts';
import { type IncidentItem, incidentItems, touching, unionLength } from './incident-metrics.ts';
import { compareText } from './known.ts';
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

/** What is known of one service: seconds without an incident, of the seconds in which it was there. */
interface Told {
  readonly service: string;
  readonly good: number;
  readonly valid: number;
  readonly isMet: boolean;
}

function availability(row: RowContext): Summary {
  // Nothing is told by slices here, so that who asks for them alone hears of no service.
  const isOfNone = row.options.method === 'events';
  const items = isOfNone ? [] : (row.items as readonly IncidentItem[]);
  const down = touching(row, items);
  const told = isOfNone
    ? []
    : [...row.world.services].sort(compareText).flatMap((service) => ofService(row, service, down) ?? []);
  const worst = told.reduce<Told | null>(
    (so, one) => (so === null || one.good / one.valid < so.good / so.valid ? one : so),
    null,
  );
  const { good, valid } = row.options.any_down === true && worst !== null ? ofAll(row, down) : (worst ?? nothing);
  const meeting = told.filter((one) => one.isMet).length;
  return {
    value: valid === 0 ? null : good / valid,
    n: down.length,
    ci: null,
    openN: down.filter((one) => one.incident.restoredAt === null).length,
    excluded: within(items, row).excluded,
    notApplicable: valid === 0,
    facts: { numerator: good, denominator: valid, method: 'time', services_n: told.length, meeting_n: meeting },
    derived: {
      worst_service: worst?.service ?? null,
      worst_value: worst === null ? null : worst.good / worst.valid,
      meeting_share: told.length === 0 ? null : meeting / told.length,
    },
  };
}

const nothing = { good: 0, valid: 0 };

/** The union of one service's incidents, by the time in which it was of the scope and in being. */
function ofService(row: RowContext, service: string, down: ReturnType<typeof touching>): Told | null {
  const there = inBeing(row.world, row.options, service, row.inScope).flatMap((part) =>
    intersection(part, untilNow(row)),
  );
  const valid = there.reduce((total, part) => total + part.end - part.start, 0) / 1000;
  if (valid === 0) return null;
  const own = down.filter((one) => sameName(one.incident.service, service));
  const good = Math.max(0, valid - unionLength(own) / 1000);
  const level = strictestTarget(row.world, service) ?? Number(row.options.level);
  return { service, good, valid, isMet: good / valid >= level - 1e-12 };
}

/** All of the time, without what any of them was down. */
function ofAll(row: RowContext, down: readonly Stretch[]): { good: number; valid: number } {
  const { start, end } = untilNow(row);
  const valid = Math.max(0, end - start) / 1000;
  return { good: Math.max(0, valid - unionLength(down) / 1000), valid };
}

function untilNow({ clipped, world }: RowContext): Stretch {
  return { start: clipped.start, end: Math.min(clipped.end, world.asOf) };
}
