import { z } from 'zod';
import type { Delivery } from '../../delivery.ts';
import type { Fact } from '../../event.ts';
import { instant, parseInstant } from '../../time.ts';
import type { Commit } from '../../vocabulary/commit.ts';
import { authoredAt, branchPushed, messageFacts } from '../pushed.ts';
import { facts, ignored, listOf, optionalText, readBody } from '../shape.ts';
import type { Normalized } from '../source.ts';
import { repository } from './shape.ts';

const sha = z.string().regex(/^[0-9a-f]{7,64}$/i, 'is not a commit SHA');
const commit = z.object({
  id: sha,
  author: z.object({ name: optionalText() }).nullish(),
  authorTimestamp: z.unknown().optional(),
  committerTimestamp: z.unknown().optional(),
  message: z.string().nullish(),
  parents: listOf(z.object({ id: sha }), 64).nullish(),
});
const change = z.object({
  ref: z.object({ displayId: optionalText(), type: optionalText() }).nullish(),
  refId: z.string().max(600),
  fromHash: sha,
  toHash: sha,
  type: optionalText(),
});
const payload = z.object({
  date: instant,
  repository,
  changes: listOf(change, 1000),
  /** Newest first, of the first change; newer versions only. */
  commits: listOf(commit, 20_000).nullish(),
});

const BRANCH = 'refs/heads/';
const NOTHING = /^0+$/;

/**
 * `repo:refs_changed`: one `branch.pushed` per branch that moved, at `date`. Where no commits are listed, the new head is
 * the only one known of the push: authored when it was pushed, since nothing else is told.
 */
export function refsChanged(delivery: Delivery): Normalized {
  const body = readBody(delivery, payload);
  if (!body.ok) return body.normalized;
  const { date, repository: repo, changes, commits } = body.value;
  const moved = changes
    .filter(({ refId }) => refId.startsWith(BRANCH) && refId.length > BRANCH.length)
    .map((each) => branchFact(repo, each, commits ?? [], date));
  return moved.length > 0 ? facts(...moved) : ignored('a push of tags moves no branch');
}

function branchFact(
  repo: string,
  moved: z.output<typeof change>,
  listed: readonly z.output<typeof commit>[],
  pushedAt: string,
): Fact {
  const after = moved.toHash.toLowerCase();
  const deleted = moved.type?.toUpperCase() === 'DELETE' || NOTHING.test(after);
  // The list belongs to the branch at whose new head it begins; a push may move several.
  const own = listed[0]?.id.toLowerCase() === after ? listed.map((each) => commitOf(each, pushedAt)).reverse() : [];
  const known = own.length > 0 ? own : [{ sha: after, authored_at: pushedAt }];
  return branchPushed(pushedAt, {
    repository: repo,
    branch: moved.refId.slice(BRANCH.length),
    before: moved.fromHash.toLowerCase(),
    after,
    deleted: deleted || undefined,
    commits: deleted ? [] : known,
  });
}

function commitOf(pushed: z.output<typeof commit>, pushedAt: string): Commit {
  return {
    sha: pushed.id.toLowerCase(),
    authored_at: authoredAt(pushed.authorTimestamp, pushedAt),
    committed_at: parseInstant(pushed.committerTimestamp) ?? undefined,
    author: pushed.author?.name,
    parents: pushed.parents?.map((parent) => parent.id.toLowerCase()),
    ...messageFacts(pushed.message),
  };
}
