import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { decodeDelivery } from '../../ingest/record.ts';
import { isHistory } from '../../ingest/sources/history.ts';
import { decodeEvent } from '../../ingest/upcast.ts';
import { systemClock } from '../../services/clock.ts';
import { openLmdbLog } from '../../services/log/lmdb-log.ts';
import { type GithubServer, startGithub } from '../backfill/github-server.ts';
import { githubWorld, webhooksOf } from '../backfill/github-world.ts';
import { answersNow, deliver } from '../backfill/headway.ts';
import { THOROUGH } from '../support/thorough.ts';
import {
  freePort,
  type RunningCommand,
  type ServerProcess,
  startCommand,
  startServerProcess,
  untilCaughtUp,
} from './process.ts';

/* The command as a person runs it, against a server of its own process: undisturbed, and killed again and again. */

const REPOSITORY = 'acme/api';
const world = githubWorld(REPOSITORY);
/** The same repository a few days later. */
const later = githubWorld(REPOSITORY, 27);

const dir = mkdtempSync(join(tmpdir(), 'headway-backfill-'));
const servers: ServerProcess[] = [];
let github: GithubServer;

interface Installation {
  readonly server: ServerProcess;
  readonly dataDir: string;
  readonly env: Record<string, string>;
}

async function install(name: string): Promise<Installation> {
  const dataDir = join(dir, name);
  const port = await freePort();
  const env = {
    HEADWAY_PORT: String(port),
    HEADWAY_DATA_DIR: dataDir,
    HEADWAY_WORKSPACE: dir,
    GITHUB_TOKEN: 'a-token',
  };
  const server = await startServerProcess(port, env);
  servers.push(server);
  return { server, dataDir, env };
}

function start(env: Readonly<Record<string, string>>): RunningCommand {
  const span = ['--since', '2026-05-01', '--until', '2026-09-01'];
  return startCommand(['backfill', 'github', REPOSITORY, '--api', github.url, ...span], env);
}

/** What the log of a server that has stopped holds: every fact by its id, as the API told it and as webhooks did. */
async function factsIn({ dataDir }: Installation) {
  const log = await openLmdbLog({ path: join(dataDir, 'log'), clock: systemClock });
  const deliveries = new Set<string>();
  const history = new Map<string, string>();
  const hooks = new Map<string, string>();
  let contradictions = 0;
  for await (const records of log.readAll('headway.deliveries'))
    for (const { value } of records) {
      const { delivery } = decodeDelivery(value)!;
      if (isHistory(delivery)) deliveries.add(delivery.id);
    }
  for await (const records of log.readAll('headway.events'))
    for (const { value } of records) {
      const decoded = decodeEvent(value);
      if (!decoded.ok) throw new Error(decoded.reason);
      const { id, delivery_id, ...fact } = decoded.event;
      const text = JSON.stringify(fact);
      const known = history.get(id) ?? hooks.get(id);
      if (known !== undefined && known !== text) contradictions++;
      (deliveries.has(delivery_id) ? history : hooks).set(id, text);
    }
  await log.close();
  return { history, hooks, contradictions };
}

beforeAll(async () => {
  github = await startGithub([world]);
});
afterAll(async () => {
  for (const server of servers) await server.kill();
  rmSync(dir, { recursive: true, force: true });
});

let truth: Record<string, unknown>;
let told: Map<string, string>;
let asked: readonly string[];

it('reads a repository, says how far it is, and ends with what it read', async () => {
  const undisturbed = await install('undisturbed');
  const ran = await start(undisturbed.env).ended;
  expect(ran.code, ran.err).toBe(0);
  expect(ran.out).toMatch(/^acme\/api: (\d{2,}) records from 2026-05-01 to 2026-09-01\n$/);
  for (const step of ['days of pull requests', 'commits', 'days of workflow runs', 'days of deployments', 'releases'])
    expect(ran.err).toMatch(new RegExp(`^Reading acme/api: \\d+( of \\d+)? ${step}$`, 'm'));
  asked = [...github.requests];
  await untilCaughtUp(undisturbed.server.url);
  truth = await answersNow(undisturbed.server.url, REPOSITORY);
  expect((truth.atoms as object[]).length).toBeGreaterThan(20);
  expect(await undisturbed.server.stop()).toBe(0);
  const { history, hooks } = await factsIn(undisturbed);
  expect(hooks.size, 'there were no webhooks').toBe(0);
  expect(history.size).toBeGreaterThan(150);
  told = history;
}, 600_000);

/** Stands before a server and passes everything on; `onHistory` hears when the server has made history durable. */
async function before(server: ServerProcess, onHistory: () => boolean): Promise<{ url: string; close(): void }> {
  const http = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    const { method = 'GET', url = '/', headers } = request;
    const type = headers['content-type'];
    const answer = await fetch(server.url + url, {
      method,
      ...(type ? { headers: { 'content-type': type } } : {}),
      ...(method === 'POST' ? { body } : {}),
    });
    const text = await answer.text();
    const isHistoryMade = url.startsWith('/v1/history/');
    if (isHistoryMade && answer.status === 202 && !onHistory()) return;
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as { port: number }).port}`,
    close: () => {
      http.closeAllConnections();
      http.close();
    },
  };
}

it.runIf(THOROUGH)(
  'killed again and again it goes on where it was, and tells in the end what one run tells',
  async () => {
    const killed = await install('killed');
    /** Everything that GitHub was asked, run by run, with a mark wherever the server had made a page durable. */
    const runs: string[][] = [];
    let current: RunningCommand | null = null;
    let dies: (request: string) => boolean = () => false;
    const note = (what: string): boolean => {
      runs.at(-1)?.push(what);
      if (!dies(what)) return true;
      current?.kill();
      return false;
    };
    github.fault = (request) => {
      note(request);
      return null;
    };
    const proxy = await before(killed.server, () => note(DURABLE));
    const run = async (stopsAt: (request: string) => boolean) => {
      runs.push([]);
      dies = stopsAt;
      current = start({ ...killed.env, HEADWAY_URL: proxy.url });
      return current.ended;
    };

    let durable = 0;
    for (const stopsAt of [
      (request: string) => /\/pulls\?.*&page=2$/.test(request),
      // Durable, and not noted as such yet: this page is told twice.
      (request: string) => request === DURABLE && ++durable === 2,
      (request: string) => /\/actions\/runs\?.*&page=2$/.test(request),
      (request: string) => /\/deployments\/501\/statuses/.test(request),
    ]) {
      const died = await run(stopsAt);
      expect(died.code, `${stopsAt} came: ${died.err}`).toBeNull();
      expect(readdirSync(join(killed.dataDir, 'backfill'))).toHaveLength(1);
    }
    const ran = await run(() => false);
    github.fault = () => null;
    expect(ran.code, ran.err).toBe(0);
    expect(ran.out).toMatch(/ to 2026-09-01, gone on from an earlier run\n$/);
    expect(readdirSync(join(killed.dataDir, 'backfill'))).toEqual([]);

    // What was finished is not asked for again: only the page that was under way at each kill is.
    const again = new Set<string>();
    for (const [place, requests] of runs.entries()) {
      // At a kill right after a page was made durable, that page had not been noted.
      const noted = requests.at(-1) === DURABLE ? requests.slice(0, -1) : requests;
      const finished = noted
        .slice(0, Math.max(0, noted.lastIndexOf(DURABLE)))
        .filter((request) => !isAskedByDesign(request));
      const since = runs.slice(place + 1).flat();
      for (const request of finished) if (since.includes(request)) again.add(request);
    }
    expect([...again]).toEqual([]);
    for (const request of asked) expect(runs.flat()).toContain(request);

    await untilCaughtUp(killed.server.url);
    expect(await answersNow(killed.server.url, REPOSITORY)).toEqual(truth);

    // The same as webhooks: nothing changes.
    await deliver(killed.server, webhooksOf(world));
    await untilCaughtUp(killed.server.url);
    expect(await answersNow(killed.server.url, REPOSITORY)).toEqual(truth);
    // And what came later is what was missing.
    const counted = await rollouts(killed.server.url);
    const heard = new Set(webhooksOf(world).map((sent) => JSON.stringify(sent)));
    const missing = webhooksOf(later).filter((sent) => !heard.has(JSON.stringify(sent)));
    expect(missing.length).toBeGreaterThan(10);
    await deliver(killed.server, missing);
    await untilCaughtUp(killed.server.url);
    expect(successes(later)).toBeGreaterThan(successes(world));
    expect(await rollouts(killed.server.url)).toBe(counted + successes(later) - successes(world));

    proxy.close();
    expect(await killed.server.stop()).toBe(0);
    const { history, hooks, contradictions } = await factsIn(killed);
    expect(history).toEqual(told);
    expect(contradictions, 'facts of one id that differ').toBe(0);
    const both = [...hooks.keys()].filter((id) => history.has(id));
    expect(both.length).toBeGreaterThan(100);
  },
  900_000,
);

const DURABLE = 'made durable';

/** The front of the pull requests is read again once all are read; and each run looks the repository up. */
function isAskedByDesign(request: string): boolean {
  return request === DURABLE || request === `GET /repos/${REPOSITORY}` || /^POST|\/pulls\?.*&page=1$/.test(request);
}

function successes({ deployments }: typeof world): number {
  return deployments.filter(({ statuses }) => statuses.at(-1)?.state === 'success').length;
}

async function rollouts(url: string): Promise<number> {
  const query = new URLSearchParams({ from: '2026-05-01', to: '2026-09-01', service: REPOSITORY });
  const response = await fetch(`${url}/v1/metrics/dora.deployment_frequency?${query}`);
  expect(response.status).toBe(200);
  const { totals } = (await response.json()) as { totals: { count: number }[] };
  return totals[0]?.count ?? 0;
}
