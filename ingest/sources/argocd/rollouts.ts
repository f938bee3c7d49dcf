import { z } from 'zod';
import { instant } from '../../time.ts';
import { name } from '../../vocabulary/commit.ts';
import { facts, ignored, listOf, optionalInstant, optionalText, readAs, snapshot } from '../shape.ts';
import type { Normalized } from '../source.ts';

/**
 * How long after a sync a change of health still belongs to it. Health flaps for the life of an application: later than
 * this, a Degraded is an incident and a Healthy is its end, and neither says anything about the rollout.
 */
export const SETTLING_MS = 60 * 60 * 1000;

const keyed = z.record(z.string(), z.unknown()).nullish();
const aborted = z.object({
  /** When the template was rendered: the object is that of before the abort. */
  at: instant,
  event: z.literal('aborted', 'is not known; there is aborted'),
  environment: optionalText(),
  rollout: z.object({
    metadata: z.object({ name, namespace: optionalText(), uid: name.max(128), labels: keyed, annotations: keyed }),
    status: z
      .object({
        currentPodHash: optionalText(128),
        blueGreen: z.object({ activeSelector: optionalText(128) }).nullish(),
        conditions: listOf(
          z.object({ type: optionalText(64), status: optionalText(16), lastTransitionTime: optionalInstant }),
          100,
        ).nullish(),
      })
      .nullish(),
  }),
});

/**
 * An Argo Rollout whose update was aborted. Argo CD sees its application degrade, and within the hour that is the end of
 * its rollout; only the abort of a longer canary, or of a Rollout that Argo CD did not apply, is told here.
 */
export function abortFacts(body: unknown): Normalized {
  const read = readAs(body, aborted);
  if (!read.ok) return read.normalized;
  const { at, rollout, environment } = read.value;
  const { uid, namespace, name: called, labels } = rollout.metadata;
  const revision = textOf(rollout.metadata.annotations?.['rollout.argoproj.io/revision']);
  const application = applicationOf(textOf(rollout.metadata.annotations?.['argocd.argoproj.io/tracking-id']));
  const began = rollout.status?.conditions?.find(
    ({ type, status }) => type === 'Completed' && status === 'False',
  )?.lastTransitionTime;
  if (application !== undefined && began !== undefined && Date.parse(at) - Date.parse(began) <= SETTLING_MS) {
    return ignored('its application degraded within the hour, as Argo CD tells');
  }
  const identity = {
    rollout_id: `${uid}/${revision ?? at}`,
    application: application ?? called,
    environment: environmentLabel(labels) ?? environment ?? namespace ?? 'default',
  };
  const key = [identity.rollout_id];
  const started = began === undefined ? [] : [snapshot('deployment.started', began, key, identity)];
  const finished = snapshot('deployment.finished', at, key, {
    ...identity,
    outcome: wasExposed(rollout.status) ? ('failed_live' as const) : ('failed_dark' as const),
    trigger: 'automated',
  });
  return facts(...started, finished);
}

/** A canary has users from its first step; blue-green only once the active service selects the new pods. */
function wasExposed(status: z.output<typeof aborted>['rollout']['status']): boolean {
  const active = status?.blueGreen?.activeSelector;
  return active === undefined || active === status?.currentPodHash;
}

/** `till` of `till:argoproj.io/Rollout:ns/till`, or of `<namespace>_till:…`; undefined if Argo CD did not apply it. */
function applicationOf(trackingId: string | undefined): string | undefined {
  return trackingId?.split(':', 1)[0]?.replace(/^[^_]*_/, '') || undefined;
}

/** What the label `environment` or `env` says. */
export function environmentLabel(labels: Readonly<Record<string, unknown>> | null | undefined): string | undefined {
  return textOf(labels?.environment) ?? textOf(labels?.env);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim().slice(0, 512) : undefined;
}
