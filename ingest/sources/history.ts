import type { z } from 'zod';
import type { Delivery } from '../delivery.ts';
import type { Fact } from '../event.ts';
import type { EventData } from '../vocabulary/vocabulary.ts';
import { fact, ignored, readBody, snapshot } from './shape.ts';
import type { Normalized } from './source.ts';

/**
 * Content type of what a backfill read from a sender's API: `{…, records: [{ kind, … }]}`. It is kept with the delivery, so
 * that a replay reads it as history again.
 */
export const HISTORY_TYPE = 'application/vnd.headway.history+json';

/** More records in one delivery are refused. */
export const MAX_RECORDS = 2000;

/** Whether a delivery holds history, rather than a webhook. */
export function isHistory(delivery: Delivery): boolean {
  return (delivery.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() === HISTORY_TYPE;
}

/** Reads a delivery of history: all of its records become facts, or none does. Without any it is ignored, as webhooks are. */
export function readHistory<T extends z.ZodType<{ readonly records: readonly unknown[] }>>(
  delivery: Delivery,
  schema: T,
  factsOf: (history: z.output<T>) => readonly Fact[],
): Normalized {
  const body = readBody(delivery, schema);
  if (!body.ok) return body.normalized;
  const facts = factsOf(body.value);
  return facts.length === 0 ? ignored('none of its records feeds a metric') : { outcome: 'facts', facts };
}

/** A merged change, and what only its API tells of it. */
export interface MergedDetails extends Pick<EventData<'change.merged'>, 'merge_sha' | 'commits' | 'paths'> {
  readonly change_id: string;
  readonly repository: string;
}

/**
 * The commits and paths of a merged change, which no webhook carries: another fact than the webhook's of the merge, since
 * that may have been heard already, and adds to it.
 */
export function detailsFact(mergedAt: string, details: MergedDetails): Fact {
  return snapshot('change.merged', mergedAt, [details.change_id, 'history'], details);
}

/** A commit that no request brought in, as a change of its own, merged when it was committed. */
export function directFact(
  repository: string,
  commit: NonNullable<EventData<'change.merged'>['commits']>[number],
  committedAt: string,
): Fact {
  const id = `${repository}@${commit.sha}`;
  return fact('change.merged', committedAt, [id, 'history'], {
    change_id: id,
    repository,
    merge_sha: commit.sha,
    author: commit.author,
    author_kind: commit.author_kind,
    title: commit.message,
    commits: [commit],
    direct: true,
  });
}

/** A rollout, as far as needed to say what it delivered. */
export interface Contents extends Pick<EventData<'deployment.queued'>, 'attempt_no' | 'service_id'> {
  readonly rollout_id: string;
  readonly repository: string;
  readonly environment: string;
  readonly revision: string;
  /** Commits that its revision has and the one that was live before has not; none for a step back. */
  readonly commits: string[];
}

/** What a rollout delivered, by the forge's own graph: said of the moment at which it was made. */
export function contentsFact(createdAt: string, contents: Contents): Fact {
  return snapshot('deployment.queued', createdAt, [contents.rollout_id, 'history'], contents);
}

/** The sender was read up to this moment, of this repository. */
export function readUntilFact(source: string, repository: string, until: string): Fact {
  return fact('source.heartbeat', until, [source, 'history', repository], { name: source });
}
