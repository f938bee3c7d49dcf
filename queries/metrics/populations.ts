/** SQL shared by the metrics over rollouts: who counts, and why the rest does not (metrics.md §2). */

/** Dimensions that every atom has. */
export const ownershipDimensions = ['service', 'team', 'tier', 'region', 'product'] as const;

export const rolloutDimensions = [...ownershipDimensions, 'environment_group'] as const;

export const incidentDimensions = [...ownershipDimensions, 'severity'] as const;

/** Why a rollout is not in L: its own reason, else its outcome. */
const notLive = "excluded != '', excluded, outcome IN ('failed_dark', 'cancelled', 'superseded'), outcome";

/** Why a rollout is not in C: changes of production, succeeded or failed under the users' eyes. */
export const notChange = `multiIf(${notLive}, kind != 'change', kind, '')`;

/** Why a rollout does not count as a deployment (metrics.md §3.1). */
export const notDeployed = `multiIf(${notLive}, outcome != 'succeeded', outcome, kind != 'change', kind, '')`;

/** Likewise, of all kinds. */
export const notSucceeded = `multiIf(${notLive}, outcome != 'succeeded', outcome, '')`;

/** Why a rollout is not in R: L without noops that nothing links to an incident (metrics.md §3.4). */
export const notReworkable = `multiIf(${notLive}, rework_population = 0, if(kind = '', 'noop', kind), '')`;

/** Why an incident is none of the incidents that count. */
export const notIncident = 'excluded';

/** Seconds between two instants, negative if the end comes first. */
export function signedSeconds(start: string, end: string): string {
  return `(toUnixTimestamp64Milli(${end}) - toUnixTimestamp64Milli(${start})) / 1000`;
}

/** The same items' clock may not run backwards by more than five minutes. */
export const SKEW_SECONDS = 300;

export const rolloutFeeds = ['deployment.finished', 'service.rolledback'] as const;
export const incidentFeeds = ['incident.detected'] as const;
