import { createHmac } from 'node:crypto';
import { bitbucket as source } from '../../../ingest/sources/bitbucket.ts';
import type { Base, SourceCase } from './case.ts';

const sha = (digit: string) => digit.repeat(40);
const at = (time: string) => `2026-03-05T${time}:00.123456+00:00`;
const repository = { full_name: 'acme/api', uuid: '{r}', mainbranch: { name: 'main' } };
const ada = { type: 'user', account_id: '557058:ada', uuid: '{ada}', nickname: 'ada', display_name: 'Ada' };
const target = (digit: string, parent: string) => ({
  hash: sha(digit),
  date: '2026-03-05T11:00:00+02:00',
  message: `Undo\n\nThis reverts commit ${sha('f')}.`,
  author: { raw: 'Ada <ada@example.com>', user: ada },
  parents: [{ hash: sha(parent) }],
});
const pullrequest = {
  id: 12,
  title: 'Faster till',
  description: 'Backport of #7\n\nfixes: INC-7',
  state: 'MERGED',
  created_on: at('08:00'),
  updated_on: at('09:00'),
  author: ada,
  source: { branch: { name: 'till' }, commit: { hash: 'b'.repeat(12) }, repository: { full_name: 'acme/api' } },
  destination: { branch: { name: 'main' }, commit: { hash: 'a'.repeat(12) }, repository: { full_name: 'acme/api' } },
  merge_commit: { hash: 'c'.repeat(12) },
  links: { html: { href: 'https://bitbucket.org/acme/api/pull-requests/12' } },
};
const commit_status = {
  key: 'ci',
  name: 'Pipeline #12 for main',
  state: 'SUCCESSFUL',
  refname: 'main',
  created_on: at('10:00'),
  updated_on: at('10:07'),
  commit: { hash: sha('a') },
  links: { commit: { href: `https://api.bitbucket.org/2.0/repositories/acme/api/commit/${sha('a')}` } },
};

const sent = (event: string, body: object, makes: string): Base => ({
  event,
  headers: {
    'x-event-key': event,
    'x-event-time': 'Thu, 05 Mar 2026 09:30:00 GMT',
    'content-type': 'application/json',
  },
  body: { repository, actor: ada, ...body },
  makes,
});

const bases: readonly Base[] = [
  sent(
    'repo:push',
    {
      push: {
        changes: [
          {
            old: { type: 'branch', name: 'main', target: target('a', '9') },
            new: { type: 'branch', name: 'main', target: target('c', 'b') },
            forced: false,
            truncated: false,
            commits: [target('c', 'b'), target('b', 'a')],
          },
        ],
      },
    },
    'branch.pushed 2026-03-05T09:30:00.000Z',
  ),
  sent(
    'pullrequest:created',
    { pullrequest },
    'change.created 2026-03-05T08:00:00.123Z, change.updated 2026-03-05T09:00:00.123Z',
  ),
  sent('pullrequest:updated', { pullrequest }, 'change.updated 2026-03-05T09:00:00.123Z'),
  sent(
    'pullrequest:fulfilled',
    { pullrequest },
    'change.merged 2026-03-05T09:00:00.123Z, change.updated 2026-03-05T09:00:00.123Z',
  ),
  sent(
    'pullrequest:rejected',
    { pullrequest },
    'change.abandoned 2026-03-05T09:00:00.123Z, change.updated 2026-03-05T09:00:00.123Z',
  ),
  sent(
    'pullrequest:approved',
    { pullrequest, approval: { date: at('08:30'), user: ada } },
    'change.reviewed 2026-03-05T08:30:00.123Z',
  ),
  sent(
    'pullrequest:changes_request_created',
    { pullrequest, changes_request: { date: at('08:20'), user: ada } },
    'change.reviewed 2026-03-05T08:20:00.123Z',
  ),
  sent(
    'repo:commit_status_updated',
    { commit_status },
    'pipelinerun.started 2026-03-05T10:00:00.123Z, pipelinerun.finished 2026-03-05T10:07:00.123Z',
  ),
];

/** Some of the samples are wrapped together with their headers. */
const read = (sample: Uint8Array) =>
  JSON.parse(new TextDecoder().decode(sample)) as { headers?: Record<string, string>; body?: object };

export const bitbucket: SourceCase = {
  source,
  bases,
  samples: 'bitbucket-cloud',
  headersOf: (file, sample) => read(sample).headers ?? { 'x-event-key': file.slice(0, -5).replace('.', ':') },
  bodyOf: (sample) => read(sample).body ?? sample,
  signsBody: true,
  sign: (body, secret) => ({
    'x-hub-signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  }),
  answers: {
    'pullrequest.created.json': 'change.created 2023-03-08T06:10:12.744Z, change.updated 2023-03-08T06:10:13.341Z',
    'pullrequest.fulfilled.json': 'change.merged 2023-03-08T06:12:22.485Z, change.updated 2023-03-08T06:12:22.485Z',
    'repo.commit_status_updated.json':
      'pipelinerun.started 2015-11-19T20:37:35.547Z, pipelinerun.finished 2015-11-20T08:01:16.433Z',
    'repo.push.json': 'branch.pushed 2023-03-08T06:12:20.000Z',
  },
};
