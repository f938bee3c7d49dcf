import { describe, expect, test } from 'vitest';
import { git } from '../../ingest/sources/git.ts';
import { bytesOf, delivery } from './deliveries.ts';
import { eventsFrom, OTHER, SHA } from './reading.ts';

const ZEROS = '0'.repeat(40);
const hex = (text: string | Uint8Array) => Buffer.from(text).toString('hex');
const ref = { ref_hex: hex('refs/heads/main'), before: OTHER, after: SHA, forced: false, log_hex: '' };

const read = (...refs: object[]) =>
  eventsFrom(git, {
    format: 'headway-git-1',
    repository_hex: hex('acme/api'),
    default_branch_hex: hex('main'),
    pushed_at: '2026-03-05T09:30:00Z',
    refs,
  });
const log = (...commits: readonly (readonly string[])[]) =>
  hex(commits.map((fields) => `${fields.join('\0')}\0`).join(''));
const commit = (sha: string, over: { message?: string; author?: string; address?: string; authored?: string } = {}) => [
  `commit ${sha}`,
  OTHER,
  over.authored ?? '1772697600',
  '1772698000',
  over.author ?? 'Ada',
  over.address ?? 'ada@example.com',
  over.message ?? 'Fix',
  '',
];
const commitsOf = (events: ReturnType<typeof read>) =>
  (events[0] as unknown as { data: { commits: unknown[] } }).data.commits;

describe('the post-receive hook’s messages', () => {
  test('a branch with its commits, in any bytes that Git allows', () => {
    const message = 'Say "hi" \\ $(reboot) `x` ü 🚀\n\nfixes: INC-7\n';
    const events = read({ ...ref, log_hex: log([...commit(SHA, { message }), '\na "b"\\.ts', 'dir/ü\n.ts']) });
    expect(events[0]).toMatchObject({
      type: 'branch.pushed',
      subject: 'branch:acme/api',
      occurred_at: '2026-03-05T09:30:00.000Z',
      data: {
        repository: 'acme/api',
        branch: 'main',
        default_branch: 'main',
        before: OTHER,
        after: SHA,
        forced: false,
      },
    });
    expect(commitsOf(events)).toEqual([
      {
        sha: SHA,
        authored_at: '2026-03-05T08:00:00.000Z',
        committed_at: '2026-03-05T08:06:40.000Z',
        author: 'Ada',
        author_kind: 'human',
        parents: [OTHER],
        paths: ['a "b"\\.ts', 'dir/ü\n.ts'],
        message: 'Say "hi" \\ $(reboot) `x` ü 🚀',
        fixes_incident: 'INC-7',
      },
    ]);
  });

  test('bytes that are no UTF-8 become replacement characters, and the push is told', () => {
    const broken = Buffer.concat([
      Buffer.from(`commit ${SHA}\0${OTHER}\x001772697600\x001772698000\0Andr`),
      Buffer.from([0xe9]),
      Buffer.from('\0a@example.com\0Caf'),
      Buffer.from([0xe9]),
      Buffer.from('\0\0'),
    ]);
    expect(commitsOf(read({ ...ref, log_hex: hex(broken) }))).toMatchObject([
      { author: 'Andr\ufffd', message: 'Caf\ufffd' },
    ]);
  });

  test('several commits, merges, roots and empty ones', () => {
    const root = ['commit '.concat('d'.repeat(40)), '', '1', '1772698000', '', '', '', '', '\na'];
    const merge = [`commit ${SHA}`, `${OTHER} ${'d'.repeat(40)}`, '1772697600', '1772698000', 'Ada', '', 'Merge', ''];
    const told = commitsOf(read({ ...ref, log_hex: log(root, commit('e'.repeat(40)), merge) }));
    expect(told).toMatchObject([
      // An author of 1970 is a broken clock: the push’s time, as for every forge.
      { sha: 'd'.repeat(40), authored_at: '2026-03-05T09:30:00.000Z', parents: [], paths: ['a'] },
      { sha: 'e'.repeat(40), paths: [] },
      { sha: SHA, parents: [OTHER, 'd'.repeat(40)], message: 'Merge' },
    ]);
    expect(told[0]).toMatchObject({ author: undefined });
  });

  test('bots keep their mark in the name or the address', () => {
    const kind = (over: object) =>
      (commitsOf(read({ ...ref, log_hex: log(commit(SHA, over)) }))[0] as { author_kind: string }).author_kind;
    expect(kind({ author: 'renovate[bot]' })).toBe('bot');
    expect(kind({ author: 'Renovate', address: '29139614+renovate[bot]@users.noreply.github.com' })).toBe('bot');
    expect(kind({})).toBe('human');
  });

  test('a deleted branch, a forced one, a name with slashes', () => {
    expect(read({ ...ref, after: ZEROS })).toMatchObject([{ data: { deleted: true, after: ZEROS, commits: [] } }]);
    expect(read({ ...ref, forced: true })).toMatchObject([{ data: { forced: true } }]);
    expect(read({ ...ref, ref_hex: hex('refs/heads/release/"1"') })).toMatchObject([
      { data: { branch: 'release/"1"' } },
    ]);
  });

  test('a tag that was made is a release of its commit; one that went away, or of no commit, is nothing', () => {
    const tag = { ref_hex: hex('refs/tags/v1.0'), before: ZEROS, after: 'd'.repeat(40), commit: SHA };
    expect(read(tag)).toMatchObject([
      {
        type: 'release.published',
        occurred_at: '2026-03-05T09:30:00.000Z',
        data: { repository: 'acme/api', tag: 'v1.0', revision: SHA },
      },
    ]);
    expect(read({ ...tag, after: ZEROS, commit: '' })).toMatch(/^ignored/);
    expect(read(tag, ref)).toHaveLength(2);
    expect(read({ ...ref, ref_hex: hex('refs/notes/commits') })).toMatch(/^ignored/);
    expect(read()).toMatch(/^ignored/);
  });

  test('what the hook never writes is refused', () => {
    expect(read({ ...ref, log_hex: hex('hello') })).toMatch(/^rejected: refs.log_hex/);
    expect(read({ ...ref, log_hex: hex(`commit ${SHA}\0`) })).toMatch(/^rejected: refs.log_hex/);
    expect(read({ ...ref, log_hex: 'zz' })).toMatch(/^rejected: refs\.0\.log_hex/);
    expect(read({ ...ref, after: 'main' })).toMatch(/^rejected: refs\.0\.after/);
    expect(eventsFrom(git, { format: 'headway-git-2' })).toMatch(/^rejected: format/);
  });

  test('signature or token, never the token beside a wrong signature', () => {
    const body = bytesOf('{}');
    const verified = (headers: Record<string, string>) => git.verify(delivery('git', body, headers), ['old', 's']);
    expect(verified({ 'x-headway-token': 's' })).toBe(true);
    expect(verified({ 'x-headway-token': 'x' })).toBe(false);
    expect(verified({ 'x-headway-token': 's', 'x-headway-signature': `sha256=${'0'.repeat(64)}` })).toBe(false);
  });
});
