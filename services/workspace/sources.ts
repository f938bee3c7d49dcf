import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CUSTOM, customSource } from '../../ingest/sources/custom/source.ts';
import { sources } from '../../ingest/sources/registry.ts';
import type { Source } from '../../ingest/sources/source.ts';
import type { Workspace } from '../../ingest/workspace/workspace.ts';

/** Every sender that has a hook: those of the registry, then those that the workspace defines. */
export function sourcesWith(workspace: Pick<Workspace, 'sources'>): readonly Source[] {
  return [...sources, ...workspace.sources.map(customSource)];
}

/**
 * The names of all senders that may have a secret, before the workspace is read: its files in `sources/` are called like
 * what they define. A folder that is not there defines none.
 */
export function sourceNames(workspaceDir: string): readonly string[] {
  const names = sources.map((source) => source.name);
  try {
    const files = readdirSync(join(workspaceDir, 'sources'));
    const own = files.flatMap((file) => /^(.+)\.ya?ml$/.exec(file)?.[1] ?? []);
    return [...names, ...own.sort().map((name) => CUSTOM + name)];
  } catch {
    return names;
  }
}
