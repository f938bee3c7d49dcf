import { MIN_RESPONDENTS } from './suppression.ts';

/** A team in a region: the smallest group of people that answers are told by. */
export interface Place {
  readonly team: string;
  readonly region: string;
}

/** How many people of a group gave each score; where scores are not the question, how many they are. */
export interface Group {
  readonly places: readonly Place[];
  readonly n: number;
  /** Score to people; empty where only their number is told. */
  readonly scores: ReadonlyMap<number, number>;
}

/**
 * Whether answers of a group may be told: at least k people, and 2k if all answered alike, since the mean would tell what
 * each of them said (metrics.md §9.2, rules 1 and 5).
 */
export function isSafe({ n, scores }: Pick<Group, 'n' | 'scores'>, k = MIN_RESPONDENTS): boolean {
  return n >= (scores.size === 1 ? 2 * k : k);
}

/**
 * Joins places into blocks that may each be told; only unions of blocks ever are. So whatever is added, filtered or
 * subtracted from published numbers is again made of whole blocks, and no smaller group can be solved for (rules 2 and 3).
 * A place that is too small takes the next smallest with it: of its team, else of its region, else of all. Places where
 * nobody answered hide nobody and stand alone. Empty if all together are too few.
 */
export function blocksOf(groups: readonly Group[], k = MIN_RESPONDENTS): readonly Group[] {
  const empty = groups.filter(({ n }) => n === 0);
  const byTeam = new Map<string, Group[]>();
  for (const group of groups.filter(({ n }) => n > 0).sort(bySize)) {
    const team = group.places[0]!.team;
    byTeam.set(team, [...(byTeam.get(team) ?? []), group]);
  }
  const within = [...byTeam.values()].flatMap((own) => joined(own, k));
  const blocks = joined(within, k);
  return [...empty, ...(blocks.every((block) => isSafe(block, k)) ? blocks : [])];
}

function joined(groups: readonly Group[], k: number): Group[] {
  let blocks = [...groups].sort(bySize);
  for (;;) {
    const small = blocks.find((block) => !isSafe(block, k));
    if (small === undefined || blocks.length === 1) return blocks;
    const others = blocks.filter((block) => block !== small);
    const partner = others.find((block) => regionsOf(block) === regionsOf(small)) ?? others[0]!;
    blocks = [...others.filter((block) => block !== partner), union(small, partner)].sort(bySize);
  }
}

/** The answers of both. */
export function union(a: Group, b: Group): Group {
  const scores = new Map(a.scores);
  for (const [score, count] of b.scores) scores.set(score, (scores.get(score) ?? 0) + count);
  return { places: [...a.places, ...b.places].sort(byName), n: a.n + b.n, scores };
}

function regionsOf({ places }: Group): string {
  return [...new Set(places.map(({ region }) => region))].sort().join();
}

function bySize(a: Group, b: Group): number {
  return a.n - b.n || byName(a.places[0]!, b.places[0]!);
}

function byName(a: Place, b: Place): number {
  return placeKey(a) < placeKey(b) ? -1 : 1;
}

/** One text per place. */
export function placeKey({ team, region }: Place): string {
  return JSON.stringify([team, region]);
}
