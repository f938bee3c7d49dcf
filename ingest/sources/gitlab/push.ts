import { z } from 'zod';
import type { Delivery } from '../../delivery.ts';
import type { Fact } from '../../event.ts';
import { type Commit, name } from '../../vocabulary/commit.ts';
import { mergedReference, revertedReference } from '../mentions.ts';
import { authoredAt, branchPushed, messageFacts, plausibleInstant } from '../pushed.ts';
import { facts, ignored, listOf, optionalText, readAs, rejected, snapshot } from '../shape.ts';
import type { Normalized } from '../source.ts';
import { accountKind, changeId, project, wholeSecond } from './shape.ts';

const NO_COMMIT = /^0+$/;

const paths = listOf(z.string(), 20_000).nullish();
const pushedCommit = z.object({
  id: z.string().regex(/^[0-9a-f]{7,64}$/i, 'is not a commit SHA'),
  message: z.string().nullish(),
  timestamp: z.unknown().optional(),
  author: z.object({ name: optionalText(), email: optionalText(1024) }).nullish(),
  added: paths,
  modified: paths,
  removed: paths,
});
const payload = z.object({
  ref: name,
  before: optionalText(64),
  after: optionalText(64),
  project,
  commits: listOf(pushedCommit, 20_000).nullish(),
});

type PushedCommit = z.output<typeof pushedCommit>;

/**
 * `push`: one `branch.pushed`. GitLab states no time of it, so it is that of its head commit, or if that cannot be, of the
 * newest before it; without commits there is none, and the branch is where others have told already. Nor does GitLab say
 * whether it was forced. It lists the newest 20 commits, oldest first; the rest have no position.
 */
export function push(body: unknown, delivery: Delivery): Normalized {
  const read = readAs(body, payload);
  if (!read.ok) return read.normalized;
  const { ref, before, after, project: of } = read.value;
  if (!ref.startsWith('refs/heads/')) return ignored('a push of a tag moves no branch');
  if (after !== undefined && NO_COMMIT.test(after)) return ignored('a deleted branch moves no further');
  const commits = oldestFirst(read.value.commits ?? [], before, after);
  if (commits.length === 0) return ignored('the push brought no commits');
  const pushedAt = commits.map((commit) => plausibleInstant(commit.timestamp, delivery.received_at)).findLast(Boolean);
  if (pushedAt === undefined) return rejected('commits.timestamp: none that can be true');
  const branch = ref.slice('refs/heads/'.length);
  const told = commits.map((commit) => commitOf(of.path_with_namespace, commit, pushedAt));
  const pushed = branchPushed(pushedAt, {
    repository: of.path_with_namespace,
    branch,
    default_branch: of.default_branch,
    before,
    after,
    commits: told,
  });
  return branch === of.default_branch
    ? facts(pushed, ...commits.flatMap((commit, at) => squashFact(of.path_with_namespace, commit, told[at])))
    : facts(pushed);
}

/**
 * A merge request that was squashed and fast-forwarded has no merge commit, and its hook names no other: only what the
 * squashed commit says of itself tells which request it is. A copy of it on its way to another branch says the same.
 */
function squashFact(path: string, pushed: PushedCommit, commit: Commit | undefined): Fact[] {
  const change = mergedReference(path, pushed.message);
  const [repository, iid] = change?.split('!') ?? [];
  if (commit === undefined || repository?.toLowerCase() !== path.toLowerCase() || iid === undefined) return [];
  if (/^Merge /.test(commit.message ?? '') || commit.cherry_pick_of !== undefined) return [];
  const id = changeId(path, Number(iid));
  return [
    snapshot('change.merged', wholeSecond(commit.authored_at), [id], {
      change_id: id,
      repository: path,
      number: Number(iid),
      merge_sha: commit.sha,
    }),
  ];
}

/** What the button *Test* sends is the newest three commits of the default branch in reverse, `before` among them. */
function oldestFirst(
  commits: readonly PushedCommit[],
  before: string | undefined,
  after: string | undefined,
): readonly PushedCommit[] {
  const moved = commits.filter((commit) => commit.id !== before);
  return moved.length > 1 && moved[0]?.id === after ? moved.reverse() : moved;
}

/** GitLab's `timestamp` is the committer's, which is the author's unless the commit was rebased, amended or copied. */
function commitOf(path: string, pushed: PushedCommit, pushedAt: string): Commit {
  const { author, message } = pushed;
  const touched = [...(pushed.added ?? []), ...(pushed.modified ?? []), ...(pushed.removed ?? [])];
  const said = messageFacts(message);
  return {
    sha: pushed.id.toLowerCase(),
    authored_at: authoredAt(pushed.timestamp, pushedAt),
    author: author?.name,
    author_kind: authorKind(author?.email, author?.name),
    paths: [...new Set(touched.map((each) => each.slice(0, 1024)))].slice(0, 20_000),
    ...said,
    revert_of: said.revert_of ?? revertedReference(path, message),
  };
}

/** A bot's address begins with its account's name. People's addresses say nothing, and are not kept. */
function authorKind(email: string | undefined, called: string | undefined): 'bot' | undefined {
  return [email?.split('@', 1)[0], called].some((each) => accountKind(each) === 'bot') ? 'bot' : undefined;
}
