import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { importGit } from '../../services/import/git.ts';
import { memory } from './memory.ts';
import { type MadeCommit, type MadeRepository, type MadeTag, makeRepository } from './repository.ts';

const remove: (() => void)[] = [];
afterEach(() => {
  for (const one of remove.splice(0)) one();
});
function repositoryOf(commits: readonly MadeCommit[], tags: readonly MadeTag[], head: string): MadeRepository {
  const repository = makeRepository(commits, tags, head);
  remove.push(() => repository.remove());
  return repository;
}

/** Commits in a line, each on the one before, a minute apart. */
function line(names: string, minute: number, on?: string): MadeCommit[] {
  return names.split(' ').map((name, at, all) => {
    const parent = all[at - 1] ?? on;
    return { name, minute: minute + at, parents: parent === undefined ? [] : [parent] };
  });
}
const merge = (name: string, minute: number, parents: string, message = `Merge branch ${name}`): MadeCommit => ({
  name,
  minute,
  parents: parents.split(' '),
  message,
});
const request = (name: string, minute: number, parents: string): MadeCommit =>
  merge(name, minute, parents, `Merge pull request #${minute} from acme/${name}`);

test('a merge is one change with what it brings in; a commit of its own is one', async () => {
  const repository = repositoryOf(
    [...line('a b', 0), ...line('x y', 2, 'a'), request('m', 5, 'b y'), ...line('c', 6, 'm')],
    [
      { tag: 'v1.0.0', on: 'b' },
      { tag: 'v1.1.0', on: 'm', minute: 10 },
    ],
    'c',
  );
  const log = memory();
  const result = await log.load(repository);
  expect(log.changes(repository)).toEqual(['a', 'b', 'c', 'x y m']);
  expect(log.rollouts(repository)).toEqual({ 'v1.0.0': 'a b', 'v1.1.0': 'm x y' });
  expect(result).toMatchObject({ commits: 6, changes: 4, rollouts: 2, undelivered: 1, corrections: 0 });
  const change = log.all().find((event) => event.type === 'change.merged' && event.data.number === 5);
  expect(change).toMatchObject({
    occurred_at: '2024-01-01T00:05:00.000Z',
    data: { change_id: `acme/api@${repository.sha('m')}`, merge_sha: repository.sha('m'), branch: 'm', author: 'Ada' },
  });
  const rollout = log.all().find((event) => event.id.includes('v1.1.0'));
  expect(rollout).toMatchObject({ occurred_at: '2024-01-01T00:10:00.000Z', data: { revision: repository.sha('m') } });
});

test('a tag that cuts through what a merge brings in leaves single commits', async () => {
  const repository = repositoryOf(
    [...line('a b', 0), ...line('x y', 2, 'a'), merge('m', 5, 'b y')],
    [
      { tag: '1.0', on: 'a' },
      { tag: '1.1', on: 'x', minute: 4 },
      { tag: '2.0', on: 'm', minute: 6 },
    ],
    'm',
  );
  const log = memory();
  await log.load(repository);
  expect(log.changes(repository)).toEqual(['a', 'b', 'm', 'x', 'y']);
  expect(log.rollouts(repository)).toEqual({ '1.0': 'a', '1.1': 'x', '2.0': 'b m y' });
});

test('a merge of a branch that had requests of its own promotes them and claims none', async () => {
  const repository = repositoryOf(
    [
      ...line('a', 0),
      ...line('d', 1, 'a'),
      ...line('x', 2, 'd'),
      request('p', 3, 'd x'),
      ...line('y', 4, 'p'),
      request('q', 5, 'p y'),
      merge('m', 6, 'a q', "Merge branch 'develop'"),
    ],
    [
      { tag: '1', on: 'a' },
      { tag: '2', on: 'm' },
    ],
    'm',
  );
  const log = memory();
  await log.load(repository);
  expect(log.changes(repository)).toEqual(['a', 'd', 'm', 'x p', 'y q']);
});

test('a branch that took in main keeps its own commits, and an octopus all it brings in', async () => {
  const repository = repositoryOf(
    [
      ...line('a b', 0),
      ...line('x', 2, 'a'),
      merge('back', 3, 'x b'),
      request('m', 4, 'b back'),
      ...line('o1', 5, 'm'),
      ...line('o2', 6, 'm'),
      merge('o', 7, 'm o1 o2'),
    ],
    [
      { tag: '1', on: 'a' },
      { tag: '2', on: 'o' },
    ],
    'o',
  );
  const log = memory();
  await log.load(repository);
  expect(log.changes(repository)).toEqual(['a', 'b', 'o1 o2 o', 'x back m']);
});

test('maintenance branches deliver what no earlier rollout had; a tag on old ground delivers nothing', async () => {
  const repository = repositoryOf(
    [...line('a b c', 0), ...line('fix', 10, 'a')],
    [
      { tag: 'v1.0', on: 'a', minute: 1 },
      { tag: 'v2.0', on: 'c', minute: 5 },
      { tag: 'v1.0.1', on: 'fix', minute: 11 },
      { tag: 'v1.0.2', on: 'a', minute: 12 },
      { tag: 'v3.0.0-rc.1', on: 'b', minute: 2 },
    ],
    'c',
  );
  const log = memory();
  await log.load(repository);
  expect(log.rollouts(repository)).toEqual({ 'v1.0': 'a', 'v2.0': 'b c', 'v1.0.1': 'fix', 'v1.0.2': '' });
});

test('a second run adds nothing; a later one what is new, and corrects what new tags make untrue', async () => {
  const repository = repositoryOf(
    [...line('a b c', 0), ...line('x y', 3, 'a'), merge('m', 6, 'c y')],
    [
      { tag: '1', on: 'a' },
      { tag: '3', on: 'c', minute: 7 },
    ],
    'm',
  );
  const log = memory();
  await log.load(repository);
  expect(log.changes(repository)).toEqual(['a', 'b', 'c', 'x y m']);
  expect((await log.load(repository)).added).toBe(0);

  // A tag dated between two others, one that cuts the merge in two, and new work.
  repository.grow(
    line('d', 20, 'm'),
    [
      { tag: '2', on: 'b', minute: 2 },
      { tag: '3.1', on: 'x', minute: 8 },
      { tag: '4', on: 'd' },
    ],
    'd',
  );
  const later = await log.load(repository);
  expect(log.rollouts(repository)).toEqual({ 1: 'a', 2: 'b', 3: 'c', '3.1': 'x', 4: 'd m y' });
  expect(log.changes(repository)).toEqual(['a', 'b', 'c', 'd', 'm', 'x', 'y']);
  expect(later.corrections).toBe(2);
  expect((await log.load(repository)).added).toBe(0);

  execFileSync('git', ['-C', repository.path, 'tag', '--delete', '2']);
  await log.load(repository);
  expect(log.rollouts(repository)['3']).toBe('b c');
  expect((await log.load(repository)).added).toBe(0);
});

test('a merge that came later does not claim commits that were imported singly', async () => {
  const repository = repositoryOf(line('a b c', 0), [{ tag: '1', on: 'a' }], 'c');
  const log = memory();
  await log.load(repository);
  // Somebody merged main into an own branch and made that main: the first parent is now the own line.
  repository.grow([...line('own', 3, 'a'), merge('m', 4, 'own c')], [{ tag: '2', on: 'm' }], 'm');
  await log.load(repository);
  expect(log.changes(repository)).toEqual(['a', 'b', 'c', 'm', 'own']);
});

test('messages, authors and paths of any kind come through', async () => {
  const strange = 'tab\t and "quotes"\nsecond line\n\n\x01 control\n';
  const repository = repositoryOf(
    [
      { name: 'a', minute: 0, parents: [], message: strange, paths: ['src/ü b.ts', 'x'.repeat(40), 'new\nline'] },
      {
        name: 'b',
        minute: 1,
        parents: ['a'],
        message: '',
        author: 'dependabot[bot]',
        mail: '1+x@users.noreply.acme.example',
      },
      {
        name: 'c',
        minute: 2,
        parents: ['b'],
        message: 'Revert "b"\n\nThis reverts commit {sha:b}.',
        paths: ['src/c.ts'],
      },
      {
        name: 'd',
        minute: 3,
        parents: ['a'],
        message: 'picked\n\nFixes: INC-7\n(cherry picked from commit {sha:c})',
        authoredMinute: 30_000_000,
      },
      merge('m', 4, 'c d'),
    ],
    [{ tag: '1', on: 'a' }],
    'm',
  );
  const log = memory();
  await log.load(repository, { paths: true });
  const commit = (name: string) =>
    log
      .all()
      .flatMap((event) => (event.type === 'change.merged' ? (event.data.commits ?? []) : []))
      .find(({ sha }) => sha === repository.sha(name));
  expect(commit('a')).toMatchObject({ message: 'tab\t and "quotes"', author_kind: 'human', parents: [] });
  expect([...(commit('a')?.paths ?? [])].sort()).toEqual(['new\nline', 'src/ü b.ts', 'x'.repeat(40)]);
  expect(commit('b')).toMatchObject({ author: 'dependabot[bot]', author_kind: 'bot', paths: [] });
  expect(commit('b')).not.toHaveProperty('message');
  expect(commit('c')).toMatchObject({ revert_of: repository.sha('b'), paths: ['src/c.ts'] });
  expect(commit('d')).toMatchObject({
    cherry_pick_of: repository.sha('c'),
    fixes_incident: 'INC-7',
    authored_at: '2026-01-01T00:00:00.000Z',
  });
  expect(JSON.stringify(log.all())).not.toContain('@users.noreply');
});

test('what cannot be imported is said', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'headway-nothing-'));
  remove.push(() => rmSync(folder, { recursive: true, force: true }));
  const load = {
    repository: 'acme/api',
    now: '2026-01-01T00:00:00.000Z',
    send: async () => {},
    known: async () => null,
  };
  expect(await importGit({ path: folder, ...load })).toMatchObject({ ok: false });
  expect(await importGit({ path: join(folder, 'absent'), ...load })).toMatchObject({ ok: false });
  execFileSync('git', ['init', '--quiet', folder]);
  expect(await importGit({ path: folder, ...load })).toEqual({ ok: false, problem: `${folder} has no commits yet` });
});
