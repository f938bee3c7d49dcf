import type { NormalizedEvent } from '../../ingest/event.ts';
import { canonicalCommit } from '../../ingest/import/commit.ts';
import {
  changeCut,
  changeEventId,
  changeMerged,
  heartbeat,
  type ImportedEvent,
  type ImportTarget,
  rolloutCorrected,
  rolloutCorrectionId,
  rolloutEventId,
  rolloutFinished,
} from '../../ingest/import/events.ts';
import { type CommitGraph, dissolve, type Partition, partition } from '../../ingest/import/graph.ts';
import { type ReleaseTag, tagFilter } from '../../ingest/import/tags.ts';
import type { Commit } from '../../ingest/vocabulary/commit.ts';
import { defaultBranch, nameOf, readCommits, readGraph, releaseTags, requestMerges } from './history.ts';
import { gitText } from './process.ts';

/** What to import, and how what it says is sent on. */
export interface GitImport {
  /** A local clone, bare or not. */
  readonly path: string;
  /** `owner/name`; without it the remote `origin` says, else the folder's name. */
  readonly repository?: string;
  /** Catalog id that the tags roll out; without it the repository says which service. */
  readonly service?: string;
  /** Tags that are rollouts: `*` and `?` as in `release-*`; without it version numbers that are no pre-release. */
  readonly tags?: string;
  /** Default `production`. */
  readonly environment?: string;
  /** Read each commit's paths as well: for a repository of several services. */
  readonly paths?: boolean;
  /** UTC ISO. */
  readonly now: string;
  /** Takes a batch, as for `POST /v1/events`; the next one is made when it has resolved. */
  readonly send: (events: readonly ImportedEvent[]) => Promise<unknown>;
  /** The event that is kept under an id (`GET /v1/events/{id}`), or null: so that a later import can say what has changed. */
  readonly known: (eventId: string) => Promise<Pick<NormalizedEvent, 'type' | 'data'> | null>;
  readonly onProgress?: (progress: ImportProgress) => void;
}

export interface ImportProgress {
  readonly phase: 'history' | 'changes' | 'rollouts';
  readonly done: number;
  /** 0 while it is not known. */
  readonly total: number;
}

/** What an import found and said. */
export interface GitImported {
  readonly repository: string;
  readonly commits: number;
  readonly changes: number;
  readonly rollouts: number;
  /** Commits on the default branch that no tag has delivered. */
  readonly undelivered: number;
  /** Earlier statements that had to be corrected. */
  readonly corrections: number;
  readonly events: number;
  /** The clone lacks older history: what it delivered cannot be told. */
  readonly shallow: boolean;
}

/**
 * Imports a clone's history: every commit reachable from a matching tag or the default branch becomes part of a change, every
 * matching tag a rollout that lists exactly the commits that no earlier one had (metrics.md §3.2). Streams: memory grows with
 * the number of commits, not with their content. Repeating it changes nothing; a later import adds what is new and corrects
 * what new tags make untrue. `ok: false` if there is nothing to read; rejects if git fails on the way or `send` does.
 */
export async function importGit(
  task: GitImport,
): Promise<({ ok: true } & GitImported) | { ok: false; problem: string }> {
  const head = await defaultBranch(task.path);
  if (head === 'no repository') return { ok: false, problem: `${task.path} is not a git repository` };
  const target: ImportTarget = {
    repository: task.repository ?? (await nameOf(task.path)),
    ...(task.service === undefined ? {} : { service: task.service }),
    environment: task.environment ?? 'production',
  };
  const tags = await releaseTags(task.path, tagFilter(task.tags ?? null), secondsOf(task.now));
  if (tags.length === 0 && head === null) return { ok: false, problem: `${task.path} has no commits yet` };
  const tips = [...tags.map(({ sha }) => sha), ...(head === null ? [] : [head])];
  const shallow = (await gitText(task.path, ['rev-parse', '--is-shallow-repository'])) === 'true';
  const progress = task.onProgress ?? (() => {});

  const graph = await readGraph(task.path, tips, (done) => progress({ phase: 'history', done, total: 0 }));
  const requests = await requestMerges(task.path, tips, graph);
  const parts = partition(
    graph,
    tips.map((tip) => graph.indexOf.get(tip)!),
    (index) => requests.has(index),
  );
  const lists = delivered(graph, parts, tips.length);
  const earlier = await earlierImport(
    task,
    target,
    tags,
    lists,
    changeEventId(target.repository, firstLeader(graph, parts)),
  );
  // What a rollout delivered that is known as it stands was sent before it was.
  const isKnown = (tip: number): boolean => earlier?.rollouts.get(tip) === 'as it stands';
  if (earlier) await keepSingle(task, target, graph, parts, isKnown);
  const changeOf = (sha: string) => parts.leaderOf[graph.indexOf.get(sha) ?? -1];

  const out = batches(task.send);
  let corrections = 0;
  let changes = 0;
  for await (const { commits, message } of readChanges(task, tips, graph, parts, progress)) {
    changes++;
    const leader = commits.at(-1)!;
    if (isKnown(parts.deliveredBy[graph.indexOf.get(leader.sha)!]!)) continue;
    await out.add(changeMerged(target.repository, commits, message, changeOf));
    if (!earlier || commits.length > 1 || (leader.parents?.length ?? 0) < 2) continue;
    const before = await task.known(changeEventId(target.repository, leader.sha));
    if (commitsIn(before).length < 2) continue;
    await out.add(changeCut(target.repository, leader, task.now));
    corrections++;
  }
  for (const [place, tag] of tags.entries()) {
    const said = earlier?.rollouts.get(place);
    if (said === undefined) await out.add(rolloutFinished(target, tag, lists[place]!));
    else if (said !== 'as it stands') {
      await out.add(said);
      corrections++;
    }
    progress({ phase: 'rollouts', done: place + 1, total: tags.length });
  }
  await out.add(heartbeat(target, task.now));
  await out.flush();
  return {
    ok: true,
    repository: target.repository,
    commits: graph.shas.length,
    changes,
    rollouts: tags.length,
    undelivered: head === null ? 0 : lists[tags.length]!.length,
    corrections,
    events: out.count(),
    shallow,
  };
}

/** Yields each change when all its commits have been read: the leader last, before it what it brought in, oldest first. */
async function* readChanges(
  task: GitImport,
  tips: readonly string[],
  graph: CommitGraph,
  parts: Partition,
  progress: (progress: ImportProgress) => void,
): AsyncGenerator<{ commits: Commit[]; message: string }> {
  const open = new Map<number, { found: Map<number, Commit>; message: string }>();
  let done = 0;
  for await (const raw of readCommits(task.path, tips, task.paths ?? false)) {
    const index = graph.indexOf.get(raw.sha);
    if (index === undefined) continue;
    const leader = parts.leaderOf[index]!;
    const change = open.get(leader) ?? { found: new Map<number, Commit>(), message: '' };
    open.set(leader, change);
    change.found.set(index, canonicalCommit(raw, secondsOf(task.now)));
    if (index === leader) change.message = raw.message;
    if (++done % 100 === 0 || done === graph.shas.length) {
      progress({ phase: 'changes', done, total: graph.shas.length });
    }
    const side = parts.sides.get(leader) ?? [];
    if (change.found.size <= side.length) continue;
    open.delete(leader);
    yield { commits: [...side, leader].map((one) => change.found.get(one)!), message: change.message };
  }
}

/** Shas that each tip delivers, by its place. */
function delivered(graph: CommitGraph, parts: Partition, tips: number): string[][] {
  const lists: string[][] = Array.from({ length: tips }, () => []);
  for (const [index, tip] of parts.deliveredBy.entries()) if (tip >= 0) lists[tip]!.push(graph.shas[index]!);
  return lists;
}

/** What an earlier import said of the rollouts, by their place: that which still holds, or what corrects it. */
interface EarlierImport {
  readonly rollouts: ReadonlyMap<number, ImportedEvent | 'as it stands'>;
}

/** Looks up what was imported before: the rollouts, and for a repository without any its first change. Null: nothing was. */
async function earlierImport(
  task: GitImport,
  target: ImportTarget,
  tags: readonly ReleaseTag[],
  lists: readonly (readonly string[])[],
  firstChange: string,
): Promise<EarlierImport | null> {
  const rollouts = new Map<number, ImportedEvent | 'as it stands'>();
  await eachOf([...tags.entries()], async ([place, tag]) => {
    const said = await correctionOf(task, target, tag, lists[place]!);
    if (said !== null) rollouts.set(place, said);
  });
  return rollouts.size > 0 || (await task.known(firstChange)) !== null ? { rollouts } : null;
}

/** Commits that were imported singly stay single: a merge that came later must not claim them. */
async function keepSingle(
  task: GitImport,
  { repository }: ImportTarget,
  graph: CommitGraph,
  parts: Partition,
  isKnownTip: (tip: number) => boolean,
): Promise<void> {
  const wasChange = async (index: number) => (await task.known(changeEventId(repository, graph.shas[index]!))) !== null;
  const open = [...parts.sides].filter(([leader]) => !isKnownTip(parts.deliveredBy[leader]!));
  await eachOf(open, async ([leader, side]) => {
    if (await wasChange(leader)) return;
    for (const commit of side) {
      if (!(await wasChange(commit))) continue;
      dissolve(parts, leader);
      return;
    }
  });
}

/** What makes the log say what a rollout delivered: nothing more, a correction, or null if it was never told of it. */
async function correctionOf(task: GitImport, target: ImportTarget, tag: ReleaseTag, commits: readonly string[]) {
  const first = await task.known(rolloutEventId(target, tag.name));
  if (first === null) return null;
  let said = commitsIn(first);
  for (let n = 1; ; n++) {
    const correction = await task.known(rolloutCorrectionId(target, tag.name, n));
    if (correction === null) {
      const same = said.length === commits.length && new Set([...said, ...commits]).size === commits.length;
      return same ? 'as it stands' : rolloutCorrected(target, tag, commits, n, task.now);
    }
    const { value } = correction.data as { value?: unknown };
    said = Array.isArray(value) ? value : [];
  }
}

/** Does something with each, a few at a time: look-ups go over the network. */
async function eachOf<T>(items: readonly T[], use: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const worker = async () => {
    for (const item of rest) await use(item);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

function firstLeader(graph: CommitGraph, parts: Partition): string {
  return graph.shas[parts.leaderOf[0]!]!;
}

function secondsOf(instant: string): number {
  return Math.floor(Date.parse(instant) / 1000);
}

function commitsIn(event: { readonly data: object } | null): readonly unknown[] {
  const commits = event && 'commits' in event.data ? event.data.commits : null;
  return Array.isArray(commits) ? commits : [];
}

const BATCH_EVENTS = 500;
/** Roughly the size at which a batch is sent, counted by commits, of which an event may have thousands. */
const BATCH_COMMITS = 2000;

function batches(send: GitImport['send']) {
  let batch: ImportedEvent[] = [];
  let weight = 0;
  let count = 0;
  const flush = async () => {
    if (batch.length === 0) return;
    const full = batch;
    batch = [];
    weight = 0;
    await send(full);
  };
  return {
    flush,
    count: () => count,
    async add(event: ImportedEvent) {
      batch.push(event);
      count++;
      weight += 1 + commitsIn(event).length;
      if (batch.length >= BATCH_EVENTS || weight >= BATCH_COMMITS) await flush();
    },
  };
}
