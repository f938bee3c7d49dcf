import { basename, resolve } from 'node:path';
import { believable, type RawCommit, REQUEST_MERGE } from '../../ingest/import/commit.ts';
import { addCommit, type CommitGraph, emptyGraph } from '../../ingest/import/graph.ts';
import { inReleaseOrder, type ReleaseTag, repositoryOfRemote } from '../../ingest/import/tags.ts';
import { git, gitText } from './process.ts';

/** The commit of the default branch: the remote's if the clone knows it, else HEAD. Null in a repository without commits. */
export async function defaultBranch(path: string): Promise<string | null | 'no repository'> {
  if ((await gitText(path, ['rev-parse', '--git-dir'])) === null) return 'no repository';
  for (const ref of ['refs/remotes/origin/HEAD', 'HEAD']) {
    const sha = await gitText(path, ['rev-parse', '--verify', '--quiet', `${ref}^{commit}`]);
    if (sha) return sha;
  }
  return null;
}

/** What to call the repository of a clone: as its remote is called, else as its folder is. */
export async function nameOf(path: string): Promise<string> {
  const remote = await gitText(path, ['config', '--get', 'remote.origin.url']);
  const named = remote && repositoryOfRemote(remote);
  return named || basename(resolve(path)).replace(/\.git$/, '') || 'repository';
}

/** The tags that are rollouts, each on its commit, in the order in which they were rolled out. */
export async function releaseTags(
  path: string,
  wanted: (name: string) => boolean,
  nowSeconds: number,
): Promise<ReleaseTag[]> {
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
    tags.push({ name, sha, atSeconds: believable(Number(at), nowSeconds) });
  }
  return inReleaseOrder(tags);
}

/** The shape of all that the tips reach. */
export async function readGraph(
  path: string,
  tips: readonly string[],
  onCommits: (done: number) => void,
): Promise<CommitGraph> {
  const graph = emptyGraph();
  const args = ['rev-list', '--topo-order', '--reverse', '--parents', '--stdin'];
  for await (const line of git(path, args, { input: stdin(tips) })) {
    const [sha = '', ...parents] = line.split(' ');
    addCommit(graph, sha, parents);
    if (graph.shas.length % 1000 === 0) onCommits(graph.shas.length);
  }
  return graph;
}

/** Commits that are merges of a pull or merge request, by their message. */
export async function requestMerges(path: string, tips: readonly string[], graph: CommitGraph): Promise<Set<number>> {
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

/** Each field ends with a NUL, which none can hold; an empty one before them opens a record. */
const FORMAT = '%x00%H%x00%P%x00%an%x00%ae%x00%at%x00%ct%x00%B%x00';

/** All commits that the tips reach, newest first, one line of history after the other. */
export async function* readCommits(
  path: string,
  tips: readonly string[],
  withPaths: boolean,
): AsyncGenerator<RawCommit> {
  const args = ['log', '--topo-order', '--no-notes', '--encoding=UTF-8', '-z', `--format=${FORMAT}`, '--stdin'];
  if (withPaths) args.push('--name-only', '--no-renames', '--no-ext-diff');
  // After the opening piece: seven fields, an empty piece, then the paths, none of them empty, up to the next opening.
  let record: string[] | null = null;
  for await (const piece of git(path, args, { separator: '\0', input: stdin(tips) })) {
    if (record === null || (record.length > 7 && piece === '')) {
      if (record) yield rawCommit(record, withPaths);
      record = [];
    } else record.push(piece);
  }
  if (record) yield rawCommit(record, withPaths);
}

function rawCommit(record: readonly string[], withPaths: boolean): RawCommit {
  const [sha = '', parents = '', name = '', email = '', authored, committed, message = '', , ...paths] = record;
  return {
    sha,
    parents: parents.split(' ').filter((parent) => parent !== ''),
    authorName: name,
    authorEmail: email,
    authoredAtSeconds: Number(authored),
    committedAtSeconds: Number(committed),
    message,
    // git puts a line break before the first path.
    ...(withPaths ? { paths: paths.map((path, at) => (at === 0 ? path.replace(/^\n/, '') : path)) } : {}),
  };
}
