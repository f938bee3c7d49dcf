import { readdir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { NormalizedEvent } from '../../ingest/event.ts';
import type { Store } from '../../ingest/ports.ts';
import type { DefinitionType } from '../../ingest/workspace/definition.ts';
import type { Problem, WorkspaceFile } from '../../ingest/workspace/document.ts';
import { objectivesReader } from '../../ingest/workspace/objectives.ts';
import { definitionEvents, type KnownDefinition } from '../../ingest/workspace/publish.ts';
import { readSlos } from '../../ingest/workspace/slos.ts';
import { readWorkspace, type Workspace, type WorkspaceOptions } from '../../ingest/workspace/workspace.ts';
import { checkQuestion } from '../../queries/okr/check.ts';

/** Where a workspace is, and how to read it. */
export interface LoadWorkspace extends WorkspaceOptions {
  /** Its folder. One that does not exist is an empty workspace, `present: false`. */
  readonly dir: string;
}

/** Who reads the folders of judgements; key results are held to the metrics that they name. */
const readers = { objectives: objectivesReader(checkQuestion), slos: readSlos };

/** Folders whose YAML belongs to the workspace; others (a sender's template, say) may lie beside them. */
const folders = new Set(['catalog', 'objectives', 'slos', 'sources']);

/**
 * Reads a workspace folder: `catalog/`, `objectives/`, `slos/`, `sources/` and the files at its top. Every problem of every file comes
 * back at once; a file that cannot be read is one. Rejects only if the folder itself cannot be listed.
 */
export async function loadWorkspace({
  dir,
  ...options
}: LoadWorkspace): Promise<
  { ok: true; present: boolean; workspace: Workspace } | { ok: false; problems: readonly Problem[] }
> {
  const paths = await yamlFiles(dir);
  if (paths === null)
    return { ok: true, present: false, workspace: { definitions: [], metricOptions: {}, sources: [] } };
  const files: WorkspaceFile[] = [];
  const unreadable: Problem[] = [];
  for (const path of paths) {
    try {
      files.push({ path, text: await readFile(join(dir, path), 'utf8') });
    } catch (error) {
      unreadable.push({ file: path, line: 1, message: `cannot be read: ${(error as NodeJS.ErrnoException).code}` });
    }
  }
  const read = readWorkspace(files, { readers, ...options });
  if (!read.ok) return { ok: false, problems: [...unreadable, ...read.problems] };
  if (unreadable.length > 0) return { ok: false, problems: unreadable };
  return { ok: true, present: true, workspace: read.workspace };
}

/** The YAML of a workspace, as paths inside it; null if there is no such folder. */
export async function yamlFiles(dir: string): Promise<string[] | null> {
  try {
    const entries = await readdir(dir, { recursive: true });
    return entries
      .map((path) => path.split(sep).join('/'))
      .filter((path) => /\.ya?ml$/.test(path) && (!path.includes('/') || folders.has(path.split('/')[0]!)))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/**
 * Appends what the workspace states and the log does not yet know; returns the events appended. `known` is what
 * {@link knownDefinitions} returns once the store has caught up with the log.
 */
export async function publishWorkspace(publish: {
  readonly workspace: Workspace;
  readonly known: readonly KnownDefinition[];
  readonly append: (events: readonly NormalizedEvent[]) => Promise<unknown>;
  /** UTC ISO: the time of the load. */
  readonly now: string;
}): Promise<readonly NormalizedEvent[]> {
  const events = definitionEvents(publish.workspace.definitions, publish.known, publish.now);
  if (events.length > 0) await publish.append(events);
  return events;
}

const definitionTypes: readonly DefinitionType[] = [
  'service.defined',
  'team.defined',
  'calendar.defined',
  'environment.defined',
  'rollout_rule.defined',
  'person.defined',
  'platform.defined',
  'source.defined',
  'money.defined',
  'objective.defined',
  'keyresult.defined',
  'slo.defined',
];

/** Every definition that the store knows, of whatever source: the best copy of each event (highest normaliser, then earliest). */
export async function knownDefinitions(store: Store): Promise<KnownDefinition[]> {
  // Whole numbers must stay numbers here: a definition may have to be stated again as it was.
  const rows = await store.query<Record<'id' | 'type' | 'source' | 'occurred_at' | 'data', string>>(
    `SELECT id, type, source, toString(occurred_at) AS occurred_at, toJSONString(data) AS data
     FROM events WHERE type IN ({types:Array(String)})
     ORDER BY id, normaliser DESC, recorded_at LIMIT 1 BY id
     SETTINGS readonly = 2, output_format_json_quote_64bit_integers = 0`,
    { types: definitionTypes },
  );
  return rows.map((row) => ({
    type: row.type as DefinitionType,
    id: row.id,
    source: row.source,
    occurred_at: `${row.occurred_at.replace(' ', 'T')}Z`,
    data: JSON.parse(row.data) as Record<string, unknown>,
  }));
}
