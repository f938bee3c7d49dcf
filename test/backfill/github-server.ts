import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { releaseAfterFile } from '../support/release.ts';
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
const PAGE = 5;
/** GraphQL's questions are asked no faster than one in a second. */
const GRAPHQL_PAGE = 10;
const MOST_RUNS = 1000;

/** A local server that answers in the shapes of GitHub's API, with its pages, for the given repositories. */
export async function startGithub(worlds: readonly GithubWorld[]): Promise<GithubServer> {
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
    const { status, value, headers: more } = answerTo(request, url, line, operation, body);
    response.writeHead(status, { ...headers, ...more }).end(JSON.stringify(value));
  }

  function answerTo(
    request: IncomingMessage,
    url: URL,
    line: string,
    operation: string | undefined,
    body: Question | null,
  ): Answer {
    if (!/^(token|bearer) a-token$/i.test(request.headers.authorization ?? ''))
      return { status: 401, value: { message: 'Bad credentials' } };
    const fault = server.fault(line, server.requests.length);
    if (fault)
      return { status: fault.status, value: fault.body ?? { message: 'Server Error' }, headers: fault.headers ?? {} };
    if (operation && body) {
      const world = byName.get(`${body.variables.owner}/${body.variables.name}`);
      return ok(
        world
          ? { data: { repository: graphql(world, operation, body) } }
          : { data: { repository: null }, errors: [{ type: 'NOT_FOUND', message: 'Could not resolve' }] },
      );
    }
    if (url.pathname === '/orgs/acme/repos')
      return paged(
        worlds.map((world) => ({ full_name: world.name, fork: false })),
        url,
      );
    const [, name = '', path = ''] = /^\/repos\/([^/]+\/[^/]+)(\/.*)?$/.exec(url.pathname) ?? [];
    const now = server.moved.get(name);
    if (now) {
      const location = `${server.url}/repos/${now}${path}${url.search}`;
      return { status: 301, value: { message: 'Moved Permanently' }, headers: { location } };
    }
    const world = byName.get(name);
    if (!world) return notFound;
    return path === '' ? ok({ full_name: name, default_branch: 'main' }) : rest(world, path, url);
  }

  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  server.url = `http://127.0.0.1:${(http.address() as { port: number }).port}`;
  releaseAfterFile(async () => {
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
  return server;
}

interface Answer {
  readonly status: number;
  readonly value: unknown;
  readonly headers?: Record<string, string>;
}

const notFound: Answer = { status: 404, value: { message: 'Not Found' } };
const unexpected: Answer = { status: 422, value: { message: 'The test expects another question' } };

const ok = (value: unknown): Answer => ({ status: 200, value });
const one = (found: object | undefined): Answer => (found ? ok(found) : notFound);

/** By path below the repository; `id` is the number in it. */
const routes: readonly (readonly [RegExp, (world: GithubWorld, url: URL, id: number) => Answer])[] = [
  [
    /^\/pulls$/,
    (world, url) => {
      const asked = [url.searchParams.get('sort'), url.searchParams.get('direction')].join(' ');
      if (asked !== 'updated desc') return unexpected;
      return paged(
        world.pulls.map(({ pull }) => pull).sort((a, b) => (a.updated_at < b.updated_at ? 1 : -1)),
        url,
      );
    },
  ],
  [
    /^\/actions\/runs$/,
    (world, url) => {
      const [from = '', to = ''] = (url.searchParams.get('created') ?? '').split('..');
      const found = world.runs.map(({ run }) => run).filter(({ created_at: at }) => at >= from && at <= to);
      const page = Number(url.searchParams.get('page') ?? 1);
      const shown = found.reverse().slice(0, MOST_RUNS);
      return ok({ total_count: found.length, workflow_runs: shown.slice((page - 1) * PAGE, page * PAGE) });
    },
  ],
  [
    /^\/actions\/runs\/(\d+)\/jobs$/,
    (world, _url, id) => {
      const jobs = world.runs.find(({ run }) => run.id === id)?.jobs ?? [];
      return ok({ total_count: jobs.length, jobs });
    },
  ],
  [/^\/actions\/runs\/(\d+)$/, (world, _url, id) => one(world.runs.find(({ run }) => run.id === id)?.run)],
  [
    /^\/actions\/jobs\/(\d+)$/,
    (world, _url, id) => one(world.runs.flatMap(({ jobs }) => jobs).find((job) => job.id === id)),
  ],
  [/^\/deployments$/, (world, url) => paged(world.deployments.map(({ deployment }) => deployment).reverse(), url)],
  [
    /^\/deployments\/(\d+)\/statuses$/,
    (world, url, id) =>
      paged([...(world.deployments.find(({ deployment }) => deployment.id === id)?.statuses ?? [])].reverse(), url),
  ],
  [/^\/compare\//, (world, url) => compared(world, decodeURIComponent(url.pathname.split('/compare/')[1] ?? ''), url)],
  [
    /^\/commits$/,
    (world, url) => {
      const place = world.main.findIndex(({ sha }) => sha === url.searchParams.get('sha'));
      return place < 0 ? notFound : paged(world.main.slice(0, place + 1).reverse(), url);
    },
  ],
  [/^\/releases$/, (world, url) => paged([...world.releases].reverse(), url)],
  [/^\/labels$/, (_world, url) => paged([{ name: 'bug' }, { name: 'incident' }], url)],
  [
    /^\/issues$/,
    (world, url) => {
      if (url.searchParams.get('labels') !== 'incident') return unexpected;
      return paged(world.incidents.map(({ issue }) => issue).reverse(), url);
    },
  ],
  [
    /^\/issues\/(\d+)\/comments$/,
    (world, url, id) => paged([...(world.incidents.find(({ issue }) => issue.number === id)?.comments ?? [])], url),
  ],
];

function rest(world: GithubWorld, path: string, url: URL): Answer {
  for (const [pattern, answer] of routes) {
    const found = pattern.exec(path);
    if (found) return answer(world, url, Number(found[1]));
  }
  return notFound;
}

function paged(all: readonly object[], url: URL): Answer {
  const page = Number(url.searchParams.get('page') ?? 1);
  const next = new URL(url);
  next.searchParams.set('page', String(page + 1));
  const headers: Record<string, string> = page * PAGE < all.length ? { link: `<${next}>; rel="next"` } : {};
  return { status: 200, value: all.slice((page - 1) * PAGE, page * PAGE), headers };
}

function compared(world: GithubWorld, basehead: string, url: URL): Answer {
  const [base, head] = basehead.split('...').map((sha) => world.main.findIndex((commit) => commit.sha === sha));
  if (base === undefined || head === undefined || base < 0 || head < 0) return notFound;
  const ahead = head > base ? world.main.slice(base + 1, head + 1) : [];
  const page = Number(url.searchParams.get('page') ?? 1);
  const commits = ahead.slice((page - 1) * PAGE, page * PAGE).map(({ sha }) => ({ sha }));
  return ok({ status: head > base ? 'ahead' : 'behind', total_commits: ahead.length, commits });
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
  const nodes = all.slice(from, from + GRAPHQL_PAGE);
  const hasNextPage = from + GRAPHQL_PAGE < all.length;
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
