import type { SloDefinition } from '../../ingest/workspace/slos.ts';
import type { Asking } from '../ask.ts';
import type { WithAtoms } from '../atoms/tables.ts';
import type { Span } from '../buckets.ts';
import type { Status } from '../envelope.ts';
import type { ListedAtom } from '../listing.ts';
import type { JudgedRule } from './burn.ts';

/** The metric whose answers a service level by incidents is made of. */
export const DOWNTIME = 'ops.downtime';

/** The metric whose rows say what maintenance there was. */
export const MAINTENANCE = 'ops.maintenance';

/** Asking, and the rows behind a metric's answer; null as with {@link Asking.ask}. */
export interface SloAsking extends Asking {
  /** The name of a service as its atoms have it, which a definition may spell in another case; itself if there are none. */
  readonly spellingOf: (service: string) => Promise<string>;
  /** When a service was, or is to be, in maintenance that was announced in time (R59): a union. */
  readonly maintenanceOf: (service: string) => Promise<readonly Span[]>;
  /** Why the slices of an SLO cannot be pulled now; null: they can, or it is not known here. */
  readonly pullProblem?: (slo: string) => string | null;
  readonly withAtoms: WithAtoms;
  readonly askAtoms: (
    metricId: string,
    params: Readonly<Record<string, string>>,
  ) => Promise<readonly ListedAtom[] | null>;
}

/** A service level objective as `GET /v1/slos/{id}` answers it. Shares are of 1; instants UTC ISO. */
export interface Slo {
  readonly slo: string;
  readonly title: string;
  readonly description: string;
  readonly service: string;
  readonly public: boolean;
  readonly sli: SloDefinition['sli'];
  readonly method: SloDefinition['method'];
  /** What is counted: seconds of time, events or slices. `bad` and the budget are in it. */
  readonly unit: 'seconds' | 'events' | 'slices';
  /** Rolling: days of 24 hours up to as_of; of the calendar: what has passed of the period, `days` what it is said to have. */
  readonly window: { readonly start: string; readonly end: string; readonly days: number };
  readonly as_of: string;
  readonly target: number;
  /** Good ÷ valid, or time without an incident ÷ window less maintenance, as far as it was measured; null without data. */
  readonly value: number | null;
  /** Whether the value is at or above the target. */
  readonly met: boolean | null;
  readonly status: Status;
  /** Why there is no value, if the reason is not the status: an indicator that is not measured here. */
  readonly unsupported: boolean;
  /**
   * Of slices that this server pulls from Prometheus: up to when they were (null: never yet), and what keeps it from going on
   * or should be mended. Null of everything else.
   */
  readonly pull: { readonly until: string | null; readonly problem: string | null } | null;
  readonly coverage: number;
  readonly good: number | null;
  readonly valid: number | null;
  readonly bad: number | null;
  /** Slices of the window without anything valid; null where time is counted. */
  readonly missing_slices: number | null;
  /** Slices of the window that announced maintenance touches, which count nowhere; null where time is counted. */
  readonly maintenance_slices: number | null;
  /** Announced maintenance in the window, which is no part of `valid`; null where events or slices are counted. */
  readonly maintenance_seconds: number | null;
  /** Null where events or slices are counted. */
  readonly bad_seconds: number | null;
  readonly budget: {
    /** What may be bad, in the unit; null where it depends on what is valid and nothing was. */
    readonly allowed: number | null;
    readonly seconds: number | null;
    readonly consumed: number | null;
    readonly remaining: number | null;
    /** At the burn rate of the last 24 hours; null if nothing burns. */
    readonly exhausted_in_seconds: number | null;
  };
  readonly burn_rate: { readonly '1h': number | null; readonly '24h': number | null };
  /** Every burn-rate rule as it stands. */
  readonly alerts: readonly JudgedRule[];
  /** Incidents under way now; null without data. */
  readonly open_incidents: number | null;
}

/** An incident that spent some of the budget. Those that overlap share their time, so shares may add up to more than is spent. */
export interface SpentBy {
  readonly incident_id: string;
  readonly title: string;
  readonly impact: string;
  readonly started_at: string;
  readonly restored_at: string | null;
  /** Within the window, outside of maintenance. */
  readonly seconds: number;
  readonly budget_share: number;
  /** The rollout that caused it, if it is known. */
  readonly cause_rollout_id: string | null;
  readonly event_ids: readonly string[];
}

/** Maintenance of the service in the window, or what does not count as such, and why. */
export interface ToldMaintenance {
  readonly maintenance_id: string;
  readonly title: string;
  readonly announced_at: string;
  readonly starts_at: string;
  /** When it ended or is to end; of what does not count when it was to. */
  readonly ends_at: string;
  /** announced_late or cancelled; null: it counts. */
  readonly excluded: string | null;
  readonly event_ids: readonly string[];
}

/** An SLO as the workspace defined it. */
export interface Defined {
  readonly id: string;
  readonly isPublic: boolean;
  readonly definition: SloDefinition;
}

/** What is said of an SLO however it is measured. */
export function stated({ id, isPublic, definition }: Defined, at: string) {
  const { title, description, service, sli, method, target } = definition;
  return { slo: id, title, description, service, public: isPublic, sli, method, as_of: at, target };
}
