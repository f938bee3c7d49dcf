import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { createToken } from '../../services/tokens.ts';
import { deploymentStatus, githubHeaders } from '../api/messages.ts';
import { releaseAfterFile } from '../support/release.ts';
import { freePort, type Ran, type ServerProcess, startCommand, startServerProcess, untilCaughtUp } from './process.ts';

/* Gap repair as a person runs it: a GitHub that really delivers, a server that is away for a while, and the command. */

const SECRET = 'a-secret-of-the-hook';
const REPOSITORY = 'acme/api';
const HOOK = '/repos/acme/api/hooks/7';
const dir = mkdtempSync(join(tmpdir(), 'headway-repair-'));
const admin = createToken('repair', ['admin']);
const authorization = { authorization: `Bearer ${admin.token}` };
let env: Record<string, string> = {};
let port = 0;
let server: ServerProcess;

interface Delivered {
  readonly id: number;
  readonly guid: string;
  readonly delivered_at: string;
  readonly redelivery: boolean;
  readonly status: string;
  readonly status_code: number;
  readonly event: string;
  readonly action: string | null;
}

/** A GitHub with one hook: it delivers, notes what it was answered, lists that, and delivers again when it is asked to. */
async function startGithub() {
  const log: Delivered[] = [];
  const bodies = new Map<string, string>();
  /** What stands before Headway does with a delivery: passes it on, answers 503, or takes it and loses it. */
  let way: 'open' | 'refuses' | 'loses' = 'open';
  let redelivering: Promise<void> = Promise.resolve();

  const answerTo = async (guid: string, body: string): Promise<[number, string]> => {
    if (way === 'refuses') return [503, 'Service Unavailable'];
    if (way === 'loses') return [200, 'OK'];
    const headers = { ...githubHeaders('deployment_status', body, SECRET), 'x-github-delivery': guid };
    const url = `http://127.0.0.1:${port}/hooks/github`;
    const answer = await fetch(url, { method: 'POST', headers, body }).catch(() => null);
    return answer === null ? [0, 'failed to connect to host'] : [answer.status, answer.statusText];
  };
  const deliver = async (guid: string, redelivery = false): Promise<void> => {
    const [status_code, status] = await answerTo(guid, bodies.get(guid)!);
    const made = { id: 1000 + log.length, guid, delivered_at: new Date().toISOString(), redelivery };
    log.unshift({ ...made, status, status_code, event: 'deployment_status', action: 'created' });
  };

  const http = createServer((request, response) => {
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
    const send = (status: number, value: unknown, headers = {}) =>
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
    if (request.headers.authorization !== 'token a-token') return send(401, { message: 'Bad credentials' });
    if (url.pathname === '/repos/acme/api/hooks')
      return send(200, [{ id: 7, active: true, config: { url: 'https://headway.acme.example/hooks/github' } }]);
    if (request.method === 'GET' && url.pathname === `${HOOK}/deliveries`) {
      const from = Number(url.searchParams.get('cursor') ?? 0);
      url.searchParams.set('cursor', String(from + 3));
      return send(200, log.slice(from, from + 3), from + 3 < log.length ? { link: `<${url}>; rel="next"` } : {});
    }
    const attempt = new RegExp(`^${HOOK}/deliveries/(\\d+)/attempts$`).exec(url.pathname)?.[1];
    const again = log.find(({ id }) => String(id) === attempt);
    if (request.method !== 'POST' || again === undefined) return send(404, { message: 'Not Found' });
    // It says that it will, and does so a moment later.
    redelivering = redelivering.then(() => deliver(again.guid, true));
    return send(202, {});
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  releaseAfterFile(() => {
    http.closeAllConnections();
    http.close();
  });
  return {
    url: `http://127.0.0.1:${(http.address() as { port: number }).port}`,
    log,
    set way(next: 'open' | 'refuses' | 'loses') {
      way = next;
    },
    /** A deployment succeeds, `minutesAgo`, and the hook is told. */
    async deployed(number: number, minutesAgo: number) {
      const at = new Date(Date.now() - minutesAgo * 60_000).toISOString();
      const sha = number.toString(16).padStart(40, '0');
      const guid = `guid-${number}`;
      const of = { repository: REPOSITORY, deployment: number, sha, state: 'success', at };
      bodies.set(guid, deploymentStatus(of));
      await deliver(guid);
    },
    redelivered: () => redelivering,
  };
}
let github: Awaited<ReturnType<typeof startGithub>>;

const begin = async () => {
  server = await startServerProcess(port, env);
  await untilCaughtUp(server.url, authorization);
};

beforeAll(async () => {
  port = await freePort();
  github = await startGithub();
  mkdirSync(join(dir, 'workspace'));
  const tokens = join(dir, 'tokens.yaml');
  writeFileSync(tokens, stringify({ tokens: [admin.record] }));
  env = {
    HEADWAY_PORT: String(port),
    HEADWAY_DATA_DIR: join(dir, 'data'),
    HEADWAY_WORKSPACE: join(dir, 'workspace'),
    HEADWAY_TOKENS_FILE: tokens,
    HEADWAY_SECRET_GITHUB: SECRET,
    GITHUB_API_URL: github.url,
    GITHUB_TOKEN: 'a-token',
    HEADWAY_TOKEN: admin.token,
  };
  await begin();
}, 300_000);
afterAll(async () => {
  await server.kill();
  rmSync(dir, { recursive: true, force: true });
});

const repair = (...more: string[]): Promise<Ran> =>
  startCommand(['doctor', '--repair', REPOSITORY, ...more], env).ended;

/** The deployments that are counted. */
async function counted(): Promise<string[]> {
  await untilCaughtUp(server.url, authorization);
  const response = await fetch(`${server.url}/v1/metrics/dora.deployment_frequency/atoms`, { headers: authorization });
  expect(response.status).toBe(200);
  const { atoms } = (await response.json()) as { atoms: { rollout_id: string }[] };
  return atoms.map(({ rollout_id }) => rollout_id.split('/').at(-1)!).sort();
}

it('finds what was missed, shows it, has it delivered again, and it is counted; then there is nothing to find', async () => {
  await github.deployed(1, 90);
  await github.deployed(2, 80);
  expect(github.log.map(({ status_code }) => status_code)).toEqual([202, 202]);
  github.way = 'refuses';
  await github.deployed(3, 70);
  github.way = 'loses';
  await github.deployed(4, 60);
  github.way = 'open';
  expect(await server.stop()).toBe(0);
  await github.deployed(5, 50);
  await begin();
  await github.deployed(6, 40);
  expect(github.log.map(({ status_code }) => status_code)).toEqual([202, 0, 200, 503, 202, 202]);
  expect(await counted()).toEqual(['1', '2', '6']);

  const found = await repair();
  expect(found.err).toBe('');
  expect(found.out.replaceAll(/^\S+Z /gm, '')).toBe(
    [
      'deployment_status.created guid-3 missed (then: Service Unavailable)',
      'deployment_status.created guid-4 missed (then: OK)',
      'deployment_status.created guid-5 missed (then: failed to connect to host)',
      '3 missed. --apply asks GitHub for them again.',
      '',
    ].join('\n'),
  );
  expect(found.code, 'something is missing').toBe(1);
  expect(await counted(), 'looking changes nothing').toEqual(['1', '2', '6']);

  const applied = await repair('--apply');
  expect(applied).toMatchObject({ code: 0, err: '' });
  expect(applied.out.match(/asked for again/g)).toHaveLength(3);
  await github.redelivered();
  expect(github.log.slice(0, 3).map(({ redelivery, status_code }) => [redelivery, status_code])).toEqual([
    [true, 202],
    [true, 202],
    [true, 202],
  ]);
  expect(await counted()).toEqual(['1', '2', '3', '4', '5', '6']);

  expect(await repair()).toEqual({ code: 0, out: 'Nothing was missed in the last three days.\n', err: '' });
  expect(await repair('--apply')).toMatchObject({ code: 0 });
  expect(github.log, 'nothing was delivered again').toHaveLength(9);
}, 600_000);

it('the doctor says that nothing is known of the past, and the documentation how to read it and how to mend gaps', async () => {
  const doctor = await startCommand(['doctor'], env).ended;
  expect(doctor.out).toMatch(
    /github: nothing is known from before \d{4}-\d\d-\d\d\n.*headway backfill github .*\/docs#history/,
  );
  const page = await (await fetch(`${server.url}/docs`)).text();
  const section = /<section class="doc" id="history".*?<\/section>/s.exec(page)?.[0] ?? '';
  expect(page).toContain('href="#history"');
  for (const command of ['backfill github acme/api', 'backfill gitlab acme', 'doctor --repair acme/api --apply'])
    expect(section).toContain(`npm run headway -- ${command}`);
  expect(section.match(/<ol class="steps" start="4">/g), 'steps go on after the commands').toHaveLength(2);
}, 120_000);

it('says what is wrong with a token, and never the token', async () => {
  const wrong = { ...env, GITHUB_TOKEN: 'another-token' };
  const unknown = await startCommand(['doctor', '--repair', REPOSITORY], wrong).ended;
  expect(unknown).toMatchObject({ code: 1, out: '' });
  expect(unknown.err).toMatch(/GITHUB_TOKEN/);
  expect(unknown.err).not.toContain('another-token');
  const refused = await startCommand(['doctor', '--repair', REPOSITORY], { ...env, HEADWAY_TOKEN: 'hw_guessed' }).ended;
  expect(refused).toMatchObject({ code: 1, out: '' });
  expect(refused.err).toMatch(/401/);
  expect(refused.err).not.toContain('hw_guessed');
}, 300_000);
