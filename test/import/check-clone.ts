import { pathToFileURL } from 'node:url';
import { tagFilter } from '../../ingest/import/tags.ts';
import { type Expected, expectedOf, median } from './expected.ts';
import { type CommitAtom, type Embedded, openEmbedded } from './headway.ts';

/**
 * Imports any clone into a fresh embedded Headway and holds what it says against git itself:
 *
 *   npx tsx test/import/check-clone.ts <clone> [tag pattern]
 *
 * For every rollout but the baseline, the commits it delivered (counted, or left out with a reason) are those of
 * `git rev-list`, and the median lead time by commit is the one computed from `git log` alone.
 */
export interface CloneCheck {
  readonly problems: readonly string[];
  readonly commits: number;
  readonly rollouts: number;
  readonly changes: number;
  /** Commits by what became of them: counted, or the reason why not. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Commits whose original or copy was delivered by another rollout than their own. */
  readonly movedByPicks: number;
  /** Commits whose author's clock was ahead of their merge. */
  readonly clamped: number;
  readonly medianHours: number | null;
  readonly medianHoursOfGit: number | null;
}

const REPOSITORY = 'acme/clone';
const NOWHERE = Number.POSITIVE_INFINITY;

export async function checkClone(path: string, pattern: string | null = null): Promise<CloneCheck> {
  const headway = await openEmbedded(new Date().toISOString());
  try {
    const imported = await headway.import(path, pattern === null ? {} : { tags: pattern });
    if (!imported.ok) throw new Error(imported.problem);
    return { ...(await compareWithGit(headway, path, pattern)), changes: imported.changes };
  } finally {
    await headway.close();
  }
}

/** Holds what was imported of a clone against git. */
export async function compareWithGit(
  headway: Embedded,
  path: string,
  pattern: string | null = null,
): Promise<Omit<CloneCheck, 'changes'>> {
  const expected = expectedOf(path, tagFilter(pattern));
  const problems: string[] = [];
  const atoms = new Map<string, CommitAtom>();
  for (const atom of await headway.commitAtoms()) {
    const other = atoms.get(atom.sha);
    if (other) problems.push(`${atom.sha} belongs to ${other.change_id} and to ${atom.change_id}`);
    atoms.set(atom.sha, atom);
  }
  const heard = new Map((await headway.rollouts()).map((rollout) => [rollout.rollout_id, rollout]));
  const copies = copiesOf(expected, atoms);
  const place = new Map<string, number>();
  for (const [at, { commits }] of expected.rollouts.entries()) for (const sha of commits) place.set(sha, at);

  const outcomes: Record<string, number> = {};
  const seconds: number[] = [];
  let movedByPicks = 0;
  let clamped = 0;
  const judge = (sha: string, at: number): void => {
    const atom = atoms.get(sha);
    const commit = expected.commits.get(sha)!;
    if (!atom) {
      problems.push(`${sha} belongs to no change`);
      return;
    }
    const isCopy = copies.originalOf.has(atom.change_id);
    if (isCopy !== (atom.excluded === 'cherry_pick'))
      problems.push(`${sha} is ${isCopy ? '' : 'no '}copy, and not so told`);
    if (isCopy) {
      count(outcomes, 'cherry_pick');
      return;
    }
    // A copy that went live earlier delivered its original too (EX-CLT-4).
    const deliveredAt = Math.min(
      at,
      ...(copies.of.get(atom.change_id) ?? []).map((copy) => place.get(copy) ?? NOWHERE),
    );
    if (deliveredAt !== at) movedByPicks++;
    const by = expected.rollouts[deliveredAt];
    if (atom.rollout_id !== (by ? `git:${REPOSITORY}:${by.tag}` : '')) {
      problems.push(`${sha} of ${by?.tag ?? 'no rollout'} is delivered by ${atom.rollout_id || 'none'}`);
    }
    if (!by) {
      count(outcomes, 'undelivered');
      return;
    }
    // An author's clock that was ahead of the merge is set back to it: the one thing that git log alone cannot tell.
    const isAhead = commit.authored > Date.parse(atom.merged_at) / 1000;
    if (isAhead) clamped++;
    const age = by.at - (isAhead ? Date.parse(atom.merged_at) / 1000 : commit.authored);
    const stated = deliveredAt === 0 ? 'first_deployment' : commit.reason;
    const reason = stated === '' && age < -300 ? 'negative_duration' : stated;
    const told = atom.excluded === '' && age < -300 ? 'negative_duration' : atom.excluded;
    if ((told === '') !== (reason === '')) {
      problems.push(`${sha} of ${by.tag} is '${told || 'counted'}', git says '${reason || 'counted'}'`);
    }
    count(outcomes, told || 'counted');
    if (reason === '') seconds.push(Math.max(0, age));
  };
  for (const [at, rollout] of expected.rollouts.entries()) {
    if (!heard.has(`git:${REPOSITORY}:${rollout.tag}`)) problems.push(`${rollout.tag} is no rollout`);
    for (const sha of rollout.commits) judge(sha, at);
  }
  for (const sha of expected.undelivered) judge(sha, NOWHERE);
  const listed = expected.rollouts.reduce((sum, { commits }) => sum + commits.length, expected.undelivered.length);
  if (listed !== atoms.size) problems.push(`git lists ${listed} commits, the atoms ${atoms.size}`);

  const own = median(seconds);
  const asked = { from: '2000-01-01', to: '2100-01-01', unit: 'commit' };
  const total = await headway.total('dora.change_lead_time', asked).catch((error: Error) => {
    problems.push(`the metric cannot be asked: ${error.message.slice(0, 500)}`);
    return { value: null, n: null };
  });
  const medianHoursOfGit = own === null ? null : own / 3600;
  if (total.n !== seconds.length) problems.push(`the metric counts ${total.n} commits, git ${seconds.length}`);
  if (Math.abs((total.value ?? -1) - (medianHoursOfGit ?? -1)) > 1e-6) {
    problems.push(`the metric's median is ${total.value} h, git's ${medianHoursOfGit} h`);
  }
  return {
    problems,
    commits: atoms.size,
    rollouts: expected.rollouts.length,
    outcomes,
    movedByPicks,
    clamped,
    medianHours: total.value,
    medianHoursOfGit,
  };
}

function count(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

/**
 * Changes all of whose commits (merges aside) say that they were picked from commits of one other change, by their id; and by
 * the other's id a commit of each.
 */
function copiesOf(expected: Expected, atoms: ReadonlyMap<string, CommitAtom>) {
  const commitsOf = new Map<string, string[]>();
  for (const { sha, change_id } of atoms.values()) commitsOf.set(change_id, [...(commitsOf.get(change_id) ?? []), sha]);
  const originalOf = new Map<string, string>();
  const of = new Map<string, string[]>();
  for (const [change, shas] of commitsOf) {
    const told = shas.filter((sha) => (expected.commits.get(sha)?.parents ?? 0) < 2);
    const from = new Set(told.map((sha) => atoms.get(expected.commits.get(sha)?.pickedFrom ?? '')?.change_id ?? ''));
    const [original = ''] = from;
    if (from.size !== 1 || original === '' || original === change) continue;
    originalOf.set(change, original);
    of.set(original, [...(of.get(original) ?? []), shas[0]!]);
  }
  return { originalOf, of };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [path, pattern] = process.argv.slice(2);
  if (!path) {
    console.error('usage: npx tsx test/import/check-clone.ts <clone> [tag pattern]');
    process.exit(2);
  }
  const { problems, ...summary } = await checkClone(path, pattern ?? null);
  console.log(JSON.stringify(summary, null, 2));
  for (const problem of problems.slice(0, 50)) console.error(problem);
  console.log(problems.length === 0 ? 'Headway and git agree.' : `${problems.length} disagreements.`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
