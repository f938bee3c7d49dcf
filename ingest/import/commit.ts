import { cherryPickedCommit, fixesIncident, revertedCommit } from '../sources/mentions.ts';
import { EARLIEST_INSTANT } from '../time.ts';
import type { Commit } from '../vocabulary/commit.ts';

/** A commit as `git log` tells it. */
export interface RawCommit {
  readonly sha: string;
  readonly parents: readonly string[];
  readonly authorName: string;
  readonly authorEmail: string;
  readonly authoredAtSeconds: number;
  readonly committedAtSeconds: number;
  /** The whole message. */
  readonly message: string;
  readonly paths?: readonly string[];
}

/**
 * A commit in our words. The author is the name: an e-mail address is used to tell bots and then left behind. Of the message
 * only the first line is kept. Times are made believable, see {@link believable}.
 */
export function canonicalCommit(raw: RawCommit, nowSeconds: number): Commit {
  const subject = firstLine(raw.message);
  const revertOf = revertedBy(raw.message);
  const pickOf = cherryPickedCommit(raw.message);
  const fixes = fixesIncident(raw.message)?.slice(0, 512);
  const author = raw.authorName.trim().slice(0, 512);
  const committedAt = believable(raw.committedAtSeconds, nowSeconds);
  const authoredAt = raw.authoredAtSeconds * 1000 < EARLIEST_INSTANT ? committedAt : raw.authoredAtSeconds;
  return {
    sha: raw.sha,
    authored_at: isoOfSeconds(believable(authoredAt, nowSeconds)),
    committed_at: isoOfSeconds(committedAt),
    ...(author === '' ? {} : { author }),
    author_kind: isBot(raw) ? 'bot' : 'human',
    parents: raw.parents.slice(0, 64),
    ...(raw.paths ? { paths: raw.paths.slice(0, 20_000).map((path) => path.slice(0, 1024)) } : {}),
    ...(subject === '' ? {} : { message: subject.slice(0, 200) }),
    ...(revertOf === null ? {} : { revert_of: revertOf.slice(0, 512) }),
    ...(pickOf === undefined ? {} : { cherry_pick_of: pickOf }),
    ...(fixes === undefined ? {} : { fixes_incident: fixes }),
  };
}

export function firstLine(message: string): string {
  return message.slice(0, message.search(/\r?\n|$/)).trim();
}

/** A broken clock's time, brought into what the vocabulary takes: not before 2000, not after now. */
export function believable(seconds: number, nowSeconds: number): number {
  return Math.min(Math.max(seconds, EARLIEST_INSTANT / 1000), nowSeconds);
}

/** UTC ISO with milliseconds. */
export function isoOfSeconds(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

/** What a message says that it takes back: a sha, a request, or else the title it quotes; null if it takes nothing back. */
function revertedBy(message: string): string | null {
  const sha = revertedCommit(message);
  if (sha) return sha;
  const title = /^Revert "(.+)/.exec(message);
  if (!title) return null;
  return /^Reverts ([\w.-]+\/[\w.-]+[#!]\d+|[#!]\d+)/im.exec(message)?.[1] ?? title[1]!.replace(/".*$/, '');
}

/** Accounts that forges mark, and the well-known ones from before they did. */
const BOT_NAMES =
  /^(dependabot(-preview)?|renovate( bot)?|renovate-bot|greenkeeper(io-bot)?|snyk-bot|github[- ]actions?|semantic-release-bot|pre-commit-ci|mergify|imgbot|allcontributors)$/i;

function isBot(raw: RawCommit): boolean {
  const account = raw.authorEmail.split('@')[0]!.replace(/^\d+\+/, '');
  return /\[bot\]$/i.test(raw.authorName.trim()) || /\[bot\]$/i.test(account) || BOT_NAMES.test(raw.authorName.trim());
}

/** The request that a merge commit names: its number, and the branch it came from where the message says so. */
export function mergedRequest(message: string): { number: number; branch?: string } | null {
  const found =
    /^Merge(?:d)? pull request #(\d+)(?: (?:from|in) (?:[^\s/]+[:/])?(\S+))?/.exec(message) ??
    /^Merged in (?<branch>\S+) \(pull request #(\d+)\)/.exec(message) ??
    /^See merge request \S*!(\d+)/m.exec(message);
  if (!found) return null;
  const named = found.groups?.branch;
  const number = Number(named === undefined ? found[1] : found[2]);
  const branch = named ?? (/^Merge(?:d)? pull/.test(message) ? found[2] : undefined);
  return { number, ...(branch ? { branch } : {}) };
}

/** Finds the same merges as {@link mergedRequest}, for `git rev-list --extended-regexp --grep`. */
export const REQUEST_MERGE =
  '^Merged? pull request #[0-9]+|^Merged in .*\\(pull request #[0-9]+\\)|^See merge request .*![0-9]+';
