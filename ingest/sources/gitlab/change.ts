import { z } from 'zod';
import type { Fact } from '../../event.ts';
import { name } from '../../vocabulary/commit.ts';
import { copiedChange, fixesIncident, revertedChange } from '../mentions.ts';
import { fact, facts, ignored, optionalText, readAs, rejected, snapshot } from '../shape.ts';
import type { Normalized } from '../source.ts';
import { accountKind, changeId, labels, moment, optionalMoment, project, user } from './shape.ts';

/** A merge request, as its hook or the API tells it. Times are UTC ISO in whole seconds. */
export interface MergeRequest {
  /** Path of the project that it goes into. */
  readonly path: string;
  /** The number that people see. */
  readonly iid: number;
  readonly url: string | undefined;
  readonly title: string | undefined;
  readonly description: string | null | undefined;
  /** Username, where it is known: a hook has only the number of who did not act. */
  readonly author: string | undefined;
  /** See {@link headBranch}. */
  readonly branch: string;
  readonly base: string;
  readonly headSha: string | undefined;
  /** The merge commit, else the squashed one. A fast-forward has neither. */
  readonly mergeSha: string | undefined;
  readonly labels: readonly string[];
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** Opened: what never changes afterwards. */
export function openedFact(request: MergeRequest): Fact {
  return fact('change.created', request.createdAt, [idOf(request)], opening(request));
}

/** Its state at `updatedAt`: the title, labels and texts change without a time of their own. */
export function updatedFact(request: MergeRequest): Fact {
  const { path, title, description, author } = request;
  return snapshot('change.updated', request.updatedAt, [idOf(request)], {
    change_id: idOf(request),
    repository: path,
    title,
    author,
    author_kind: accountKind(author),
    base: request.base,
    head_sha: request.headSha,
    labels: [...request.labels],
    revert_of: revertedChange(path, title, description),
    cherry_pick_of: copiedChange(path, description),
    fixes_incident: fixesIncident(description),
  });
}

/**
 * Merged. A squash that was fast-forwarded is named by the API only, so a fact that names it is another than the hook's,
 * and adds to it.
 */
export function mergedFact(request: MergeRequest, mergedAt: string): Fact {
  return snapshot('change.merged', mergedAt, [idOf(request)], {
    ...opening(request),
    base: request.base,
    head_sha: request.headSha,
    merge_sha: request.mergeSha,
  });
}

/** Closed without a merge. */
export function abandonedFact(request: MergeRequest, closedAt: string): Fact {
  return fact('change.abandoned', closedAt, [idOf(request)], { change_id: idOf(request), repository: request.path });
}

/** A review: `state` is `approved` or `unapproved`. */
export function reviewedFact(request: MergeRequest, reviewer: string | undefined, state: string, at: string): Fact {
  return fact('change.reviewed', at, [idOf(request), reviewer ?? '', state], {
    change_id: idOf(request),
    repository: request.path,
    reviewer,
    state,
  });
}

/** The head branch; a fork's as `<id of the project>:<branch>`, so that its `main` is never taken for ours. */
export function headBranch(branch: string, fromProject: number | undefined, intoProject: number | undefined): string {
  const isOurs = fromProject === undefined || intoProject === undefined || fromProject === intoProject;
  return isOurs ? branch : `${fromProject}:${branch}`.slice(0, 512);
}

function idOf(request: MergeRequest): string {
  return changeId(request.path, request.iid);
}

function opening(request: MergeRequest) {
  return {
    change_id: idOf(request),
    repository: request.path,
    number: request.iid,
    url: request.url,
    branch: request.branch,
    opened_at: request.createdAt,
  };
}

const projectNumber = z
  .int()
  .nullish()
  .transform((value) => value ?? undefined);
const payload = z.object({
  user,
  project,
  labels,
  object_attributes: z.object({
    iid: z.int().positive(),
    action: optionalText(),
    state: optionalText(),
    url: optionalText(2048),
    title: optionalText(),
    description: z.string().nullish(),
    author_id: z.int().nullish(),
    source_branch: name,
    target_branch: name,
    source_project_id: projectNumber,
    target_project_id: projectNumber,
    last_commit: z.object({ id: optionalText(64) }).nullish(),
    merge_commit_sha: optionalText(64),
    squash_commit_sha: optionalText(64),
    labels,
    created_at: moment,
    updated_at: optionalMoment,
    merged_at: optionalMoment,
  }),
});

const reviews = new Map([
  ['approved', 'approved'],
  ['approval', 'approved'],
  ['unapproved', 'unapproved'],
  ['unapproval', 'unapproved'],
]);

/**
 * `merge_request`. Older versions state no `merged_at`, so the merge is then the update that the hook of the action
 * `merge` speaks of. What was already merged may be told again later: it is the same fact.
 */
export function mergeRequestEvent(body: unknown): Normalized {
  const read = readAs(body, payload);
  if (!read.ok) return read.normalized;
  const { object_attributes: found, user: actor } = read.value;
  const request = requestOf(read.value);
  const { action } = found;
  const state = reviews.get(action ?? '');
  if (state !== undefined) return facts(reviewedFact(request, actor?.username, state, request.updatedAt));
  const updated = updatedFact(request);
  const merged = found.state === 'merged' && found.merged_at ? [mergedFact(request, found.merged_at)] : [];
  switch (action) {
    case 'merge':
      if (found.merged_at) return facts(mergedFact(request, found.merged_at), updated);
      if (found.updated_at === undefined) return rejected('object_attributes.updated_at: is missing');
      return facts(mergedFact(request, found.updated_at), updated);
    case 'close':
      if (found.updated_at === undefined) return rejected('object_attributes.updated_at: is missing');
      return facts(abandonedFact(request, found.updated_at), updated);
    case 'update':
    case 'reopen':
      return facts(...merged, updated);
    case 'open':
    // The button *Test* sends the newest one without an action.
    case undefined:
      return facts(openedFact(request), ...merged, updated);
    default:
      return ignored(`merge_request ${action.slice(0, 100)} changes nothing that is measured`);
  }
}

function requestOf({ object_attributes: found, ...sent }: z.output<typeof payload>): MergeRequest {
  const isAuthor = sent.user?.id ? sent.user.id === found.author_id : found.action === 'open';
  return {
    path: sent.project.path_with_namespace,
    iid: found.iid,
    url: found.url,
    title: found.title,
    description: found.description,
    author: isAuthor ? sent.user?.username : undefined,
    branch: headBranch(found.source_branch, found.source_project_id, found.target_project_id),
    base: found.target_branch,
    headSha: found.last_commit?.id?.toLowerCase(),
    mergeSha: (found.merge_commit_sha ?? found.squash_commit_sha)?.toLowerCase(),
    labels: found.labels ?? sent.labels ?? [],
    createdAt: found.created_at,
    updatedAt: found.updated_at ?? found.merged_at ?? found.created_at,
  };
}
