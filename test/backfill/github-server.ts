import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterAll } from 'vitest';
import type { GithubWorld, WorldCommit } from './github-world.ts';

/** What a request gets instead of its answer. */
export interface Fault {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: object;
}

export interface GithubServer {
  readonly url: string;
  /** Every request, as `GET /path?query` or `POST /graphql <operation>`. */
  readonly requests: string[];
  /** Asked before each request is answered; a fault is answered instead. */
  fault: (request: string, count: number) => Fault | null;
  /** Names that were given up, with those that came after. */
  readonly moved: Map<string, string>;
  /** Stated in every answer, if set. */
  rate: (() => { limit: number; remaining: number; resetAtMs: number }) | null;
}

/** So many on a page, whatever is asked for: the histories of tests are short. */
const PAGE = 10;
const MOST_RUNS = 1000;

/** A local server that answers in the shapes of GitHub's API, with its pages, for the given repositories. */
export async function startGithub(worlds: readonly GithubWorld[], token = 'a-token'): Promise<GithubServer> {
  const byName = new Map(worlds.map((world) => [world.name, world]));
  const server: { -readonly [K in keyof GithubServer]: GithubServer[K] } = {
    url: '',
    requests: [],
    fault: () => null,
    moved: new Map(),
    rate: null,
  };
  const http = createServer((request, response) => {
    void answer(request, response).catch((error: unknown) => {
      response.writeHead(599).end(JSON.stringify({ message: String(error) }));
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', server.url);
    const body = await bodyOf(request);
    const operation = /query (\w+)/.exec(body?.query ?? '')?.[1];
    const line = operation ? `POST /graphql ${operation}` : `${request.method} ${url.pathname}${url.search}`;
    server.requests.push(line);
    const rate = server.rate?.();
    const headers: Record<string, string> = {
      'content-type': 'application/json; charset=utf-8',
      ...(rate && {
        'x-ratelimit-limit': String(rate.limit),
        'x-ratelimit-remaining': String(rate.remaining),
        'x-ratelimit-reset': String(Math.ceil(rate.resetAtMs / 1000)),
      }),
    };
    const send = (status: number, value: unknown, more: Record<string, string> = {}) =>
      void response.writeHead(status, { ...headers, ...more }).end(JSON.stringify(value));
    if (request.headers.authorization !== `token ${token}` && request.headers.authorization !== `bearer ${token}`)
      return send(401, { message: 'Bad credentials' });
    const fault = server.fault(line, server.requests.length);
    if (fault) return send(fault.status, fault.body ?? { message: 'Server Error' }, fault.headers);
    if (operation) {
      const world = byName.get(`${body!.variables.owner}/${body!.variables.name}`);
      if (!world)
        return send(200, { data: { repository: null }, errors: [{ type: 'NOT_FOUND', message: 'Could not resolve' }] });
      return send(200, { data: { repository: graphql(world, operation, body!) } });
    }
    const [, owner = '', repo = '', rest = ''] = /^\/repos\/([^/]+)\/([^/]+)(\/.*)?$/.exec(url.pathname) ?? [];
    const name = `${owner}/${repo}`;
    const now = server.moved.get(name);
    if (now)
      return send(
        301,
        { message: 'Moved Permanently' },
        { location: `${server.url}/repos/${now}${rest}${url.search}` },
      );
    if (/^\/orgs\/acme\/repos$/.test(url.pathname))
      return paged(
        worlds.map((world) => ({ full_name: world.name, fork: false })),
        url,
        send,
      );
    const world = byName.get(name);
    if (!world) return send(404, { message: 'Not Found' });
    rest === '' ? send(200, { full_name: name, default_branch: 'main' }) : rests(world, rest, url, send);
  }

  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  server.url = `http://127.0.0.1:${(http.address() as { port: number }).port}`;
  afterAll(() => new Promise<void>((resolve) => void (http.closeAllConnections(), http.close(() => resolve()))));
  return server;
}

type Send = (status: number, value: unknown, headers?: Record<string, string>) => void;

function rests(world: GithubWorld, path: string, url: URL, send: Send): void {
  const query = url.searchParams;
  const match = (pattern: RegExp) => pattern.exec(path)?.slice(1).map(Number);
  let ids: number[] | undefined;
  if (path === '/pulls') {
    if (query.get('sort') !== 'updated' || query.get('direction') !== 'desc')
      return send(422, { message: 'unexpected' });
    const all = world.pulls.map(({ pull }) => pull).sort((a, b) => (a.updated_at < b.updated_at ? 1 : -1));
    return paged(all, url, send);
  }
  if (path === '/actions/runs') {
    const [from = '', to = ''] = (query.get('created') ?? '').split('..');
    const found = world.runs.map(({ run }) => run).filter(({ created_at: at }) => at >= from && at <= to);
    const page = Number(query.get('page') ?? 1);
    return send(200, {
      total_count: found.length,
      workflow_runs: found
        .reverse()
        .slice(0, MOST_RUNS)
        .slice((page - 1) * PAGE, page * PAGE),
    });
  }
  if ((ids = match(/^\/actions\/runs\/(\d+)\/jobs$/))) {
    const jobs = world.runs.find(({ run }) => run.id === ids![0])?.jobs ?? [];
    return send(200, { total_count: jobs.length, jobs });
  }
  if ((ids = match(/^\/actions\/runs\/(\d+)$/)))
    return one(world.runs.find(({ run }) => run.id === ids![0])?.run, send);
  if ((ids = match(/^\/actions\/jobs\/(\d+)$/)))
    return one(
      world.runs.flatMap(({ jobs }) => jobs).find(({ id }) => id === ids![0]),
      send,
    );
  if (path === '/deployments') return paged(world.deployments.map(({ deployment }) => deployment).reverse(), url, send);
  if ((ids = match(/^\/deployments\/(\d+)\/statuses$/)))
    return paged(
      [...(world.deployments.find(({ deployment }) => deployment.id === ids![0])?.statuses ?? [])].reverse(),
      url,
      send,
    );
  if (path.startsWith('/compare/'))
    return compared(world, decodeURIComponent(path.slice('/compare/'.length)), url, send);
  if (path === '/releases') return paged([...world.releases].reverse(), url, send);
  if (path === '/labels') return paged([{ name: 'bug' }, { name: 'incident' }], url, send);
  if (path === '/issues') {
    if (query.get('labels') !== 'incident') return send(422, { message: 'unexpected' });
    return paged(world.incidents.map(({ issue }) => issue).reverse(), url, send);
  }
  if ((ids = match(/^\/issues\/(\d+)\/comments$/)))
    return paged([...(world.incidents.find(({ issue }) => issue.number === ids![0])?.comments ?? [])], url, send);
  send(404, { message: 'Not Found' });
}

function one(found: object | undefined, send: Send): void {
  found ? send(200, found) : send(404, { message: 'Not Found' });
}

function paged(all: readonly object[], url: URL, send: Send): void {
  const page = Number(url.searchParams.get('page') ?? 1);
  const items = all.slice((page - 1) * PAGE, page * PAGE);
  const next = new URL(url);
  next.searchParams.set('page', String(page + 1));
  send(200, items, page * PAGE < all.length ? { link: `<${next}>; rel="next"` } : {});
}

function compared(world: GithubWorld, basehead: string, url: URL, send: Send): void {
  const [base, head] = basehead.split('...').map((sha) => world.main.findIndex((commit) => commit.sha === sha));
  if (base === undefined || head === undefined || base < 0 || head < 0) return send(404, { message: 'Not Found' });
  const ahead = head > base ? world.main.slice(base + 1, head + 1) : [];
  const page = Number(url.searchParams.get('page') ?? 1);
  const commits = ahead.slice((page - 1) * PAGE, page * PAGE).map(({ sha }) => ({ sha }));
  send(200, { status: head > base ? 'ahead' : 'behind', total_commits: ahead.length, commits });
}

interface Question {
  readonly query: string;
  readonly variables: Record<string, string | number | null>;
}

const node = ({ sha, at, message, login }: WorldCommit) => ({
  oid: sha,
  message,
  authoredDate: at,
  committedDate: at,
  author: { name: login, user: login.endsWith('[bot]') ? null : { login } },
  parents: { nodes: [] },
});

function connection(all: readonly object[], cursor: unknown) {
  const from = Number(cursor ?? 0);
  const nodes = all.slice(from, from + PAGE);
  const hasNextPage = from + PAGE < all.length;
  return {
    totalCount: all.length,
    nodes,
    pageInfo: { hasNextPage, endCursor: nodes.length ? String(from + nodes.length) : null },
  };
}

function graphql(world: GithubWorld, operation: string, { query, variables }: Question): object {
  const pullNode = (number: number) => {
    const found = world.pulls.find(({ pull }) => pull.number === number)!;
    const reviews = found.reviews.map(({ id, state, submitted_at, user }) => ({
      fullDatabaseId: String(id),
      state,
      submittedAt: submitted_at,
      author: { __typename: user.type, login: user.login.replace('[bot]', '') },
    }));
    return {
      commits: connection(
        found.commits.map((commit) => ({ commit: node(commit) })),
        variables.cursor,
      ),
      files: connection([{ path: 'src/till.ts' }], variables.cursor),
      reviews: connection(reviews, variables.cursor),
    };
  };
  if (operation === 'pulls')
    return Object.fromEntries(
      [...query.matchAll(/p(\d+): pullRequest/g)].map(([, number]) => [`p${number}`, pullNode(Number(number))]),
    );
  if (operation === 'pull') return { pullRequest: pullNode(Number(variables.number)) };
  const within = world.main.filter(({ at }) => at >= String(variables.since) && at < String(variables.until)).reverse();
  const nodes = within.map((commit) => ({
    ...node(commit),
    associatedPullRequests: {
      nodes: commit.pull === null ? [] : [{ merged: true, baseRepository: { nameWithOwner: world.name } }],
    },
  }));
  return { defaultBranchRef: { name: 'main', target: { history: connection(nodes, variables.cursor) } } };
}

async function bodyOf(request: IncomingMessage): Promise<Question | null> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text === '' ? null : (JSON.parse(text) as Question);
}
