import type { OptionSpec, Options } from '../metric.ts';

/** How incidents are linked to deployments (metrics.md §3.3, reading R28). */
export const linkOptions: Readonly<Record<'link' | 'max_lag', OptionSpec>> = {
  link: {
    type: 'choice',
    values: ['linked_only', 'previous_deploy'],
    default: 'linked_only',
    text: 'Incidents count to the rollout that they name, or (a heuristic) to the latest change of their service before them.',
  },
  max_lag: {
    type: 'number',
    default: 24,
    min: 0,
    max: 8_760,
    text: 'With link=previous_deploy: hours after a deployment within which an incident counts to it, inclusive.',
  },
};

/** Whether an incident near a rollout counts to it, by its lag in seconds. */
const near = 'lag <= {max_lag:Float64} * 3600';
const hasNear = `arrayExists(lag -> ${near}, previous_incident_lag_seconds)`;

export function linkParams(options: Options): Readonly<Record<string, number>> {
  return options.link === 'previous_deploy' ? { max_lag: Number(options.max_lag) } : {};
}

/** Whether a rollout failed. */
export function failed(options: Options): string {
  if (options.link !== 'previous_deploy') return 'notEmpty(failed_by)';
  return `(hasAny(failed_by, ['F2', 'F3', 'F4']) OR ${hasNear})`;
}

/** When its recovery clock starts and ends (metrics.md §3.5, reading R26); the end is NULL while it is open. */
export function recovery(options: Options): { readonly start: string; readonly end: string } {
  const heuristic = options.link === 'previous_deploy';
  const noted = options.start === 'detected' ? 'detected' : 'started';
  if (!heuristic) {
    const known = options.start === 'detected' ? 'detected_at' : 'degraded_at';
    const start = options.start === 'deployed' ? 'finished_at' : `coalesce(${known}, exposed_at, finished_at)`;
    return { start, end: 'restored_at' };
  }
  const times = `arrayFilter((time, lag) -> ${near}, previous_incident_${noted}_ats, previous_incident_lag_seconds)`;
  const own = 'assumeNotNull(coalesce(exposed_at, finished_at))';
  const begun = `if(${hasNear}, arrayMin(${times}), ${own})`;
  const notBefore = `if(isNull(started_at), ${begun}, greatest(${begun}, assumeNotNull(started_at)))`;
  const ends = `arrayFilter((time, lag) -> ${near}, previous_incident_restored_ats, previous_incident_lag_seconds)`;
  const restored = `if(arrayExists(time -> isNull(time), ${ends}), NULL, arrayMax(arrayMap(time -> assumeNotNull(time), ${ends})))`;
  return {
    start: options.start === 'deployed' ? 'finished_at' : notBefore,
    end: `if(${hasNear}, ${restored}, remedied_at)`,
  };
}
