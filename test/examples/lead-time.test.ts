import { expect, test } from 'vitest';
import type { Row } from '../../queries/envelope.ts';
import { newStory, type Story } from '../histories/story.ts';
import type { Ask } from '../oracle/oracle.ts';
import { apiOver } from './api.ts';

const METRIC = 'dora.change_lead_time';
const NOW = '2026-06-01T00:00:00.000Z';
const week = { from: '2025-03-03T00:00Z', to: '2025-03-10T00:00Z' };

const api = apiOver(NOW);

async function ask(story: Story, params: Ask['params'] = week, metric = METRIC): Promise<Row[]> {
  return [...(await api.answer(story, metric, params)).totals];
}
async function total(story: Story, params: Ask['params'] = week): Promise<Row> {
  return (await ask(story, params))[0]!;
}

const sha = (n: number): string => n.toString(16).padStart(40, 'a');
const repository = 'acme/shop';

/** A service with a live revision (commit 0 of main) and a source that is alive all year. */
function liveService(services: readonly string[] = ['shop']): Story {
  const story = newStory();
  story.tell('source.heartbeat', '2025-01-01T00:00Z', { name: 'canonical' });
  story.tell('source.heartbeat', '2025-12-30T00:00Z', { name: 'canonical' });
  for (const service_id of services) story.tell('service.defined', '2025-01-01T00:00Z', { service_id, repository });
  push(story, '2025-02-01T09:00Z', [{ n: 0, authored: '2025-02-01T08:00Z' }]);
  for (const service_id of services) rollout(story, `base-${service_id}`, '2025-02-01T10:00Z', 0, { service_id });
  return story;
}

interface Told {
  readonly n: number;
  readonly authored: string;
  readonly more?: Record<string, unknown>;
}

function push(
  story: Story,
  at: string,
  commits: readonly Told[],
  data: { branch?: string; before?: number; [key: string]: unknown } = {},
): void {
  const { before, ...rest } = data;
  story.tell('branch.pushed', at, {
    repository,
    branch: 'main',
    default_branch: 'main',
    ...(before === undefined ? {} : { before: sha(before) }),
    after: sha(commits.at(-1)!.n),
    commits: commits.map(({ n, authored, more }) => ({ sha: sha(n), authored_at: authored, ...more })),
    ...rest,
  });
}

function rollout(story: Story, id: string, at: string, n: number, data: Record<string, unknown> = {}): void {
  story.tell('deployment.finished', at, {
    rollout_id: id,
    service_id: 'shop',
    repository,
    environment: 'production',
    outcome: 'succeeded',
    revision: sha(n),
    ...data,
  });
}

test('EX-CLT-1, EX-Q-1: five direct commits, live together', async () => {
  const story = liveService();
  const authored = [
    '2025-03-05T10:00Z',
    '2025-03-05T09:00Z',
    '2025-03-05T07:00Z',
    '2025-03-04T10:00Z',
    '2025-03-04T06:00Z',
  ];
  push(
    story,
    '2025-03-05T11:00Z',
    authored.map((at, index) => ({ n: index + 1, authored: at })),
    { before: 0 },
  );
  rollout(story, 'd1', '2025-03-05T12:00Z', 5);
  const row = await total(story);
  expect(row).toMatchObject({ value: 5, n: 5, ci: null, status: 'ok', undeployed_n: 0 });
  expect(row.quantiles!.p75.value).toBe(26);
  expect(row.quantiles!.p90.value).toBeCloseTo(28.4);
});

test('EX-CLT-2: squash', async () => {
  const story = liveService();
  const pr = { change_id: 'acme/shop#1', repository, number: 1, branch: 'feature', base: 'main' };
  push(
    story,
    '2025-03-05T09:20Z',
    [
      { n: 11, authored: '2025-03-05T08:00Z' },
      { n: 12, authored: '2025-03-05T09:00Z' },
    ],
    { branch: 'feature', before: 0 },
  );
  story.tell('change.created', '2025-03-05T09:30Z', { ...pr, head_sha: sha(12) });
  story.tell('change.merged', '2025-03-05T11:00Z', { ...pr, head_sha: sha(12), merge_sha: sha(1) });
  push(story, '2025-03-05T11:00Z', [{ n: 1, authored: '2025-03-05T11:00Z' }], { before: 0 });
  rollout(story, 'd1', '2025-03-05T12:00Z', 1);
  expect(await total(story)).toMatchObject({ value: 4, n: 1, excluded: {} });
  expect(await total(story, { ...week, start: 'merged' })).toMatchObject({ value: 1, n: 1 });
  expect(await total(story, { ...week, unit: 'commit' })).toMatchObject({ value: 3.5, n: 2 });
});

test('EX-CLT-3: a force push does not restart the clock', async () => {
  const story = liveService();
  const pr = { change_id: 'acme/shop#1', repository, number: 1, branch: 'feature', base: 'main' };
  push(story, '2025-03-03T08:50Z', [{ n: 11, authored: '2025-03-03T08:45Z' }], { branch: 'feature', before: 0 });
  story.tell('change.created', '2025-03-03T09:00Z', pr);
  push(story, '2025-03-05T10:01Z', [{ n: 12, authored: '2025-03-05T10:00Z' }], {
    branch: 'feature',
    before: 11,
    forced: true,
  });
  story.tell('change.merged', '2025-03-05T11:00Z', { ...pr, head_sha: sha(12), merge_sha: sha(1) });
  push(story, '2025-03-05T11:00Z', [{ n: 1, authored: '2025-03-05T11:00Z' }], { before: 0 });
  rollout(story, 'd1', '2025-03-05T12:00Z', 1);
  expect(await total(story)).toMatchObject({ value: 51, n: 1 });
});

test('EX-CLT-4: a cherry-pick to a release branch', async () => {
  const story = liveService();
  const picked = { patch_id: 'p1' };
  push(story, '2025-03-03T10:00Z', [{ n: 1, authored: '2025-03-03T10:00Z', more: picked }], { before: 0 });
  push(story, '2025-03-03T15:00Z', [{ n: 21, authored: '2025-03-03T10:00Z', more: picked }], {
    branch: 'release/1',
    before: 0,
  });
  rollout(story, 'd1', '2025-03-04T10:00Z', 21);
  rollout(story, 'd2', '2025-03-06T10:00Z', 1);
  expect(await total(story)).toMatchObject({ value: 24, n: 1, excluded: { cherry_pick: 1 } });
});

test('EX-CLT-5: one change of a monorepo, live twice', async () => {
  const story = liveService(['A', 'B']);
  push(story, '2025-03-05T10:00Z', [{ n: 1, authored: '2025-03-05T10:00Z' }], { before: 0 });
  rollout(story, 'dA', '2025-03-05T11:00Z', 1, { service_id: 'A' });
  rollout(story, 'dB', '2025-03-05T15:00Z', 1, { service_id: 'B' });
  expect((await ask(story, { ...week, group_by: 'service' })).map((row) => [row.service, row.value])).toEqual([
    ['A', 1],
    ['B', 5],
  ]);
  expect(await total(story)).toMatchObject({ value: 3, n: 2 });
  expect(await total(story, { ...week, dedupe_changes: 'last_service' })).toMatchObject({ value: 5, n: 1 });
});

test('EX-CLT-6: failed, rolled back, back again', async () => {
  const failed = liveService();
  push(failed, '2025-03-05T09:00Z', [{ n: 1, authored: '2025-03-05T09:00Z' }], { before: 0 });
  rollout(failed, 'd1', '2025-03-05T10:00Z', 1, { outcome: 'failed_live' });
  rollout(failed, 'd2', '2025-03-05T11:00Z', 1);
  expect(await total(failed)).toMatchObject({ value: 2, n: 1 });

  const back = liveService();
  push(back, '2025-03-05T09:00Z', [{ n: 1, authored: '2025-03-05T09:00Z' }], { before: 0 });
  rollout(back, 'd1', '2025-03-05T10:00Z', 1);
  rollout(back, 'r1', '2025-03-05T10:20Z', 0);
  rollout(back, 'd3', '2025-03-05T14:00Z', 1);
  expect(await total(back)).toMatchObject({ value: 1, n: 1 });
  expect(await total(back, { ...week, end: 'lasting' })).toMatchObject({ value: 5, n: 1 });
});

test('EX-ORD-1: any order of arrival gives the same numbers', async () => {
  const tell = (order: readonly number[]): Story => {
    const story = newStory();
    story.tell('source.heartbeat', '2025-01-01T00:00Z', { name: 'canonical' });
    story.tell('source.heartbeat', '2025-12-30T00:00Z', { name: 'canonical' });
    rollout(story, 'base', '2025-02-26T10:00Z', 0);
    const pr = { change_id: 'acme/shop#1', repository };
    const parts = [
      () => rollout(story, 'd1', '2025-03-05T12:00Z', 2),
      () => rollout(story, 'd1', '2025-03-05T12:00Z', 2),
      () =>
        story.tell('deployment.started', '2025-03-05T11:50Z', {
          rollout_id: 'd1',
          service_id: 'shop',
          environment: 'production',
          revision: sha(9),
        }),
      () =>
        story.tell('change.merged', '2025-03-05T11:00Z', { ...pr, opened_at: '2025-03-05T09:00Z', merge_sha: sha(2) }),
      () => story.tell('incident.detected', '2025-03-05T10:00Z', { incident_id: 'I' }),
      () => story.tell('incident.mitigated', '2025-03-05T10:45Z', { incident_id: 'I' }),
      () => story.tell('incident.mitigated', '2025-03-05T10:20Z', { incident_id: 'I' }),
    ];
    for (const index of order) parts[index]!();
    return story;
  };
  for (const order of [
    [0, 1, 2, 3, 4, 5, 6],
    [6, 3, 2, 0, 5, 1, 4],
    [3, 2, 0, 1, 6, 4, 5],
  ]) {
    const story = tell(order);
    // The service is the repository's only where the catalog says so: here both are heard of by name alone.
    story.tell('service.defined', '2025-01-01T00:00Z', { service_id: 'shop', repository });
    expect(await total(story)).toMatchObject({ value: 3, n: 1 });
    expect((await ask(story, week, 'dora.deployment_frequency'))[0]).toMatchObject({ count: 1 });
    expect((await ask(story, week, 'ops.mttr'))[0]).toMatchObject({ value: 45, n: 1 });
  }
});
