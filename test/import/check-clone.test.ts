import { afterAll, beforeAll, expect, test } from 'vitest';
import { compareWithGit } from './check-clone.ts';
import { type Embedded, openEmbedded } from './headway.ts';
import { type MadeCommit, type MadeRepository, makeRepository } from './repository.ts';

const DAY = 1440;
const commit = (name: string, day: number, parents: string, more: Partial<MadeCommit> = {}): MadeCommit => ({
  name,
  minute: day * DAY,
  authoredMinute: day * DAY - 90,
  parents: parents === '' ? [] : parents.split(' '),
  ...more,
});
const request = (name: string, day: number, parents: string, number: number): MadeCommit =>
  commit(name, day, parents, { message: `Merge pull request #${number} from acme/${name}` });

/** Merges, an octopus, maintenance branches, copies, reverts, bots, a release commit beside the branch, ties. */
const commits: readonly MadeCommit[] = [
  commit('root', 0, ''),
  commit('a', 1, 'root'),
  commit('x1', 2, 'a'),
  commit('x2', 3, 'x1', { author: 'Bea' }),
  commit('b', 3, 'a'),
  request('pr1', 4, 'b x2', 1),
  commit('bot', 5, 'pr1', { author: 'renovate[bot]' }),
  commit('bad', 6, 'bot'),
  commit('undo', 7, 'bad', { message: 'Revert "bad"\n\nThis reverts commit {sha:bad}.' }),
  commit('o1', 8, 'undo'),
  commit('o2', 8, 'undo'),
  commit('o3', 8, 'undo'),
  commit('octopus', 9, 'undo o1 o2 o3', { message: 'Merge branches o1, o2 and o3' }),
  commit('release2', 10, 'octopus', { message: 'Release 2.0.0' }),
  commit('c', 11, 'octopus'),
  commit('fix', 12, 'c'),
  commit('old1', 6, 'a', { message: 'fix for version 1' }),
  commit('oldpick', 13, 'old1', { message: 'fix\n\n(cherry picked from commit {sha:fix})' }),
  commit('y1', 13, 'fix'),
  commit('y2', 14, 'y1'),
  request('pr2', 16, 'fix y2', 2),
  commit('skewed', 17, 'pr2', { authoredMinute: 17 * DAY + 60 }),
  commit('k1', 17.2, 'skewed'),
  commit('k2', 17.3, 'k1'),
  request('pr3', 17.5, 'skewed k2', 3),
  commit('late', 18, 'pr3'),
  // The third request, carried over to the old line and released there first.
  commit('back1', 17.6, 'oldpick', { message: 'k1\n\n(cherry picked from commit {sha:k1})' }),
  commit('back2', 17.7, 'back1', { message: 'k2\n\n(cherry picked from commit {sha:k2})' }),
  request('back', 17.8, 'oldpick back2', 4),
];
const tags = [
  { tag: 'v1.0.0', on: 'a', minute: 1.5 * DAY },
  { tag: 'v1.0.1', on: 'old1', minute: 6.5 * DAY },
  { tag: 'v1.1.0', on: 'pr1' },
  { tag: 'v2.0.0', on: 'release2', minute: 10 * DAY },
  { tag: 'v2.0.0-rc.1', on: 'undo', minute: 9 * DAY },
  { tag: 'v1.0.2', on: 'oldpick', minute: 13 * DAY },
  { tag: 'v2.1.0', on: 'fix', minute: 14 * DAY },
  // Stands inside what the second request brings in, and is dated before its merge.
  { tag: 'v2.2.0', on: 'y1', minute: 15 * DAY },
  // Two tags of one commit and one instant, and one on old ground: they deliver nothing.
  { tag: 'v2.2.1', on: 'y1', minute: 15 * DAY },
  { tag: 'v2.2.2', on: 'c', minute: 15.5 * DAY },
  { tag: 'v2.3.0', on: 'skewed', minute: 17 * DAY },
  // Lists nothing, which is not the same as no list: what was merged before it stays undelivered.
  { tag: 'v1.0.3', on: 'a', minute: 19 * DAY },
  { tag: 'v1.0.4', on: 'back', minute: 18.5 * DAY },
];

let repository: MadeRepository;
let headway: Embedded;
beforeAll(async () => {
  repository = makeRepository(commits, tags, 'late');
  headway = await openEmbedded(new Date().toISOString());
});
afterAll(async () => {
  await headway.close();
  repository.remove();
});

test('Headway and git agree on every commit of a made repository, at first and after it has grown', async () => {
  expect(await headway.import(repository.path)).toMatchObject({ ok: true, rollouts: 12, undelivered: 4 });
  const first = await compareWithGit(headway, repository.path);
  expect(first.problems).toEqual([]);
  expect(first.outcomes).toMatchObject({ merge_commit: 4, revert: 1, bot: 1, cherry_pick: 4, first_deployment: 2 });
  expect(first.movedByPicks).toBe(4);
  expect(first.medianHours).not.toBeNull();

  const before = await headway.events();
  await headway.import(repository.path);
  expect((await headway.events()).ids).toBe(before.ids);

  repository.grow(
    [commit('z', 19, 'late'), commit('zz', 20, 'z')],
    [
      { tag: 'v1.2.0', on: 'bot', minute: 8 * DAY },
      { tag: 'v2.4.0', on: 'z', minute: 21 * DAY },
    ],
    'zz',
  );
  expect(await headway.import(repository.path)).toMatchObject({ ok: true, corrections: 1 });
  expect((await compareWithGit(headway, repository.path)).problems).toEqual([]);
}, 240_000);
