import type { Person } from '../year/organisation.ts';
import { numberOf } from '../year/random.ts';

/** GitHub writes seconds: `2026-03-05T01:02:03Z`. */
export function githubTime(instant: number): string {
  return `${new Date(instant).toISOString().slice(0, 19)}Z`;
}

/** What deliveries say of a repository. Instants in epoch ms. */
export interface Repository {
  readonly fullName: string;
  readonly createdAt: number;
  pushedAt: number;
}

/** The account object that GitHub puts wherever a user stands. Addresses that say nothing are left out. */
export function account(login: string): Readonly<Record<string, unknown>> {
  const known = accounts.get(login);
  if (known !== undefined) return known;
  const bot = login.endsWith('[bot]');
  const path = encodeURIComponent(login);
  const id = numberOf('account', login) % 90_000_000;
  const made = {
    login,
    id,
    node_id: Buffer.from(`04:User${id}`).toString('base64'),
    avatar_url: `https://avatars.githubusercontent.com/u/${id}?v=4`,
    gravatar_id: '',
    url: `https://api.github.com/users/${path}`,
    html_url: `https://github.com/${bot ? `apps/${login.slice(0, -5)}` : login}`,
    type: bot ? 'Bot' : 'User',
    site_admin: false,
  };
  accounts.set(login, made);
  return made;
}

/** The same few people over and over; what is kept follows from the login alone. */
const accounts = new Map<string, Readonly<Record<string, unknown>>>();

const repositoryIds = new Map<string, number>();

function repositoryId(fullName: string): number {
  const id = repositoryIds.get(fullName) ?? numberOf('repository', fullName) % 900_000_000;
  repositoryIds.set(fullName, id);
  return id;
}

function owner(login: string): Record<string, unknown> {
  return { ...account(login), type: 'Organization' };
}

/** A repository as a run names it: what it is, not how it does. */
export function minimalRepository({ fullName }: Repository): Record<string, unknown> {
  const [login = '', name = ''] = fullName.split('/');
  const id = repositoryId(fullName);
  return {
    id,
    node_id: `R_kgDO${id.toString(36)}`,
    name,
    full_name: fullName,
    private: true,
    owner: owner(login),
    html_url: `https://github.com/${fullName}`,
    description: null,
    fork: false,
    url: `https://api.github.com/repos/${fullName}`,
  };
}

/** The tail that every delivery of an organisation's hook carries. Push alone writes epoch seconds. */
export function common(repository: Repository, sender: string, epochTimes = false): Record<string, unknown> {
  const { fullName, createdAt, pushedAt } = repository;
  const [login = ''] = fullName.split('/');
  const web = `https://github.com/${fullName}`;
  return {
    repository: {
      ...minimalRepository(repository),
      ...(epochTimes ? { url: web } : {}),
      created_at: epochTimes ? Math.floor(createdAt / 1000) : githubTime(createdAt),
      updated_at: githubTime(pushedAt),
      pushed_at: epochTimes ? Math.floor(pushedAt / 1000) : githubTime(pushedAt),
      git_url: `git://github.com/${fullName}.git`,
      ssh_url: `git@github.com:${fullName}.git`,
      clone_url: `${web}.git`,
      size: 4211,
      language: 'TypeScript',
      has_issues: true,
      archived: false,
      disabled: false,
      visibility: 'private',
      default_branch: 'main',
    },
    organization: {
      login,
      id: account(login).id,
      url: `https://api.github.com/orgs/${login}`,
      description: '',
    },
    sender: account(sender),
  };
}

/** A commit, as pushes and runs show parts of it. */
export interface GitCommit {
  readonly sha: string;
  readonly message: string;
  readonly author: Person;
  /** The author's own clock, epoch ms. */
  readonly authoredAt: number;
  /** What a push shows: the committer's date. */
  readonly committedAt: number;
  readonly paths: readonly string[];
  /** Hours east of UTC of the author's clock. */
  readonly offsetHours: number;
  /** True if GitHub made it: a squash, a merge or a rebase from the pull request's page. */
  readonly byForge?: boolean;
}

/** A commit as a push lists it. */
export function pushedCommit(repository: Repository, commit: GitCommit): Record<string, unknown> {
  const author = { name: commit.author.name, email: commit.author.email, username: commit.author.login };
  return {
    id: commit.sha,
    tree_id: [...commit.sha].reverse().join(''),
    distinct: true,
    message: commit.message,
    timestamp: localTime(commit.committedAt, commit.offsetHours),
    url: `https://github.com/${repository.fullName}/commit/${commit.sha}`,
    author,
    committer: commit.byForge ? { name: 'GitHub', email: 'noreply@github.com', username: 'web-flow' } : author,
    added: [],
    removed: [],
    modified: commit.paths,
  };
}

/** A commit as a run names its head. */
export function headCommit(commit: GitCommit): Record<string, unknown> {
  const author = { name: commit.author.name, email: commit.author.email };
  return {
    id: commit.sha,
    tree_id: [...commit.sha].reverse().join(''),
    message: commit.message,
    timestamp: githubTime(commit.committedAt),
    author,
    committer: commit.byForge ? { name: 'GitHub', email: 'noreply@github.com' } : author,
  };
}

function localTime(instant: number, offsetHours: number): string {
  if (offsetHours === 0) return githubTime(instant);
  const sign = offsetHours < 0 ? '-' : '+';
  const local = githubTime(instant + offsetHours * 3_600_000).slice(0, 19);
  return `${local}${sign}${String(Math.abs(offsetHours)).padStart(2, '0')}:00`;
}
