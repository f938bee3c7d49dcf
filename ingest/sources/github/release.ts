import { z } from 'zod';
import type { Delivery } from '../../delivery.ts';
import type { Fact } from '../../event.ts';
import { name } from '../../vocabulary/commit.ts';
import {
  fact,
  facts,
  ignored,
  optionalFlag,
  optionalInstant,
  optionalText,
  readBody,
  rejected,
  senderId,
} from '../shape.ts';
import type { Normalized } from '../source.ts';
import { account, repository } from './shape.ts';

/** A release, as webhooks and the REST API tell it. A draft has no `published_at`. */
export const release = z.object({
  id: senderId,
  tag_name: name,
  target_commitish: optionalText(),
  draft: optionalFlag,
  prerelease: optionalFlag,
  published_at: optionalInstant,
  author: account,
});

/** Published at a UTC ISO instant: its `published_at`, since `created_at` is the date of the tag's commit. */
export function releasedFact(repo: string, found: z.output<typeof release>, publishedAt: string): Fact {
  const target = found.target_commitish ?? '';
  return fact('release.published', publishedAt, [repo, found.id], {
    repository: repo,
    tag: found.tag_name,
    // Mostly a branch's name, which says nothing about the commit.
    revision: /^[0-9a-f]{40}$/i.test(target) ? target.toLowerCase() : undefined,
    prerelease: found.prerelease,
    author: found.author?.login,
  });
}

const payload = z.object({ action: name, release, repository });

/** `release` published. */
export function releaseEvent(delivery: Delivery): Normalized {
  const body = readBody(delivery, payload);
  if (!body.ok) return body.normalized;
  const { action, release: found, repository: repo } = body.value;
  if (action !== 'published' || found.draft === true) return ignored(`release ${action} publishes nothing`);
  if (found.published_at === undefined) return rejected('release.published_at: is missing');
  return facts(releasedFact(repo.full_name, found, found.published_at));
}
