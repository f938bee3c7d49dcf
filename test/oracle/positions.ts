import type { EventOf, NormalizedEvent } from '../../ingest/event.ts';
import type { Commit } from '../../ingest/vocabulary/commit.ts';
import { compareEvents, compareText } from './known.ts';

export type Push = EventOf<'branch.pushed'>;

/** A place on a branch; positions count commits from 1. */
export interface Place {
  readonly branch: string;
  readonly position: number;
}

/** Where the commits of one repository stand (R16, R17). */
export interface Repository {
  readonly name: string;
  readonly defaultBranch: string;
  /** Pushes of each branch in (occurred_at, id) order, deletions left out. */
  readonly pushes: readonly Push[];
  /** Every place of a commit, the default branch first, then by name. */
  places(sha: string): readonly Place[];
  /** The place that stands for a revision: a full SHA, or a prefix of at least 7 digits that is unique. */
  locate(revision: string): Place | null;
  /** The full SHA that a cut one stands for, of those that have a place; itself where none does or several do. */
  whole(sha: string): string;
  /** The place and, level by level, its parent branches up to where the branch began; at most four levels. */
  reach(place: Place): readonly Place[];
}

interface BranchPositions {
  readonly at: Map<string, number>;
  /** End position of each push, by event id. */
  readonly ends: Map<string, number>;
  readonly first: Push;
}

/** Reads the pushes of every repository; names in lower case are the keys. */
export function repositoriesOf(events: readonly NormalizedEvent[]): Map<string, Repository> {
  const grouped = new Map<string, Push[]>();
  for (const event of events) {
    if (event.type !== 'branch.pushed') continue;
    const key = event.data.repository.toLowerCase();
    grouped.set(key, [...(grouped.get(key) ?? []), event]);
  }
  return new Map([...grouped].map(([key, pushes]) => [key, repository(pushes.sort(compareEvents))]));
}

function repository(all: readonly Push[]): Repository {
  const pushes = all.filter((push) => push.data.deleted !== true);
  const branches = new Map<string, BranchPositions>();
  const names = [...new Set(pushes.map((push) => push.data.branch))];
  // R17
  const statedDefault = all
    .map((push) => push.data.default_branch ?? '')
    .filter((name) => name !== '')
    .at(-1);
  const defaultBranch = statedDefault ?? (names.includes('main') ? 'main' : 'master');
  for (const name of names)
    branches.set(
      name,
      branchPositions(
        pushes.filter((push) => push.data.branch === name),
        name === defaultBranch,
      ),
    );
  const ordered = names.sort((a, b) => Number(b === defaultBranch) - Number(a === defaultBranch) || compareText(a, b));

  const places = (sha: string): Place[] =>
    ordered.flatMap((branch) => {
      const position = branches.get(branch)!.at.get(sha.toLowerCase());
      return position === undefined ? [] : [{ branch, position }];
    });
  const shas = [...new Set([...branches.values()].flatMap((branch) => [...branch.at.keys()]))];
  const locate = (revision: string): Place | null => {
    const wanted = revision.toLowerCase();
    const exact = places(wanted)[0];
    if (exact || !/^[0-9a-f]{7,}$/.test(wanted)) return exact ?? null;
    const matching = shas.filter((sha) => sha.startsWith(wanted));
    return matching.length === 1 ? places(matching[0]!)[0]! : null;
  };

  /** Where a branch other than the default one begins (R16). */
  const beginning = (branch: string): Place | null => {
    const own = branches.get(branch);
    if (!own || branch === defaultBranch) return null;
    const elsewhere = (sha: string | undefined): Place | null =>
      isSha(sha) ? (places(sha).find((place) => place.branch !== branch) ?? null) : null;
    const found = elsewhere(own.first.data.before) ?? elsewhere(own.first.data.commits[0]?.parents?.[0]);
    if (found) return found;
    const main = branches.get(defaultBranch);
    const earlier = pushes.filter(
      (push) => push.data.branch === defaultBranch && push.occurred_at <= own.first.occurred_at,
    );
    return {
      branch: defaultBranch,
      position: Math.max(0, ...earlier.map((push) => main!.ends.get(push.id)!)),
    };
  };

  return {
    name: all[0]!.data.repository,
    defaultBranch,
    pushes,
    places,
    locate,
    whole: (sha) => {
      if (!/^[0-9a-f]{7,39}$/.test(sha)) return sha;
      const matching = shas.filter((one) => one.startsWith(sha));
      return matching.length === 1 ? matching[0]! : sha;
    },
    reach: (place) => {
      const levels: Place[] = [place];
      while (levels.length < 4) {
        const next = beginning(levels.at(-1)!.branch);
        if (!next) break;
        levels.push(next);
      }
      return levels;
    },
  };
}

/** R16: chains by before/after, their order, and the positions that follow. */
function branchPositions(pushes: readonly Push[], isDefault: boolean): BranchPositions {
  const predecessors = new Map<string, Push | null>();
  for (const push of pushes) predecessors.set(push.id, predecessor(push, pushes));
  cutLoops(pushes, predecessors);

  const rootOf = (push: Push): Push => {
    let at = push;
    for (let before = predecessors.get(at.id); before; before = predecessors.get(at.id)) at = before;
    return at;
  };
  const chains = new Map<string, Push[]>();
  for (const push of pushes) {
    const root = rootOf(push).id;
    chains.set(root, [...(chains.get(root) ?? []), push]);
  }
  const least = (chain: readonly Push[], field: 'occurred_at' | 'id'): string =>
    chain.map((push) => push[field]).sort(compareText)[0]!;
  const inOrder = [...chains.entries()].sort(
    ([, a], [, b]) =>
      compareText(least(a, 'occurred_at'), least(b, 'occurred_at')) || compareText(least(a, 'id'), least(b, 'id')),
  );

  const at = new Map<string, number>();
  const ends = new Map<string, number>();
  const stand = (sha: string, position: number): void => {
    const key = sha.toLowerCase();
    at.set(key, Math.min(position, at.get(key) ?? Number.POSITIVE_INFINITY));
  };
  let base = 0;
  for (const [rootId, chain] of inOrder) {
    const startOf = (push: Push): number => {
      const before = predecessors.get(push.id);
      return before ? startOf(before) + before.data.commits.length : base;
    };
    const root = chain.find((push) => push.id === rootId)!;
    // What the default branch was before we first heard of it is position 0; elsewhere `before` is where it began.
    if (isDefault && isSha(root.data.before)) stand(root.data.before, base);
    let end = base;
    for (const push of chain) {
      const start = startOf(push);
      push.data.commits.forEach((commit: Commit, index) => {
        stand(commit.sha, start + index + 1);
      });
      const last = start + push.data.commits.length;
      if (isSha(push.data.after)) stand(push.data.after, last);
      ends.set(push.id, last);
      end = Math.max(end, last);
    }
    base = end;
  }
  const firstRoot = inOrder[0]!;
  return { at, ends, first: firstRoot[1].find((push) => push.id === firstRoot[0])! };
}

/** Of several pushes that end where this one starts, the latest earlier one; if none is earlier, the first of them. */
function predecessor(push: Push, pushes: readonly Push[]): Push | null {
  const before = push.data.before;
  if (!isSha(before)) return null;
  const candidates = pushes.filter(
    (other) => other.id !== push.id && other.data.after?.toLowerCase() === before.toLowerCase(),
  );
  const earlier = candidates.filter((other) => compareEvents(other, push) < 0);
  return earlier.at(-1) ?? candidates[0] ?? null;
}

function cutLoops(pushes: readonly Push[], predecessors: Map<string, Push | null>): void {
  // Pushes come oldest first, so the first member of a loop that is met is its least one.
  for (const push of pushes) {
    const seen = new Set<string>();
    let at: Push | null = predecessors.get(push.id) ?? null;
    while (at && at.id !== push.id && !seen.has(at.id)) {
      seen.add(at.id);
      at = predecessors.get(at.id) ?? null;
    }
    if (at?.id === push.id) predecessors.set(push.id, null);
  }
}

/** A real SHA: neither absent nor all zeros. */
export function isSha(sha: string | undefined): sha is string {
  return sha !== undefined && sha !== '' && !/^0+$/.test(sha);
}

/** True if one of the places lies within the reach. */
export function withinReach(reach: readonly Place[], places: readonly Place[]): boolean {
  return places.some((place) =>
    reach.some((level) => level.branch === place.branch && place.position <= level.position),
  );
}
