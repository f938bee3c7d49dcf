import type { Fact } from '../../event.ts';
import { commitOf, repositoryNamed } from '../repository.ts';
import { snapshot } from '../shape.ts';

/** A build, whichever plugin tells of it. */
export interface Build {
  /** Unique over all controllers, and the same in everything that one plugin says of the build. */
  readonly run_id: string;
  /** Full name of the job: its folders and itself, by `/`. */
  readonly job: string;
  readonly scm?: Scm | null | undefined;
}

/** What the Git plugin knows; jobs that check nothing out, or not yet, have none of it. */
export interface Scm {
  readonly url?: string | undefined;
  readonly branch?: string | undefined;
  readonly commit?: string | undefined;
}

/** How a build ended. */
export type Outcome = 'succeeded' | 'failed' | 'cancelled' | 'skipped';

/**
 * Jenkins' results. UNSTABLE is a build whose tests failed: other CI systems call that a failure. Undefined: no result.
 */
export function outcomeOf(result: string | undefined): Outcome | undefined {
  switch (result?.toUpperCase()) {
    case 'SUCCESS':
      return 'succeeded';
    case 'UNSTABLE':
    case 'FAILURE':
      return 'failed';
    case 'ABORTED':
      return 'cancelled';
    case 'NOT_BUILT':
      return 'skipped';
    default:
      return undefined;
  }
}

/** `acme/till` of `job/acme/job/till/5/`, wherever the controller or a view puts it. */
export function jobOf(path: string): string | undefined {
  const names = [...path.slice(0, 2048).matchAll(/(?:^|\/)job\/([^/?#]{1,512})/g)].map(([, each]) =>
    decoded(each ?? ''),
  );
  return names.join('/').slice(0, 512) || undefined;
}

/** Where a path of a controller is, without the scheme: `jenkins.example.com/job/till/5`. */
export function placeOf(root: string | undefined, path: string): string {
  const bare = (text: string) => text.replace(/^[a-z]{1,10}:\/\/(?:[^/@\s]*@)?/i, '').replace(/^\/+|\/+$/g, '');
  return [bare(root ?? ''), bare(path)]
    .filter((part) => part !== '')
    .join('/')
    .slice(0, 512);
}

/** The build waits since `at` (UTC ISO). */
export function queued(build: Build, at: string): Fact {
  return snapshot('pipelinerun.queued', at, [build.run_id], dataOf(build));
}

/** The build has an executor since `at` (UTC ISO). */
export function started(build: Build, at: string): Fact {
  return snapshot('pipelinerun.started', at, [build.run_id], dataOf(build));
}

/** The build ended at `at` (UTC ISO). */
export function finished(build: Build, at: string, outcome: Outcome): Fact {
  return snapshot('pipelinerun.finished', at, [build.run_id], { ...dataOf(build), outcome });
}

/** A job that tells no repository counts under its own name. */
function dataOf({ run_id, job, scm }: Build) {
  const branch = scm?.branch?.replace(/^(?:refs\/(?:heads|remotes)\/)?(?:origin\/)?/, '') || undefined;
  const workflow = projectOf(job, branch);
  return {
    run_id,
    repository: repositoryNamed(scm?.url) ?? workflow,
    workflow,
    revision: commitOf(scm?.commit),
    branch,
  };
}

/** A multibranch project has a job per branch, called like it, a slash encoded: the project is the workflow. */
function projectOf(job: string, branch: string | undefined): string {
  if (branch === undefined) return job;
  const called = [branch, encodeURIComponent(branch)].find((each) => job.endsWith(`/${each}`));
  return called === undefined ? job : job.slice(0, -called.length - 1);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
