import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { MetricAnswer } from '../../queries/envelope.ts';
import type { AtomPage } from '../../queries/listing.ts';
import type { RunningService } from '../../services/compose.ts';
import { startEmbedded, temporaryFolder } from '../api/start.ts';

const NOW = Date.now();
const MINUTE = 60_000;
/** So many minutes ago, or to come. */
const ago = (minutes: number): string => new Date(NOW - minutes * MINUTE).toISOString();

let service: RunningService;
beforeAll(async () => {
  const workspace = temporaryFolder();
  mkdirSync(join(workspace, 'catalog'), { recursive: true });
  writeFileSync(
    join(workspace, 'catalog', 'tills.yaml'),
    `apiVersion: backstage.io/v1alpha1
kind: Group
metadata: { name: stores }
spec: { type: team, children: [] }
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: { name: till, annotations: { headway.dev/incident-services: 'Tills' } }
spec: { type: service, owner: group:stores, lifecycle: production }
`,
  );
  service = await startEmbedded({ HEADWAY_WORKSPACE: workspace });
  await service.ready;
}, 60_000);

const post = (path: string, body: unknown): Promise<Response> =>
  fetch(`${service.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
async function get<T>(path: string, params: Record<string, string>): Promise<T> {
  await service.settled();
  const response = await fetch(`${service.url}${path}?${new URLSearchParams(params)}`);
  expect(response.status).toBe(200);
  return (await response.json()) as T;
}
const hours = { from: ago(600), to: ago(0), service: 'till' };
const event = (id: string, type: string, minutes: number, data: object) => ({
  ...{ id, type, source: 'changes', occurred_at: ago(minutes) },
  data,
});

/** Statuspage's body of a maintenance from three hours ago on. */
const scheduled = (status: string, changed: number, until: number, updates: object[] = []) => ({
  meta: {},
  page: { id: 'p' },
  incident: {
    id: 'm1',
    name: 'New tills',
    status,
    impact: 'maintenance',
    created_at: ago(500),
    updated_at: ago(changed),
    scheduled_for: ago(180),
    scheduled_until: ago(until),
    incident_updates: updates,
    components: [{ name: 'Tills', status: 'operational' }],
  },
});

it('is told by Statuspage from its announcement to its completion, and taken out of what an incident cost', async () => {
  const completed = { id: 'u9', status: 'completed', created_at: ago(70), display_at: ago(70) };
  // The end was put off while it was under way; the latest body arrives first.
  for (const body of [
    scheduled('completed', 60, 60, [completed]),
    scheduled('in_progress', 150, 60),
    scheduled('scheduled', 499, 90),
  ])
    expect((await post('/hooks/statuspage', body)).status).toBe(202);
  const incident = { incident_id: 'I1', service_id: 'till' };
  const told = await post('/v1/events', [
    event('h1', 'source.heartbeat', 590, { name: 'changes' }),
    event('i1', 'incident.detected', 100, incident),
    event('i2', 'incident.resolved', 50, incident),
  ]);
  expect(told.status).toBe(202);
  const { totals } = await get<MetricAnswer>('/v1/metrics/platform.availability', hours);
  expect(totals[0]).toMatchObject({
    denominator: (600 - 110) * 60,
    numerator: (600 - 110 - 20) * 60,
    maintenance_seconds: 110 * 60,
  });
});

it('is told at /v1/events in the words of the vocabulary, and listed with why one does not count', async () => {
  const plan = { services: ['till'], starts_at: ago(400), ends_at: ago(380), title: 'New disks' };
  const sent = await post('/v1/events', [
    event('c1', 'maintenance.announced', 420, { maintenance_id: 'CHG-1', ...plan }),
    event('c2', 'maintenance.announced', 399, { maintenance_id: 'CHG-2', ...plan }),
    event('c3', 'maintenance.announced', 420, { maintenance_id: 'CHG-3', ...plan, ends_at: ago(400) }),
  ]);
  expect(sent.status).toBe(202);
  expect(JSON.stringify(await sent.json())).toContain('is not after starts_at: a maintenance ends after it starts');
  const { atoms } = await get<AtomPage>('/v1/metrics/ops.maintenance/atoms', hours);
  expect(
    atoms.map(({ maintenance_id, value, excluded, service: of, title }) => [
      maintenance_id,
      value,
      excluded,
      of,
      title,
    ]),
  ).toEqual([
    ['CHG-1', 20, null, 'till', 'New disks'],
    ['CHG-2', 20, 'announced_late', 'till', 'New disks'],
    ['m1', 110, null, 'till', 'New tills'],
  ]);
  const { totals } = await get<MetricAnswer>('/v1/metrics/ops.maintenance', hours);
  expect(totals[0]).toMatchObject({ value: 130, n: 2, excluded: { announced_late: 1 } });
  const refused = await post('/v1/events', event('c4', 'maintenance.announced', 10, { maintenance_id: 'CHG-4' }));
  expect(await refused.text()).toContain('data.services');
});
