import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { RunningService } from '../../services/compose.ts';
import { startEmbedded, temporaryFolder } from './start.ts';

/** A `workflow_run` of GitHub that completed, with the fields that matter. */
function workflowRun(of: { id: number; name: string; branch: string; at: string; conclusion?: string }): string {
  return JSON.stringify({
    action: 'completed',
    workflow_run: {
      id: of.id,
      run_attempt: 1,
      name: of.name,
      path: `.github/workflows/${of.name.toLowerCase().replaceAll(' ', '-')}.yml`,
      event: 'push',
      status: 'completed',
      conclusion: of.conclusion ?? 'success',
      head_sha: of.id.toString(16).padStart(40, '0'),
      head_branch: of.branch,
      created_at: of.at,
      run_started_at: of.at,
      updated_at: of.at,
    },
    repository: { id: 1, full_name: 'acme/api', default_branch: 'main' },
    sender: { login: 'octo', type: 'User' },
  });
}

const day = (date: number) => `2026-01-${String(date).padStart(2, '0')}T10:00:00Z`;
const runs = [
  { id: 11, name: 'Deploy to prod', branch: 'main', at: day(5) },
  { id: 12, name: 'Deploy to prod', branch: 'main', at: day(6), conclusion: 'failure' },
  { id: 13, name: 'Deploy to prod', branch: 'main', at: day(7) },
  { id: 14, name: 'Deploy to prod', branch: 'feature/x', at: day(7) },
  { id: 15, name: 'Deploy to prod', branch: 'main', at: day(8), conclusion: 'skipped' },
  { id: 16, name: 'CI', branch: 'main', at: day(9) },
  { id: 17, name: 'Release notes', branch: 'main', at: day(9) },
];

interface Finding {
  readonly level: string;
  readonly title: string;
  readonly settle?: { readonly file: string; readonly lines: string };
}

/** What an address answers; a machine that is busy with all tests may be asked to come again. */
async function json<T>(url: string, patience = 10): Promise<T> {
  const response = await fetch(url);
  if (response.status === 503 && patience > 0) {
    await response.body?.cancel();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    return json(url, patience - 1);
  }
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}
const pipelines = async ({ url }: RunningService) =>
  (await json<{ findings: Finding[] }>(`${url}/v1/doctor`)).findings.filter(({ title }) =>
    /pipelines? look/.test(title),
  );

async function frequency({ url }: RunningService, asOf?: string) {
  const query = `from=2026-01-05&to=2026-01-12${asOf === undefined ? '' : `&as_of=${asOf}`}`;
  const answer = await json<{ totals: { count: number; status: string }[] }>(
    `${url}/v1/metrics/dora.deployment_frequency?${query}`,
  );
  return answer.totals[0]!;
}

it('what doctor proposes, pasted into the workspace, makes the runs of all history count; taken out, it takes them back', async () => {
  const workspace = temporaryFolder();
  const env = { HEADWAY_DATA_DIR: join(temporaryFolder(), 'data'), HEADWAY_WORKSPACE: workspace };
  const first = await startEmbedded(env);
  await first.ready;
  for (const run of runs) {
    const response = await fetch(`${first.url}/hooks/github`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-github-event': 'workflow_run',
        'x-github-delivery': `d${run.id}`,
      },
      body: workflowRun(run),
    });
    expect(response.status).toBe(202);
  }
  await first.settled();
  expect(await frequency(first)).toMatchObject({ count: 0, status: 'no_data' });

  const [finding, ...others] = await pipelines(first);
  expect(others).toEqual([]);
  expect(finding).toMatchObject({
    level: 'attention',
    settle: {
      file: 'environments.yaml',
      lines: `rollouts:
  - repository: acme/api
    workflow: "Deploy to prod"
    branch: main
    environment: production`,
    },
  });
  const before = new Date().toISOString();
  await first.stop();

  writeFileSync(join(workspace, finding!.settle!.file), `${finding!.settle!.lines}\n`);
  const second = await startEmbedded(env);
  await second.ready;
  await second.settled();
  expect(await frequency(second)).toMatchObject({ count: 2, status: 'ok' });
  const { atoms } = await json<{ atoms: Record<string, unknown>[] }>(
    `${second.url}/v1/metrics/delivery.deployment_success_rate/atoms?from=2026-01-05&to=2026-01-12`,
  );
  expect(atoms.map(({ rollout_id, outcome }) => [rollout_id, outcome])).toEqual([
    ['run:11:production', 'succeeded'],
    ['run:12:production', 'failed_dark'],
    ['run:13:production', 'succeeded'],
  ]);
  const [, failed] = atoms;
  expect(failed).toMatchObject({ service: 'acme/api', revision: '000000000000000000000000000000000000000c' });
  const receipt = await json<{ type: string; data: unknown }>(
    `${second.url}/v1/events/${(failed!.event_ids as string[])[0]}`,
  );
  expect(receipt).toMatchObject({ type: 'pipelinerun.finished' });
  expect(await pipelines(second)).toEqual([]);
  const then = new Date().toISOString();
  await second.stop();

  // The same file again states nothing new; a rule that is taken out never was, but a report stays what it was.
  const third = await startEmbedded(env);
  await third.ready;
  await third.settled();
  expect(await frequency(third)).toMatchObject({ count: 2 });
  await third.stop();
  writeFileSync(join(workspace, 'environments.yaml'), 'environments: [{ name: production, production: true }]\n');
  const fourth = await startEmbedded(env);
  await fourth.ready;
  await fourth.settled();
  expect(readFileSync(join(workspace, 'environments.yaml'), 'utf8')).not.toContain('rollouts');
  expect(await frequency(fourth)).toMatchObject({ count: 0, status: 'no_data' });
  expect(await frequency(fourth, then)).toMatchObject({ count: 2, status: 'ok' });
  expect(await pipelines(fourth)).toHaveLength(1);
  // Both ways are told as what they are, with the rule as the reason.
  const now = new Date().toISOString();
  for (const [from, until, gone] of [
    [before, then, 'before'],
    [then, now, 'after'],
  ] as const) {
    const { changes } = await json<{ changes: Record<string, unknown>[] }>(
      `${fourth.url}/v1/metrics/dora.deployment_frequency/diff?from=2026-01-05&to=2026-01-12&as_of=${from}&and=${until}`,
    );
    expect(changes.map((change) => [change.atom_id, change.reason, change[gone]])).toEqual([
      ['run:11:production', 'definition', null],
      ['run:12:production', 'definition', null],
      ['run:13:production', 'definition', null],
    ]);
    const [id] = changes[0]!.event_ids as string[];
    expect(await json(`${fourth.url}/v1/events/${id}`)).toMatchObject({ type: 'rollout_rule.defined' });
  }
}, 300_000);
