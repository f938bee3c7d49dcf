import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Replacing, replaceIn, replaceInValue } from '../../ingest/erase/replace.ts';
import { nameKey } from '../../ingest/erase/spelling.ts';
import type { Definition } from '../../ingest/workspace/definition.ts';
import type { Workspace } from '../../ingest/workspace/workspace.ts';
import { yamlFiles } from '../workspace/load.ts';

/** A line of a workspace that names somebody, comments included. Lines count from 1. */
export interface Mention {
  readonly file: string;
  readonly line: number;
}

/** Where the workspace names the person: what it says comes back at the next start. */
export async function mentionsIn(workspaceDir: string, replacing: Replacing): Promise<Mention[]> {
  const mentions: Mention[] = [];
  for (const file of (await yamlFiles(workspaceDir)) ?? []) {
    const lines = (await readFile(join(workspaceDir, file), 'utf8')).split('\n');
    for (const [at, text] of lines.entries())
      if (replaceIn(replacing, text, '') !== text || namesInList(replacing, file, text))
        mentions.push({ file, line: at + 1 });
  }
  return mentions;
}

/** A name that is a word too is a person's only in the list of people. */
function namesInList({ names }: Replacing, file: string, text: string): boolean {
  if (!/(?:^|\/)people\.ya?ml$/.test(file)) return false;
  const values = text.split(/[[\]{},:#]|^\s*-/).map((value) => nameKey(value.trim().replace(/^['"]|['"]$/g, '')));
  return values.some((value) => names.find(value)?.reach === 'narrow');
}

/** A workspace that still names somebody who was erased says of the pseudonym what it says of the name. */
export function withoutNames(workspace: Workspace, erased: Replacing): Workspace {
  const definitions = workspace.definitions.map(
    (definition) =>
      // The same keys with values of the same types.
      ({ ...definition, data: replaceInValue(erased, definition.data, '') }) as Definition,
  );
  return { ...workspace, definitions };
}
