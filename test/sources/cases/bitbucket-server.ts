import { createHmac } from 'node:crypto';
import { bitbucketServer as source } from '../../../ingest/sources/bitbucket-server.ts';
import type { Base, SourceCase } from './case.ts';

const sha = (digit: string) => digit.repeat(40);
const repository = { slug: 'api', name: 'api', project: { key: 'ACME' } };
const ada = { name: 'ada', displayName: 'Ada', slug: 'ada', type: 'NORMAL' };
const pullRequest = {
  id: 12,
  title: 'Faster till',
  description: 'Backport of #7\n\nfixes: INC-7',
  state: 'MERGED',
  createdDate: Date.parse('2026-03-05T08:00:00.123Z'),
  updatedDate: Date.parse('2026-03-05T09:00:00.456Z'),
  closedDate: Date.parse('2026-03-05T09:00:00.456Z'),
  fromRef: { id: 'refs/heads/till', displayId: 'till', latestCommit: sha('b'), repository },
  toRef: { id: 'refs/heads/main', displayId: 'main', latestCommit: sha('a'), repository },
  author: { user: ada, role: 'AUTHOR' },
  properties: { mergeCommit: { displayId: 'c'.repeat(11), id: sha('c') } },
  links: { self: [{ href: 'https://git.example.com/projects/ACME/repos/api/pull-requests/12' }] },
};

const sent = (event: string, body: object, makes: string): Base => ({
  event,
  headers: { 'x-event-key': event, 'content-type': 'application/json' },
  body: { eventKey: event, date: '2026-03-05T10:30:00+0100', actor: ada, ...body },
  makes,
});

const bases: readonly Base[] = [
  sent(
    'repo:refs_changed',
    {
      repository,
      changes: [
        {
          ref: { id: 'refs/heads/main', displayId: 'main', type: 'BRANCH' },
          refId: 'refs/heads/main',
          fromHash: sha('a'),
          toHash: sha('c'),
          type: 'UPDATE',
        },
      ],
      commits: [
        {
          id: sha('c'),
          author: { name: 'ada' },
          authorTimestamp: Date.parse('2026-03-05T09:00:00Z'),
          committerTimestamp: Date.parse('2026-03-05T09:10:00Z'),
          message: `Undo\n\nThis reverts commit ${sha('f')}.`,
          parents: [{ id: sha('b') }],
        },
        { id: sha('b'), author: { name: 'ada' }, authorTimestamp: Date.parse('2026-03-05T08:00:00Z'), message: 'Fix' },
      ],
    },
    'branch.pushed 2026-03-05T09:30:00.000Z',
  ),
  sent(
    'pr:opened',
    { pullRequest },
    'change.created 2026-03-05T08:00:00.123Z, change.updated 2026-03-05T09:00:00.456Z',
  ),
  sent('pr:from_ref_updated', { pullRequest, previousFromHash: sha('e') }, 'change.updated 2026-03-05T09:00:00.456Z'),
  sent('pr:modified', { pullRequest, previousTitle: 'Till' }, 'change.updated 2026-03-05T09:00:00.456Z'),
  sent('pr:merged', { pullRequest }, 'change.merged 2026-03-05T09:00:00.456Z, change.updated 2026-03-05T09:00:00.456Z'),
  sent(
    'pr:declined',
    { pullRequest },
    'change.abandoned 2026-03-05T09:00:00.456Z, change.updated 2026-03-05T09:00:00.456Z',
  ),
  sent('pr:deleted', { pullRequest }, 'change.abandoned 2026-03-05T09:00:00.456Z'),
  sent(
    'pr:reviewer:approved',
    { pullRequest, participant: { user: ada, role: 'REVIEWER', approved: true, status: 'APPROVED' } },
    'change.reviewed 2026-03-05T09:30:00.000Z',
  ),
];

export const bitbucketServer: SourceCase = {
  source,
  bases,
  samples: 'bitbucket-server',
  headersOf: (file) => ({ 'x-event-key': file.slice(0, -'.json'.length).replace('.', ':') }),
  signsBody: true,
  sign: (body, secret) => ({
    'x-hub-signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  }),
  answers: {
    'pr.merged.json': 'change.merged 2019-03-01T09:37:14.286Z, change.updated 2019-03-01T09:37:14.286Z',
  },
};
