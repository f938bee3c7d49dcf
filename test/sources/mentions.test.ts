import { describe, expect, test } from 'vitest';
import { causedBy, copiedChange, duplicateOf, fixesIncident, revertedChange } from '../../ingest/sources/mentions.ts';

describe('caused-by', () => {
  test.each([
    ['caused-by: #12', '#12'],
    ['Found it. Caused-By: https://github.com/acme/api/pull/12.', 'https://github.com/acme/api/pull/12'],
    ['caused-by:1a2b3c4d5e', '1a2b3c4d5e'],
    ['* caused-by: `900/EU Production/abc`', '900/EU Production/abc'],
    ['caused-by: "release 7"', 'release 7'],
    ['(caused-by: acme/api#3)', 'acme/api#3'],
    ['caused-by: <https://github.com/acme/api/pull/12>', 'https://github.com/acme/api/pull/12'],
    ['caused-by: 18b94477-f994/2025-08-14T12:19:17Z', '18b94477-f994/2025-08-14T12:19:17Z'],
    ['caused-by: !12.', '!12'],
    ['caused-by: acme/sub/api!12', 'acme/sub/api!12'],
    ['caused-by: https://github.com/acme/api/pull/12/files?w=1', 'https://github.com/acme/api/pull/12'],
    ['caused-by: https://github.com/acme/api/pull/12#issuecomment-3', 'https://github.com/acme/api/pull/12'],
    ['caused-by: https://gl.example/a/b/-/merge_requests/12/diffs', 'https://gl.example/a/b/-/merge_requests/12'],
    [
      'caused-by: https://bb.example/projects/A/repos/b/pull-requests/12/overview',
      'https://bb.example/projects/A/repos/b/pull-requests/12',
    ],
    ['caused-by: https://github.com/acme/api/commit/1A2B3C4D5E#diff-1', '1a2b3c4d5e'],
    ['caused-by: https://bitbucket.org/acme/api/commits/1a2b3c4d5e', '1a2b3c4d5e'],
    ['caused-by: https://github.com/acme/api/actions/runs/12', 'https://github.com/acme/api/actions/runs/12'],
  ])('%s', (text, cause) => {
    expect(causedBy(null, 'nothing here', text)).toBe(cause);
  });

  test.each([
    'caused-by:',
    'caused-by: none',
    'caused-by: N/A',
    'caused-by: <!-- rollout -->',
    'uncaused-by: #1',
    'caused by #1',
    'caused-by: #',
    'caused-by: !!',
  ])('%s names nothing', (text) => expect(causedBy(text)).toBeUndefined());

  test('long texts cost no time', () => {
    const started = performance.now();
    causedBy('caused-by: '.repeat(100_000), `caused-by: ${'.'.repeat(1_000_000)}`, ' '.repeat(1_000_000));
    fixesIncident('fixes: '.repeat(100_000), `${' '.repeat(1_000_000)}fixes: x`, `fixes: ${'`'.repeat(1_000_000)}`);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('fixes', () => {
  test.each([
    ['text\n\nfixes: INC-7\n', 'INC-7'],
    ['Fixes: PT4KHLK', 'PT4KHLK'],
    ['- fixes: acme/api#3', 'acme/api#3'],
    ['fixes: https://github.com/acme/api/issues/3', 'acme/api#3'],
    ['fixes: https://gitlab.example.com/acme/sub/api/-/issues/3', 'acme/sub/api#3'],
    ['fixes: https://gitlab.example.com/acme/sub/api/-/issues/incident/3', 'acme/sub/api#3'],
    ['fixes: https://gitlab.example.com/acme/sub/api/-/work_items/3#note_1', 'acme/sub/api#3'],
  ])('%s', (text, incident) => expect(fixesIncident(text)).toBe(incident));

  test.each([
    ['the forge’s word for closing any issue', 'Fixes: #12'],
    ['Git’s word for a faulty commit', 'Fixes: 1a2b3c4d5e6f ("x: y")'],
    ['prose', 'fixes: the broken till'],
    ['a word', 'fixes: typos'],
    ['in mid-sentence', 'this fixes: INC-7'],
  ])('not %s', (_why, text) => expect(fixesIncident(text)).toBeUndefined());
});

describe('what a change reverts, copies or repeats', () => {
  const SHA = 'abcdef1234';

  test.each([
    ['Reverts #7', 'acme/api#7'],
    ['Reverts acme/web#7', 'acme/web#7'],
    ['Undone.\n\nThis reverts merge request !7', 'acme/api!7'],
    ['This reverts merge request acme/sub/web!7', 'acme/sub/web!7'],
    [`This reverts commit ${SHA}.`, SHA],
    ['', 'Faster till'],
    ['It reverts #7 in a way', 'Faster till'],
  ])('reverts: %s', (body, change) => expect(revertedChange('acme/api', 'Revert "Faster till"', body)).toBe(change));

  test.each([
    ['Backport of #7', 'acme/api#7'],
    ['cherry-pick acme/sub/web!7', 'acme/sub/web!7'],
    [`(cherry picked from commit ${SHA})`, SHA],
    ['Backport of the till', undefined],
  ])('copies: %s', (body, change) => expect(copiedChange('acme/api', body)).toBe(change));

  test.each([
    ['Duplicate of #7.', 'acme/api#7'],
    ['a duplicate of nothing, but a duplicate of acme/sub/web#7', 'acme/sub/web#7'],
    ['Duplicate of !7', undefined],
  ])('repeats: %s', (body, issue) => expect(duplicateOf('acme/api', body)).toBe(issue));

  test('long texts cost no time', () => {
    const started = performance.now();
    for (const text of [
      'Backport of '.repeat(20_000),
      `Backport of ${'a.'.repeat(100_000)}`,
      `Backport of ${'a/'.repeat(100_000)}`,
    ])
      expect(copiedChange('acme/api', text)).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
