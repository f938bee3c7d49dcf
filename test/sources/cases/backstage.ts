import { backstage as source } from '../../../ingest/sources/backstage.ts';
import type { SourceCase } from './case.ts';

const at = (time: string) => `2026-03-05T${time}Z`;
const who = { principal: 'user-0123456789abcdef', team: 'checkout', session: 's-1' };

export const backstage: SourceCase = {
  source,
  bases: [
    {
      event: 'events',
      body: {
        events: [
          {
            id: 'e-1',
            at: at('10:00:00.250'),
            ...who,
            action: 'click',
            subject: 'Create',
            context: { pluginId: 'catalog' },
          },
          { id: 'e-2', at: at('10:01:00'), ...who, action: 'search', subject: 'how to deploy', value: 7 },
          {
            id: 'e-3',
            at: at('10:01:20'),
            ...who,
            action: 'discover',
            subject: 'Deploying',
            value: 1,
            search_id: 'e-2',
            document: '/docs/default/component/till/deploying',
          },
          {
            id: 'e-4',
            at: at('10:01:21'),
            ...who,
            action: 'navigate',
            subject: '/docs/default/component/till/deploying',
            context: { pluginId: 'techdocs' },
            document: '/docs/default/component/till/deploying',
            dwell_seconds: 40,
          },
          { id: 'e-5', at: at('10:02:10'), ...who, action: 'rate', subject: 'x', document: '/docs/x', helpful: true },
        ],
      },
      makes: [
        'portal.action 2026-03-05T10:00:00.250Z',
        'portal.action 2026-03-05T10:01:00.000Z',
        'search.performed 2026-03-05T10:01:00.000Z',
        'portal.action 2026-03-05T10:01:20.000Z',
        'search.clicked 2026-03-05T10:01:20.000Z',
        'portal.action 2026-03-05T10:01:21.000Z',
        'doc.viewed 2026-03-05T10:01:21.000Z',
        'portal.action 2026-03-05T10:02:10.000Z',
        'doc.rated 2026-03-05T10:02:10.000Z',
      ].join(', '),
    },
    {
      event: 'tasks',
      body: {
        tasks: [
          {
            id: 't-1',
            template: 'template:default/create-service',
            principal: who.principal,
            team: who.team,
            status: 'completed',
            created_at: at('10:00:00'),
            finished_at: at('10:03:00'),
          },
        ],
      },
      makes: 'task.requested 2026-03-05T10:00:00.000Z, task.finished 2026-03-05T10:03:00.000Z',
    },
    {
      event: 'entities',
      body: {
        observed_at: at('10:00:00'),
        entities: [
          {
            apiVersion: 'backstage.io/v1alpha1',
            kind: 'Component',
            metadata: {
              name: 'till',
              namespace: 'default',
              etag: 'abc',
              title: 'The till',
              annotations: { 'github.com/project-slug': 'acme/till', 'headway.dev/tier': '1' },
            },
            spec: { type: 'service', lifecycle: 'production', owner: 'group:default/checkout', system: 'shop' },
            relations: [{ type: 'ownedBy', targetRef: 'group:default/checkout' }],
          },
          {
            apiVersion: 'backstage.io/v1alpha1',
            kind: 'Group',
            metadata: { name: 'checkout', annotations: { 'headway.dev/since': '2026-02-01' } },
            spec: { type: 'team', profile: { displayName: 'Checkout', email: 'x@example.org' }, children: [] },
          },
          { apiVersion: 'backstage.io/v1alpha1', kind: 'API', metadata: { name: 'till' }, spec: {} },
        ],
      },
      makes: 'service.defined 2026-03-05T10:00:00.000Z, team.defined 2026-02-01T00:00:00.000Z',
    },
  ],
  signsBody: false,
  sign: (_body, secret) => ({ 'x-headway-token': secret }),
  answers: {},
};
