import { expect, test } from 'vitest';
import { newStory, type Story } from '../histories/story.ts';
import { apiOver } from './api.ts';
import { connected } from './stories.ts';

const { answer, total } = apiOver('2026-06-01T00:00:00.000Z');
const march = { from: '2025-03-01', to: '2025-04-01' };
const repository = 'acme/checkout';

/** An instant some milliseconds after the first of March 2025, 10:00 UTC. */
const at = (ms: number): string => new Date(Date.parse('2025-03-01T10:00Z') + ms).toISOString();

/** A run queued at an offset, with the milliseconds after which it started and finished. */
function run(story: Story, run_id: string, queued: number, more: Record<string, unknown> = {}): void {
  const { starts = 1_000, lasts = 30_000, outcome = 'succeeded', ...named } = more;
  const data = { run_id, repository, workflow: 'ci', ...named };
  story.tell('pipelinerun.queued', at(queued), data);
  if (starts === null) return;
  story.tell('pipelinerun.started', at(queued + Number(starts)), data);
  if (lasts !== null)
    story.tell('pipelinerun.finished', at(queued + Number(starts) + Number(lasts)), { ...data, outcome });
}

test('EX-SLO-1: of 300 runs 297 start within the minute, the sixtieth second included', async () => {
  const metric = 'platform.ci_start_latency';
  const told = (good: number): Story => {
    const story = connected(newStory());
    for (let n = 0; n < 300; n += 1) run(story, `r${n}`, n * 60_000, { starts: n < good ? 60_000 : 60_001 });
    return story;
  };
  expect(await total(told(297), metric, march)).toMatchObject({
    value: 0.99,
    numerator: 297,
    denominator: 300,
    n: 300,
  });
  expect((await total(told(296), metric, march)).value).toBeCloseTo(0.98667, 5);
}, 120_000);

test('runs that count for nobody are left out, waits that people want are not counted, and silence is late', async () => {
  const metric = 'platform.ci_start_latency';
  const story = connected(newStory());
  for (let n = 0; n < 5; n += 1) run(story, `fine${n}`, n * 1_000);
  run(story, 'slow', 10_000, { starts: 61_000 });
  run(story, 'never', 11_000, { starts: null });
  const named = (run_id: string) => ({ run_id, repository, workflow: 'ci' });
  const end = (run_id: string, after: number, outcome: string) => {
    story.tell('pipelinerun.queued', at(0), named(run_id));
    story.tell('pipelinerun.finished', at(after), { ...named(run_id), outcome });
  };
  end('skipped', 1_000, 'skipped');
  end('cancelled early', 59_999, 'cancelled');
  end('cancelled late', 60_000, 'cancelled');
  // Two jobs wait for an approval at the same time: 200 s in all, of which each second counts once.
  for (const [job_id, from, until] of [
    ['a', 20_000, 150_000],
    ['b', 100_000, 220_000],
  ] as const) {
    const job = { ...named('approved'), job_id };
    story.tell('taskrun.queued', at(from), { ...job, wait_reason: 'approval' });
    story.tell('taskrun.started', at(until), job);
  }
  run(story, 'approved', 0, { starts: 260_000 });
  expect(await total(story, metric, march)).toMatchObject({
    numerator: 6,
    denominator: 9,
    excluded: { skipped: 1, cancelled: 1 },
  });
  expect(await total(story, metric, { ...march, finish: 'true' })).toMatchObject({ numerator: 5, denominator: 9 });
  expect(await total(story, metric, { ...march, within_seconds: '59' })).toMatchObject({ numerator: 5 });
  // A minute after it was queued it may still be in time.
  const soon = async (ms: number) => (await total(story, metric, { ...march, as_of: at(ms) })).excluded.pending;
  expect(await soon(61_000)).toBe(3);
  expect(await soon(80_000)).toBe(1);
}, 120_000);

test('EX-RUN-1: queue and run time are of each attempt, success of the last, and a retry that helps is flaky', async () => {
  const story = connected(newStory());
  story.tell('service.defined', '2025-01-01T00:00Z', { service_id: 'checkout', repository, team: 'pay' });
  for (let n = 1; n <= 4; n += 1)
    run(story, `r${n}`, n * 1_000, {
      starts: n * 10_000,
      lasts: n * 60_000,
      revision: 'abc',
      workflow: n > 2 ? 'deploy' : 'ci',
    });
  run(story, 'flaky', 100_000, { outcome: 'failed', revision: 'abc', lasts: 300_000 });
  run(story, 'flaky', 900_000, { attempt_no: 2, revision: 'ABC' });
  run(story, 'mended', 100_000, { outcome: 'failed', revision: 'abc' });
  run(story, 'mended', 900_000, { attempt_no: 2, revision: 'def' });
  run(story, 'broken', 0, { outcome: 'timed_out' });
  run(story, 'going', 0, { lasts: null });
  expect(await total(story, 'pipeline.queue_time', march)).toMatchObject({ value: 1, n: 10, open_n: 0 });
  expect(await total(story, 'pipeline.run_time', march)).toMatchObject({ value: 60, n: 9 });
  const success = await total(story, 'pipeline.success_rate', march);
  expect(success).toMatchObject({ numerator: 6, denominator: 7, excluded: { earlier_attempt: 2 } });
  expect(await total(story, 'pipeline.flaky_rate', march)).toMatchObject({ numerator: 1, denominator: 7 });
  const grouped = await answer(story, 'pipeline.success_rate', {
    ...march,
    service: 'checkout',
    group_by: 'team,workflow',
  });
  expect(grouped.totals.map(({ team, workflow, n }) => [team, workflow, n])).toEqual([
    ['pay', 'ci', 5],
    ['pay', 'deploy', 2],
  ]);
}, 120_000);
