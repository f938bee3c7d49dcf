import { z } from 'zod';
import { copiedChange, fixesIncident, revertedChange } from '../mentions.ts';
import { repositoryNamed } from '../repository.ts';
import { facts, ignored, snapshot } from '../shape.ts';
import type { Normalized } from '../source.ts';
import { type CdEvent, content, readContent } from './shape.ts';

const changed = z.object({ repository: content.place.nullish(), description: content.text(20_000) });

/** `change.created`, `.updated`, `.reviewed`, `.merged` and `.abandoned`. */
export function changeFacts(event: CdEvent): Normalized {
  const read = readContent(event, changed);
  if (!read.ok) return read.normalized;
  const { extras, at } = event;
  const repository = repositoryNamed(extras.repository) ?? repositoryNamed(read.value.repository?.id);
  if (repository === undefined) return ignored('it names no repository');
  const { change_id, number } = identified(repository, event.about.id);
  const { description } = read.value;
  const title = extras.title ?? description?.split('\n', 1)[0]?.slice(0, 512);
  const commits = extras.commits?.filter((each) => typeof each !== 'string');
  const commit = extras.commit?.toLowerCase();
  const data = {
    change_id,
    repository,
    number,
    url: extras.url,
    title,
    author: extras.author,
    branch: extras.branch,
    base: extras.base,
    opened_at: extras.opened_at,
    labels: extras.labels,
    revert_of: revertedChange(repository, title, description),
    cherry_pick_of: copiedChange(repository, description),
    fixes_incident: extras.fixes ?? fixesIncident(description),
  };
  const listed = commits !== undefined && commits.length > 0 ? commits : undefined;
  const key = [event.source, event.id];
  switch (event.predicate) {
    case 'created':
      return facts(
        snapshot('change.created', at, key, { ...data, opened_at: extras.opened_at ?? at, head_sha: commit }),
      );
    case 'updated':
      return facts(snapshot('change.updated', at, key, { ...data, head_sha: commit, commits: listed }));
    case 'reviewed':
      return facts(snapshot('change.reviewed', at, key, { change_id, repository, reviewer: extras.author }));
    case 'merged':
      return facts(
        snapshot('change.merged', at, key, { ...data, merge_sha: commit, commits: listed, paths: extras.paths }),
      );
    case 'abandoned':
      return facts(snapshot('change.abandoned', at, key, { change_id, repository }));
    default:
      return ignored(`no metric reads change.${event.predicate}`);
  }
}

/** As the forges name it, `owner/name#12`, if the id is a number or an address that ends in one; else under the id itself. */
function identified(repository: string, id: string): { change_id: string; number: number | undefined } {
  const digits =
    /^(?:#|!)?(\d{1,9})$/.exec(id) ?? /\/(?:pull|pulls|merge_requests|pull-requests)\/(\d{1,9})\/?$/.exec(id);
  const number = digits?.[1] === undefined ? undefined : Number(digits[1]);
  const change_id = number === undefined ? `${repository}#${id}`.slice(0, 512) : `${repository}#${number}`;
  return { change_id, number };
}
