/**
 * An atom kind: one row per thing that a metric counts. The one SELECT that makes it serves three uses: ad hoc with any
 * as_of, for what a batch touched, and for everything, in slices.
 */
export interface AtomKind {
  /** Name of the stored table, in the plural: `rollouts`. */
  readonly name: string;
  /**
   * Column name to ClickHouse type, in order. The first is what a refresh makes anew as a whole, `service` or `subject`; the
   * second is `atom_id`, unique within it. Every kind has a `service`, if only `(unassigned)`.
   */
  readonly columns: Readonly<Record<string, string>>;
  /** What one row is, for people. */
  readonly description: string;
}

/** Dimensions that every atom carries, as they were at its bucket timestamp; `…_now` as of the latest known definition. */
export const dimensionColumns = {
  team: 'LowCardinality(String)',
  tier: 'LowCardinality(String)',
  region: 'LowCardinality(String)',
  product: 'LowCardinality(String)',
  team_now: 'LowCardinality(String)',
  tier_now: 'LowCardinality(String)',
  region_now: 'LowCardinality(String)',
  product_now: 'LowCardinality(String)',
} as const;

/** The receipts of an atom. */
export const receiptColumns = {
  event_ids: 'Array(String)',
  delivery_ids: 'Array(String)',
} as const;

/** Types of instants. */
export const time = "DateTime64(3, 'UTC')";
export const maybeTime = `Nullable(${time})`;

/** The columns by which stored atoms of a kind are told apart. */
export const keyColumns = (kind: AtomKind): readonly [string, string] =>
  'subject' in kind.columns ? ['subject', 'atom_id'] : ['service', 'atom_id'];

/** The declared columns in their declared types: what is folded for a past reads as what is stored. */
export const pick = (kind: AtomKind, from: string): string =>
  `SELECT ${Object.entries(kind.columns)
    .map(([name, type]) => `CAST(${name}, '${type.replaceAll("'", "\\'")}') AS ${name}`)
    .join(', ')} FROM (${from})`;

/** A rollout: one service, one environment group. Only finished ones are atoms. */
export const rollouts: AtomKind = {
  name: 'rollouts',
  description: 'one finished rollout of one service to one environment group',
  columns: {
    service: 'String',
    atom_id: 'String',
    rollout_id: 'String',
    source: 'LowCardinality(String)',
    environment: 'LowCardinality(String)',
    environment_group: 'LowCardinality(String)',
    production: 'UInt8',
    /** succeeded failed_live failed_dark cancelled superseded */
    outcome: 'LowCardinality(String)',
    /** change rollback noop, or empty if production never changed */
    kind: 'LowCardinality(String)',
    first_deployment: 'UInt8',
    revision: 'String',
    trigger: 'LowCardinality(String)',
    started_at: maybeTime,
    exposed_at: maybeTime,
    finished_at: time,
    /** When the first target had finished (option first_target). */
    first_target_at: time,
    /** Outcome and end of each attempt, in order (option unit=attempt). */
    attempt_outcomes: 'Array(String)',
    attempt_finished_ats: `Array(${time})`,
    changes_n: 'UInt32',
    commits_n: 'UInt32',
    rolls_back: 'String',
    precautionary: 'UInt8',
    /** F1 to F4 of metrics.md §3.3 that hold with explicit links; a failed deployment has at least one. */
    failed_by: 'Array(String)',
    /** Incidents linked to it that count, with their start; for receipts and recovery. */
    incident_ids: 'Array(String)',
    /** Incidents that `link=previous_deploy` counts to it, and how many seconds after it each began. */
    previous_incident_ids: 'Array(String)',
    previous_incident_lag_seconds: 'Array(Float64)',
    previous_incident_restored_ats: `Array(${maybeTime})`,
    previous_incident_started_ats: `Array(${time})`,
    previous_incident_detected_ats: `Array(${time})`,
    /** Recovery (metrics.md §3.5): clock starts at degradation, at detection; end, null while open. For failed ones. */
    degraded_at: maybeTime,
    detected_at: maybeTime,
    restored_at: maybeTime,
    /** Recovery end by rollback, abort or hotfix alone, for previous_deploy. */
    remedied_at: maybeTime,
    /** true false unknown */
    planned: 'LowCardinality(String)',
    remediation: 'UInt8',
    /** In the population R of metrics.md §3.4. */
    rework_population: 'UInt8',
    platform_path: 'UInt8',
    /** Why the atom counts nowhere: unmapped_environment not_production duplicate_source negative_duration, or empty. */
    excluded: 'LowCardinality(String)',
    ...dimensionColumns,
    ...receiptColumns,
  },
};

/** A (change, service) pair; `finished_at` is null while it is not live. */
export const changes: AtomKind = {
  name: 'changes',
  description: 'one change as delivered to one service',
  columns: {
    service: 'String',
    /** `change_id` and service, joined by a blank. */
    atom_id: 'String',
    change_id: 'String',
    repository: 'String',
    author: 'String',
    direct: 'UInt8',
    opened_at: maybeTime,
    first_commit_at: maybeTime,
    merged_at: time,
    /** Start of the clock. */
    started_at: time,
    finished_at: maybeTime,
    lasting_at: maybeTime,
    rollout_id: 'String',
    lasting_rollout_id: 'String',
    environment_group: 'LowCardinality(String)',
    revision: 'String',
    /** explicit position time, or empty while not live */
    containment: 'LowCardinality(String)',
    commits: 'Array(String)',
    commit_authored_ats: `Array(${time})`,
    /** Reason per commit why `unit=commit` leaves it out (merge_commit revert bot), or empty. */
    commit_excluded: 'Array(String)',
    /** cherry_pick promotion merge_commit unowned_path first_deployment revert bot negative_duration, or empty. */
    excluded: 'LowCardinality(String)',
    is_revert: 'UInt8',
    is_bot: 'UInt8',
    ...dimensionColumns,
    ...receiptColumns,
  },
};

/** An incident. */
export const incidents: AtomKind = {
  name: 'incidents',
  description: 'one incident of one service',
  columns: {
    service: 'String',
    atom_id: 'String',
    incident_id: 'String',
    source: 'LowCardinality(String)',
    title: 'String',
    severity: 'LowCardinality(String)',
    /** none degraded outage */
    impact: 'LowCardinality(String)',
    impact_started_at: maybeTime,
    detected_at: time,
    /** Start of the clock: impact_started_at, else detected_at; with its duplicates, the least. */
    started_at: time,
    acknowledged_at: maybeTime,
    mitigated_at: maybeTime,
    resolved_at: maybeTime,
    closed_at: maybeTime,
    restored_at: maybeTime,
    duplicate_of: 'String',
    caused_by: 'String',
    /** The rollout that caused it, empty if unlinked. */
    cause_rollout_id: 'String',
    cause_service: 'String',
    /** duplicate false_alarm no_impact negative_duration, or empty. */
    excluded: 'LowCardinality(String)',
    ...dimensionColumns,
    ...receiptColumns,
  },
};

/** Who owned a service from when to when; contiguous, from the beginning of time to its end. */
export const serviceSpans: AtomKind = {
  name: 'service_spans',
  description: 'one service with the team, tier, region and product it had from one instant to another',
  columns: {
    service: 'String',
    atom_id: 'String',
    /** 1 if the workspace defines it, 0 if it is only heard of. */
    defined: 'UInt8',
    valid_from: time,
    valid_to: time,
    registered_at: maybeTime,
    first_rollout_at: maybeTime,
    retired_at: maybeTime,
    title: 'String',
    repository: 'String',
    exempt: 'String',
    ...dimensionColumns,
    ...receiptColumns,
  },
};

/**
 * When a source was alive: what coverage is made of (metrics.md §1.3, R29), one row per piece of its life. Rows without a
 * service: the source as a whole. Rows with a service: the kinds it fed for that service, and its life for that service alone,
 * where heartbeats and silences name it. A row without length tells the kinds of a source that was never alive.
 */
export const sourceSpans: AtomKind = {
  name: 'source_spans',
  description: 'one source alive from one instant to another, the kinds of event and the services it fed',
  columns: {
    /** Empty: the source as a whole. */
    service: 'String',
    atom_id: 'String',
    source: 'LowCardinality(String)',
    /** 1: it lived for this service as it did as a whole, see that; the instants are empty then. */
    as_whole: 'UInt8',
    alive_from: time,
    alive_to: time,
    /** Kinds of event it ever sent (for this service, if one is named). */
    kinds: 'Array(String)',
  },
};

/** Whether a service is on the platform's path, from when to when; contiguous while the service is in being. */
export const adoptions: AtomKind = {
  name: 'adoptions',
  description: 'one service, on the platform’s path or not, from one instant to another',
  columns: {
    service: 'String',
    /** Service and `valid_from`. */
    atom_id: 'String',
    valid_from: time,
    valid_to: time,
    /** 1 if its last production rollout went through the platform's path and is at most 90 days old. */
    adopted: 'UInt8',
    /** The rollout with which this began, empty before the first and when 90 days have passed. */
    rollout_id: 'String',
    last_rollout_at: maybeTime,
    /** not_defined exempt, or empty. */
    excluded: 'LowCardinality(String)',
    /** Why the service need not be on the platform, in the workspace's words. */
    exempt: 'String',
    ...dimensionColumns,
    ...receiptColumns,
  },
};

/** The kinds that are made together, of everything that hangs together with a service. The others: subjects/registry.ts. */
export const deliveryKinds: readonly AtomKind[] = [serviceSpans, sourceSpans, rollouts, changes, incidents, adoptions];
