import type { Api } from '../examples/api.ts';
import type { Story } from '../histories/story.ts';

/** The week around which rollouts are told, and when its answers are asked for. */
export const NOW = '2026-02-01T00:00:00.000Z';
export const week = { from: '2026-01-05', to: '2026-01-12' };

/** A commit, told by a digit; an instant of January. */
export const sha = (digit: string): string => digit.repeat(40);
export const at = (day: number, time = '10:00'): string => `2026-01-${String(day).padStart(2, '0')}T${time}:00.000Z`;

export type Data = Record<string, unknown>;

/** A rule of the workspace; one of other data is another rule. */
export function tellRule(story: Story, data: Data): void {
  story.tell('rollout_rule.defined', at(1), { rule: JSON.stringify(data), ...data }, { source: 'workspace' });
}

/** A run of the workflow Deploy of acme/api that succeeded, unless told otherwise. */
export function tellRun(story: Story, day: number, run_id: string, more: Data = {}): void {
  const revision = sha(run_id.slice(-1));
  const data = { run_id, repository: 'acme/api', workflow: 'Deploy', revision, outcome: 'succeeded', ...more };
  story.tell('pipelinerun.finished', at(day), data, { source: 'github' });
}

/** A deployment of acme/api to production, as `source` reports it. */
export function tellDeployment(story: Story, day: number, rollout_id: string, source: string, more: Data = {}): void {
  const named = { rollout_id, repository: 'acme/api', environment: 'production', revision: sha(String(day % 10)) };
  story.tell('deployment.finished', at(day), { ...named, outcome: 'succeeded', ...more }, { source });
}

/** Every rollout of the week: id, service, and why it is left out or how it ended. Its numbers agree with the oracle's. */
export async function rolloutsOf(api: Api, story: Story): Promise<string[]> {
  for (const metric of ['dora.deployment_frequency', 'delivery.deployment_success_rate'])
    await api.answer(story, metric, { ...week, grain: 'day', group_by: 'service' });
  const { atoms } = await api.get(story, 'delivery.deployment_success_rate/atoms', { ...week, limit: '100' });
  return (atoms as Data[]).map(
    ({ rollout_id, service, outcome, excluded }) => `${rollout_id} ${service} ${excluded ?? outcome}`,
  );
}
