import { z } from 'zod';
import type { Delivery } from '../../delivery.ts';
import { instant } from '../../time.ts';
import { name } from '../../vocabulary/commit.ts';
import { fact, facts, optionalText, readBody, rejected, snapshot } from '../shape.ts';
import type { Normalized } from '../source.ts';
import { account, accountName, repository } from './shape.ts';

const status = z.object({
  key: name.max(256),
  name: optionalText(),
  state: name,
  refname: optionalText(),
  created_on: instant,
  updated_on: instant,
  commit: z.object({ hash: optionalText(64) }).nullish(),
  links: z.object({ commit: z.object({ href: optionalText(2048) }).nullish() }).nullish(),
});
const payload = z.object({ commit_status: status, actor: account, repository });

const outcomes = new Map([
  ['SUCCESSFUL', 'succeeded'],
  ['FAILED', 'failed'],
  ['STOPPED', 'cancelled'],
] as const);

/**
 * `repo:commit_status_created` and `…_updated`: a build of a commit, as a pipeline run, never a rollout. One key is one
 * run per commit: Bitbucket knows no attempts, and no queue. What is reported only once it is over has no start.
 */
export function statusEvent(delivery: Delivery): Normalized {
  const body = readBody(delivery, payload);
  if (!body.ok) return body.normalized;
  const { commit_status: build, actor, repository: repo } = body.value;
  const revision = revisionOf(build);
  if (revision === undefined) return rejected('commit_status.links.commit.href: names no commit');
  const data = {
    run_id: `${repo.full_name}@${revision}/${build.key}`,
    repository: repo.full_name,
    workflow: workflowOf(build),
    revision,
    branch: build.refname?.replace(/^refs\/heads\//, ''),
    actor: accountName(actor),
  };
  const started = snapshot('pipelinerun.started', build.created_on, [data.run_id], data);
  const state = build.state.toUpperCase();
  if (state === 'INPROGRESS') return facts(started);
  const outcome = outcomeOf(state);
  if (outcome === undefined) return rejected(`commit_status.state: ${JSON.stringify(state.slice(0, 64))} is not known`);
  const finished = fact('pipelinerun.finished', build.updated_on, [data.run_id, state], { ...data, outcome });
  return build.created_on < build.updated_on ? facts(started, finished) : facts(finished);
}

/** The full hash; older payloads have it in a link only. */
function revisionOf(build: z.output<typeof status>): string | undefined {
  const hash = build.commit?.hash ?? build.links?.commit?.href?.split(/[?#]/, 1)[0]?.split('/').at(-1);
  return hash !== undefined && /^[0-9a-f]{7,64}$/i.test(hash) ? hash.toLowerCase() : undefined;
}

/** Without the number of the run, which many builders put into the name: `Pipeline #12 for main`. */
function workflowOf(build: z.output<typeof status>): string {
  return (build.name ?? build.key).replace(/\s*#\d+\b/g, '').trim() || build.key;
}

function outcomeOf(state: string) {
  for (const [theirs, ours] of outcomes) if (theirs === state) return ours;
  return undefined;
}
