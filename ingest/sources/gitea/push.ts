import { z } from 'zod';
import type { Delivery } from '../../delivery.ts';
import { type Commit, name } from '../../vocabulary/commit.ts';
import { authoredAt, branchPushed, messageFacts, plausibleInstant } from '../pushed.ts';
import { facts, ignored, listOf, optionalText, readBody } from '../shape.ts';
import type { Normalized } from '../source.ts';
import { loginKind, repository } from './shape.ts';

const paths = listOf(z.string(), 20_000).nullish();
const commit = z.object({
  id: z.string().regex(/^[0-9a-f]{7,64}$/i, 'is not a commit SHA'),
  message: z.string().nullish(),
  timestamp: z.unknown().optional(),
  author: z.object({ name: optionalText(), username: optionalText() }).nullish(),
  added: paths,
  modified: paths,
  removed: paths,
});
const payload = z.object({
  ref: name,
  before: optionalText(64),
  after: optionalText(64),
  repository,
  head_commit: z.object({ timestamp: z.unknown().optional() }).nullish(),
  commits: listOf(commit, 20_000).nullish(),
});

const NOTHING = /^0+$/;

/**
 * `push`: one `branch.pushed`. Gitea tells no time of the push: the head commit's stands for it, which for merges made on
 * the forge is the moment of the merge; else another commit's; else receipt. The newest few commits are listed, newest
 * first; whether a push was forced is not told.
 */
export function push(delivery: Delivery): Normalized {
  const body = readBody(delivery, payload);
  if (!body.ok) return body.normalized;
  const { ref, before, after, repository: repo, head_commit: head } = body.value;
  if (!ref.startsWith('refs/heads/')) return ignored('a push of a tag moves no branch');
  const listed = body.value.commits ?? [];
  const pushedAt =
    [head, ...listed].map((each) => plausibleInstant(each?.timestamp, delivery.received_at)).find(Boolean) ??
    delivery.received_at;
  const commits = listed.map((each) => commitOf(each, pushedAt));
  const isNewestFirst = commits.length > 1 && commits[0]?.sha === after?.toLowerCase();
  return facts(
    branchPushed(pushedAt, {
      repository: repo.full_name,
      branch: ref.slice('refs/heads/'.length),
      default_branch: repo.default_branch,
      before: before?.toLowerCase(),
      after: after?.toLowerCase(),
      deleted: after !== undefined && NOTHING.test(after) ? true : undefined,
      commits: isNewestFirst ? commits.reverse() : commits,
    }),
  );
}

function commitOf(pushed: z.output<typeof commit>, pushedAt: string): Commit {
  const { author } = pushed;
  const touched = [...(pushed.added ?? []), ...(pushed.modified ?? []), ...(pushed.removed ?? [])];
  return {
    sha: pushed.id.toLowerCase(),
    authored_at: authoredAt(pushed.timestamp, pushedAt),
    author: author?.username ?? author?.name,
    author_kind: loginKind(author?.username),
    paths: [...new Set(touched.map((path) => path.slice(0, 1024)))].slice(0, 20_000),
    ...messageFacts(pushed.message),
  };
}
