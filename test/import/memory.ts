import { eventId, type NormalizedEvent, parseData } from '../../ingest/event.ts';
import type { ImportedEvent } from '../../ingest/import/events.ts';
import { type GitImport, importGit } from '../../services/import/git.ts';
import type { MadeRepository } from './repository.ts';

/** A log that only remembers: of equal ids the earliest holds, as in the real one. */
export function memory() {
  const events = new Map<string, ImportedEvent>();
  return {
    async load(repository: MadeRepository, options: Partial<GitImport> = {}) {
      const before = events.size;
      const result = await importGit({
        path: repository.path,
        repository: 'acme/api',
        now: '2026-01-01T00:00:00.000Z',
        send: async (batch) => {
          for (const event of batch) {
            const parsed = parseData(event.type, event.data);
            if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
            const id = eventId('git', [event.type, event.id]);
            if (!events.has(id)) events.set(id, event);
          }
        },
        known: async (id) => (events.get(id) as Pick<NormalizedEvent, 'type' | 'data'> | undefined) ?? null,
        ...options,
      });
      if (!result.ok) throw new Error(result.problem);
      return { ...result, added: events.size - before };
    },
    /** Changes by the names of their commits; what was corrected, as it was corrected. */
    changes(repository: MadeRepository): string[] {
      const corrected = new Map(
        [...events.values()].flatMap((event) =>
          event.type === 'change.corrected'
            ? [[event.data.change_id, event.data.value as { sha: string }[]] as const]
            : [],
        ),
      );
      return [...events.values()]
        .flatMap((event) =>
          event.type === 'change.merged' ? [corrected.get(event.data.change_id) ?? event.data.commits ?? []] : [],
        )
        .map((commits) => commits.map(({ sha }) => repository.nameOf(sha)).join(' '))
        .sort();
    },
    /** What each rollout delivered, in its last version. */
    rollouts(repository: MadeRepository): Record<string, string> {
      const found: Record<string, string> = {};
      for (const event of events.values()) {
        const list =
          event.type === 'deployment.finished'
            ? event.data.commits
            : 'field' in event.data
              ? event.data.value
              : undefined;
        if (!('rollout_id' in event.data) || !Array.isArray(list)) continue;
        const tag = event.data.rollout_id.split(':').at(-1)!;
        found[tag] = list
          .map((sha) => repository.nameOf(String(sha)))
          .sort()
          .join(' ');
      }
      return found;
    },
    all: () => [...events.values()],
  };
}
