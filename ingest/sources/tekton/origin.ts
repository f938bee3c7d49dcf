import { commitOf, repositoryNamed } from '../repository.ts';
import type { TektonRun } from './shape.ts';

/** Where the code of a run came from, as far as the run tells. */
export interface Origin {
  readonly repository: string | undefined;
  readonly revision: string | undefined;
  readonly branch: string | undefined;
  readonly trigger: string | undefined;
  readonly actor: string | undefined;
}

const PAC = 'pipelinesascode.tekton.dev/';
// Parameters have names of the pipeline's own; only those that can mean nothing else are read, since others may be secret.
const REPOSITORY_PARAMS = [
  'repo-url',
  'repo_url',
  'git-url',
  'git_url',
  'giturl',
  'repository-url',
  'repository',
  'repo',
];
const REVISION_PARAMS = [
  'revision',
  'git-revision',
  'git_revision',
  'commit',
  'commit-sha',
  'commit_sha',
  'git-commit',
  'git_commit',
  'sha',
];
const BRANCH_PARAMS = ['branch', 'git-branch', 'git_branch', 'source-branch'];

/** Tekton itself knows no repository: labels, annotations, parameters and results may. Headway's own annotations win. */
export function originOf(run: TektonRun): Origin {
  const said = texts([...Object.entries(run.metadata.labels ?? {}), ...Object.entries(run.metadata.annotations ?? {})]);
  const asked = texts((run.spec?.params ?? []).map(({ name, value }) => [name.toLowerCase(), value]));
  const status = run.status;
  const told = texts(
    (status?.results ?? status?.pipelineResults ?? status?.taskResults ?? []).map(({ name, value }) => [name, value]),
  );
  const param = (names: readonly string[]) => names.map((each) => asked.get(each)).find((value) => value !== undefined);
  const asCode = (key: string) => said.get(PAC + key);
  const org = asCode('url-org');
  const project = asCode('url-repository');
  const revision = param(REVISION_PARAMS);
  return {
    repository:
      repositoryNamed(said.get('headway/repository')) ??
      repositoryNamed(asCode('repo-url')) ??
      (org && project ? `${org}/${project}` : undefined) ??
      repositoryNamed(told.get('CHAINS-GIT_URL')) ??
      repositoryNamed(param(REPOSITORY_PARAMS)),
    revision:
      commitOf(said.get('headway/revision')) ??
      commitOf(asCode('sha')) ??
      commitOf(told.get('CHAINS-GIT_COMMIT')) ??
      commitOf(told.get('commit')) ??
      commitOf(revision),
    branch: branchNamed(
      said.get('headway/branch') ??
        asCode('source-branch') ??
        asCode('branch') ??
        param(BRANCH_PARAMS) ??
        (commitOf(revision) === undefined ? revision : undefined),
    ),
    trigger: asCode('event-type') ?? (said.has('triggers.tekton.dev/eventlistener') ? 'trigger' : undefined),
    actor: asCode('sender'),
  };
}

/** The entries whose value is a text that says something; of two with one key the later. */
function texts(entries: readonly (readonly [string, unknown])[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of entries) {
    if (typeof value === 'string' && value.trim() !== '') found.set(key, value.trim().slice(0, 512));
  }
  return found;
}

function branchNamed(ref: string | undefined): string | undefined {
  return ref?.replace(/^refs\/(?:heads|tags)\//, '') || undefined;
}
