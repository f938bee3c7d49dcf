import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './start.ts';

/** The hook that comes with Headway. */
export const HOOK = fileURLToPath(new URL('../../workspace/git-hooks/post-receive', import.meta.url));
/** When every commit of these repositories was authored. */
const AUTHORED = '2026-03-05T11:00:00+02:00';

/** A bare repository with the hook, and a clone from which to push to it. */
export interface Repositories {
  readonly bare: string;
  readonly work: string;
  readonly name: string;
}

/** Nothing of the machine's or the user's own configuration reaches these. */
export const gitEnvironment = {
  PATH: process.env.PATH ?? '',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Ada "the first" Lovelace',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_AUTHOR_DATE: AUTHORED,
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.com',
};

/** Runs Git and answers what it wrote. */
export function git(cwd: string, ...args: readonly string[]): string {
  return execFileSync('git', args, {
    cwd,
    env: gitEnvironment,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();
}

/** A push as a person would do it; what the hook says comes back as `remote: headway: …`. The server runs meanwhile. */
export async function push(repositories: Repositories, ...args: readonly string[]) {
  const child = spawn('git', ['push', 'origin', ...args], {
    cwd: repositories.work,
    env: gitEnvironment,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [status] = (await once(child, 'close')) as [number | null];
  const said = stderr.split('\n').filter((line) => line.includes('headway:'));
  return { status, said: said.map((line) => line.replace(/^remote:\s*/, '').trim()) };
}

/** New repositories whose hook tells `url`, run by `shell` where one is named. They are gone after the tests of the file. */
export function newRepositories(
  name: string,
  to: { readonly url: string; readonly secret: string; readonly shell?: string },
): Repositories {
  const dir = temporaryFolder();
  const bare = join(dir, 'api.git');
  const work = join(dir, 'work');
  git(dir, 'init', '--quiet', '--bare', '--initial-branch=main', bare);
  git(dir, 'init', '--quiet', '--initial-branch=main', work);
  git(work, 'remote', 'add', 'origin', bare);
  git(bare, 'config', 'headway.url', to.url);
  git(bare, 'config', 'headway.secret', to.secret);
  git(bare, 'config', 'headway.repository', name);
  const hook = join(bare, 'hooks', 'post-receive');
  if (to.shell === undefined) copyFileSync(HOOK, hook);
  else writeFileSync(hook, `#!/bin/sh\nexec ${to.shell} ${HOOK}\n`);
  chmodSync(hook, 0o755);
  return { bare, work, name };
}

/** Writes the message into each of the paths and commits them; answers the commit. */
export function commit({ work }: Repositories, message: string, ...paths: readonly string[]): string {
  for (const path of paths) {
    mkdirSync(join(work, path, '..'), { recursive: true });
    writeFileSync(join(work, path), message);
    git(work, 'add', '--', path);
  }
  git(work, 'commit', '--quiet', '--allow-empty', '--cleanup=verbatim', '-m', message);
  return git(work, 'rev-parse', 'HEAD');
}
