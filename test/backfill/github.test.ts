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
const fetched = githubWorld('acme/fetched');
const gaps = githubWorld('acme/gaps');
const killed = githubWorld('acme/killed');

let service: RunningService;
let github: GithubServer;
let truth: Record<string, unknown>;
const dataDir = temporaryFolder();

beforeAll(async () => {
  service = await startEmbedded();
  github = await startGithub([heard, fetched, gaps, killed]);
  await deliver(service, webhooksOf(heard));
  await beat(service);
  truth = await answersFor(service, 'acme/heard');
}, 120_000);

describe('a backfill from GitHub', () => {
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
});
