import { DateTime } from 'luxon';
import { z } from 'zod';
import type { Delivery } from '../../delivery.ts';
import type { Fact } from '../../event.ts';
import { type Commit, name } from '../../vocabulary/commit.ts';
import { authoredAt, branchPushed, messageFacts, plausibleInstant } from '../pushed.ts';
import { facts, ignored, listOf, optionalFlag, optionalText, readBody } from '../shape.ts';
import type { Normalized } from '../source.ts';
import { account, accountKind, accountName, repository } from './shape.ts';

const hash = z.string().regex(/^[0-9a-f]{7,64}$/i, 'is not a commit SHA');
const commit = z.object({
  hash,
  date: z.unknown().optional(),
  message: z.string().nullish(),
  author: z.object({ raw: optionalText(1024), user: account }).nullish(),
  parents: listOf(z.object({ hash }), 64).nullish(),
});
const position = z.object({ type: optionalText(), name, target: commit }).nullish();
const change = z.object({
  old: position,
  new: position,
  forced: optionalFlag,
  commits: listOf(commit, 20_000).nullish(),
});
const payload = z.object({
  push: z.object({ changes: listOf(change, 1000) }),
  repository,
});

type Change = z.output<typeof change>;

/**
 * `repo:push`: one `branch.pushed` per branch that moved. Bitbucket lists the newest few commits of each, newest first;
 * those cut off have no position. It happened at `X-Event-Time`; else at the new head's date, if that is plausible;
 * else at receipt.
 */
export function push(delivery: Delivery): Normalized {
  const body = readBody(delivery, payload);
  if (!body.ok) return body.normalized;
  const { push: pushed, repository: repo } = body.value;
  const moved = pushed.changes.flatMap((each) => branchFact(repo, each, delivery));
  return moved.length > 0 ? facts(...moved) : ignored('a push of tags moves no branch');
}

function branchFact(repo: z.output<typeof repository>, moved: Change, delivery: Delivery): Fact[] {
  const head = moved.new ?? moved.old;
  if (!head || (head.type ?? 'branch') !== 'branch') return [];
  const pushedAt =
    eventTime(delivery) ?? plausibleInstant(moved.new?.target.date, delivery.received_at) ?? delivery.received_at;
  return [
    branchPushed(pushedAt, {
      repository: repo.full_name,
      branch: head.name,
      default_branch: repo.mainbranch?.name,
      before: moved.old?.target.hash.toLowerCase(),
      after: moved.new?.target.hash.toLowerCase(),
      forced: moved.forced,
      deleted: moved.new ? undefined : true,
      commits: moved.new ? (moved.commits ?? []).map((each) => commitOf(each, pushedAt)).reverse() : [],
    }),
  ];
}

function commitOf(pushed: z.output<typeof commit>, pushedAt: string): Commit {
  const { author } = pushed;
  return {
    sha: pushed.hash.toLowerCase(),
    authored_at: authoredAt(pushed.date, pushedAt),
    author: accountName(author?.user) ?? nameIn(author?.raw),
    author_kind: accountKind(author?.user),
    parents: pushed.parents?.map((parent) => parent.hash.toLowerCase()),
    ...messageFacts(pushed.message),
  };
}

/** The name in `Ada Lovelace <ada@example.com>`; the address is nobody's business. */
function nameIn(raw: string | undefined): string | undefined {
  return raw?.replace(/\s*<[^>]*>?\s*$/, '').slice(0, 512) || undefined;
}

/** `X-Event-Time`: a date as in HTTP, `Wed, 08 Mar 2023 06:12:20 GMT`. */
function eventTime(delivery: Delivery): string | undefined {
  const time = DateTime.fromHTTP(delivery.headers['x-event-time'] ?? '', { zone: 'utc' });
  return time.isValid ? plausibleInstant(time.toISO(), delivery.received_at) : undefined;
}
