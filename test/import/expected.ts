import { execFileSync } from 'node:child_process';

/** What git itself says of a clone: told by other commands than the importer's, and read by other code. */
export interface Expected {
  /** In the order of their dates, then names. */
  readonly rollouts: readonly { readonly tag: string; readonly at: number; readonly commits: readonly string[] }[];
  /** On the default branch, reached by no tag. */
  readonly undelivered: readonly string[];
  readonly commits: ReadonlyMap<string, ExpectedCommit>;
}

export interface ExpectedCommit {
  readonly parents: number;
  /** Seconds since 1970. */
  readonly authored: number;
  readonly committed: number;
  /** merge_commit, revert or bot, or empty. */
  readonly reason: string;
  /** The full sha of the commit of this history that it says it was picked from, or empty. */
  readonly pickedFrom: string;
}

const BOT =
  /\[bot\]|^(dependabot|renovate|greenkeeper|snyk-bot|github.actions?|semantic-release-bot|pre-commit-ci|mergify|imgbot|allcontributors)\b/i;

export function expectedOf(path: string, isRelease: (tag: string) => boolean): Expected {
  const git = (args: readonly string[], input = ''): string =>
    execFileSync('git', ['--no-replace-objects', '-C', path, ...args], {
      input,
      encoding: 'utf8',
      maxBuffer: 2 ** 31 - 1,
    });
  const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

  const tags = lines(git(['tag', '--list']))
    .filter(isRelease)
    .flatMap((tag) => {
      const [sha] = lines(git(['rev-list', '-1', `refs/tags/${tag}`]));
      const dates = git(['for-each-ref', '--format=%(taggerdate:raw)', `refs/tags/${tag}`]).trim();
      const at = Number((dates || git(['log', '-1', '--format=%ct', sha!])).split(' ')[0]);
      return [{ tag, sha: sha!, at }];
    });
  tags.sort((a, b) => a.at - b.at || (a.tag < b.tag ? -1 : 1));

  const earlier: string[] = [];
  const rollouts = tags.map(({ tag, sha, at }) => {
    const commits = lines(git(['rev-list', '--stdin'], [sha, ...earlier.map((one) => `^${one}`)].join('\n')));
    earlier.push(sha);
    return { tag, at, commits };
  });
  const head = git(['rev-parse', 'HEAD']).trim();
  const undelivered = lines(git(['rev-list', '--stdin'], [head, ...earlier.map((one) => `^${one}`)].join('\n')));
  return { rollouts, undelivered, commits: commitsOf(git, [head, ...earlier]) };
}

function commitsOf(
  git: (args: string[], input: string) => string,
  tips: readonly string[],
): Map<string, ExpectedCommit> {
  const told = git(['log', '--stdin', '--format=%x1e%H%x1f%P%x1f%at%x1f%ct%x1f%an%x1f%ae%x1f%B'], tips.join('\n'));
  const found = new Map<string, ExpectedCommit & { key: string }>();
  for (const record of told.split('\x1e').slice(1)) {
    const [sha = '', parents = '', authored, committed, name = '', mail = '', body = ''] = record.split('\x1f');
    const count = parents === '' ? 0 : parents.split(' ').length;
    const isRevert = /^Revert "/.test(body) || /\bThis reverts commit [0-9a-f]{7}/i.test(body);
    const isBot = BOT.test(name.trim()) || /\[bot\]@/i.test(mail);
    found.set(sha, {
      parents: count,
      authored: Number(authored),
      committed: Number(committed),
      reason: count > 1 ? 'merge_commit' : isRevert ? 'revert' : isBot ? 'bot' : '',
      key: /\(cherry picked from commit ([0-9a-f]{7,40})\)/i.exec(body)?.[1]?.toLowerCase() ?? '',
      pickedFrom: '',
    });
  }
  const shas = [...found.keys()].sort();
  for (const [sha, commit] of found) {
    if (commit.key === '') continue;
    const named =
      commit.key.length === 40 ? found.has(commit.key) && commit.key : shas.find((one) => one.startsWith(commit.key));
    if (named && named !== sha) found.set(sha, { ...commit, pickedFrom: named });
  }
  return found;
}

/** Linear interpolation between the two middle values, as metrics.md §1.8 has it. */
export function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  if (sorted.length === 0) return null;
  const rank = (sorted.length - 1) / 2;
  const low = sorted[Math.floor(rank)]!;
  return low + (sorted[Math.ceil(rank)]! - low) * (rank % 1);
}
