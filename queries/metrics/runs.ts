import type { Metric } from '../metric.ts';
import { ownershipDimensions, SKEW_SECONDS, signedSeconds } from './populations.ts';

/** What the metrics of pipelines have in common (metrics.md §5.2). */
export const pipeline = {
  atom: 'runs',
  dimensions: [...ownershipDimensions, 'repository', 'workflow'],
  graceHours: 48,
} as const satisfies Partial<Metric>;

/** Outcomes that say nothing about whether the pipeline works. */
const ASIDE = "('cancelled', 'skipped', 'action_required', 'neutral')";

/** Why a run is not judged by its outcome: it is not the last attempt, or nobody let it come to an end. */
export const notJudged = `multiIf(excluded != '', toString(excluded), NOT last_attempt, 'earlier_attempt', outcome IN ${ASIDE}, toString(outcome), '')`;

/** Why the time between two instants of a run is none, `outcomes` those that have no such time; empty if it is. */
export const notTimed = (start: string, end: string, outcomes: string): string =>
  `multiIf(excluded != '', toString(excluded), outcome IN ${outcomes}, toString(outcome), isNotNull(${start}) AND isNotNull(${end}) AND ${signedSeconds(start, end)} < -${SKEW_SECONDS}, 'negative_duration', '')`;

/** Which workflows the questions about runs mean. */
export const pipelineCaveats: readonly string[] = [
  'A repository that several services share is of none of them: its runs are (unassigned).',
];
