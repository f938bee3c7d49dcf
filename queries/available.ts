import type { Cell } from './cells.ts';
import type { Estimate } from './estimate.ts';
import type { Place } from './frame.ts';
import { isMet } from './slo/budget.ts';

/** How available one service was: seconds without an incident of all seconds, or good of valid. */
export interface ServiceAvailability {
  readonly service: string;
  readonly method: 'time' | 'events';
  readonly good: number;
  /** 0: nothing is known, or all of it was maintenance. */
  readonly valid: number;
  /** Seconds of announced maintenance that are in neither; of events, of the slices that it touched. */
  readonly maintenance: number;
  /** The share that its own SLO asks for; null: it has none. */
  readonly level: number | null;
}

/**
 * How available some services were, as {@link tell} adds one after the other: there may be a thousand of them in every bucket,
 * so that none is kept but the worst.
 */
export interface Available {
  /** Services, and those of them that tell events. */
  services: number;
  byEvents: number;
  /** Those of which anything is known, and of these those that tell events, and that reach their level. */
  known: number;
  knownByEvents: number;
  meeting: number;
  /** Together, of those of which anything is known. */
  good: number;
  valid: number;
  worst: ServiceAvailability | null;
  worstShare: number;
  /** Maintenance of all of them added up, and of the one that had most. */
  maintenance: number;
  mostMaintenance: number;
}

/** No service yet. */
export function noneYet(): Available {
  return {
    services: 0,
    byEvents: 0,
    known: 0,
    knownByEvents: 0,
    meeting: 0,
    good: 0,
    valid: 0,
    worst: null,
    worstShare: Number.POSITIVE_INFINITY,
    maintenance: 0,
    mostMaintenance: 0,
  };
}

/** Adds a service; `ordinaryLevel` is what it must reach if it has none of its own. Of equals the one told first is the worst. */
export function tell(available: Available, one: ServiceAvailability, ordinaryLevel: number): void {
  const isByEvents = one.method === 'events';
  available.services += 1;
  if (isByEvents) available.byEvents += 1;
  available.maintenance += one.maintenance;
  available.mostMaintenance = Math.max(available.mostMaintenance, one.maintenance);
  if (one.valid <= 0) return;
  const share = one.good / one.valid;
  available.known += 1;
  if (isByEvents) available.knownByEvents += 1;
  available.good += one.good;
  available.valid += one.valid;
  if (isMet(share, one.level ?? ordinaryLevel)) available.meeting += 1;
  if (share >= available.worstShare) return;
  available.worst = one;
  available.worstShare = share;
}

/** What a row of availability is made of. */
export interface AvailabilityCell {
  readonly services: Available;
  /** Seconds with any of them down, of the seconds in which not all were in maintenance; null unless asked for. */
  readonly anyDown: { readonly down: number; readonly seconds: number; readonly maintenance: number } | null;
  readonly coverage: number;
  readonly place: Place;
}

/** The availability in a cell; undefined where no service is in it. */
export function availabilityIn(cell: Cell): AvailabilityCell | undefined {
  return cell.tallies.availability as AvailabilityCell | undefined;
}

/** Never a mean of services: their events together, or the worst of them (metrics.md §5.3, R58). */
export function availabilityOf(cell: Cell): Estimate {
  const { services = noneYet(), anyDown = null } = availabilityIn(cell) ?? {};
  const { known, knownByEvents, meeting, worst, worstShare } = services;
  const isByEvents = known > 0 && knownByEvents === known;
  const told =
    anyDown && known > 0
      ? { good: Math.max(0, anyDown.seconds - anyDown.down), valid: anyDown.seconds, maintenance: anyDown.maintenance }
      : isByEvents
        ? services
        : // Where all of them were in maintenance, nobody is the worst.
          (worst ?? { good: 0, valid: 0, maintenance: services.mostMaintenance });
  const empty = told.valid <= 0;
  return {
    value: empty ? null : told.good / told.valid,
    n: cell.items,
    ci: null,
    empty,
    fields: {
      numerator: told.good,
      denominator: told.valid,
      maintenance_seconds: told.maintenance,
      method: isByEvents ? 'events' : (worst?.method ?? 'time'),
      services_n: known,
      worst_service: worst?.service ?? null,
      worst_value: worst === null ? null : worstShare,
      meeting_n: meeting,
      meeting_share: known === 0 ? null : meeting / known,
    },
  };
}
