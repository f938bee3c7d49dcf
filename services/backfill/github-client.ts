import { Octokit } from '@octokit/core';
import { paginateGraphQL } from '@octokit/plugin-paginate-graphql';
import { paginateRest } from '@octokit/plugin-paginate-rest';
import { retry } from '@octokit/plugin-retry';
import { type ThrottlingOptions, throttling } from '@octokit/plugin-throttling';
import { CommandFailed } from '../commands/failure.ts';
import type { Pace } from './pace.ts';

const Client = Octokit.plugin(throttling, retry, paginateRest, paginateGraphQL);

/** GitHub's API, both kinds, with pages, patience and a budget. */
export type GithubClient = InstanceType<typeof Client>;

export interface GithubAccess {
  /** Without a slash at its end. */
  readonly api: string;
  readonly token: string;
  readonly pace: Pace;
  /** Hears of every wait that GitHub asks for, in seconds. */
  readonly onWait: (seconds: number) => void;
  /** Milliseconds of the first pause after a failure of GitHub's; the next ones are 4 and 9 times as long. Default 1000. */
  readonly retryBaseMs?: number;
  /** False: no second is left between writes, among which the plug-in counts GraphQL's questions. Default true. */
  readonly spaced?: boolean;
}

const PATIENCE_MS = 120_000;
const MOST_WAITS = 5;

/** A client that waits where GitHub says so, tries again what failed on GitHub's side, and stays within the pace. */
export function githubClient({
  api,
  token,
  pace,
  onWait,
  retryBaseMs = 1000,
  spaced = true,
}: GithubAccess): GithubClient {
  const waits = (seconds: number, _options: unknown, _octokit: unknown, count: number): boolean => {
    onWait(seconds);
    return count < MOST_WAITS;
  };
  const client = new Client({
    auth: token,
    baseUrl: api,
    userAgent: 'headway-backfill',
    // Its warnings would name addresses on the terminal; what matters is thrown.
    log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
    request: {
      fetch: (url: string, init: RequestInit) => fetch(url, { ...init, signal: AbortSignal.timeout(PATIENCE_MS) }),
    },
    throttle: {
      id: `headway ${api}`,
      onRateLimit: waits,
      onSecondaryRateLimit: waits,
      ...(spaced ? {} : { write: unspaced }),
    },
    retry: { retryAfterBaseValue: retryBaseMs },
  });
  client.hook.wrap('request', async (request, options) => {
    const resource = options.url.endsWith('/graphql') ? 'graphql' : 'core';
    await pace.take(resource);
    try {
      const response = await request(options);
      observe(pace, resource, response.headers);
      return response;
    } catch (error) {
      const { response } = error as { response?: { headers?: Record<string, unknown> } };
      if (response?.headers) observe(pace, resource, response.headers);
      throw error;
    }
  });
  return client;
}

function nothing(): void {}

/** A queue in the place of the plug-in's own for writes, in which nobody waits. */
const unspaced = {
  key: () => ({ schedule: <T>(_options: object, job: () => Promise<T>) => job() }),
} as unknown as NonNullable<ThrottlingOptions['write']>;

function observe(pace: Pace, resource: string, headers: Readonly<Record<string, unknown>>): void {
  const number = (name: string) => Number(headers[name] ?? Number.NaN);
  const [limit, remaining, reset] = ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'].map(number);
  if (Number.isFinite(limit) && Number.isFinite(remaining) && Number.isFinite(reset))
    pace.observe(resource, { limit: limit!, remaining: remaining!, resetAtMs: reset! * 1000 });
}

/** Runs a part of the reading; a refusal of GitHub's becomes words that say which permission is needed. */
export async function allowed<T>(repository: string, permission: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw refusal(error, repository, permission) ?? error;
  }
}

/** What a refusal of GitHub's means for people; null if it is none. */
export function refusal(error: unknown, repository: string, permission: string): CommandFailed | null {
  const { status, errors } = error as { status?: unknown; errors?: readonly { type?: string; message?: string }[] };
  const needs = `A fine-grained token needs read access to ${permission} of ${repository}; a classic one the scope repo (public_repo for a public repository).`;
  if (status === 401) return new CommandFailed('GitHub does not know the token in GITHUB_TOKEN, or it has expired.');
  if (status === 403) return new CommandFailed(`GitHub refuses to show ${permission} of ${repository}. ${needs}`);
  if (status === 404)
    return new CommandFailed(
      `GitHub shows no ${permission} of ${repository}: misspelt, or hidden from this token. ${needs}`,
    );
  if (status === 429)
    return new CommandFailed('GitHub still asks to wait. Run the command again later: it goes on from here.');
  if (typeof status === 'number' && status >= 500)
    return new CommandFailed(
      `GitHub failed (${status}) several times in a row. Run the command again later: it goes on from here.`,
    );
  const [first] = Array.isArray(errors) ? errors : [];
  if (first?.type === 'FORBIDDEN' || first?.type === 'INSUFFICIENT_SCOPES' || first?.type === 'NOT_FOUND')
    return new CommandFailed(`GitHub refuses to show ${permission} of ${repository}. ${needs}`);
  return first ? new CommandFailed(`GitHub could not answer: ${String(first.message).slice(0, 300)}`) : null;
}
