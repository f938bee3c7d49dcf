import { basename, resolve } from 'node:path';
import type { NormalizedEvent } from '../../ingest/event.ts';
import { canonicalCommit, type RawCommit, REQUEST_MERGE } from '../../ingest/import/commit.ts';
import {
  changeCut,
  changeEventId,
  changeMerged,
  heartbeat,
  type ImportTarget,
  rolloutCorrected,
  rolloutCorrectionId,
  rolloutEventId,
  rolloutFinished,
} from '../../ingest/import/events.ts';
import {
  addCommit,
  type CommitGraph,
  dissolve,
  emptyGraph,
  type Partition,
  partition,
} from '../../ingest/import/graph.ts';
import { inReleaseOrder, type ReleaseTag, repositoryOfRemote, tagFilter } from '../../ingest/import/tags.ts';
import type { Commit } from '../../ingest/vocabulary/commit.ts';
import { GitFailed, git, gitText } from './process.ts';

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
  /** Takes a batch; the next one is made when it has resolved. */
  readonly send: (events: readonly NormalizedEvent[]) => Promise<unknown>;
  /** The event of that id if it was imported before, so that a later import can say what has changed since. */
  readonly known: (eventId: string) => Promise<NormalizedEvent | null>;
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
  const tags = await releaseTags(task.path, tagFilter(task.tags ?? null));
  if (tags.length === 0 && head === null) return { ok: false, problem: `${task.path} has no commits yet` };
  const tips = [...tags.map(({ sha }) => sha), ...(head === null ? [] : [head])];
  const shallow = (await gitText(task.path, ['rev-parse', '--is-shallow-repository'])) === 'true';
  const progress = task.onProgress ?? (() => {});

  const graph = await readGraph(task.path, tips, progress);
  const requests = await requestMerges(task.path, tips, graph);
  const parts = partition(
    graph,
    tips.map((tip) => graph.indexOf.get(tip)!),
    (index) => requests.has(index),
  );
  const out = batches(task.send);
  const earlier = await followEarlierImport(task, target, tags, graph, parts);
  let corrections = 0;
  let changes = 0;
  for await (const { commits, message } of readChanges(task, tips, graph, parts, progress)) {
    await out.add(changeMerged(target.repository, commits, message));
    changes++;
    const leader = commits.at(-1)!;
    if (earlier && commits.length === 1 && (leader.parents?.length ?? 0) > 1) {
      const before = await task.known(changeEventId(target.repository, leader.sha));
      if (before?.type === 'change.merged' && (before.data.commits?.length ?? 0) > 1) {
        await out.add(changeCut(target.repository, leader, task.now));
        corrections++;
      }
    }
  }

  const lists = delivered(graph, parts, tips.length);
  for (const [place, tag] of tags.entries()) {
    const event = rolloutFinished(target, tag, lists[place]!);
    await out.add(event);
    const correction = earlier && (await correctionOf(task, target, tag, event.data.commits ?? []));
    if (correction) {
      await out.add(correction);
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

/** The commit of the default branch: the remote's if the clone knows it, else HEAD. Null in a repository without commits. */
async function defaultBranch(path: string): Promise<string | null | 'no repository'> {
  if ((await gitText(path, ['rev-parse', '--git-dir'])) === null) return 'no repository';
  for (const ref of ['refs/remotes/origin/HEAD', 'HEAD']) {
    const sha = await gitText(path, ['rev-parse', '--verify', '--quiet', `${ref}^{commit}`]);
    if (sha) return sha;
  }
  return null;
}

async function nameOf(path: string): Promise<string> {
  const remote = await gitText(path, ['config', '--get', 'remote.origin.url']);
  const named = remote && repositoryOfRemote(remote);
  return named || basename(resolve(path)).replace(/\.git$/, '') || 'repository';
}

async function releaseTags(path: string, wanted: (name: string) => boolean): Promise<ReleaseTag[]> {
  const tags: ReleaseTag[] = [];
  const fields = ['refname:strip=2', 'objectname', 'objecttype', 'creatordate:unix'];
  const format = fields.map((field) => `%(${field})`).join('%00');
  for await (const line of git(path, ['for-each-ref', `--format=${format}`, 'refs/tags'])) {
    const [name = '', object = '', type = '', created = ''] = line.split('\0');
    if (!wanted(name)) continue;
    let sha = object;
    let at = created;
    // An annotated tag names its commit, perhaps by way of further tags; one from very long ago may have no date.
    if (type !== 'commit')
      sha = (await gitText(path, ['rev-parse', '--verify', '--quiet', `${object}^{commit}`])) ?? '';
    if (sha === '') continue;
    if (at === '') at = (await gitText(path, ['show', '-s', '--format=%ct', sha])) ?? '';
    tags.push({ name, sha, atSeconds: Number(at) });
  }
  return inReleaseOrder(tags);
}

async function readGraph(
  path: string,
  tips: readonly string[],
  progress: (progress: ImportProgress) => void,
): Promise<CommitGraph> {
  const graph = emptyGraph();
  const args = ['rev-list', '--topo-order', '--reverse', '--parents', '--stdin'];
  for await (const line of git(path, args, { input: stdin(tips) })) {
    const [sha = '', ...parents] = line.split(' ');
    addCommit(graph, sha, parents);
    if (graph.shas.length % 1000 === 0) progress({ phase: 'history', done: graph.shas.length, total: 0 });
  }
  return graph;
}

async function requestMerges(path: string, tips: readonly string[], graph: CommitGraph): Promise<Set<number>> {
  const found = new Set<number>();
  const args = ['rev-list', '--merges', '--extended-regexp', `--grep=${REQUEST_MERGE}`, '--stdin'];
  for await (const sha of git(path, args, { input: stdin(tips) })) {
    const index = graph.indexOf.get(sha);
    if (index !== undefined) found.add(index);
  }
  return found;
}

function stdin(tips: readonly string[]): string {
  return `${[...new Set(tips)].join('\n')}\n`;
}

/** Marks the end of a commit's fields; no field can hold a NUL. */
const FORMAT = '%H%x00%P%x00%an%x00%ae%x00%at%x00%ct%x00%B%x00';

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
    change.found.set(index, canonicalCommit(raw));
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

async function* readCommits(path: string, tips: readonly string[], withPaths: boolean): AsyncGenerator<RawCommit> {
  const args = ['log', '--topo-order', '--no-notes', '--encoding=UTF-8', '-z', `--format=${FORMAT}`, '--stdin'];
  if (withPaths) args.push('--name-only', '--no-renames', '--no-ext-diff');
  let fields: string[] = [];
  let paths: string[] = [];
  const commit = (): RawCommit => ({
    sha: fields[0]!,
    parents: fields[1]!.split(' ').filter((parent) => parent !== ''),
    authorName: fields[2]!,
    authorEmail: fields[3]!,
    authoredAtSeconds: Number(fields[4]),
    committedAtSeconds: Number(fields[5]),
    message: fields[6]!,
    ...(withPaths ? { paths } : {}),
  });
  // A commit is its seven fields, then its paths up to an empty piece that ends the record.
  for await (const piece of git(path, args, { separator: '\0', input: stdin(tips) })) {
    if (fields.length < 7) fields.push(piece);
    else if (piece === '') {
      yield commit();
      fields = [];
      paths = [];
    } else paths.push(piece.replace(/^\n/, ''));
  }
  if (fields.length === 7) yield commit();
}

/** Shas that each tip delivers, by its place. */
function delivered(graph: CommitGraph, parts: Partition, tips: number): string[][] {
  const lists: string[][] = Array.from({ length: tips }, () => []);
  for (const [index, tip] of parts.deliveredBy.entries()) if (tip >= 0) lists[tip]!.push(graph.shas[index]!);
  return lists;
}

/**
 * Tells whether the repository was imported before. If so, keeps commits single that were imported so: a merge that came later
 * must not claim them.
 */
async function followEarlierImport(
  task: GitImport,
  target: ImportTarget,
  tags: readonly ReleaseTag[],
  graph: CommitGraph,
  parts: Partition,
): Promise<boolean> {
  const isKnown = async (index: number) =>
    (await task.known(changeEventId(target.repository, graph.shas[index]!))) !== null;
  let earlier = await isKnown(parts.leaderOf[0]!);
  for (const tag of tags) {
    if (earlier) break;
    earlier = (await task.known(rolloutEventId(target, tag.name))) !== null;
  }
  if (!earlier) return false;
  for (const [leader, side] of [...parts.sides]) {
    if (await isKnown(leader)) continue;
    for (const commit of side) {
      if (!(await isKnown(commit))) continue;
      dissolve(parts, leader);
      break;
    }
  }
  return true;
}

/** The correction that makes the log say what a rollout delivered, or null if it says so already. */
async function correctionOf(task: GitImport, target: ImportTarget, tag: ReleaseTag, commits: readonly string[]) {
  const first = await task.known(rolloutEventId(target, tag.name));
  if (first?.type !== 'deployment.finished') return null;
  let said: readonly unknown[] = first.data.commits ?? [];
  for (let n = 1; ; n++) {
    const correction = await task.known(rolloutCorrectionId(target, tag.name, n));
    if (correction?.type !== 'deployment.corrected') {
      const same = said.length === commits.length && new Set([...said, ...commits]).size === commits.length;
      return same ? null : rolloutCorrected(target, tag, commits, n, task.now);
    }
    said = correction.data.value as unknown[];
  }
}

const BATCH_EVENTS = 500;
/** Roughly the size at which a batch is sent, counted by commits, of which an event may have thousands. */
const BATCH_COMMITS = 2000;

function batches(send: GitImport['send']) {
  let batch: NormalizedEvent[] = [];
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
    async add(event: NormalizedEvent) {
      batch.push(event);
      count++;
      weight += 'commits' in event.data ? (event.data.commits?.length ?? 0) : 1;
      if (batch.length >= BATCH_EVENTS || weight >= BATCH_COMMITS) await flush();
    },
  };
}

export { GitFailed };
