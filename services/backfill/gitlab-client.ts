import { CommandFailed } from '../commands/failure.ts';
import type { Pace, RateLimit } from './pace.ts';

/** GitLab's REST API, version 4. Paths are below `/api/v4`, or the whole address of a next page. */
export interface GitlabClient {
  /** One thing; null if GitLab has it no longer, or has no such thing here (404, 410). */
  get<T>(path: string): Promise<T | null>;
  /** A list page by page; `next` is the address of the page after it. Null: this project has no such list. */
  pages<T>(path: string): AsyncGenerator<{ items: readonly T[]; next: string | null }>;
  all<T>(path: string): Promise<T[]>;
}

export interface GitlabAccess {
  /** Address of the installation, without a slash at its end. */
  readonly api: string;
  readonly token: string;
  readonly pace: Pace;
  /** Milliseconds of the first pause after a failure of GitLab's; each next one is twice as long. Default 1000. */
  readonly retryBaseMs?: number;
}

/** An answer of GitLab's that is neither a success nor an absence. */
export class GitlabRefused extends Error {
  override readonly name = 'GitlabRefused';
  readonly status: number;

  constructor(status: number) {
    super(`GitLab answered ${status}`);
    this.status = status;
  }
}

const PATIENCE_MS = 120_000;
const MOST_TRIES = 6;

/** A client that waits where GitLab says so, tries again what failed on GitLab's side, and stays within the pace. */
export function gitlabClient({ api, token, pace, retryBaseMs = 1000 }: GitlabAccess): GitlabClient {
  const root = `${api}/api/v4`;

  async function ask(path: string): Promise<Response> {
    const url = path.startsWith('/') ? root + path : path;
    // The address of a next page is GitLab's word: the token goes nowhere but to the installation.
    if (new URL(url).origin !== new URL(root).origin) throw new GitlabRefused(421);
    for (let tries = 1; ; tries++) {
      await pace.take('core');
      const response = await fetch(url, {
        headers: { authorization: `Bearer ${token}`, accept: 'application/json', 'user-agent': 'headway-backfill' },
        signal: AbortSignal.timeout(PATIENCE_MS),
      }).catch(() => null);
      const limit = response && rateLimitOf(response.headers);
      if (limit) pace.observe('core', limit);
      const status = response?.status ?? 0;
      const isPassing = status === 0 || status === 429 || status >= 500;
      if (response && !isPassing) return response;
      await response?.body?.cancel();
      if (tries >= MOST_TRIES) throw new GitlabRefused(status);
      const asked = Number(response?.headers.get('retry-after') ?? Number.NaN);
      const pauseMs = Number.isFinite(asked) ? asked * 1000 : retryBaseMs * 2 ** (tries - 1);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  async function* pages<T>(path: string): AsyncGenerator<{ items: readonly T[]; next: string | null }> {
    for (let at: string | null = path; at !== null; ) {
      const response = await ask(at);
      if (response.status === 404 || response.status === 410) {
        await response.body?.cancel();
        return;
      }
      if (!response.ok) throw new GitlabRefused(response.status);
      at = nextOf(response.headers.get('link'), root);
      yield { items: (await response.json()) as T[], next: at };
    }
  }

  return {
    pages,
    async get<T>(path: string) {
      const response = await ask(path);
      if (response.ok) return (await response.json()) as T;
      await response.body?.cancel();
      if (response.status === 404 || response.status === 410) return null;
      throw new GitlabRefused(response.status);
    },
    async all<T>(path: string) {
      const found: T[] = [];
      for await (const { items } of pages<T>(path)) found.push(...items);
      return found;
    },
  };
}

/** `RateLimit-Limit`, `-Remaining` and `-Reset` (seconds of the epoch) of an answer; null if it has none. */
export function rateLimitOf(headers: Headers): RateLimit | null {
  const [limit, remaining, reset] = ['limit', 'remaining', 'reset'].map((name) => {
    const text = headers.get(`ratelimit-${name}`);
    return text === null ? Number.NaN : Number(text);
  });
  if (!Number.isFinite(limit) || !Number.isFinite(remaining) || !Number.isFinite(reset)) return null;
  return { limit: limit!, remaining: remaining!, resetAtMs: reset! * 1000 };
}

/** The next page by the `Link` header, which offsets and keysets share. A proxy may name another host: the path is taken. */
function nextOf(link: string | null, root: string): string | null {
  const address = /<([^<>]+)>\s*;\s*rel="?next"?/.exec(link ?? '')?.[1];
  if (address === undefined || !URL.canParse(address, root)) return null;
  const { pathname, search } = new URL(address, root);
  return `${new URL(root).origin}${pathname}${search}`;
}

/** What a refusal of GitLab's means for people; null if it is none. */
export function gitlabRefusal(error: unknown, path: string): CommandFailed | null {
  if (!(error instanceof GitlabRefused)) return null;
  const { status } = error;
  if (status === 401) return new CommandFailed('GitLab does not know the token in GITLAB_TOKEN, or it has expired.');
  if (status === 403 || status === 404)
    return new CommandFailed(
      `GitLab shows no ${path}: misspelt, or hidden from this token. It needs the scope read_api, and the role Reporter (Developer for deployments) in the project.`,
    );
  if (status === 0)
    return new CommandFailed('GitLab does not answer. Run the command again later: it goes on from here.');
  return new CommandFailed(
    `GitLab answered ${status} several times. Run the command again later: it goes on from here.`,
  );
}
