import { z } from 'zod';
import { repositoryNamed } from '../repository.ts';
import { facts, ignored, rejected, snapshot } from '../shape.ts';
import type { Normalized } from '../source.ts';
import { artifactOf } from './purl.ts';
import { type CdEvent, content, outcomes, ownId, readContent } from './shape.ts';

const deployed = content.environment.extend({ artifactId: content.text(2048) });

/**
 * `service.deployed`, `.upgraded` and `.rolledback`: each is a rollout that has finished, of the service that is its subject.
 * The specification knows no rollout, so that the event's own id names it unless the sender does.
 */
export function serviceFacts(event: CdEvent): Normalized {
  const { predicate, extras, at } = event;
  if (predicate === 'removed') return ignored('a service that leaves an environment is no rollout');
  if (predicate === 'published') return ignored('a service that can be reached is no rollout');
  if (predicate !== 'deployed' && predicate !== 'upgraded' && predicate !== 'rolledback') {
    return ignored(`no metric reads service.${predicate}`);
  }
  const read = readContent(event, deployed);
  if (!read.ok) return read.normalized;
  const outcome = extras.outcome === undefined ? 'succeeded' : outcomes.safeParse(extras.outcome).data;
  if (outcome === undefined) return rejected(`customData.outcome: is none of ${outcomes.options.join(', ')}`);
  const artifact = artifactOf(read.value.artifactId);
  const rollout_id = extras.rollout_id ?? ownId(event.source, event.id);
  const identity = {
    rollout_id,
    attempt_no: extras.attempt_no,
    application: event.about.id,
    service_id: extras.service,
    environment: read.value.environment.id,
  };
  const data = {
    ...identity,
    repository: repositoryNamed(extras.repository) ?? artifact.repository,
    // A digest tells as well as a commit what was live before and is again, if not what changed.
    revision: extras.commit?.toLowerCase() ?? artifact.revision ?? artifact.digest,
    artifact_digest: artifact.digest,
    changes: extras.changes,
    commits: extras.commits?.map((each) => (typeof each === 'string' ? each : each.sha).toLowerCase()),
    trigger: predicate === 'rolledback' ? 'rollback' : undefined,
    fixes_incident: extras.fixes,
    planned: extras.planned,
    labels: extras.labels,
    actor: extras.author,
    url: extras.url,
    outcome,
  };
  const key = [event.source, event.id];
  const started =
    extras.started_at === undefined ? [] : [snapshot('deployment.started', extras.started_at, key, identity)];
  // Without a name for what is rolled back, the revisions tell: this one was live before that one.
  const finished =
    predicate === 'rolledback' && extras.rolls_back !== undefined
      ? snapshot('service.rolledback', at, key, { ...data, rolls_back: extras.rolls_back })
      : snapshot('deployment.finished', at, key, data);
  return facts(...started, finished);
}

const described = z.object({ name: content.text() });

/** Only a sender that says whether an environment is production defines it; the workspace's own words are better. */
export function environmentFacts(event: CdEvent): Normalized {
  const read = readContent(event, described);
  if (!read.ok) return read.normalized;
  const { production, group } = event.extras;
  if (event.predicate === 'deleted') return ignored('rollouts to a deleted environment stay what they were');
  if (production === undefined) return ignored('it does not say whether it is production: customData.production');
  const data = { name: event.about.id, production, group };
  return facts(snapshot('environment.defined', event.at, [event.source, event.id], data));
}
