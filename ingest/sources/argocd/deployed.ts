import { commitOf, repositoryNamed, repositoryOf } from '../repository.ts';
import { digest } from '../shape.ts';
import type { Application, GitOrChart, Operation } from './application.ts';

/**
 * What the operation deployed. `syncResult` says it; `sync` may already be ahead, and an operation that failed early has
 * no result, so that only what it was asked for is known. Chart and OCI revisions are versions, not commits.
 */
export function deployed(app: Application, operation: Operation) {
  const result = operation.syncResult;
  const asked = operation.operation?.sync;
  const all =
    nonEmpty(result?.revisions) ??
    nonEmpty([result?.revision ?? '']) ??
    nonEmpty(asked?.revisions) ??
    nonEmpty([asked?.revision ?? '']) ??
    [];
  const from =
    nonEmptySources(result?.sources, result?.source) ?? nonEmptySources(app.spec?.sources, app.spec?.source) ?? [];
  const images = [...(app.status?.summary?.images ?? [])].sort();
  const by = operation.operation?.initiatedBy;
  return {
    ...codeOf(app, from, all, images),
    config_digest: all.length + images.length === 0 ? undefined : digest([all, images]),
    trigger: by?.automated === true ? 'automated' : by?.username === undefined ? undefined : 'manual',
    actor: by?.username,
  };
}

/**
 * The repository and its commit: of the first Git source that has one, or of the source whose repository the application's
 * annotation names. If it names none of them, the code is elsewhere: a second annotation or an image's tag tells its commit.
 */
function codeOf(
  app: Application,
  from: readonly GitOrChart[],
  all: readonly string[],
  images: readonly string[],
): { repository: string | undefined; revision: string | undefined } {
  const sources = from.flatMap((source, index) => {
    const repository = isGit(source) ? repositoryOf(source?.repoURL) : undefined;
    return repository === undefined ? [] : [{ repository, revision: commitOf(all[index]) }];
  });
  const meant = repositoryNamed(annotation(app, 'headway/repository'));
  if (meant === undefined) {
    const first = sources.find(({ revision }) => revision !== undefined) ?? sources[0];
    return { repository: first?.repository, revision: first?.revision };
  }
  const source = sources.find(({ repository }) => repository.toLowerCase() === meant.toLowerCase());
  const stated = commitOf(annotation(app, 'headway/revision'));
  return { repository: meant, revision: stated ?? (source ? source.revision : taggedCommit(images, meant)) };
}

/** The one commit by which images are tagged, those that are called like the repository first; several tell nothing. */
function taggedCommit(images: readonly string[], repository: string): string | undefined {
  const tagged = images.flatMap((image) => {
    const [, path = '', commit] = /^(.*):(?:[\w.-]*[-.])?([0-9a-f]{40})(?:@.*)?$/.exec(image) ?? [];
    return commit === undefined ? [] : [{ called: path.split('/').at(-1), commit }];
  });
  const own = tagged.filter(({ called }) => called === repository.split('/').at(-1)?.toLowerCase());
  const commits = new Set((own.length > 0 ? own : tagged).map(({ commit }) => commit));
  return commits.size === 1 ? [...commits][0] : undefined;
}

function annotation(app: Application, key: string): string | undefined {
  const value = app.metadata.annotations?.[key];
  return typeof value === 'string' ? value : undefined;
}

function isGit(source: GitOrChart): boolean {
  const url = source?.repoURL;
  return url !== undefined && source?.chart === undefined && !url.startsWith('oci://');
}

function nonEmpty(list: readonly string[] | null | undefined): readonly string[] | undefined {
  return list?.some((revision) => revision !== '') ? list : undefined;
}

function nonEmptySources(
  many: readonly GitOrChart[] | null | undefined,
  one: GitOrChart,
): readonly GitOrChart[] | undefined {
  const list = many && many.length > 0 ? many : [one];
  return list.some((source) => source?.repoURL !== undefined) ? list : undefined;
}
