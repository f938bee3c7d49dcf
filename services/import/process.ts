import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** What git said when it failed. */
export class GitFailed extends Error {
  override readonly name = 'GitFailed';
}

/** Settings of a user or a repository that would change what git prints. Replacements would make one history read as another. */
const PLAIN = [
  '--no-replace-objects',
  '-c',
  'core.quotePath=false',
  '-c',
  'log.showSignature=false',
  '-c',
  'color.ui=false',
];

/**
 * Runs git in a repository and yields its output split at a separator, as it comes: never more than a piece is held. `input` is written to
 * its standard input. Throws {@link GitFailed} if it cannot be run or exits with an error; stops it if the reader stops.
 */
export async function* git(
  path: string,
  args: readonly string[],
  options: { separator?: string; input?: string } = {},
): AsyncGenerator<string> {
  const separator = options.separator ?? '\n';
  const child = spawn('git', [...PLAIN, '-C', path, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' },
  });
  let complaint = '';
  let failure: Error | null = null;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (complaint.length < 2000) complaint += text;
  });
  const closed = new Promise<number | null>((resolve) => {
    child.on('error', (error) => {
      failure = error;
      resolve(null);
    });
    child.on('close', resolve);
  });
  // git may end without reading all of its input: that is its answer, not a fault of ours.
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  let rest = '';
  try {
    for await (const chunk of child.stdout.setEncoding('utf8') as AsyncIterable<string>) {
      const pieces = (rest + chunk).split(separator);
      rest = pieces.pop()!;
      yield* pieces;
    }
    const code = await closed;
    if (code !== 0) throw new GitFailed(reason(failure, code, complaint));
    if (rest !== '') yield rest;
  } finally {
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      child.kill();
      await Promise.race([closed, once(child, 'exit')]);
    }
  }
}

/** The whole output, trimmed; null if git exits with an error. */
export async function gitText(path: string, args: readonly string[]): Promise<string | null> {
  let text = '';
  try {
    for await (const line of git(path, args)) text += `${line}\n`;
  } catch (error) {
    if (error instanceof GitFailed) return null;
    throw error;
  }
  return text.trim();
}

function reason(failure: Error | null, code: number | null, complaint: string): string {
  if ((failure as NodeJS.ErrnoException | null)?.code === 'ENOENT') return 'git is not installed';
  return complaint.trim().split('\n')[0] || failure?.message || `git exited with ${code}`;
}
