import type { z } from 'zod';
import { eventId } from '../event.ts';
import type { Commit } from '../vocabulary/commit.ts';
import type { EventData } from '../vocabulary/vocabulary.ts';
import { isoOfSeconds, mergedRequest } from './commit.ts';
import type { ReleaseTag } from './tags.ts';

/** Source name of all that the importer states. */
export const GIT = 'git';

type ImportedType =
  | 'change.merged'
  | 'change.corrected'
  | 'deployment.finished'
  | 'deployment.corrected'
  | 'source.heartbeat';

/** A canonical event as `POST /v1/events` takes it: `id` is unique among git's events of its type, and told from the history alone. */
export type ImportedEvent = {
  [T in ImportedType]: {
    readonly id: string;
    readonly type: T;
    readonly source: typeof GIT;
    readonly occurred_at: string;
    readonly data: EventData<T>;
  };
}[ImportedType];

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
  return storedId('change.merged', changeIdOf(repository, sha));
}

/** Id of the event that says that a tag was rolled out. */
export function rolloutEventId(target: ImportTarget, tag: string): string {
  return storedId('deployment.finished', rolloutKey(target, tag));
}

/** Id of the n-th correction (from 1) of a rollout's commits. */
export function rolloutCorrectionId(target: ImportTarget, tag: string, n: number): string {
  return storedId('deployment.corrected', correctionKey(target, tag, n));
}

/** The id under which the log keeps an event of the importer, however it got there. */
function storedId(type: ImportedType, id: string): string {
  return eventId(GIT, [type, id]);
}

/**
 * A change: one commit, or a merge (last) with the commits it brought in (oldest first, before it). `message` is the
 * leader's whole message. A merge's change has the author and flags of what it brought in: the merger only pressed a button.
 * It is a copy if all that it brought in was picked from one other change; `changeOf` tells changes apart.
 */
export function changeMerged(
  repository: string,
  commits: readonly Commit[],
  message: string,
  changeOf: (sha: string) => unknown,
): ImportedEvent {
  const leader = commits.at(-1)!;
  const brought = commits.length > 1 ? commits.slice(0, -1).filter(({ parents }) => (parents?.length ?? 0) < 2) : [];
  const told = brought.length > 0 ? brought : [leader];
  // A person's work that a bot had a part in is the person's.
  const first = told.find(({ author_kind }) => author_kind === 'human') ?? told[0]!;
  const request = commits.length > 1 ? mergedRequest(message) : null;
  const reverts = told.every(({ revert_of }) => revert_of !== undefined);
  const copied = copiedChange(told, changeOf);
  const title = leader.message;
  return {
    id: changeIdOf(repository, leader.sha),
    type: 'change.merged',
    source: GIT,
    occurred_at: leader.committed_at!,
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
      ...(reverts && first.revert_of ? { revert_of: first.revert_of } : {}),
      ...(copied === undefined ? {} : { cherry_pick_of: copied }),
    },
  };
}

function copiedChange(told: readonly Commit[], changeOf: (sha: string) => unknown): string | undefined {
  const picked = told.map(({ cherry_pick_of }) => cherry_pick_of);
  if (told.length === 1) return picked[0];
  const from = new Set(picked.map((sha) => (sha === undefined ? undefined : changeOf(sha))));
  return from.size === 1 && !from.has(undefined) ? picked[0] : undefined;
}

/** A tag as a rollout that delivers exactly these commits (shas, in any order). */
export function rolloutFinished(target: ImportTarget, tag: ReleaseTag, commits: readonly string[]): ImportedEvent {
  return {
    id: rolloutKey(target, tag.name),
    type: 'deployment.finished',
    source: GIT,
    occurred_at: isoOfSeconds(tag.atSeconds),
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
  };
}

/** Says that a rollout delivered other commits than was said before; `now` is when that is noticed. */
export function rolloutCorrected(
  target: ImportTarget,
  tag: ReleaseTag,
  commits: readonly string[],
  n: number,
  now: string,
): ImportedEvent {
  return {
    id: correctionKey(target, tag.name, n),
    type: 'deployment.corrected',
    source: GIT,
    occurred_at: now,
    data: { rollout_id: rolloutIdOf(target.repository, tag.name), field: 'commits', value: [...commits] },
  };
}

/** Says that a merge's change is the merge alone, now that a tag delivers what it brought in apart from it. */
export function changeCut(repository: string, leader: Commit, now: string): ImportedEvent {
  const changeId = changeIdOf(repository, leader.sha);
  return {
    id: `${changeId} commits`,
    type: 'change.corrected',
    source: GIT,
    occurred_at: now,
    data: { change_id: changeId, field: 'commits', value: [leader as z.core.util.JSONType] },
  };
}

/** Says that the import was alive at `now`; once a day, so that a repeated import says nothing new. */
export function heartbeat(target: ImportTarget, now: string): ImportedEvent {
  const { repository, service } = target;
  return {
    id: [repository, ...(service === undefined ? [] : [service]), now.slice(0, 10)].join(' '),
    type: 'source.heartbeat',
    source: GIT,
    occurred_at: now,
    data: { name: GIT, ...(service === undefined ? {} : { service_id: service }) },
  };
}

function rolloutKey({ repository, service, environment }: ImportTarget, tag: string): string {
  return [rolloutIdOf(repository, tag), ...(service === undefined ? [] : [service]), environment].join(' ');
}

function correctionKey(target: ImportTarget, tag: string, n: number): string {
  return `${rolloutKey(target, tag)} commits ${n}`;
}
