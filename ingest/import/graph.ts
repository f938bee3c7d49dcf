/**
 * The shape of a history: commits by number, parents before children. Holds ids and edges only, so that memory grows with
 * the number of commits and not with what they say.
 */
export interface CommitGraph {
  readonly shas: string[];
  readonly indexOf: Map<string, number>;
  /** First parent, or -1. */
  readonly firstParent: number[];
  /** Second and further parents, of merges only. */
  readonly otherParents: Map<number, readonly number[]>;
}

export function emptyGraph(): CommitGraph {
  return { shas: [], indexOf: new Map(), firstParent: [], otherParents: new Map() };
}

/** Adds a commit whose parents were added before it; parents that are unknown (a shallow clone's edge) do not exist. */
export function addCommit(graph: CommitGraph, sha: string, parents: readonly string[]): void {
  const index = graph.shas.length;
  graph.shas.push(sha);
  graph.indexOf.set(sha, index);
  const known = parents.map((parent) => graph.indexOf.get(parent)).filter((parent) => parent !== undefined);
  graph.firstParent.push(known[0] ?? -1);
  if (known.length > 1) graph.otherParents.set(index, known.slice(1));
}

/** What each tip delivers that none before it did, and which commits are one change. */
export interface Partition {
  /** Tip that delivers a commit: its place among the tips. -1: reached by none of them. */
  readonly deliveredBy: Int32Array;
  /** Leader of a commit's change; a commit of its own leads itself. -1: reached by no tip. */
  readonly leaderOf: Int32Array;
  /** Commits of each change that has more than its leader, by leader. */
  readonly sides: Map<number, readonly number[]>;
}

/**
 * Walks the tips in their order. A tip delivers what it reaches and no tip before it reached, as `git rev-list TIP --not
 * <earlier>` says. A merge on a tip's first-parent line is one change with the commits it brings in (what it reaches and its
 * first parent does not), if the same tip delivers all of them. If an earlier tip cuts through them, or if merges of pull
 * requests lie among them (a promotion of a branch that had changes of its own), each side's line is taken as a line itself.
 * The outcome for the commits of one tip depends on earlier tips only, so that what comes later regroups nothing delivered.
 */
export function partition(
  graph: CommitGraph,
  tips: readonly number[],
  isRequestMerge: (index: number) => boolean,
): Partition {
  const deliveredBy = new Int32Array(graph.shas.length).fill(-1);
  const leaderOf = new Int32Array(graph.shas.length).fill(-1);
  const sides = new Map<number, readonly number[]>();
  const reaches = ancestry(graph);

  function layLine(tip: number, from: number): void {
    const line: number[] = [];
    for (let at = from; at >= 0 && deliveredBy[at] === -1; at = graph.firstParent[at]!) line.push(at);
    for (const commit of line.reverse()) {
      const others = graph.otherParents.get(commit);
      if (others) layMerge(tip, commit, others);
      deliveredBy[commit] = tip;
      leaderOf[commit] = commit;
    }
  }

  function layMerge(tip: number, merge: number, others: readonly number[]): void {
    const side: number[] = [];
    const edges: number[] = [];
    const seen = new Set<number>(others);
    const queue = [...others];
    for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
      // What this tip delivered so far lies on the first parent's line; only an earlier tip's commits may not.
      if (deliveredBy[at] !== -1) {
        if (deliveredBy[at] !== tip) edges.push(at);
        continue;
      }
      side.push(at);
      for (const parent of parentsOf(graph, at)) {
        if (!seen.has(parent)) queue.push(parent);
        seen.add(parent);
      }
    }
    const whole = side.length > 0 && !side.some(isRequestMerge) && reaches(graph.firstParent[merge]!, edges);
    if (!whole) {
      for (const other of others) layLine(tip, other);
      return;
    }
    for (const commit of side) {
      deliveredBy[commit] = tip;
      leaderOf[commit] = merge;
    }
    sides.set(
      merge,
      side.sort((a, b) => a - b),
    );
  }

  for (const [tip, from] of tips.entries()) layLine(tip, from);
  return { deliveredBy, leaderOf, sides };
}

/** Tells whether all of some commits are ancestors of (or equal to) another, looking no further down than the lowest of them. */
function ancestry(graph: CommitGraph): (from: number, wanted: readonly number[]) => boolean {
  const seenAt = new Int32Array(graph.shas.length);
  let round = 0;
  return (from, wanted) => {
    if (wanted.length === 0) return true;
    round++;
    const lowest = wanted.reduce((least, one) => Math.min(least, one));
    const queue = [from];
    for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
      if (at < lowest || seenAt[at] === round) continue;
      seenAt[at] = round;
      queue.push(...parentsOf(graph, at));
    }
    return wanted.every((one) => seenAt[one] === round);
  };
}

function parentsOf(graph: CommitGraph, index: number): readonly number[] {
  const first = graph.firstParent[index]!;
  const others = graph.otherParents.get(index);
  if (others) return [first, ...others];
  return first >= 0 ? [first] : [];
}

/** The change of a merge is broken into single commits. For a change whose commits were imported singly before. */
export function dissolve(parts: Partition, leader: number): void {
  for (const commit of parts.sides.get(leader) ?? []) parts.leaderOf[commit] = commit;
  parts.sides.delete(leader);
}
