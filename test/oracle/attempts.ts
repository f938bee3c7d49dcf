import type { NormalizedEvent } from '../../ingest/event.ts';
import type { Catalog } from './catalog.ts';
import { dataOf, type Fold, timeOf } from './known.ts';

export type Outcome = 'succeeded' | 'failed_live' | 'failed_dark' | 'cancelled' | 'superseded';

export const FINISHED = ['deployment.finished', 'service.rolledback'];

export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function attemptOf(event: NormalizedEvent): number {
  const attempt = dataOf(event).attempt_no;
  return typeof attempt === 'number' ? attempt : 1;
}

/** R8 for one attempt: null while targets are missing. */
export function attemptResult(
  fold: Fold,
  number: number,
  environment: string,
  catalog: Catalog,
): { outcome: Outcome; finishedAt: number; source: string } | null {
  const finished = fold.of(...FINISHED).filter((event) => attemptOf(event) === number);
  const last = finished.at(-1)!;
  const outcomeOf = (event: NormalizedEvent): string => text(dataOf(event).outcome) || 'succeeded';
  const targetsOf = (event: NormalizedEvent): string[] => (dataOf(event).targets as string[] | undefined) ?? [];

  if (outcomeOf(last) === 'succeeded') {
    const required = new Set(
      fold
        .of('deployment.queued', 'deployment.started')
        .filter((event) => attemptOf(event) === number)
        .flatMap(targetsOf),
    );
    if (required.size === 0) return { outcome: 'succeeded', finishedAt: timeOf(last), source: last.source };
    // A finished event that names no targets speaks of all of them.
    const reaches = (event: NormalizedEvent, target: string): boolean =>
      targetsOf(event).length === 0 || targetsOf(event).includes(target);
    const successes = finished.filter((event) => outcomeOf(event) === 'succeeded');
    const missing = [...required].some((target) => !successes.some((event) => reaches(event, target)));
    if (missing) return null;
    const reaching = successes.filter((event) => [...required].some((target) => reaches(event, target)));
    return { outcome: 'succeeded', finishedAt: Math.max(...reaching.map(timeOf)), source: last.source };
  }

  const all = fold.of(...FINISHED);
  const succeededBefore = all.slice(0, all.indexOf(last)).some((event) => outcomeOf(event) === 'succeeded');
  const exposed = fold.of('deployment.exposed').some((event) => timeOf(event) <= timeOf(last));
  const failedLive = catalog.environment(environment, timeOf(last))?.failedLive ?? false;
  const outcome = normalOutcome(outcomeOf(last), exposed || failedLive, succeededBefore);
  return { outcome, finishedAt: timeOf(last), source: last.source };
}

export function normalOutcome(reported: string, failsLive: boolean, succeededBefore: boolean): Outcome {
  if (reported === 'succeeded' || reported === 'cancelled' || reported === 'superseded') return reported;
  if (succeededBefore || reported === 'failed_live') return 'failed_live';
  if (reported === 'failed_dark') return 'failed_dark';
  return failsLive ? 'failed_live' : 'failed_dark';
}
