import { expect } from 'vitest';
import { gitea } from '../../ingest/sources/gitea.ts';
import { eventsFrom } from './reading.ts';

/** A repository that anyone can read, as Gitea tells it. */
export const giteaRepository = { full_name: 'acme/api', default_branch: 'main', private: false };
export const giteaUser = { id: 1, login: 'ada' };
/** How an instance east of Greenwich writes a time that has not come. */
export const UNSET = '1970-01-01T01:00:00+01:00';

/** What Headway makes of a webhook of Gitea: its events, or the outcome with the reason. */
export function readGitea(event: string, body: object) {
  return eventsFrom(gitea, { repository: giteaRepository, sender: giteaUser, ...body }, { 'x-gitea-event': event });
}

/** The event of a webhook that must have exactly one, as JSON has it. */
export function onlyGitea(event: string, body: object) {
  const events = readGitea(event, body);
  if (typeof events === 'string') throw new Error(events);
  expect(events).toHaveLength(1);
  return JSON.parse(JSON.stringify(events[0])) as { type: string; occurred_at: string; data: Record<string, unknown> };
}
