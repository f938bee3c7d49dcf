import { expect } from 'vitest';
import { checkpointFile } from '../../services/backfill/checkpoint.ts';
import { githubForge } from '../../services/backfill/github.ts';
import { githubClient } from '../../services/backfill/github-client.ts';
import { makePace } from '../../services/backfill/pace.ts';
import { type Backfilled, backfill, type Forge } from '../../services/backfill/run.ts';
import type { RunningService } from '../../services/compose.ts';

/** The span that all histories of the tests lie in. */
export const SPAN = { since: '2026-05-01T00:00:00.000Z', until: '2026-09-01T00:00:00.000Z' };

const METRICS = [
  'dora.deployment_frequency',
  'dora.change_lead_time',
  'dora.change_fail_rate',
  'dora.deployment_rework_rate',
  'dora.failed_deployment_recovery_time',
  'delivery.deployment_success_rate',
  'ops.mttr',
  'ops.incident_rate',
];

/** Backfills one repository of a local GitHub into a running server. */
export async function backfillGithub(
  service: RunningService,
  api: string,
  repository: string,
  dataDir: string,
  token = 'a-token',
): Promise<Backfilled> {
  const pace = makePace(null, () => {});
  const client = githubClient({ api, token, pace, onWait: () => {}, retryBaseMs: 5, spaced: false });
  return into(service, api, await githubForge(client, repository, { jobs: true }), dataDir);
}

/** Sends what a forge tells to a running server, from the checkpoint on if there is one. */
export async function into(service: RunningService, api: string, forge: Forge, dataDir: string): Promise<Backfilled> {
  const done = await backfill({
    forge,
    span: SPAN,
    asked: 'the same',
    checkpoint: checkpointFile(dataDir, api, forge.repository),
    server: { url: service.url, token: null },
    now: () => new Date().toISOString(),
  });
  return done;
}

/** So many webhooks are under way at once: the order in which they come changes nothing, and together they are stored sooner. */
const AT_ONCE = 25;

/** Sends webhooks as the forge would. */
export async function deliver(
  service: Pick<RunningService, 'url'>,
  deliveries: readonly { event: string; body: object }[],
): Promise<void> {
  const post = async ({ event, body }: { event: string; body: object }, place: number) => {
    const headers = {
      'content-type': 'application/json',
      'x-github-event': event,
      'x-github-delivery': `delivery-${place}`,
    };
    const request = { method: 'POST', headers, body: JSON.stringify(body) };
    let response = await fetch(`${service.url}/hooks/github`, request);
    // A machine that runs many tests at once may be busy for longer than a sender waits.
    while (response.status === 503) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      response = await fetch(`${service.url}/hooks/github`, request);
    }
    expect(response.status, event).toBe(202);
    expect(await response.json()).not.toHaveProperty('rejected');
  };
  for (let from = 0; from < deliveries.length; from += AT_ONCE)
    await Promise.all(deliveries.slice(from, from + AT_ONCE).map((one, index) => post(one, from + index)));
}

/** Says that the source was alive when the span ended, as a backfill does: what is covered is then the same for all. */
export async function beat(service: RunningService): Promise<void> {
  const event = {
    id: 'beat',
    type: 'source.heartbeat',
    source: 'github',
    occurred_at: SPAN.until,
    data: { name: 'github' },
  };
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${service.url}/v1/events`, { method: 'POST', headers, body: JSON.stringify(event) });
  expect(response.status).toBe(202);
}

/** Everything that the metrics say of one repository, in total and by week, once all that was sent is counted. */
export async function answersFor(service: RunningService, repository: string): Promise<Record<string, unknown>> {
  await service.settled();
  return answersNow(service.url, repository);
}

/** Everything that the metrics of a running server say of one repository now. */
export async function answersNow(url: string, repository: string): Promise<Record<string, unknown>> {
  return JSON.parse(alike(await ask(url, repository), repository)) as Record<string, unknown>;
}

/** The same text for the same history, whatever the name and the ids of its runs. */
function alike(answers: object, repository: string): string {
  const text = JSON.stringify(answers).replaceAll(repository, 'the repository');
  return text.replaceAll(/"\d+\/production\//g, '"run/production/');
}

async function ask(url: string, repository: string): Promise<Record<string, unknown>> {
  const answers: Record<string, unknown> = {};
  for (const metric of METRICS) {
    const query = new URLSearchParams({ from: '2026-06-02', to: '2026-08-01', grain: 'week', service: repository });
    const response = await fetch(`${url}/v1/metrics/${metric}?${query}`);
    const answer = (await response.json()) as { totals: object[]; series: object[] };
    expect(response.status, JSON.stringify(answer)).toBe(200);
    answers[metric] = [answer.totals, answer.series].map((rows) => rows.map(told));
  }
  const query = new URLSearchParams({ from: '2026-06-02', to: '2026-08-01', service: repository, limit: '1000' });
  const { atoms } = (await (await fetch(`${url}/v1/metrics/dora.change_lead_time/atoms?${query}`)).json()) as {
    atoms: Record<string, unknown>[];
  };
  answers.atoms = atoms.map(({ change_id, rollout_id, value, excluded, at }) => ({
    change_id,
    rollout_id,
    value,
    excluded,
    at,
  }));
  return answers;
}

/** What a row says, less how it was asked for: scope names the service, intervals are drawn by it. */
function told(row: object): object {
  const { scope: _scope, ci: _ci, as_of: _asOf, ...rest } = row as Record<string, unknown>;
  return rest;
}
