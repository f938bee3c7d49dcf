import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { NormalizedEvent } from '../../ingest/event.ts';
import type { Store } from '../../ingest/ports.ts';
import { type Definition, entityOf } from '../../ingest/workspace/definition.ts';
import { definitionEvents, type KnownDefinition } from '../../ingest/workspace/publish.ts';
import { readWorkspace } from '../../ingest/workspace/workspace.ts';
import { EVENTS_INSERT, eventRow, eventsDdl } from '../../queries/atoms/events.ts';
import { openStore } from '../../services/store.ts';
import { knownDefinitions, loadWorkspace, publishWorkspace } from '../../services/workspace/load.ts';

const berlin = { timezone: 'Europe/Berlin' };
const read = (files: Record<string, string>) =>
  readWorkspace(
    Object.entries(files).map(([path, text]) => ({ path, text })),
    berlin,
  );

const group = `apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: checkout }
spec: { type: team, children: [] }
`;

test('the example organisation is valid and covers what the demo needs', async () => {
  const loaded = await loadWorkspace({ dir: 'workspace', timezone: 'UTC' });
  if (!loaded.ok) throw new Error(loaded.problems.map((p) => `${p.file}:${p.line} ${p.message}`).join('\n'));
  const of = (type: string) => loaded.workspace.definitions.filter((definition) => definition.type === type);
  const services = of('service.defined').map(({ data }) => data as Record<string, unknown>);
  expect(services.length).toBeGreaterThanOrEqual(30);
  expect(new Set(services.map((service) => service.team)).size).toBe(10);
  expect(services.filter((service) => service.exempt).length).toBeGreaterThanOrEqual(2);
  expect(services.filter((service) => service.repository === 'kestrel-freight/storefront').length).toBe(4);
  expect(of('environment.defined').filter(({ data }) => (data as { production: boolean }).production).length).toBe(2);
  expect(of('person.defined').some(({ data }) => (data as { kind: string }).kind === 'bot')).toBe(true);
  expect(loaded.workspace.metricOptions['dora.change_fail_rate']).toEqual({ link: 'linked_only' });
});

test('a component becomes a service by the usual annotations', () => {
  const result = read({
    'catalog/all.yaml': `${group}---
apiVersion: backstage.io/v1alpha1
kind: System
metadata: { name: shop }
spec: { owner: checkout }
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: cart
  title: Shopping cart
  labels: { tier: 1 }
  annotations:
    github.com/project-slug: acme/shop
    argocd/app-name: cart-eu, cart-us
    pagerduty.com/service-id: P123
    backstage.io/techdocs-ref: dir:.
    headway.dev/paths: services/{cart,basket}/**, libs/**
    headway.dev/region: eu
    headway.dev/registered-at: 2026-03-29
    headway.dev/since: 2026-07-01
spec: { type: service, lifecycle: production, owner: group:default/checkout, system: shop }
`,
  });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  const service = result.workspace.definitions.find(({ type }) => type === 'service.defined');
  expect(service).toEqual({
    type: 'service.defined',
    since: '2026-06-30T22:00:00.000Z', // midnight in Berlin, summer time
    data: {
      service_id: 'cart',
      team: 'checkout',
      title: 'Shopping cart',
      repository: 'acme/shop',
      paths: ['services/{cart,basket}/**', 'libs/**'],
      tier: '1',
      region: 'eu',
      product: 'shop',
      applications: ['cart-eu', 'cart-us'],
      incident_services: ['P123', 'Shopping cart'],
      registered_at: '2026-03-28T23:00:00.000Z', // the clock changes later that day
    },
  });
});

test('every problem of every file comes at once, with its line', () => {
  const result = read({
    'catalog/a.yaml': `apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: cart
  annotations:
    headway.dev/tear: '1'
    headway.dev/since: yesterday
  colour: red
spec:
  type: service
  owner: nobody
`,
    'catalog/b.yaml': `${group}---
${group}---
kind: Componnent
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: basket
  annotations:
    headway.dev/tear: '1'
    headway.dev/registered-at: yesterday
spec:
  type: service
  owner: nobody
`,
    'environments.yaml': `environments:
  - name: prod
    production: yes
  - name: live
    production: true
  - name: live
    production: false
`,
    'people.yaml': `people:
  - { person: ada, team: checkout, identities: [ada-l] }
  - { person: eve, team: chekout, identities: [Ada-L] }
`,
    'platform.yaml': `silence_days: { github: 0 }
path_source: [argocd]
`,
    'metrics.yaml': 'dora.change_fail_rate: [linked_only]\n',
    'enviroments.yaml': 'environments: []\n',
    'slos/broken.yaml': 'a: [1,\nb: 2\n',
    'surveys/ignored.yaml': 'a: [1,',
  });
  expect(result.ok).toBe(false);
  if (result.ok) return;
  expect(result.problems.map(({ file, line, message }) => `${file}:${line} ${message}`)).toEqual([
    "catalog/a.yaml:6 metadata.annotations: unknown key 'headway.dev/tear'",
    "catalog/a.yaml:7 headway.dev/since: 'yesterday' is neither a date nor an instant with a zone",
    "catalog/a.yaml:8 metadata: unknown key 'colour'",
    "catalog/a.yaml:11 spec.owner: no Group is called 'nobody'",
    expect.stringMatching(/^catalog\/b.yaml:8 Group 'checkout' is already defined in catalog\/b.yaml:3$/),
    expect.stringMatching(/^catalog\/b.yaml:11 kind: 'Componnent' is unknown/),
    "catalog/b.yaml:18 metadata.annotations: unknown key 'headway.dev/tear'",
    "catalog/b.yaml:19 headway.dev/registered-at: 'yesterday' is neither a date nor an instant with a zone",
    "catalog/b.yaml:22 spec.owner: no Group is called 'nobody'",
    "enviroments.yaml:1 'enviroments.yaml' is not a file that a workspace has",
    expect.stringMatching(/^environments.yaml:3 environments.0.production: .*boolean/),
    'environments.yaml:6 environment:live is defined twice',
    expect.stringMatching(/^metrics.yaml:1 dora.change_fail_rate: .*record/),
    expect.stringMatching(/^people.yaml:3 person:eve: no Group is called 'chekout'$/),
    expect.stringMatching(/^people.yaml:3 person:eve: the identity 'ada-l' already belongs to 'ada'$/),
    expect.stringMatching(/^platform.yaml:1 silence_days.github: .*0.01/),
    "platform.yaml:2 unknown key 'path_source'",
    expect.stringMatching(/^slos\/broken.yaml:\d /),
  ]);
});

test('hostile YAML is a problem, never a throw', () => {
  const bomb = `${Array.from({ length: 12 }, (_, i) => `a${i}: &a${i} [${i ? `${`*a${i - 1}, `.repeat(9)}` : 'x'}]`).join('\n')}\n`;
  for (const text of [
    bomb,
    '*nobody',
    '- 1\n- 2',
    'text',
    '__proto__: { x: 1 }',
    '? [a]\n: b',
    '\u0000',
    '%YAML 9\n---\na: b',
  ]) {
    for (const path of ['catalog/x.yaml', 'people.yaml', 'platform.yaml', 'metrics.yaml', 'environments.yaml']) {
      const result = read({ [path]: text });
      if (!result.ok) expect(result.problems.every(({ line }) => line >= 1)).toBe(true);
    }
  }
  expect(read({ 'catalog/x.yaml': bomb }).ok).toBe(false);
  expect(({} as { x?: number }).x).toBeUndefined();
});

// The log as the publisher sees it, and the definition that readers of it find valid at an instant.
const asKnown = (events: readonly NormalizedEvent[]): KnownDefinition[] =>
  events.map((event) => event as unknown as KnownDefinition);
function teamAt(events: readonly NormalizedEvent[], instant: string): unknown {
  const ordered = [...events].sort((a, b) => (a.occurred_at + a.id < b.occurred_at + b.id ? -1 : 1));
  const valid = ordered.findLast((event) => event.occurred_at <= instant) ?? ordered[0];
  return (valid?.data as { team?: string } | undefined)?.team;
}
const cart = (team: string, since: string | null = null): Definition => ({
  type: 'service.defined',
  since,
  data: { service_id: 'cart', team },
});

test('A, B, A is three events; loading twice is none', () => {
  const log: NormalizedEvent[] = [];
  const load = (definition: Definition, now: string) => {
    const events = definitionEvents([definition], asKnown(log), now);
    log.push(...events);
    return events.length;
  };
  expect(load(cart('a'), '2026-01-01T00:00:00.000Z')).toBe(1);
  expect(load(cart('a'), '2026-01-02T00:00:00.000Z')).toBe(0);
  expect(load(cart('b'), '2026-02-01T00:00:00.000Z')).toBe(1);
  expect(load(cart('a'), '2026-03-01T00:00:00.000Z')).toBe(1);
  expect(load(cart('a'), '2026-03-02T00:00:00.000Z')).toBe(0);
  expect(new Set(log.map(({ id }) => id)).size).toBe(3);
  expect(teamAt(log, '2020-01-01T00:00:00.000Z')).toBe('a');
  expect(teamAt(log, '2026-02-10T00:00:00.000Z')).toBe('b');
  expect(teamAt(log, '2026-03-10T00:00:00.000Z')).toBe('a');
});

test('`since` holds from its day on, even before the first load, and leaves what was before', () => {
  const log = definitionEvents([cart('a')], [], '2026-06-01T00:00:00.000Z');
  const since = '2026-05-01T00:00:00.000Z';
  const moved = definitionEvents([cart('b', since)], asKnown(log), '2026-06-10T00:00:00.000Z');
  const all = [...log, ...moved];
  expect(teamAt(all, '2026-04-30T23:59:59.998Z')).toBe('a');
  expect(teamAt(all, since)).toBe('b');
  expect(teamAt(all, '2026-06-01T00:00:00.001Z')).toBe('b');
  expect(teamAt(all, '2026-06-05T00:00:00.000Z')).toBe('b');
  expect(definitionEvents([cart('b', since)], asKnown(all), '2026-06-11T00:00:00.000Z')).toEqual([]);
  const back = [...all, ...definitionEvents([cart('c')], asKnown(all), '2026-07-01T00:00:00.000Z')];
  expect(teamAt(back, '2026-06-05T00:00:00.000Z')).toBe('b');
  expect(teamAt(back, '2026-07-05T00:00:00.000Z')).toBe('c');
});

test('a service that vanishes is retired once; what others defined is left alone', () => {
  const log = definitionEvents([cart('a')], [], '2026-01-01T00:00:00.000Z');
  const foreign: KnownDefinition = { ...asKnown(log)[0]!, id: 'x', source: 'ci', data: { service_id: 'other' } };
  const rest: Definition = { type: 'team.defined', since: null, data: { team: 'a' } };
  expect(definitionEvents([], asKnown(log), '2026-02-01T00:00:00.000Z')).toEqual([]);
  const [team, ...gone] = definitionEvents([rest], [...asKnown(log), foreign], '2026-02-01T00:00:00.000Z');
  expect(gone.map(({ data }) => data)).toEqual([
    { service_id: 'cart', team: 'a', retired_at: '2026-02-01T00:00:00.000Z' },
  ]);
  const all = asKnown([...log, team!, ...gone]);
  expect(definitionEvents([rest], all, '2026-02-02T00:00:00.000Z')).toEqual([]);
  expect(definitionEvents([cart('a')], all, '2026-03-01T00:00:00.000Z').length).toBe(1);
});

let store: Store;
let dir: string;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'headway-workspace-'));
  store = await openStore({ path: join(dir, 'store') });
  for (const statement of eventsDdl) await store.command(statement);
});
afterAll(async () => {
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

test('what the store gives back compares equal to what was published', async () => {
  const loaded = await loadWorkspace({ dir: 'workspace', timezone: 'UTC' });
  if (!loaded.ok) throw new Error('invalid example');
  let offset = 0n;
  const append = async (events: readonly NormalizedEvent[]) => {
    const rows = events.map((event) =>
      eventRow(event, { partition: 0, offset: offset++, recordedAt: event.occurred_at }),
    );
    await store.insert(EVENTS_INSERT, rows);
  };
  const first = await publishWorkspace({
    workspace: loaded.workspace,
    known: await knownDefinitions(store),
    append,
    now: '2026-01-01T00:00:00.000Z',
  });
  expect(first.length).toBe(loaded.workspace.definitions.length);
  expect(first.every((event) => event.subject === entityOf(event.type as 'service.defined', event.data))).toBe(true);
  const known = await knownDefinitions(store);
  expect(known.length).toBe(first.length);
  const again = await publishWorkspace({ workspace: loaded.workspace, known, append, now: '2026-01-02T00:00:00.000Z' });
  expect(again).toEqual([]);
});

test('a folder that does not exist is an empty workspace, and says so', async () => {
  const loaded = await loadWorkspace({ dir: join(dir, 'nowhere'), timezone: 'UTC' });
  expect(loaded).toEqual({ ok: true, present: false, workspace: { definitions: [], metricOptions: {}, sources: [] } });
});
