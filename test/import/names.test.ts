import { expect, test } from 'vitest';
import { canonicalCommit, mergedRequest, type RawCommit } from '../../ingest/import/commit.ts';
import { repositoryOfRemote, tagFilter } from '../../ingest/import/tags.ts';

test('tags, remotes, bots and requests are told by their names', () => {
  const releases = tagFilter(null);
  expect(['v1.2.3', '1.0', 'v2', '2024.11.0', '1.0.0+build.5'].every(releases)).toBe(true);
  expect(['v1.0.0-rc.1', 'latest', 'release-1', 'v', '1.x', 'nightly-2024'].some(releases)).toBe(false);
  expect(['release-1', 'release-'].every(tagFilter('release-*'))).toBe(true);
  expect(['xrelease-1', 'a.b'].some(tagFilter('release-?'))).toBe(false);
  for (const remote of [
    'https://u:p@forge.example/acme/api.git',
    'git@forge.example:acme/api.git',
    'ssh://git@forge.example:22/acme/api/',
  ]) {
    expect(repositoryOfRemote(remote)).toBe('acme/api');
  }
  expect(repositoryOfRemote('../elsewhere')).toBe(null);
  const raw: RawCommit = {
    sha: 'a'.repeat(40),
    parents: [],
    authorName: '',
    authorEmail: '',
    authoredAtSeconds: -5,
    committedAtSeconds: 1e9,
    message: '',
  };
  const kind = (authorName: string, authorEmail = '') =>
    canonicalCommit({ ...raw, authorName, authorEmail }, 2e9).author_kind;
  expect([
    kind('renovate[bot]'),
    kind('Renovate Bot'),
    kind('x', '49699333+dependabot[bot]@users.noreply.acme'),
  ]).toEqual(['bot', 'bot', 'bot']);
  expect([kind('Abbot'), kind('Robot Fan'), kind('')]).toEqual(['human', 'human', 'human']);
  expect(canonicalCommit(raw, 2e9).authored_at).toBe('2001-09-09T01:46:40.000Z');
  expect(mergedRequest('Merge pull request #12 from acme/fix/a-b')).toEqual({ number: 12, branch: 'fix/a-b' });
  expect(mergedRequest('Merged in fix/x (pull request #7)')).toEqual({ number: 7, branch: 'fix/x' });
  expect(mergedRequest("Merge branch 'x' into 'main'\n\nSee merge request acme/api!44")).toEqual({ number: 44 });
  expect(mergedRequest("Merge branch 'main' into x")).toBe(null);
});
