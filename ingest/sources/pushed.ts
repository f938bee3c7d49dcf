import { entityOf } from '../entity.ts';
import type { Fact } from '../event.ts';
import { EARLIEST_INSTANT, isPlausible, parseInstant } from '../time.ts';
import type { EventData } from '../vocabulary/vocabulary.ts';
import { cherryPickedCommit, fixesIncident, revertedCommit } from './mentions.ts';

/**
 * A branch that moved. The same push may be dated by receipt, so its key has no time: what moved from where to where is
 * its identity.
 */
export function branchPushed(pushedAt: string, data: EventData<'branch.pushed'>): Fact<'branch.pushed'> {
  const { repository, branch, before, after } = data;
  return {
    type: 'branch.pushed',
    subject: entityOf({ id: '', type: 'branch.pushed', data }),
    occurred_at: pushedAt,
    key: [repository, `refs/heads/${branch}`, before ?? '', after ?? ''],
    data,
  };
}

/** What a commit's message says: its first line, and what it reverts, copies and fixes. */
export function messageFacts(message: string | null | undefined) {
  return {
    message: firstLine(message),
    revert_of: revertedCommit(message),
    cherry_pick_of: cherryPickedCommit(message),
    fixes_incident: fixesIncident(message),
  };
}

/** The author's own clock, however wrong; but a time that cannot be read, or of the last century, is the push's. */
export function authoredAt(timestamp: unknown, pushedAt: string): string {
  const time = parseInstant(timestamp);
  return time !== null && Date.parse(time) >= EARLIEST_INSTANT ? time : pushedAt;
}

/** A time that the sender need not have right: undefined if it cannot be read, or cannot be true at `receivedAt`. */
export function plausibleInstant(timestamp: unknown, receivedAt: string): string | undefined {
  const time = parseInstant(timestamp);
  return time !== null && isPlausible(time, receivedAt) ? time : undefined;
}

function firstLine(message: string | null | undefined): string | undefined {
  const line = message?.slice(0, 2000).trimStart().split(/\r?\n/, 1)[0]?.slice(0, 200);
  // Half of a character that the cut went through is no text.
  return line?.replace(/[\uD800-\uDBFF]$/, '') || undefined;
}
