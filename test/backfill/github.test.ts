import { beforeAll, describe, expect, it } from 'vitest';
import type { RunningService } from '../../services/compose.ts';
import { startEmbedded, temporaryFolder } from '../api/start.ts';
import { type GithubServer, startGithub } from './github-server.ts';
import { githubWorld, webhooksOf } from './github-world.ts';
import { answersFor, backfillGithub, beat, deliver } from './headway.ts';

/*
 * One history under several names: what was heard by webhooks, what a backfill fetched, and any mixture of both must be the
 * same to every metric.
 */
const heard = githubWorld('acme/heard');
const fetched = githubWorld('acme/fetched', 24, 1000);
const gaps = githubWorld('acme/gaps', 24, 2000);

let service: RunningService;
let github: GithubServer;
/** The one that fails now and then, and has the repository with the gaps. */
let failing: GithubServer;
let truth: Record<string, unknown>;
const dataDir = temporaryFolder();

beforeAll(async () => {
  service = await startEmbedded();
  github = await startGithub([heard, fetched]);
  failing = await startGithub([gaps]);
  const some = webhooksOf(gaps).filter((_, place) => place % 3 !== 1);
  await deliver(service, [...webhooksOf(heard), ...some]);
  await beat(service);
  truth = await answersFor(service, 'acme/heard');
}, 120_000);

// All at once: making atoms fresh takes longest, and is then done for all of them.
describe.concurrent('a backfill from GitHub', () => {
  it('tells what the webhooks told: over live data no answer changes', async () => {
    expect((truth.atoms as object[]).length).toBeGreaterThan(20);
    const done = await backfillGithub(service, github.url, 'acme/heard', dataDir);
    expect(done).toMatchObject({ unreadable: 0, incomparable: 0, resumed: false });
    expect(await answersFor(service, 'acme/heard')).toEqual(truth);
  }, 120_000);

  it('alone says what the webhooks said', async () => {
    await backfillGithub(service, github.url, 'acme/fetched', dataDir);
    expect(await answersFor(service, 'acme/fetched')).toEqual(truth);
  }, 120_000);

  it('fills what a hook missed, and survives 502s, limits and being killed on the way', async () => {
    expect(await answersFor(service, 'acme/gaps')).not.toEqual(truth);

    // Every seventh request fails once on GitHub's side; one is refused for the limit, which is whole again at once.
    let refused = false;
    const failed = new Set<string>();
    failing.fault = (request) => {
      if (!refused && request.includes('/deployments/')) {
        refused = true;
        const headers = {
          'x-ratelimit-limit': '5000',
          'x-ratelimit-remaining': '0',
          'x-ratelimit-reset': secondsAgo(1),
        };
        return { status: 403, headers, body: { message: 'API rate limit exceeded' } };
      }
      if (failed.has(request) || failed.size >= 8 || failing.requests.length % 7 !== 0) return null;
      failed.add(request);
      return { status: 502 };
    };
    // A process that is killed leaves its checkpoint; what it had read since is read again.
    const passing = failing.fault;
    for (const [stopsAt, permission] of [
      ['/pulls?state=all&sort=updated&direction=desc&per_page=100&page=2', 'Pull requests'],
      ['/deployments/2503/', 'Deployments'],
      ['/issues?', 'Issues'],
    ] as const) {
      failing.fault = (request, count) => (request.includes(stopsAt) ? { status: 403 } : passing(request, count));
      await expect(backfillGithub(service, failing.url, 'acme/gaps', dataDir)).rejects.toThrow(
        `GitHub refuses to show ${permission} of acme/gaps`,
      );
    }
    failing.fault = passing;
    const done = await backfillGithub(service, failing.url, 'acme/gaps', dataDir);
    failing.fault = () => null;
    expect(done).toMatchObject({ resumed: true, unreadable: 0 });
    expect(refused).toBe(true);
    expect(failed.size).toBeGreaterThan(2);
    expect(await answersFor(service, 'acme/gaps')).toEqual(truth);
  }, 240_000);
});

it('the doctor does not miss a past that was read', async () => {
  const { findings } = (await (await fetch(`${service.url}/v1/doctor`)).json()) as { findings: { title: string }[] };
  expect(findings.map(({ title }) => title).filter((title) => title.startsWith('github'))).toEqual([
    expect.stringMatching(/^github: \d+ events/),
  ]);
}, 60_000);

function secondsAgo(seconds: number): string {
  return String(Math.floor(Date.now() / 1000) - seconds);
}
