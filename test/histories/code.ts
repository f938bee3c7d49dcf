import { catalogServices, paths, people, repositories, type Telling } from './organisation.ts';

export interface ToldCommit {
  readonly sha: string;
  readonly authored_at: string;
  readonly [key: string]: unknown;
}

/** What a repository really is, whatever of it is told. */
export interface Repository {
  readonly name: string;
  /** Branches with their commits, oldest first. */
  readonly branches: Map<string, ToldCommit[]>;
  /** Merged PRs, for promotions, reverts and references. */
  readonly merged: { change_id: string; number: number; commits: ToldCommit[]; mergeSha: string }[];
  numbers: number;
}

export function newRepositories(telling: Telling): Repository[] {
  return telling.random
    .shuffled(repositories)
    .slice(0, telling.random.pick([1, 1, 2, 2, 4]))
    .map((name) => ({ name, branches: new Map([['main', []]]), merged: [], numbers: 0 }));
}

/** Services that a repository's changes may belong to, by the catalog that may or may not be known. */
export function servicesOf(repository: Repository): string[] {
  const names = catalogServices
    .filter((service) => service.repository === repository.name.toLowerCase())
    .map((service) => service.service_id);
  return names.length > 0 ? names : [repository.name];
}

function newCommit({ random, now }: Telling, more: Record<string, unknown> = {}): ToldCommit {
  const authored =
    now -
    random.weighted([
      [8, random.int(0, 30 * 3600)],
      [1, -600],
      [1, random.int(1, 20) * 86_400],
    ]) *
      1000;
  const author = random.weighted([
    [8, 'ada'],
    [4, 'grace'],
    [2, random.pick(people)],
  ]);
  return {
    sha: random.hex(40),
    authored_at: new Date(authored).toISOString(),
    ...(random.chance(0.8) ? { author } : {}),
    ...(random.chance(0.05) ? { author_kind: 'bot' } : {}),
    ...(random.chance(0.7) ? { paths: random.shuffled(paths).slice(0, random.int(1, 2)) } : {}),
    ...(random.chance(0.04) ? { revert_of: 'something' } : {}),
    ...(random.chance(0.04) ? { fixes_incident: random.pick(['INC-1', 'INC-2', 'INC-3']) } : {}),
    ...more,
  };
}

/** Tells a push of commits to a branch; sometimes the sender loses it, or the chain breaks. */
function push(
  telling: Telling,
  repository: Repository,
  branch: string,
  commits: readonly ToldCommit[],
  more: { from?: string; forced?: boolean } = {},
): void {
  const { random } = telling;
  const so = repository.branches.get(branch);
  const before = more.from ?? so?.at(-1)?.sha ?? '0'.repeat(40);
  const after = commits.at(-1)?.sha ?? before;
  repository.branches.set(branch, [...(so ?? []), ...commits]);
  if (random.chance(0.06)) return;
  telling.fact(
    'branch.pushed',
    telling.now,
    {
      repository: repository.name,
      branch,
      ...(random.chance(0.8) ? { default_branch: 'main' } : {}),
      ...(random.chance(0.95) ? { before } : {}),
      after,
      ...(more.forced ? { forced: true } : {}),
      commits: commits.filter(() => !random.chance(0.02)),
    },
    'github',
  );
}

export function tellDirectPush(telling: Telling, repository: Repository): void {
  const { random } = telling;
  telling.pass();
  const so = repository.branches.get('main')!;
  if (so.length > 2 && random.chance(0.08)) {
    // Rewritten history: the last commit is replaced by another.
    const from = so.at(-1)!.sha;
    repository.branches.set('main', so.slice(0, -1));
    push(telling, repository, 'main', [newCommit(telling)], { from, forced: true });
    return;
  }
  const commits = Array.from({ length: random.int(1, 3) }, (_, index) =>
    newCommit(telling, {
      ...(random.chance(0.2) ? { patch_id: `patch-${random.int(1, 4)}` } : {}),
      ...(index > 0 && random.chance(0.1) ? { message: "Merge branch 'x'" } : {}),
      ...(random.chance(0.05) ? { parents: [random.hex(40), random.hex(40)] } : {}),
    }),
  );
  push(telling, repository, 'main', commits);
}

type Merge = 'squash' | 'merge' | 'rebase';

/** A pull request from its branch to its merge, in one of the ways that forges merge. */
export function tellPullRequest(telling: Telling, repository: Repository, base = 'main'): void {
  const { random } = telling;
  const number = ++repository.numbers;
  const branch = random.weighted([
    [8, `feature/${number}`],
    [1, 'hotfix/now'],
    [1, 'feature/shared'],
  ]);
  const pr: Record<string, unknown> = {
    change_id: `${repository.name}#${number}`,
    repository: repository.name,
    number,
    branch,
    base,
    ...(random.chance(0.7) ? { author: random.pick(people) } : {}),
    ...(random.chance(0.1) ? { labels: [random.pick(['Hotfix', 'docs'])] } : {}),
    ...(random.chance(0.08) ? { fixes_incident: random.pick(['INC-1', 'INC-2', 'INC-3']) } : {}),
    ...(repository.merged.length > 0 && random.chance(0.1)
      ? { revert_of: random.pick(repository.merged).change_id }
      : {}),
    ...(random.chance(0.3) ? { url: `https://git.example/${repository.name}/pull/${number}` } : {}),
  };
  telling.pass();
  const from = repository.branches.get(base)?.at(-1)?.sha ?? '0'.repeat(40);
  let commits = Array.from({ length: random.int(1, 3) }, () => newCommit(telling));
  repository.branches.delete(branch);
  push(telling, repository, branch, commits, { from });
  const opened = telling.pass();
  if (random.chance(0.85)) telling.fact('change.created', opened, { ...pr, head_sha: commits.at(-1)!.sha }, 'github');
  if (random.chance(0.2)) {
    const old = commits.at(-1)!.sha;
    telling.pass();
    const forced = random.chance(0.6);
    const more = [newCommit(telling)];
    commits = forced ? more : [...commits, ...more];
    push(telling, repository, branch, more, { from: old, forced });
    if (random.chance(0.5))
      telling.fact(
        'change.updated',
        telling.now,
        { ...pr, head_sha: more[0]!.sha, commits: forced ? more : commits, force_push: forced },
        'github',
      );
  }
  telling.pass();
  const how = random.pick<Merge>(['squash', 'merge', 'rebase']);
  const landed =
    how === 'squash'
      ? [newCommit(telling, { authored_at: new Date(telling.now).toISOString() })]
      : how === 'rebase'
        ? commits.map((commit) => ({ ...commit, sha: random.hex(40) }))
        : [
            ...commits,
            newCommit(telling, {
              parents: [from, commits.at(-1)!.sha],
              message: `Merge pull request #${number} from x`,
            }),
          ];
  const mergeSha = landed.at(-1)!.sha;
  const mergeIt = (): void =>
    telling.fact(
      'change.merged',
      telling.now,
      {
        ...pr,
        head_sha: commits.at(-1)!.sha,
        // Some forges cut them.
        ...(random.chance(0.9) ? { merge_sha: random.chance(0.15) ? mergeSha.slice(0, 12) : mergeSha } : {}),
        ...(random.chance(0.4) ? { opened_at: new Date(opened).toISOString() } : {}),
        ...(random.chance(0.3) ? { commits } : {}),
        ...(random.chance(0.2) ? { paths: random.shuffled(paths).slice(0, 2) } : {}),
      },
      'github',
    );
  const mergeFirst = random.chance(0.5);
  if (mergeFirst) mergeIt();
  push(telling, repository, base, landed);
  if (!mergeFirst) mergeIt();
  repository.merged.push({ change_id: pr.change_id as string, number, commits: [...commits], mergeSha });
}

/** Work lands on develop and is promoted to main by a PR that brings nothing new. */
export function tellPromotion(telling: Telling, repository: Repository): void {
  const { random } = telling;
  if (!repository.branches.has('develop')) repository.branches.set('develop', [...repository.branches.get('main')!]);
  const already = repository.branches.get('develop')!.length;
  tellPullRequest(telling, repository, 'develop');
  if (random.chance(0.5)) tellPullRequest(telling, repository, 'develop');
  telling.pass();
  const number = ++repository.numbers;
  const commits = repository.branches.get('develop')!.slice(already);
  const listed = repository.merged.slice(-2).map((one) => one.mergeSha);
  const merge = newCommit(telling, { message: `Merge pull request #${number} from develop` });
  const landed = random.chance(0.3) ? commits : [...commits, merge];
  push(telling, repository, 'main', landed);
  telling.fact(
    'change.merged',
    telling.now,
    {
      change_id: `${repository.name}#${number}`,
      repository: repository.name,
      number,
      branch: 'develop',
      base: 'main',
      head_sha: commits.at(-1)?.sha ?? merge.sha,
      merge_sha: landed.at(-1)!.sha,
      opened_at: new Date(telling.now - 60_000).toISOString(),
      ...(random.chance(0.6) ? { commits: commits.filter((commit) => listed.includes(commit.sha)) } : {}),
    },
    'github',
  );
}

/** A release branch with cherry-picks of what main already has, by patch id, by trailer, or by PR. */
export function tellReleaseBranch(telling: Telling, repository: Repository): void {
  const { random } = telling;
  const main = repository.branches.get('main')!;
  if (main.length === 0) {
    tellDirectPush(telling, repository);
    return;
  }
  const branch = random.pick(['release/1', 'release/2']);
  const isNew = !repository.branches.has(branch);
  const startsAt = random.int(0, main.length - 1);
  telling.pass();
  const original = random.pick(main);
  const { patch_id, authored_at } = original;
  const picked = newCommit(telling, {
    authored_at,
    ...(patch_id !== undefined && random.chance(0.7) ? { patch_id } : {}),
    ...(random.chance(0.4) ? { cherry_pick_of: original.sha.slice(0, random.pick([8, 40])) } : {}),
    ...(random.chance(0.3) ? { parents: [main[startsAt]!.sha] } : {}),
  });
  const from = isNew ? (random.chance(0.7) ? main[startsAt]!.sha : '0'.repeat(40)) : undefined;
  push(telling, repository, branch, [picked], from === undefined ? {} : { from });
  const merged = repository.merged.at(-1);
  if (merged && random.chance(0.4)) {
    const number = ++repository.numbers;
    const commit = newCommit(telling);
    telling.pass();
    push(telling, repository, branch, [commit]);
    telling.fact(
      'change.merged',
      telling.now,
      {
        change_id: `${repository.name}#${number}`,
        repository: repository.name,
        number,
        branch: `pick/${number}`,
        base: branch,
        merge_sha: commit.sha,
        cherry_pick_of: random.pick([merged.change_id, `#${merged.number}`, merged.mergeSha]),
      },
      'github',
    );
  }
}
