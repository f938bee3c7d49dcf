import { readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';
import ts from 'typescript';
import { expect, test, vi } from 'vitest';
import { normaliseDelivery } from '../../ingest/normalise.ts';
import { backstage } from '../../ingest/sources/backstage.ts';
import { googleForms } from '../../ingest/sources/google-forms.ts';
import type { Source } from '../../ingest/sources/source.ts';
import { delivery } from './deliveries.ts';

// What people paste into other tools runs here as it is shipped; around it stands as little of these tools as it uses.

interface Posted {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

const lowered = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).map(([key, value]) => [key.toLowerCase(), value]));

function eventsOf(source: Source, { body, headers }: Posted) {
  const reading = normaliseDelivery(source, {
    ...delivery(source.name, body, lowered(headers)),
    received_at: new Date().toISOString(),
  });
  if (reading.outcome !== 'events') throw new Error(reading.reason);
  return reading.events.map(({ type, data }) => [type, data] as const);
}

test.each([false, true])(
  'the script of a Google Form posts what the source reads, texts if told to: %s',
  async (asked) => {
    const posted: Posted[] = [];
    const question = (title: string, type: string, response: string, help = '') => ({
      getItem: () => ({ getTitle: () => title, getType: () => type, getHelpText: () => help }),
      getResponse: () => response,
    });
    const context = createContext({
      FormApp: { ItemType: { SCALE: 'scale', TEXT: 'text', PARAGRAPH_TEXT: 'paragraph' } },
      UrlFetchApp: {
        fetch: (url: string, options: { payload: string; headers: Record<string, string> }) =>
          posted.push({ url, body: options.payload, headers: options.headers }),
      },
      event: {
        source: { getId: () => 'form-1' },
        response: {
          getId: () => 'response-1',
          getTimestamp: () => new Date('2026-03-05T10:00:00Z'),
          getItemResponses: () => [
            question('Team', 'list', 'checkout'),
            question('How good are the docs?', 'scale', '4', 'item: documentation (1 is bad)'),
            question('All in all', 'scale', '5'),
            question('Why?', 'paragraph', 'because', 'item: documentation'),
            question('And?', 'text', ''),
          ],
        },
      },
    });
    const script = readFileSync('workspace/google-forms/headway.gs', 'utf8');
    const told = asked ? script.replace('const COMMENTS = false;', 'const COMMENTS = true;') : script;
    runInContext(`${told}\nsend(event);`, context);
    expect(posted).toHaveLength(1);
    const [sent] = posted;
    expect(sent?.url).toMatch(/\/hooks\/google-forms$/);
    const token = sent?.headers['X-Headway-Token'] ?? '';
    expect(await googleForms.verify(delivery('google-forms', '', lowered(sent!.headers)), [token])).toBe(true);
    expect(eventsOf(googleForms, sent!)).toMatchObject([
      ['survey.answered', { wave: 'form-1', item: 'documentation', score: 4, team: 'checkout' }],
      ['survey.answered', { wave: 'form-1', item: 'All in all', score: 5, team: 'checkout' }],
      ...(asked ? [['survey.commented', { wave: 'form-1', item: 'documentation', text: 'because' }]] : []),
    ]);
    expect(sent?.body.includes('because')).toBe(asked);
  },
);

/** The exports of a module that is pasted into Backstage, with what it imports and the globals that it uses. */
function pasted<T>(path: string, modules: Record<string, object>, globals: Record<string, unknown>): T {
  const { outputText } = ts.transpileModule(readFileSync(path, 'utf8'), {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const context = createContext({ crypto, TextEncoder, URLSearchParams, Date, ...globals });
  const exports = {};
  const require = (name: string) => modules[name] ?? process.getBuiltinModule(name);
  (runInContext(`(function (exports, require) {${outputText}\n})`, context) as (...given: unknown[]) => void)(
    exports,
    require,
  );
  return exports as T;
}

const apiRef = (id: string) => ({ id });

test('the module in Backstage’s browser posts batches that the source reads: pseudonyms, documents, searches', async () => {
  const posted: Posted[] = [];
  let tick = () => {};
  let hide = () => {};
  const page = {
    visibilityState: 'visible',
    addEventListener: (_event: string, listener: () => void) => {
      hide = listener;
    },
  };
  let answers = 503;
  const { headwayAnalytics } = pasted<{
    headwayAnalytics: (salt: string) => { factory: (apis: object) => { captureEvent: (event: object) => void } };
  }>(
    'workspace/backstage/headway-analytics.ts',
    {
      '@backstage/core-plugin-api': {
        createApiFactory: (given: object) => given,
        ...Object.fromEntries(['analytics', 'discovery', 'fetch', 'identity'].map((id) => [`${id}ApiRef`, apiRef(id)])),
      },
    },
    {
      document: page,
      setInterval: (listener: () => void) => {
        tick = listener;
      },
    },
  );
  const api = headwayAnalytics('salt').factory({
    identity: {
      getBackstageIdentity: async () => ({
        userEntityRef: 'user:default/Ada',
        ownershipEntityRefs: ['user:default/ada', 'group:default/checkout'],
      }),
    },
    discovery: { getBaseUrl: async (plugin: string) => `https://backstage.example/api/${plugin}` },
    fetch: {
      fetch: async (url: string, { body, headers }: Posted) => {
        posted.push({ url, body, headers });
        return { status: answers };
      },
    },
  });
  const capture = (action: string, subject: string, pluginId: string, more: object = {}) =>
    api.captureEvent({ action, subject, context: { pluginId, extension: 'App', routeRef: 'x' }, ...more });
  capture('search', 'deploying', 'search', { value: 3 });
  capture('discover', 'Deploying', 'search', {
    value: 1,
    attributes: { to: '/docs/default/component/till/deploying' },
  });
  capture('navigate', '/docs/default/component/till/deploying#now', 'techdocs');
  capture('navigate', '/catalog', 'catalog');
  tick();
  await vi.waitFor(() => expect(posted).toHaveLength(1), 10_000);
  // Headway was away: the batch is kept and comes with the next one.
  answers = 202;
  capture('navigate', '/docs/default/component/till/', 'techdocs');
  page.visibilityState = 'hidden';
  hide();
  await vi.waitFor(() => expect(posted).toHaveLength(2), 10_000);

  expect(posted.map(({ url }) => url)).toEqual(Array(2).fill('https://backstage.example/api/proxy/headway'));
  const [first, second] = posted;
  expect(JSON.parse(second!.body).events.slice(0, 4)).toEqual(JSON.parse(first!.body).events);
  // Random ids and digests may spell anything.
  const readable = posted
    .map(({ body }) => body.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|user-[0-9a-f]{16}/g, ''))
    .join();
  expect(readable).not.toMatch(/ada/i);
  const principal = expect.stringMatching(/^user-[0-9a-f]{16}$/);
  const who = { principal, team: 'checkout', session: expect.any(String) };
  const told = eventsOf(backstage, second!);
  expect(told.map(([type]) => type)).toEqual([
    'portal.action',
    'search.performed',
    'portal.action',
    'search.clicked',
    'portal.action',
    'doc.viewed',
    'portal.action',
    'portal.action',
    'doc.viewed',
  ]);
  const search = told[1]?.[1] as { search_id: string };
  expect(told[1]?.[1]).toEqual({ ...who, search_id: expect.any(String), results: 3 });
  const document = '/docs/default/component/till/deploying';
  expect(told[3]?.[1]).toEqual({ ...who, search_id: search.search_id, document });
  expect(told[5]?.[1]).toEqual({ ...who, document, dwell_seconds: 0 });
});

test('the plugin in Backstage’s backend posts entities once and template runs as they change', async () => {
  const posted: Posted[] = [];
  const tasks = new Map<string, () => Promise<void>>();
  let status = 'processing';
  const answer = (body: object) => ({ ok: true, status: 200, json: async () => body });
  const { headwayPlugin } = pasted<{ headwayPlugin: { register: (env: object) => void } }>(
    'workspace/backstage/headway-backend.ts',
    {
      '@backstage/backend-plugin-api': { coreServices: {}, createBackendPlugin: (given: object) => given },
      '@backstage/plugin-catalog-node': { catalogServiceRef: {} },
    },
    {
      fetch: async (url: string, options: { body?: string; headers: Record<string, string> }) => {
        if (options.body !== undefined) {
          posted.push({ url, body: options.body, headers: options.headers });
          return answer({});
        }
        expect(options.headers.authorization).toBe('Bearer for-scaffolder');
        const spec = {
          templateInfo: { entityRef: 'template:default/create-service' },
          user: { ref: 'user:default/ada' },
        };
        const now = new Date().toISOString();
        return answer({ tasks: [{ id: 't-1', status, spec, createdAt: now, lastHeartbeatAt: now }] });
      },
    },
  );
  const entity = (name: string, title: string) => ({
    apiVersion: 'backstage.io/v1alpha1',
    kind: 'Component',
    metadata: { name, namespace: 'default', title, uid: 'u', etag: Math.random().toString() },
    spec: { type: 'service', lifecycle: 'production', owner: 'group:default/checkout' },
  });
  let pages = [[entity('till', 'Till')], [entity('cart', 'Cart')]];
  let init: ((deps: object) => Promise<void>) | undefined;
  headwayPlugin.register({
    registerInit: (given: { init: (deps: object) => Promise<void> }) => {
      init = given.init;
    },
  });
  const settings: Record<string, string> = {
    'headway.url': 'https://headway.example.org/hooks/backstage',
    'headway.token': 'token',
    'headway.salt': 'salt',
  };
  await init?.({
    auth: {
      getOwnServiceCredentials: async () => 'own',
      getPluginRequestToken: async ({ targetPluginId }: { targetPluginId: string }) => ({
        token: `for-${targetPluginId}`,
      }),
    },
    catalog: {
      queryEntities: async ({ cursor }: { cursor?: string }) => {
        const page = Number(cursor ?? 0);
        return { items: pages[page], pageInfo: { nextCursor: page + 1 < pages.length ? String(page + 1) : undefined } };
      },
    },
    config: { getString: (key: string) => settings[key] },
    discovery: { getBaseUrl: async () => 'https://backstage.example/api/scaffolder' },
    logger: { warn: (text: string) => expect(text).toBe('') },
    scheduler: {
      scheduleTask: async ({ id, fn }: { id: string; fn: () => Promise<void> }) => void tasks.set(id, fn),
    },
  });
  const made = () => posted.splice(0).flatMap((sent) => eventsOf(backstage, sent));

  await tasks.get('headway-entities')?.();
  expect(posted.map(({ url }) => url)).toEqual(Array(2).fill(settings['headway.url']));
  expect(await backstage.verify(delivery('backstage', '', lowered(posted[0]!.headers)), ['token'])).toBe(true);
  expect(made()).toMatchObject([
    ['service.defined', { service_id: 'till', team: 'checkout', title: 'Till' }],
    ['service.defined', { service_id: 'cart', team: 'checkout', title: 'Cart' }],
  ]);
  // Another etag is no change; another title is.
  pages = [[entity('till', 'Till')], [entity('cart', 'The cart')]];
  await tasks.get('headway-entities')?.();
  expect(made()).toMatchObject([['service.defined', { service_id: 'cart', title: 'The cart' }]]);

  await tasks.get('headway-tasks')?.();
  await tasks.get('headway-tasks')?.();
  const principal = expect.stringMatching(/^user-[0-9a-f]{16}$/);
  const asked = ['task.requested', { task_id: 't-1', kind: 'create-service', principal, channel: 'portal' }];
  expect(made()).toMatchObject([asked]);
  status = 'failed';
  await tasks.get('headway-tasks')?.();
  expect(made()).toMatchObject([asked, ['task.finished', { task_id: 't-1', outcome: 'failed' }]]);
});
