import { z } from 'zod';
import type { Fact } from '../../event.ts';
import { LATEST_SKEW_MS } from '../../time.ts';
import { name } from '../../vocabulary/commit.ts';
import { fact, facts, ignored, optionalText, readAs } from '../shape.ts';
import type { Normalized } from '../source.ts';
import { moment, project } from './shape.ts';

/** A release, named by its tag: the API states no other name. `releasedAt` is UTC ISO in whole seconds. */
export interface Release {
  readonly path: string;
  readonly tag: string;
  readonly sha: string | undefined;
  readonly releasedAt: string;
}

/** Published, on the day that it bears. */
export function releasedFact(release: Release): Fact {
  return fact('release.published', release.releasedAt, [release.path, release.tag], {
    repository: release.path,
    tag: release.tag,
    revision: release.sha?.toLowerCase(),
  });
}

const payload = z.object({
  action: name,
  tag: name,
  created_at: moment,
  released_at: moment,
  commit: z.object({ id: optionalText(64) }).nullish(),
  project,
});

/**
 * `release`, created or edited: an edit tells the same fact again. One dated ahead of its making is only announced;
 * GitLab says nothing on the day itself.
 */
export function releaseEvent(body: unknown): Normalized {
  const read = readAs(body, payload);
  if (!read.ok) return read.normalized;
  const { action, tag, created_at: createdAt, released_at: releasedAt, commit, project: of } = read.value;
  if (action !== 'create' && action !== 'update') return ignored(`release ${action.slice(0, 100)} publishes nothing`);
  if (action === 'create' && Date.parse(releasedAt) - Date.parse(createdAt) > LATEST_SKEW_MS)
    return ignored('a release that is dated ahead is not published yet');
  return facts(releasedFact({ path: of.path_with_namespace, tag, sha: commit?.id, releasedAt }));
}
