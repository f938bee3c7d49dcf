import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { syntheticYear } from '../../services/demo/year/year.ts';
import { yearOf } from './demo-year.ts';

const samples = join(import.meta.dirname, '../../../shared/samples');
const present = existsSync(samples);
if (!present) console.warn('skipped: no sample payloads beside the project, so shapes are not compared with real ones');

type Shapes = Map<string, { any: Set<string>; all: Set<string> }>;

/** By the name under which an object stands: keys that any of them has, and keys that all of them have. */
function shapesOf(bodies: Iterable<readonly [string, unknown]>): Shapes {
  const shapes: Shapes = new Map();
  const visit = (name: string, value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) visit(name, item);
    else if (typeof value === 'object' && value !== null) {
      const keys = new Set(Object.keys(value));
      const shape = shapes.get(name) ?? { any: new Set(), all: new Set(keys) };
      for (const key of keys) shape.any.add(key);
      for (const key of shape.all) if (!keys.has(key)) shape.all.delete(key);
      shapes.set(name, shape);
      for (const [key, inner] of Object.entries(value)) visit(key, inner);
    }
  };
  for (const [name, body] of bodies) visit(name, body);
  return shapes;
}

/** What a sender says of nothing that is measured: addresses, reactions, an app's permissions, the list of a job's steps. */
const idle = /_url$|^url$|^_links$|^installation$|^reactions$|^steps$|^node_id$|^gravatar_id$/;
/** Objects with free keys. */
const free = new Set(['labels', 'payload', 'custom_properties', 'annotations', 'permissions']);

describe.skipIf(!present)('the bodies look like those of the real senders', () => {
  let ours: Map<string, [string, unknown][]>;
  beforeAll(async () => {
    ours = new Map();
    for (const delivery of syntheticYear(await yearOf('shapes'))) {
      const event = delivery.headers['x-github-event'] ?? delivery.source;
      const list = ours.get(event) ?? [];
      if (list.length < 300) list.push([`${event} body`, JSON.parse(delivery.body)]);
      ours.set(event, list);
      if (delivery.at > '2026-03-01') break;
    }
  });

  const read = (folder: string): [string, unknown][] =>
    readdirSync(join(samples, folder))
      .filter((file) => file.endsWith('.json') && !file.includes('headers'))

      .map((file) => [`${file.split('.')[0]} body`, JSON.parse(readFileSync(join(samples, folder, file), 'utf8'))]);

  const events = [
    'push',
    'pull_request',
    'pull_request_review',
    'workflow_run',
    'workflow_job',
    'deployment',
    'deployment_status',
    'issues',
  ];
  test.each(events)('github %s: no key that GitHub does not have', (event) => {
    const theirs = shapesOf(read('github'));
    const bodies = ours.get(event) ?? [];
    expect(bodies.length).toBeGreaterThan(10);
    const strange: string[] = [];
    for (const [name, { any }] of shapesOf(bodies)) {
      if (free.has(name)) continue;
      for (const key of any) if (theirs.get(name)?.any.has(key) !== true) strange.push(`${name}.${key}`);
    }
    // The samples are of old and of personal repositories: an organisation's hook adds itself, and issues have had a reason since 2022.
    expect(strange.filter((key) => key !== 'issue.state_reason' && !key.endsWith(' body.organization'))).toEqual([]);
  });

  test.each([
    ['push', 'commits'],
    ['push', 'push body'],
    ['pull_request', 'pull_request'],
    ['pull_request_review', 'review'],
    ['workflow_run', 'workflow_run'],
    ['workflow_job', 'workflow_job'],
    ['deployment', 'deployment'],
    ['deployment_status', 'deployment_status'],
    ['issues', 'issue'],
  ])('github %s: %s has every key that all real ones have', (event, name) => {
    const real = shapesOf(read('github').filter(([kind]) => kind === `${event} body`)).get(name);
    const made = shapesOf(ours.get(event) ?? []).get(name);
    expect(real?.all.size).toBeGreaterThan(5);
    const missing = [...(real?.all ?? [])].filter((key) => !idle.test(key) && made?.any.has(key) !== true);
    expect(missing).toEqual([]);
  });

  test('pagerduty: the keys of an incident', () => {
    const incidents = (ours.get('pagerduty') ?? []).filter(
      ([, body]) => !JSON.stringify(body).includes('incident_note'),
    );
    const theirs = shapesOf(read('pagerduty'));
    const made = shapesOf(incidents);
    for (const name of ['event', 'data', 'service', 'assignees', 'escalation_policy', 'teams', 'agent'])
      for (const key of made.get(name)?.any ?? []) expect([...(theirs.get(name)?.any ?? [])], name).toContain(key);
    expect([...(theirs.get('data')?.all ?? [])].filter((key) => made.get('data')?.any.has(key) !== true)).toEqual([]);
  });

  test('argocd: the keys of an application', () => {
    const theirs = shapesOf(read('argocd').map(([, body]) => ['argocd body', body]));
    const strange: string[] = [];
    for (const [name, { any }] of shapesOf(ours.get('argocd') ?? [])) {
      if (free.has(name)) continue;
      for (const key of any) if (theirs.get(name)?.any.has(key) !== true) strange.push(`${name}.${key}`);
    }
    // The captures are of Helm charts synced by themselves; these fields are of a Git source, and of a sync by hand.
    const other = [
      'source.path',
      'initiatedBy.username',
      'status.sourceType',
      'summary.images',
      'sync.revision',
      'source.targetRevision',
    ];
    expect(strange.filter((key) => !other.includes(key))).toEqual([]);
  });
});
