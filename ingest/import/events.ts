import type { z } from 'zod';
import { type EventOf, eventId, makeEvent } from '../event.ts';
import type { Commit } from '../vocabulary/commit.ts';
import { isoOfSeconds, mergedRequest } from './commit.ts';
import type { ReleaseTag } from './tags.ts';

/** Source name of all that the importer states. */
export const GIT = 'git';
const from = { source: GIT, normaliser: 1, delivery_id: '' };

/** What is imported: a repository, as what, into which environment. */
export interface ImportTarget {
  readonly repository: string;
  /** Catalog id of the service that its tags roll out; without one the repository says which. */
  readonly service?: string;
  readonly environment: string;
}

/** Id of a change that the importer makes of a commit. */
export function changeIdOf(repository: string, sha: string): string {
  return `${repository}@${sha}`;
}

export function rolloutIdOf(repository: string, tag: string): string {
  return `git:${repository}:${tag}`;
}

/** Id of the event that says that a commit's change was merged: told from the commit alone, so that it can be looked up. */
export function changeEventId(repository: string, sha: string): string {
  return eventId(GIT, ['change.merged', changeIdOf(repository, sha)]);
}

/** Id of the event that says that a tag was rolled out. */
export function rolloutEventId(target: ImportTarget, tag: string): string {
  return eventId(GIT, ['deployment.finished', ...rolloutKey(target, tag)]);
}

/** Id of the n-th correction (from 1) of a rollout's commits. */
export function rolloutCorrectionId(target: ImportTarget, tag: string, n: number): string {
  return eventId(GIT, ['deployment.corrected', ...rolloutKey(target, tag), 'commits', String(n)]);
}

/**
 * A change: one commit, or a merge (last) with the commits it brought in (oldest first, before it). `message` is the
 * leader's whole message. A merge's change has the author and flags of what it brought in: the merger only pressed a button.
 */
export function changeMerged(
  repository: string,
  commits: readonly Commit[],
  message: string,
): EventOf<'change.merged'> {
  const leader = commits.at(-1)!;
  const brought = commits.length > 1 ? commits.slice(0, -1).filter(({ parents }) => (parents?.length ?? 0) < 2) : [];
  const told = brought.length > 0 ? brought : [leader];
  const first = told[0]!;
  const request = commits.length > 1 ? mergedRequest(message) : null;
  const reverts = told.every(({ revert_of }) => revert_of !== undefined);
  const picks = told.every(({ cherry_pick_of }) => cherry_pick_of !== undefined);
  const title = leader.message;
  return makeEvent(
    {
      type: 'change.merged',
      subject: repository,
      occurred_at: leader.committed_at!,
      key: [changeIdOf(repository, leader.sha)],
      data: {
        change_id: changeIdOf(repository, leader.sha),
        repository,
        merge_sha: leader.sha,
        commits: [...commits],
        ...(commits.length === 1 ? { direct: true } : {}),
        ...(request ? { number: request.number } : {}),
        ...(request?.branch ? { branch: request.branch } : {}),
        ...(title ? { title } : {}),
        ...(first.author ? { author: first.author } : {}),
        author_kind: told.every(({ author_kind }) => author_kind === 'bot') ? 'bot' : 'human',
        ...(reverts ? { revert_of: first.revert_of! } : {}),
        ...(picks && told.length === 1 ? { cherry_pick_of: first.cherry_pick_of! } : {}),
        ...(commits.some(({ paths }) => paths)
          ? { paths: [...new Set(commits.flatMap(({ paths }) => paths ?? []))].slice(0, 100_000) }
          : {}),
      },
    },
    from,
  );
}

/** A tag as a production rollout that delivers exactly these commits (shas, in any order). */
export function rolloutFinished(
  target: ImportTarget,
  tag: ReleaseTag,
  commits: readonly string[],
): EventOf<'deployment.finished'> {
  return makeEvent(
    {
      type: 'deployment.finished',
      subject: target.service ?? target.repository,
      occurred_at: isoOfSeconds(tag.atSeconds),
      key: rolloutKey(target, tag.name),
      data: {
        rollout_id: rolloutIdOf(target.repository, tag.name),
        ...(target.service === undefined ? {} : { service_id: target.service }),
        repository: target.repository,
        environment: target.environment,
        revision: tag.sha,
        commits: [...commits],
        trigger: 'tag',
        outcome: 'succeeded',
      },
    },
    from,
  );
}

/** Says that a rollout delivered other commits than was said before; `now` is when that is noticed. */
export function rolloutCorrected(
  target: ImportTarget,
  tag: ReleaseTag,
  commits: readonly string[],
  n: number,
  now: string,
): EventOf<'deployment.corrected'> {
  return makeEvent(
    {
      type: 'deployment.corrected',
      subject: target.service ?? target.repository,
      occurred_at: now,
      key: [...rolloutKey(target, tag.name), 'commits', String(n)],
      data: { rollout_id: rolloutIdOf(target.repository, tag.name), field: 'commits', value: [...commits] },
    },
    from,
  );
}

/** Says that a merge's change is the merge alone, now that a tag delivers what it brought in apart from it. */
export function changeCut(repository: string, leader: Commit, now: string): EventOf<'change.corrected'> {
  const changeId = changeIdOf(repository, leader.sha);
  return makeEvent(
    {
      type: 'change.corrected',
      subject: repository,
      occurred_at: now,
      key: [changeId, 'commits'],
      data: { change_id: changeId, field: 'commits', value: [leader as z.core.util.JSONType] },
    },
    from,
  );
}

/** Says that the import was alive at `now`; once a day, so that a repeated import says nothing new. */
export function heartbeat(target: ImportTarget, now: string): EventOf<'source.heartbeat'> {
  return makeEvent(
    {
      type: 'source.heartbeat',
      subject: target.service ?? target.repository,
      occurred_at: now,
      key: [target.repository, target.service ?? '', now.slice(0, 10)],
      data: { name: GIT, ...(target.service === undefined ? {} : { service_id: target.service }) },
    },
    from,
  );
}

function rolloutKey(target: ImportTarget, tag: string): string[] {
  return [rolloutIdOf(target.repository, tag), target.service ?? '', target.environment];
}
