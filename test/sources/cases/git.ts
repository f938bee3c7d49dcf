import { createHmac } from 'node:crypto';
import { git as source } from '../../../ingest/sources/git.ts';
import type { SourceCase } from './case.ts';

const sha = (digit: string) => digit.repeat(40);
const hex = (text: string) => Buffer.from(text).toString('hex');
const seconds = (time: string) => String(Date.parse(`2026-03-05T${time}:00Z`) / 1000);
const logged = (of: string, parent: string, message: string, paths: readonly string[]) =>
  [
    `commit ${sha(of)}`,
    sha(parent),
    seconds('08:00'),
    seconds('08:30'),
    'Ada',
    'ada@example.com',
    message,
    '',
    ...paths.map((path, at) => (at === 0 ? `\n${path}` : path)),
    '',
  ].join('\0');

const push = (ref: object) => ({
  format: 'headway-git-1',
  repository_hex: hex('acme/api'),
  default_branch_hex: hex('main'),
  pushed_at: '2026-03-05T09:30:00Z',
  refs: [ref],
  // A later hook may say more; what is not known is not looked at.
  hook: { version: 2, git: '2.39.5', options: ['a', 'b', 'c'], pusher: { name: 'ada', key: 'k' }, spare: [1, 2, 3, 4] },
});
const headers = { 'content-type': 'application/json' };

export const git: SourceCase = {
  source,
  bases: [
    {
      event: 'a branch that moved',
      headers,
      body: push({
        ref_hex: hex('refs/heads/main'),
        before: sha('a'),
        after: sha('c'),
        forced: false,
        log_hex: hex(
          logged('b', 'a', 'One\n\nfixes: INC-7\n', ['a.ts', 'b.ts']) + logged('c', 'b', 'Two\n', []).slice(0, -1),
        ),
      }),
      makes: 'branch.pushed 2026-03-05T09:30:00.000Z',
    },
    {
      event: 'a tag that was made',
      headers,
      body: push({ ref_hex: hex('refs/tags/v1'), before: sha('0'), after: sha('d'), commit: sha('c') }),
      makes: 'release.published 2026-03-05T09:30:00.000Z',
    },
  ],
  signsBody: true,
  sign: (body, secret) => ({
    'x-headway-signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  }),
  answers: {},
};
