import { z } from 'zod';
import type { Delivery } from '../../delivery.ts';
import { instant } from '../../time.ts';
import { name } from '../../vocabulary/commit.ts';
import { copiedChange, fixesIncident, revertedChange } from '../mentions.ts';
import { fact, facts, listOf, optionalInstant, optionalText, readBody, snapshot } from '../shape.ts';
import type { Normalized } from '../source.ts';
import { account, accountKind, repository } from './shape.ts';

const end = z.object({ displayId: name, latestCommit: optionalText(64), repository });
const pullRequest = z.object({
  id: z.int().positive(),
  title: optionalText(),
  description: z.string().nullish(),
  createdDate: instant,
  updatedDate: optionalInstant,
  closedDate: optionalInstant,
  fromRef: end,
  toRef: end,
  author: z.object({ user: account }).nullish(),
  properties: z.object({ mergeCommit: z.object({ id: optionalText(64) }).nullish() }).nullish(),
  links: z.object({ self: listOf(z.object({ href: optionalText(2048) }), 10).nullish() }).nullish(),
});

type PullRequest = z.output<typeof pullRequest>;

const payload = z.object({ date: instant, pullRequest });

/** `pr:opened`. */
export const openedEvent = (delivery: Delivery): Normalized =>
  withPull(delivery, (pull) =>
    facts(fact('change.created', pull.createdDate, [changeId(pull)], opening(pull)), updatedFact(pull)),
  );

/** `pr:from_ref_updated` and `pr:modified`. */
export const updatedEvent = (delivery: Delivery): Normalized => withPull(delivery, (pull) => facts(updatedFact(pull)));

/** `pr:merged`: at `closedDate`, with the merge's full SHA. */
export const mergedEvent = (delivery: Delivery): Normalized =>
  withPull(delivery, (pull, at) => {
    const merged = fact('change.merged', pull.closedDate ?? at, [changeId(pull)], {
      ...opening(pull),
      base: pull.toRef.displayId,
      head_sha: pull.fromRef.latestCommit?.toLowerCase(),
      merge_sha: pull.properties?.mergeCommit?.id?.toLowerCase(),
    });
    return facts(merged, updatedFact(pull));
  });

/** `pr:declined`. */
export const declinedEvent = (delivery: Delivery): Normalized =>
  withPull(delivery, (pull, at) => facts(abandoned(pull, pull.closedDate ?? at), updatedFact(pull)));

/** `pr:deleted`: given up, at the deletion. One that was already merged stays merged. */
export const deletedEvent = (delivery: Delivery): Normalized =>
  withPull(delivery, (pull, at) => facts(abandoned(pull, pull.closedDate ?? at)));

const reviewPayload = payload.extend({
  participant: z.object({ user: account, status: optionalText() }),
});

/** `pr:reviewer:approved`, `…:needs_work` and `…:changes_requested`: one `change.reviewed`, at the event's date. */
export function reviewEvent(delivery: Delivery): Normalized {
  const body = readBody(delivery, reviewPayload);
  if (!body.ok) return body.normalized;
  const { date, pullRequest: pull, participant } = body.value;
  const reviewer = participant.user?.name;
  const state = participant.status === 'NEEDS_WORK' ? 'changes_requested' : participant.status?.toLowerCase();
  return facts(
    fact('change.reviewed', date, [changeId(pull), reviewer ?? '', state ?? ''], {
      change_id: changeId(pull),
      repository: pull.toRef.repository,
      reviewer,
      state,
    }),
  );
}

/** `at` is when the event happened. */
function withPull(delivery: Delivery, read: (pull: PullRequest, at: string) => Normalized): Normalized {
  const body = readBody(delivery, payload);
  return body.ok ? read(body.value.pullRequest, body.value.date) : body.normalized;
}

/** The change's identity and all that is settled when it is opened. */
function opening(pull: PullRequest) {
  const user = pull.author?.user;
  return {
    change_id: changeId(pull),
    repository: pull.toRef.repository,
    number: pull.id,
    url: pull.links?.self?.[0]?.href,
    author: user?.name,
    author_kind: accountKind(user),
    branch: headBranch(pull),
    opened_at: pull.createdDate,
  };
}

function updatedFact(pull: PullRequest) {
  const { title, description, toRef, fromRef } = pull;
  const at = pull.updatedDate ?? pull.closedDate ?? pull.createdDate;
  return snapshot('change.updated', at, [changeId(pull)], {
    change_id: changeId(pull),
    repository: toRef.repository,
    title,
    base: toRef.displayId,
    head_sha: fromRef.latestCommit?.toLowerCase(),
    revert_of: revertedChange(toRef.repository, title, description),
    cherry_pick_of: copiedChange(toRef.repository, description),
    fixes_incident: fixesIncident(description),
  });
}

function abandoned(pull: PullRequest, at: string) {
  return fact('change.abandoned', at, [changeId(pull)], {
    change_id: changeId(pull),
    repository: pull.toRef.repository,
  });
}

function changeId(pull: PullRequest): string {
  return `${pull.toRef.repository}#${pull.id}`;
}

/** A fork's branch is `~ada/repo:branch`, so that its `main` is never taken for ours. */
function headBranch({ fromRef, toRef }: PullRequest): string {
  const isOurs = fromRef.repository.toLowerCase() === toRef.repository.toLowerCase();
  return isOurs ? fromRef.displayId : `${fromRef.repository}:${fromRef.displayId}`.slice(0, 512);
}
