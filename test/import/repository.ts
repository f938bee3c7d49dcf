import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A commit to make: its name in the test, when, on what, by whom. Minutes count from the repository's own beginning. */
export interface MadeCommit {
  readonly name: string;
  readonly parents: readonly string[];
  readonly minute: number;
  readonly authoredMinute?: number;
  readonly author?: string;
  readonly mail?: string;
  /** `{sha:name}` stands for the id of an earlier commit. */
  readonly message?: string;
  readonly paths?: readonly string[];
}

export interface MadeTag {
  readonly tag: string;
  readonly on: string;
  /** An annotated tag's date; without it the tag is a lightweight one. */
  readonly minute?: number;
}

/** A repository made for a test. */
export interface MadeRepository {
  readonly path: string;
  sha(name: string): string;
  nameOf(sha: string): string;
  /** Adds commits and tags, and moves the default branch. */
  grow(commits: readonly MadeCommit[], tags: readonly MadeTag[], head: string): void;
  remove(): void;
}

export const BEGINNING_SECONDS = Date.UTC(2024, 0, 1) / 1000;

/** Makes a bare repository of any shape through `git fast-import`; its default branch stands on `head`. */
export function makeRepository(commits: readonly MadeCommit[], tags: readonly MadeTag[], head: string): MadeRepository {
  const path = mkdtempSync(join(tmpdir(), 'headway-history-'));
  const git = (args: readonly string[], input = ''): string =>
    execFileSync('git', ['-C', path, ...args], { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
  git(['init', '--quiet', '--bare', '--initial-branch=main']);
  const shas = new Map<string, string>();
  const sha = (name: string): string => {
    const found = shas.get(name);
    if (found === undefined) throw new Error(`no commit is called ${name}`);
    return found;
  };
  const grow: MadeRepository['grow'] = (added, marked, tip) => {
    // One commit at a time where a message names another by its id, else all at once.
    for (const group of groupsOf(added)) {
      const stream = group.map((commit) => commitStream(commit, sha, group)).join('');
      const marks = join(path, 'marks');
      git(['fast-import', '--quiet', '--force', `--export-marks=${marks}`], stream);
      const lines = readFileSync(marks, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.slice(1).split(' '))
        .sort(([a], [b]) => Number(a) - Number(b))
        .map(([, one]) => one!);
      for (const [at, commit] of group.entries()) {
        shas.set(commit.name, lines[at]!);
      }
    }
    const refs = marked.map((tag) =>
      tag.minute === undefined
        ? `reset refs/tags/${tag.tag}\nfrom ${sha(tag.on)}\n\n`
        : `tag ${tag.tag}\nfrom ${sha(tag.on)}\ntagger Releaser <r@acme.example> ${BEGINNING_SECONDS + tag.minute * 60} +0000\ndata 1\nx\n`,
    );
    git(['fast-import', '--quiet', '--force'], refs.join(''));
    git(['update-ref', 'refs/heads/main', sha(tip)]);
  };
  grow(commits, tags, head);
  const nameOf = (wanted: string): string => [...shas].find(([, one]) => one === wanted)?.[0] ?? `unknown ${wanted}`;
  return { path, sha, nameOf, grow, remove: () => rmSync(path, { recursive: true, force: true }) };
}

function groupsOf(commits: readonly MadeCommit[]): MadeCommit[][] {
  const groups: MadeCommit[][] = [[]];
  for (const commit of commits) {
    if (commit.message?.includes('{sha:')) groups.push([commit], []);
    else groups.at(-1)!.push(commit);
  }
  return groups.filter((group) => group.length > 0);
}

function commitStream(commit: MadeCommit, sha: (name: string) => string, group: readonly MadeCommit[]): string {
  const ref = (name: string): string => {
    const mark = group.findIndex((one) => one.name === name);
    return mark >= 0 ? `:${mark + 1}` : sha(name);
  };
  const at = (minute: number): string => `${BEGINNING_SECONDS + minute * 60} +0200`;
  const message = (commit.message ?? commit.name).replace(/\{sha:([^}]+)\}/g, (_, name: string) => sha(name));
  const [first, ...others] = commit.parents;
  const mark = group.indexOf(commit) + 1;
  return [
    `commit refs/heads/made/${commit.name}`,
    `mark :${mark}`,
    `author ${commit.author ?? 'Ada'} <${commit.mail ?? 'ada@acme.example'}> ${at(commit.authoredMinute ?? commit.minute)}`,
    `committer Grace <grace@acme.example> ${at(commit.minute)}`,
    `data ${Buffer.byteLength(message)}`,
    message,
    ...(first === undefined ? [] : [`from ${ref(first)}`]),
    ...others.map((parent) => `merge ${ref(parent)}`),
    ...(commit.paths ?? []).flatMap((path) => [
      `M 100644 inline ${JSON.stringify(path)}`,
      `data ${commit.name.length}`,
      commit.name,
    ]),
    '',
    '',
  ].join('\n');
}
