import { z } from 'zod';
import { instant } from '../../time.ts';
import { name } from '../../vocabulary/commit.ts';
import { facts, ignored, listOf, optionalFlag, optionalText, readAs, rejected } from '../shape.ts';
import type { Normalized } from '../source.ts';
import { finished, jobOf, outcomeOf, placeOf, type Scm, started } from './run.ts';

const event = z.object({ type: name.max(64), source: optionalText(2048), url: optionalText(2048), time: instant });
const run = z.object({
  number: z.int().positive(),
  timestamp: instant,
  duration: z.number().nonnegative().nullish(),
  result: optionalText(32),
  actions: listOf(z.unknown(), 10_000).nullish(),
  _multiBranch: optionalFlag,
  _projectName: optionalText(),
});
/** The Git plugin's own record among the actions: what it checked out. */
const checkout = z.object({
  _class: z.literal('hudson.plugins.git.util.BuildData'),
  lastBuiltRevision: z
    .object({ SHA1: optionalText(64), branch: listOf(z.object({ name: optionalText() }), 100).nullish() })
    .nullish(),
  remoteUrls: listOf(z.string().max(2048), 100).nullish(),
});

/** The Generic Event plugin: `run.completed` and `run.finalized` tell the same end, as one fact. */
export function readGenericEvent(body: unknown, root: string | undefined): Normalized {
  const read = readAs(body, event);
  if (!read.ok) return read.normalized;
  const { type, source = '', time } = read.value;
  if (type !== 'run.started' && type !== 'run.completed' && type !== 'run.finalized') {
    return ignored(`no metric reads ${type}`);
  }
  const inner = readAs(body, z.object({ data: run }));
  if (!inner.ok) return inner.normalized;
  const { number, timestamp, duration, result, actions, _multiBranch, _projectName } = inner.value.data;
  const path = read.value.url ?? `${source.replace(/\/*$/, '/')}${number}/`;
  const job = jobOf(path);
  if (job === undefined) return rejected('source: is not the path of a job');
  const ofBranch = _multiBranch ? jobOf(`job/${_projectName ?? ''}`) : undefined;
  const build = { run_id: placeOf(root, path), job, scm: { branch: ofBranch, ...scmOf(actions ?? []) } };
  const begun = started(build, timestamp);
  if (type === 'run.started') return facts(begun);
  const outcome = outcomeOf(result);
  if (outcome === undefined) return rejected('data.result: is not a result');
  const ended = duration ? new Date(Date.parse(timestamp) + Math.min(duration, MOST_MS)).toISOString() : time;
  return facts(begun, finished(build, ended, outcome));
}

const MOST_MS = 10 * 365 * 24 * 60 * 60 * 1000;

function scmOf(actions: readonly unknown[]): Scm | undefined {
  for (const action of actions) {
    const found = checkout.safeParse(action).data;
    if (found === undefined) continue;
    return {
      url: found.remoteUrls?.[0],
      branch: found.lastBuiltRevision?.branch?.[0]?.name,
      commit: found.lastBuiltRevision?.SHA1,
    };
  }
  return undefined;
}
