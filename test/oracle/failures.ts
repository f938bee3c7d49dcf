import { sameName } from './catalog.ts';
import type { Delivered } from './containment.ts';
import type { Incident } from './incidents.ts';
import { inC, inL, type Rollout, rolloutNamed } from './rollouts.ts';

/** What a rollout delivered and says it mends (R25, R27). */
export interface Remedy {
  readonly rollout: Rollout;
  readonly changes: readonly Delivered[];
  readonly fixesIncidents: ReadonlySet<string>;
  readonly fixesRollout: Rollout | null;
  /** Whether it says so at all, known or not whom it means. */
  readonly isFix: boolean;
}

export function remediesOf(rollouts: readonly Rollout[], delivered: readonly Delivered[]): Remedy[] {
  return rollouts.map((rollout) => {
    const changes = delivered.filter((atom) => atom.rollout === rollout);
    const fixesIncidents = new Set(
      [rollout.fixesIncident, ...changes.flatMap((atom) => [...atom.change.fixes])].filter((one) => one !== ''),
    );
    return {
      rollout,
      changes,
      fixesIncidents,
      fixesRollout: rollout.fixesRollout === '' ? null : rolloutNamed(rollouts, rollout.fixesRollout, rollout.service),
      isFix: fixesIncidents.size > 0 || rollout.fixesRollout !== '',
    };
  });
}

export interface LinkOptions {
  readonly link: 'linked_only' | 'previous_deploy';
  readonly maxLagMs: number;
}

/** A change deployment that failed, with what recovery needs. */
export interface Failure {
  readonly rollout: Rollout;
  /** When service was degraded, and when that was detected. */
  readonly degradedAt: number;
  readonly detectedAt: number;
  /** When service was restored, or null while it is not. */
  readonly restoredAt: number | null;
}

/** The failed deployments of C (R25 to R28). */
export function failuresOf(
  rollouts: readonly Rollout[],
  incidents: readonly Incident[],
  remedies: readonly Remedy[],
  options: LinkOptions,
): Failure[] {
  return rollouts.filter(inC).flatMap((rollout): Failure[] => {
    const own = incidentsOfRollout(rollout, rollouts, incidents, options);
    const rollbacks = remedies.filter(
      (one) => inL(one.rollout) && one.rollout.kind === 'rollback' && one.rollout.rolledBack === rollout,
    );
    // Explicit links name what a hotfix fixes, whichever way incidents are counted (R28).
    const linked = incidents.filter(
      (one) => one.cause === rollout && one.excluded !== 'duplicate' && one.excluded !== 'false_alarm',
    );
    const fixes = remedies.filter(
      (one) =>
        inL(one.rollout) &&
        (one.fixesRollout === rollout || linked.some((incident) => one.fixesIncidents.has(incident.incidentId))),
    );
    const failed =
      own.length > 0 ||
      rollbacks.some((one) => !one.rollout.precautionary) ||
      fixes.length > 0 ||
      rollout.outcome === 'failed_live';
    if (!failed) return [];

    // R26: start not before the rollout started.
    const notBefore = rollout.startedAt ?? Number.NEGATIVE_INFINITY;
    const exposed = rollout.exposedAt ?? rollout.finishedAt;
    const least = (times: readonly number[]): number =>
      Math.max(notBefore, times.length > 0 ? Math.min(...times) : exposed);
    return [
      {
        rollout,
        degradedAt: least(own.map((one) => one.startedAt)),
        detectedAt: least(own.map((one) => one.detectedAt)),
        restoredAt: own.length > 0 ? lastRestoration(own) : firstRemedy(rollout, [...rollbacks, ...fixes]),
      },
    ];
  });
}

/** F1: the incidents that count to a rollout. */
function incidentsOfRollout(
  rollout: Rollout,
  rollouts: readonly Rollout[],
  incidents: readonly Incident[],
  options: LinkOptions,
): Incident[] {
  const counted = incidents.filter((incident) => incident.excluded === '');
  if (options.link === 'linked_only') return counted.filter((incident) => incident.cause === rollout);
  return counted.filter((incident) => {
    const previous = rollouts
      .filter((one) => inC(one) && sameName(one.service, incident.service) && one.finishedAt <= incident.startedAt)
      .at(-1);
    return previous === rollout && incident.startedAt - rollout.finishedAt <= options.maxLagMs;
  });
}

function lastRestoration(incidents: readonly Incident[]): number | null {
  const ends = incidents.map((incident) => incident.restoredAt);
  return ends.some((end) => end === null) ? null : Math.max(...(ends as number[]));
}

/** R26 without incidents: its own end if it was aborted, else the first success that mended it, none before its end. */
function firstRemedy(rollout: Rollout, remedies: readonly Remedy[]): number | null {
  const ends = remedies
    .filter((one) => one.rollout.outcome === 'succeeded' && one.rollout.finishedAt >= rollout.finishedAt)
    .map((one) => one.rollout.finishedAt);
  if (rollout.outcome === 'failed_live') ends.push(rollout.finishedAt);
  return ends.length === 0 ? null : Math.min(...ends);
}

/** R12: L without the noops that mend nothing. */
export function inR(remedy: Remedy): boolean {
  return inL(remedy.rollout) && (remedy.rollout.kind !== 'noop' || remedy.isFix);
}

/** R27: whether the rollout was planned, and whether it was made because something was broken. */
export function reworkOf(remedy: Remedy): { isRework: boolean; isUnknown: boolean } {
  const { rollout, changes, isFix } = remedy;
  const requests = changes.filter((atom) => !atom.change.direct).map((atom) => atom.change);
  const hotfix = requests.some((change) => change.labels.includes('hotfix') || /^hotfix\//i.test(change.branch));
  const planned = rollout.planned ?? (hotfix ? false : null);
  const labelled = hotfix || rollout.labels.includes('hotfix');
  const remediation =
    (rollout.kind === 'rollback' && !rollout.precautionary) || isFix || (labelled && planned === false);
  const known =
    planned !== null || rollout.kind === 'rollback' || rollout.kind === 'noop' || isFix || requests.length > 0;
  return { isRework: remediation && rollout.planned !== true, isUnknown: !known };
}
