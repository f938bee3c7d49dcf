import type { Commit } from '../../ingest/vocabulary/commit.ts';
import type { Catalog } from './catalog.ts';
import { type Change, inMergeOrder } from './changes.ts';
import { compareText } from './known.ts';
import { isSha } from './positions.ts';

/** metrics.md §3.2: two parents, or none known and such a message. An empty list of parents is an unknown one. */
export function isMergeCommit(commit: Commit): boolean {
  const parents = commit.parents ?? [];
  if (parents.length > 0) return parents.length >= 2;
  return /^Merge (branch|remote-tracking branch|pull request)\b/.test(commit.message ?? '');
}

/** R24: the account is marked as a bot, is called one, or the catalog says so. */
export function isBot(author: string, kind: string, at: number, catalog: Catalog): boolean {
  return kind === 'bot' || author.toLowerCase().endsWith('[bot]') || (author !== '' && catalog.isBot(author, at));
}

/** R22: the SHA by which a change stands on branches. */
export function standingSha(change: Change): string {
  return [change.mergeSha, change.headSha, change.commits.at(-1)?.sha ?? ''].find(isSha) ?? '';
}

/** R23: the change that each copy copies, at the end of the line; originals are absent. */
export function originalsOf(changes: readonly Change[]): Map<Change, Change> {
  const inRepository = (change: Change): Change[] =>
    changes.filter((one) => one.repository.toLowerCase() === change.repository.toLowerCase() && one !== change);
  const nextOf = (change: Change): Change | null => {
    if (change.cherryPickOf !== '') {
      const named = inRepository(change).find((one) => isNamed(one, change.cherryPickOf));
      if (named) return named;
    }
    const patch = change.direct ? (change.commits[0]?.patch_id ?? '') : '';
    if (patch === '') return null;
    const sharing = inRepository(change)
      .concat(change)
      .filter((one) => one.direct && one.commits[0]?.patch_id === patch)
      .sort((a, b) => a.mergedAt - b.mergedAt || compareText(a.mergeSha, b.mergeSha));
    return sharing[0] === change ? null : sharing[0]!;
  };
  const originals = new Map<Change, Change>();
  for (const change of changes) {
    let root = change;
    const seen = new Set([change]);
    for (let next = nextOf(root); next && !seen.has(next); next = nextOf(root)) {
      seen.add(next);
      root = next;
    }
    if (root !== change) originals.set(change, root);
  }
  return originals;
}

/** Whether a reference (change_id, `#n`, or a SHA of at least 7 digits) means this change; the repository is given. */
export function isNamed(change: Change, reference: string): boolean {
  const wanted = reference.toLowerCase();
  if (change.changeId.toLowerCase() === wanted) return true;
  if (change.number !== null && wanted === `#${change.number}`) return true;
  return (
    /^[0-9a-f]{7,64}$/.test(wanted) &&
    [change.mergeSha, change.headSha, ...change.commits.map((commit) => commit.sha)].some((sha) =>
      sha.startsWith(wanted),
    )
  );
}

/** R24: a PR whose commits earlier PRs had all listed; its own merge commit says nothing. */
export function isPromotion(change: Change, changes: readonly Change[]): boolean {
  if (change.direct) return false;
  const earlier = new Set(
    changes
      .filter(
        (one) =>
          !one.direct &&
          one.repository.toLowerCase() === change.repository.toLowerCase() &&
          inMergeOrder(one, change) < 0,
      )
      .flatMap((one) => [one.mergeSha, one.headSha, ...one.commits.map((commit) => commit.sha)]),
  );
  const telling = change.commits.filter(
    (commit) => earlier.has(commit.sha) || !(isMergeCommit(commit) || commit.sha === change.mergeSha),
  );
  return telling.length > 0 && telling.every((commit) => earlier.has(commit.sha));
}
