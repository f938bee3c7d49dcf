import { isMap, isScalar, LineCounter, type ParsedNode, parseAllDocuments } from 'yaml';
import type { z } from 'zod';

/** One file of the workspace: its path inside the workspace folder, with `/`, and its text. */
export interface WorkspaceFile {
  readonly path: string;
  readonly text: string;
}

/** What is wrong, and where. Lines count from 1. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** One YAML document of a file, as plain data, with the way back to its lines. */
export interface YamlDocument {
  readonly file: string;
  readonly value: unknown;
  /** Line of the node at a path; of the nearest one above it that exists, if it does not. */
  lineOf(path: readonly PropertyKey[]): number;
  /** Line of a key inside the map at a path. */
  lineOfKey(path: readonly PropertyKey[], key: string): number;
}

/** Parses a file's YAML documents. Every syntax error is a problem; documents without one are returned. Empty ones are skipped. */
export function readDocuments(file: WorkspaceFile): { documents: YamlDocument[]; problems: Problem[] } {
  const lines = new LineCounter();
  const documents: YamlDocument[] = [];
  const problems: Problem[] = [];
  const parsed = parseAllDocuments(file.text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const line = (offset: number): number => Math.max(1, lines.linePos(offset).line);
  for (const document of 'empty' in parsed ? [] : parsed) {
    for (const found of [...document.errors, ...document.warnings]) {
      problems.push({ file: file.path, line: line(found.pos[0]), message: found.message });
    }
    if (document.errors.length > 0 || document.contents === null) continue;
    const root = document.contents;
    let value: unknown;
    try {
      value = document.toJS({ maxAliasCount: 100 });
    } catch (error) {
      // Aliases without an anchor, or more of them than any honest file has.
      problems.push({ file: file.path, line: line(root.range[0]), message: (error as Error).message });
      continue;
    }
    if (value === null) continue;
    documents.push({
      file: file.path,
      value,
      lineOf: (path) => line(nodeAt(root, path).range[0]),
      lineOfKey: (path, key) => line(keyAt(nodeAt(root, path), key)),
    });
  }
  return { documents, problems };
}

function nodeAt(root: ParsedNode, path: readonly PropertyKey[]): ParsedNode {
  let node = root;
  for (const step of path) {
    const next = 'getIn' in node ? node.getIn([step], true) : undefined;
    if (next === undefined || next === null || !(next as ParsedNode).range) return node;
    node = next as ParsedNode;
  }
  return node;
}

function keyAt(node: ParsedNode, key: string): number {
  if (!isMap(node)) return node.range[0];
  for (const pair of node.items) {
    if (isScalar(pair.key) && String(pair.key.value) === key) return pair.key.range?.[0] ?? node.range[0];
  }
  return node.range[0];
}

/**
 * Checks a document against a schema. Every problem has its line; unknown keys are named one by one. What is wrong with a
 * key or an entry of a list does not hide the rest: `data` is what remains without them, null if that is nothing.
 */
export function check<T extends z.ZodType>(
  document: YamlDocument,
  schema: T,
): { data: z.infer<T> | null; problems: Problem[] } {
  const result = schema.safeParse(document.value);
  if (result.success) return { data: result.data, problems: [] };
  const rest = structuredClone(document.value);
  const dropped = new Map<unknown[], Set<unknown>>();
  const problems = result.error.issues.flatMap((issue) => {
    const where = issue.path.length > 0 ? `${issue.path.map(String).join('.')}: ` : '';
    if (issue.code !== 'unrecognized_keys') {
      markEntry(rest, issue.path, dropped);
      return [{ file: document.file, line: document.lineOf(issue.path), message: `${where}${issue.message}` }];
    }
    const holder = valueAt(rest, issue.path);
    for (const key of issue.keys) delete (holder as Record<string, unknown>)[key];
    return issue.keys.map((key) => ({
      file: document.file,
      line: document.lineOfKey(issue.path, key),
      message: `${where}unknown key '${key}'`,
    }));
  });
  for (const [list, entries] of dropped) list.splice(0, list.length, ...list.filter((entry) => !entries.has(entry)));
  const again = schema.safeParse(rest);
  return { data: again.success ? again.data : null, problems };
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((inner, step) => (inner as Record<PropertyKey, unknown>)[step], value);
}

/** Marks the outermost list entry that a path leads into. */
function markEntry(value: unknown, path: readonly PropertyKey[], marked: Map<unknown[], Set<unknown>>): void {
  const at = path.findIndex((step) => typeof step === 'number');
  if (at < 0) return;
  const list = valueAt(value, path.slice(0, at)) as unknown[];
  marked.set(list, (marked.get(list) ?? new Set()).add(list[path[at] as number]));
}
