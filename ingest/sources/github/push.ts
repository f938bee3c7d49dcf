import { z } from 'zod';
import type { Delivery } from '../../delivery.ts';
import { instant } from '../../time.ts';
import { type Commit, name } from '../../vocabulary/commit.ts';
import { authoredAt, branchPushed, messageFacts, plausibleInstant } from '../pushed.ts';
import { facts, ignored, listOf, optionalFlag, optionalText, readBody } from '../shape.ts';
import type { Normalized } from '../source.ts';
import { isBotLogin, repository } from './shape.ts';

const paths = listOf(z.string(), 20_000).nullish();
const pushedCommit = z.object({
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
  deleted: optionalFlag,
  forced: optionalFlag,
  repository: repository.extend({ pushed_at: instant.nullish() }),
  head_commit: z.object({ timestamp: z.unknown().optional() }).nullish(),
  commits: listOf(pushedCommit, 20_000).nullish(),
});

/**
 * A push: one `branch.pushed`. It happened at `repository.pushed_at` (epoch seconds here, ISO elsewhere), which GitHub's
 * clock sets; else at the head commit's time if that is plausible; else at receipt. Tags move no branch.
 */
export function push(delivery: Delivery): Normalized {
  const body = readBody(delivery, payload);
  if (!body.ok) return body.normalized;
  const { ref, before, after, deleted, forced, repository: repo } = body.value;
  if (!ref.startsWith('refs/heads/')) return ignored('a push of a tag moves no branch');
  const pushedAt =
    repo.pushed_at ?? plausibleInstant(body.value.head_commit?.timestamp, delivery.received_at) ?? delivery.received_at;
  const data = {
    repository: repo.full_name,
    branch: ref.slice('refs/heads/'.length),
    default_branch: repo.default_branch,
    before,
    after,
    forced,
    deleted,
    commits: (body.value.commits ?? []).map((commit) => commitOf(commit, pushedAt)),
  };
  return facts(branchPushed(pushedAt, data));
}

function commitOf(pushed: z.output<typeof pushedCommit>, pushedAt: string): Commit {
  const { author, message } = pushed;
  const touched = [...(pushed.added ?? []), ...(pushed.modified ?? []), ...(pushed.removed ?? [])];
  return {
    sha: pushed.id.toLowerCase(),
    authored_at: authoredAt(pushed.timestamp, pushedAt),
    author: author?.username ?? author?.name,
    author_kind: authorKind(author?.username, author?.name),
    paths: [...new Set(touched.map((path) => path.slice(0, 1024)))].slice(0, 20_000),
    ...messageFacts(message),
  };
}

function authorKind(username: string | undefined, plainName: string | undefined): 'human' | 'bot' | undefined {
  if (isBotLogin(username ?? plainName ?? '')) return 'bot';
  return username === undefined ? undefined : 'human';
}
