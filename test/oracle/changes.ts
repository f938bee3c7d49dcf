import type { NormalizedEvent } from '../../ingest/event.ts';
import type { Commit } from '../../ingest/vocabulary/commit.ts';
import { compareText, dataOf, earliest, entities, type Fold, timeOf } from './known.ts';
import { isSha, type Push, type Repository } from './positions.ts';
import type { Rollout } from './rollouts.ts';

/** A merged PR, or a commit pushed directly (R20). */
export interface Change {
  readonly changeId: string;
  readonly repository: string;
  readonly number: number | null;
  readonly url: string;
  readonly direct: boolean;
  readonly author: string;
  readonly authorKind: string;
  readonly branch: string;
  readonly labels: readonly string[];
  readonly openedAt: number | null;
  readonly mergedAt: number;
  readonly mergeSha: string;
  readonly headSha: string;
  /** R21. */
  readonly commits: readonly Commit[];
  /** Commits that its own events list: part of what names it. */
  readonly listedShas: readonly string[];
  readonly paths: readonly string[];
  readonly revertOf: string;
  readonly cherryPickOf: string;
  /** Incidents that it, or a commit of it, says it fixes. */
  readonly fixes: ReadonlySet<string>;
  /** min(first author time, opened_at), clamped to merged_at. */
  readonly startedAt: number;
}

/** Every merged change, in (merged_at, change_id) order. */
export function changesOf(
  events: readonly NormalizedEvent[],
  repositories: ReadonlyMap<string, Repository>,
  rollouts: readonly Rollout[],
): Change[] {
  const merged = [...entities(events, 'change')].filter(([, fold]) => fold.of('change.merged').length > 0);
  const requests = withoutShadows(merged.map(([id, fold]) => withWholeShas(requestOf(id, fold), repositories)));
  const changes = requests.map((request) => completeRequest(request, requests, repositories));
  for (const repository of repositories.values()) {
    const own = requests.filter((one) => one.repository.toLowerCase() === repository.name.toLowerCase());
    changes.push(...directCommits(repository, own, rollouts));
  }
  return changes.sort(inMergeOrder);
}

export function inMergeOrder(a: Change, b: Change): number {
  return a.mergedAt - b.mergedAt || compareText(a.changeId, b.changeId);
}

/** What a merged change's own events say. */
interface Request {
  readonly id: string;
  readonly fold: Fold;
  readonly repository: string;
  readonly branch: string;
  readonly base: string;
  readonly mergedAt: number;
  readonly mergeSha: string;
  readonly headSha: string;
  readonly listed: readonly Commit[];
}

/** R20: what an importer says of a commit that a numbered change already stands for. */
function withoutShadows(requests: readonly Request[]): Request[] {
  const isNumbered = (one: Request): boolean => typeof one.fold.field('number') === 'number';
  const known = new Set(
    requests
      .filter(isNumbered)
      .flatMap((one) =>
        [one.mergeSha, one.headSha, ...atMerge(one.fold).map((commit) => commit.sha)].map(
          (sha) => `${one.repository.toLowerCase()} ${sha}`,
        ),
      ),
  );
  return requests.filter(
    (one) => isNumbered(one) || one.mergeSha === '' || !known.has(`${one.repository.toLowerCase()} ${one.mergeSha}`),
  );
}

function requestOf(id: string, fold: Fold): Request {
  return {
    id,
    fold,
    repository: fold.text('repository'),
    branch: fold.text('branch'),
    base: fold.text('base'),
    mergedAt: fold.time('merged_at', earliest(fold.of('change.merged')))!,
    mergeSha: fold.text('merge_sha').toLowerCase(),
    headSha: fold.text('head_sha').toLowerCase(),
    listed: listedCommits(fold),
  };
}

/** R16: a forge that names 12 digits means the one commit that begins with them. */
function withWholeShas(request: Request, repositories: ReadonlyMap<string, Repository>): Request {
  const repository = repositories.get(request.repository.toLowerCase());
  if (!repository) return request;
  return {
    ...request,
    mergeSha: repository.whole(request.mergeSha),
    headSha: repository.whole(request.headSha),
  };
}

const commitsOf = (event: NormalizedEvent): Commit[] => (dataOf(event).commits as Commit[] | undefined) ?? [];

/** The latest list that a merge states. */
function atMerge(fold: Fold): Commit[] {
  return (
    fold
      .of('change.merged')
      .map(commitsOf)
      .filter((commits) => commits.length > 0)
      .at(-1) ?? []
  );
}

/** R21, first two sources: the corrected or the merge's list, else the updates' since the last force push, that one included. */
function listedCommits(fold: Fold): Commit[] {
  const corrected = fold.corrected('commits');
  if (Array.isArray(corrected)) return corrected as Commit[];
  const listed = atMerge(fold);
  if (listed.length > 0) return listed;
  const updates = fold.of('change.updated');
  const lastForce = updates.findLastIndex((event) => dataOf(event).force_push === true);
  return distinct(updates.slice(Math.max(0, lastForce)).flatMap(commitsOf));
}

function distinct(commits: readonly Commit[]): Commit[] {
  return [...new Map(commits.map((commit) => [commit.sha, commit])).values()];
}

function completeRequest(
  request: Request,
  requests: readonly Request[],
  repositories: ReadonlyMap<string, Repository>,
): Change {
  const { fold, mergedAt } = request;
  const sameRepository = requests.filter((one) => one.repository.toLowerCase() === request.repository.toLowerCase());
  const repository = repositories.get(request.repository.toLowerCase());
  const belonging = repository ? commitsBelonging(request, sameRepository, repository) : [];
  const commits =
    [request.listed, pushedToHead(request, sameRepository, repository), belonging].find((all) => all.length > 0) ?? [];
  const direct = fold.flag('direct') === true;
  const shas = new Set(
    [...commits, ...belonging]
      .map((commit) => commit.sha)
      .concat(request.mergeSha, request.headSha)
      .filter(isSha),
  );
  const occurrences = [
    ...commits,
    ...(repository?.pushes ?? []).flatMap((push) => push.data.commits).filter((commit) => shas.has(commit.sha)),
  ];
  const created = earliest(fold.of('change.created'));
  const statedOpening = fold.text('opened_at');
  const openedAt = fold.time('opened_at', created ?? (statedOpening === '' ? null : Date.parse(statedOpening)));
  const lone = direct ? commits[0] : undefined;
  return {
    changeId: request.id,
    repository: request.repository,
    number: typeof fold.field('number') === 'number' ? (fold.field('number') as number) : null,
    url: fold.text('url'),
    direct,
    author: fold.text('author') || (lone?.author ?? ''),
    authorKind: fold.text('author_kind') || (lone?.author_kind ?? ''),
    branch: request.branch,
    labels: fold.list('labels').map((label) => String(label).toLowerCase()),
    openedAt,
    mergedAt,
    mergeSha: request.mergeSha,
    headSha: request.headSha,
    commits,
    listedShas: request.listed.map((commit) => commit.sha),
    paths: [...fold.list('paths').map(String), ...occurrences.flatMap((commit) => commit.paths ?? [])],
    revertOf: fold.text('revert_of') || (lone?.revert_of ?? ''),
    cherryPickOf: fold.text('cherry_pick_of') || (lone?.cherry_pick_of ?? ''),
    fixes: new Set(
      [fold.text('fixes_incident'), ...occurrences.map((commit) => commit.fixes_incident ?? '')].filter(
        (incident) => incident !== '',
      ),
    ),
    startedAt: startOf(commits, openedAt, mergedAt),
  };
}

function startOf(commits: readonly Commit[], openedAt: number | null, mergedAt: number): number {
  return Math.min(mergedAt, openedAt ?? mergedAt, ...commits.map((commit) => Date.parse(commit.authored_at)));
}

/** R21, third source: what was pushed to its head branch for it. A head branch that is its own base is a fork's. */
function pushedToHead(
  request: Request,
  requests: readonly Request[],
  repository: Repository | undefined,
): readonly Commit[] {
  if (!repository || request.branch === '' || request.branch === request.base) return [];
  const earlierMerge = Math.max(
    Number.NEGATIVE_INFINITY,
    ...requests
      .filter((one) => one.id !== request.id && one.branch === request.branch && one.mergedAt < request.mergedAt)
      .map((one) => one.mergedAt),
  );
  const pushes = repository.pushes.filter(
    (push) => push.data.branch === request.branch && timeOf(push) > earlierMerge && timeOf(push) <= request.mergedAt,
  );
  const lastForce = pushes.findLastIndex((push) => push.data.forced === true);
  const commits = distinct(pushes.slice(Math.max(0, lastForce)).flatMap((push) => push.data.commits));
  const head = commits.findIndex((commit) => commit.sha === request.headSha);
  return head < 0 ? commits : commits.slice(0, head + 1);
}

/** R20: the pushed commits that belong to a PR, in the push that brought its merge sha or because it lists them. */
function commitsBelonging(request: Request, requests: readonly Request[], repository: Repository): Commit[] {
  const own = new Set([request.mergeSha, request.headSha, ...request.listed.map((commit) => commit.sha)].filter(isSha));
  return distinct(
    repository.pushes.flatMap((push) =>
      push.data.commits.filter(
        (commit, index) => own.has(commit.sha) || requestOfCommit(push, index, requests)?.id === request.id,
      ),
    ),
  );
}

/** In one push, the PR whose merge sha is the next at or after a commit. */
function requestOfCommit(push: Push, index: number, requests: readonly Request[]): Request | null {
  for (const commit of push.data.commits.slice(index)) {
    const request = requests.find((one) => one.mergeSha === commit.sha);
    if (request) return request;
  }
  return null;
}

/** R20: commits pushed to the default branch, or one that production was rolled out from, which belong to no PR. */
function directCommits(repository: Repository, requests: readonly Request[], rollouts: readonly Rollout[]): Change[] {
  const branches = new Set([repository.defaultBranch]);
  for (const rollout of rollouts)
    if (rollout.place && rollout.excluded === '' && rollout.repository.toLowerCase() === repository.name.toLowerCase())
      branches.add(rollout.place.branch);
  const pushes = repository.pushes.filter((push) => branches.has(push.data.branch));
  const listed = new Set(
    requests.flatMap((one) => [one.mergeSha, one.headSha, ...one.listed.map((commit) => commit.sha)]),
  );
  const ofRequests = new Set(
    pushes.flatMap((push) =>
      push.data.commits.filter((_, index) => requestOfCommit(push, index, requests)).map((commit) => commit.sha),
    ),
  );
  const found = new Map<string, Change>();
  for (const push of pushes)
    for (const commit of push.data.commits) {
      if (listed.has(commit.sha) || ofRequests.has(commit.sha) || found.has(commit.sha)) continue;
      found.set(commit.sha, directChange(repository, push, commit));
    }
  return [...found.values()];
}

function directChange(repository: Repository, push: Push, commit: Commit): Change {
  const mergedAt = timeOf(push);
  const occurrences = repository.pushes.flatMap((one) => one.data.commits).filter((one) => one.sha === commit.sha);
  return {
    changeId: `${push.data.repository}@${commit.sha}`,
    repository: push.data.repository,
    number: null,
    url: '',
    direct: true,
    author: commit.author ?? '',
    authorKind: commit.author_kind ?? '',
    branch: push.data.branch,
    labels: [],
    openedAt: null,
    mergedAt,
    mergeSha: commit.sha,
    headSha: '',
    commits: [commit],
    listedShas: [commit.sha],
    paths: occurrences.flatMap((one) => one.paths ?? []),
    revertOf: commit.revert_of ?? '',
    cherryPickOf: commit.cherry_pick_of ?? '',
    fixes: new Set(occurrences.map((one) => one.fixes_incident ?? '').filter((incident) => incident !== '')),
    startedAt: startOf([commit], null, mergedAt),
  };
}
