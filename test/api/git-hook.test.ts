import { execFileSync, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventId } from '../../ingest/event.ts';
import type { RunningService } from '../../services/compose.ts';
import { commit, git, gitEnvironment, HOOK, newRepositories, push, type Repositories } from './repositories.ts';
import { startEmbedded, temporaryFolder } from './start.ts';

const SECRET = '6\\"secret" with $HOME; ü and more';
const ZEROS = '0'.repeat(40);

let service: RunningService;
beforeAll(async () => {
  service = await startEmbedded({ HEADWAY_SECRET_GIT: `old-one,${SECRET}` });
  for (let attempt = 0; attempt < 200; attempt++) {
    if ((await fetch(`${service.url}/readyz`)).status === 200) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
});

const told = () => ({ url: `${service.url}/hooks/git`, secret: SECRET });

/** The event of a branch that moved, as soon as it can be read. */
async function moved({ name }: Repositories, branch: string, before: string, after: string) {
  const id = eventId('git', ['branch.pushed', name, `refs/heads/${branch}`, before, after]);
  return eventually(id);
}

async function eventually(id: string) {
  for (let attempt = 0; attempt < 100; attempt++) {
    const response = await fetch(`${service.url}/v1/events/${id}`);
    if (response.status === 200) return (await response.json()) as { type: string; data: Record<string, unknown> };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`event ${id} did not arrive`);
}

describe('git push to a bare repository with the hook', () => {
  it('tells of each commit, whatever its message and its paths are called', async () => {
    const repositories = newRepositories('acme/api', told());
    const message = 'Say "hi" \\ $(touch headway-was-here) `id` ü 🚀\n\nIt says: {"a":1}\n\nfixes: INC-7\n';
    const first = commit(repositories, message, 'src/a "b" $(x)\\ü\n🚀.ts', 'plain.ts');
    expect(await push(repositories, 'main')).toEqual({
      status: 0,
      said: ['headway: told of 1 branch(es) and tag(s) of acme/api'],
    });
    const event = await moved(repositories, 'main', ZEROS, first);
    expect(event.data).toMatchObject({ repository: 'acme/api', branch: 'main', default_branch: 'main', forced: false });
    expect(event.data.commits).toMatchObject([
      {
        sha: first,
        authored_at: '2026-03-05T09:00:00.000Z',
        author: 'Ada "the first" Lovelace',
        author_kind: 'human',
        message: 'Say "hi" \\ $(touch headway-was-here) `id` ü 🚀',
        fixes_incident: 'INC-7',
        parents: [],
        paths: ['plain.ts', 'src/a "b" $(x)\\ü\n🚀.ts'],
      },
    ]);
    const second = commit(repositories, 'Two', 'plain.ts');
    const third = commit(repositories, 'Three', 'src/c.ts');
    await push(repositories, 'main');
    expect((await moved(repositories, 'main', first, third)).data.commits).toMatchObject([
      { sha: second, parents: [first], paths: ['plain.ts'] },
      { sha: third, parents: [second], paths: ['src/c.ts'] },
    ]);
  });

  it('tells of a new branch only what is new, of a forced one that it was, of a deleted one that it is gone', async () => {
    const repositories = newRepositories('acme/branches', told());
    const base = commit(repositories, 'Base', 'a');
    await push(repositories, 'main');
    git(repositories.work, 'switch', '--quiet', '-c', 'feature/"quoted"');
    const one = commit(repositories, 'One', 'b');
    await push(repositories, 'feature/"quoted"');
    const branch = 'feature/"quoted"';
    expect((await moved(repositories, branch, ZEROS, one)).data.commits).toMatchObject([{ sha: one }]);

    git(repositories.work, 'reset', '--quiet', '--hard', base);
    const other = commit(repositories, 'Other', 'c');
    await push(repositories, '--force', branch);
    expect((await moved(repositories, branch, one, other)).data).toMatchObject({
      forced: true,
      commits: [{ sha: other }],
    });

    expect((await push(repositories, '--delete', branch)).status).toBe(0);
    expect((await moved(repositories, branch, other, ZEROS)).data).toMatchObject({ deleted: true, commits: [] });
  });

  it('gives what several new branches share to the default branch', async () => {
    const repositories = newRepositories('acme/several', told());
    const base = commit(repositories, 'Base', 'a');
    git(repositories.work, 'switch', '--quiet', '-c', 'a-before-main');
    const own = commit(repositories, 'Own', 'b');
    expect((await push(repositories, 'a-before-main', 'main')).said).toEqual([
      'headway: told of 2 branch(es) and tag(s) of acme/several',
    ]);
    expect((await moved(repositories, 'main', ZEROS, base)).data.commits).toMatchObject([{ sha: base }]);
    expect((await moved(repositories, 'a-before-main', ZEROS, own)).data.commits).toMatchObject([{ sha: own }]);
  });

  it('tells of a merge with all that it brings, the merge last', async () => {
    const repositories = newRepositories('acme/merges', told());
    const base = commit(repositories, 'Base', 'a');
    await push(repositories, 'main');
    git(repositories.work, 'switch', '--quiet', '-c', 'topic');
    const one = commit(repositories, 'One', 'b');
    git(repositories.work, 'switch', '--quiet', 'main');
    git(repositories.work, 'merge', '--quiet', '--no-ff', '-m', 'Merge topic', 'topic');
    const merge = git(repositories.work, 'rev-parse', 'HEAD');
    await push(repositories, 'main');
    expect((await moved(repositories, 'main', base, merge)).data.commits).toMatchObject([
      { sha: one, parents: [base] },
      { sha: merge, parents: [base, one], message: 'Merge topic' },
    ]);
  });

  it('tells of 500 commits at once, in order', async () => {
    const repositories = newRepositories('acme/many', told());
    const stream = Array.from({ length: 500 }, (_, at) => {
      const text = `Commit ${at}`;
      return `commit refs/heads/main\nauthor Ada <a@example.com> ${1772697600 + at} +0200\ncommitter Ada <a@example.com> ${1772697600 + at} +0200\ndata ${text.length}\n${text}\nM 100644 inline f${at % 7}\ndata ${text.length}\n${text}\n`;
    }).join('');
    execFileSync('git', ['fast-import', '--quiet'], { cwd: repositories.work, env: gitEnvironment, input: stream });
    const head = git(repositories.work, 'rev-parse', 'main');
    expect((await push(repositories, 'main')).said).toEqual(['headway: told of 1 branch(es) and tag(s) of acme/many']);
    const commits = (await moved(repositories, 'main', ZEROS, head)).data.commits as { message: string }[];
    expect(commits.map(({ message }) => message)).toEqual(Array.from({ length: 500 }, (_, at) => `Commit ${at}`));
  });

  it('tells of a tag as a release of its commit', async () => {
    const repositories = newRepositories('acme/tags', told());
    const head = commit(repositories, 'Base', 'a');
    git(repositories.work, 'tag', '-a', 'v1.0', '-m', 'One "point" zero');
    const tag = git(repositories.work, 'rev-parse', 'v1.0');
    await push(repositories, 'main', 'v1.0');
    await moved(repositories, 'main', ZEROS, head);
    const release = await releaseOf(repositories, tag);
    expect(release).toMatchObject({ type: 'release.published', data: { tag: 'v1.0', revision: head } });
  });

  it('makes each commit on the default branch a change, delivered by the rollout of its revision', async () => {
    const repositories = newRepositories('acme/delivered', told());
    const base = commit(repositories, 'Base', 'a');
    await push(repositories, 'main');
    const fix = commit(repositories, 'Fix', 'a');
    const tip = commit(repositories, 'Tip', 'a');
    await push(repositories, 'main');
    await moved(repositories, 'main', base, tip);
    const at = Date.now();
    const rollout = (revision: string, millis: number) => ({
      id: revision,
      type: 'deployment.finished',
      source: 'ship-it',
      occurred_at: new Date(millis).toISOString(),
      data: {
        rollout_id: revision,
        repository: repositories.name,
        environment: 'production',
        revision,
        outcome: 'succeeded',
      },
    });
    const response = await fetch(`${service.url}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([rollout(base, at - 1000), rollout(tip, at)]),
    });
    expect(response.status).toBe(202);
    const from = new Date(at - 86_400_000).toISOString();
    const to = new Date(at + 86_400_000).toISOString();
    const address = `${service.url}/v1/metrics/dora.change_lead_time/atoms?from=${from}&to=${to}&service=acme/delivered`;
    let atoms: Record<string, unknown>[] = [];
    for (let attempt = 0; attempt < 100 && atoms.length < 3; attempt++) {
      const answer = (await (await fetch(address)).json()) as { atoms?: Record<string, unknown>[] };
      atoms = answer.atoms ?? [];
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(atoms.map(({ change_id, containment, excluded }) => ({ change_id, containment, excluded }))).toEqual(
      expect.arrayContaining([
        { change_id: `acme/delivered@${fix}`, containment: 'position', excluded: null },
        expect.objectContaining({ change_id: `acme/delivered@${base}`, excluded: 'first_deployment' }),
      ]),
    );
  });

  it.each(['bash', 'dash'])('signs in %s as in any other shell', async (shell) => {
    if (spawnSync(shell, ['-c', ':']).error) return console.warn(`skipped: there is no ${shell}`);
    for (const secret of [SECRET, 'old-one']) {
      const repositories = newRepositories(`acme/${shell}-${secret.length}`, { ...told(), shell, secret });
      const head = commit(repositories, 'Base', 'a');
      expect((await push(repositories, 'main')).said).toHaveLength(1);
      await moved(repositories, 'main', ZEROS, head);
    }
  });

  it('keeps what nobody took and sends it with the next push; the push itself never fails', async () => {
    const repositories = newRepositories('acme/unsent', { ...told(), secret: 'not the secret' });
    const first = commit(repositories, 'One', 'a');
    expect(await push(repositories, 'main')).toEqual({
      status: 0,
      said: ['headway: not reached (status 401); 1 message(s) kept for the next push'],
    });
    git(repositories.bare, 'config', 'headway.url', 'http://127.0.0.1:1/hooks/git');
    const second = commit(repositories, 'Two', 'a');
    expect(await push(repositories, 'main')).toEqual({
      status: 0,
      said: ['headway: not reached (status 000); 2 message(s) kept for the next push'],
    });
    git(repositories.bare, 'config', 'headway.url', `${service.url}/hooks/git`);
    git(repositories.bare, 'config', 'headway.secret', SECRET);
    const third = commit(repositories, 'Three', 'a');
    expect((await push(repositories, 'main')).said).toEqual([
      'headway: told of 1 branch(es) and tag(s) of acme/unsent',
    ]);
    await moved(repositories, 'main', ZEROS, first);
    await moved(repositories, 'main', first, second);
    await moved(repositories, 'main', second, third);
    expect(readdirSync(join(repositories.bare, 'headway', 'unsent'))).toEqual([]);
  });

  it('says one line where nothing is configured', async () => {
    const repositories = newRepositories('acme/unset', told());
    git(repositories.bare, 'config', '--unset', 'headway.url');
    commit(repositories, 'One', 'a');
    expect(await push(repositories, 'main')).toEqual({
      status: 0,
      said: ['headway: not told of this push: git config headway.url is not set'],
    });
  });
});

/** The release of a tag: its time is the push's, which only the stored deliveries know, so it is found through them. */
async function releaseOf({ name }: Repositories, tag: string) {
  const now = Math.floor(Date.now() / 1000);
  for (let attempt = 0; attempt < 40; attempt++) {
    for (let seconds = now - 30; seconds <= now + 1; seconds++) {
      const at = new Date(seconds * 1000).toISOString();
      const id = eventId('git', ['release.published', name, 'v1.0', tag, at]);
      const response = await fetch(`${service.url}/v1/events/${id}`);
      if (response.status === 200) return response.json();
    }
  }
  throw new Error('the release did not arrive');
}

describe('the hook’s own HMAC', () => {
  it('is HMAC-SHA256, for keys of any length', () => {
    const dir = temporaryFolder();
    const body = join(dir, 'body');
    writeFileSync(body, Buffer.from([0, 1, 2, 255, 10, 13, 37, 92]));
    const functions = execFileSync('sed', ['-n', '/^sha256() {/,/^is_object/p', HOOK], { encoding: 'utf8' });
    for (const secret of ['6', '\\', 'k'.repeat(64), 'k'.repeat(65), 'ü'.repeat(100), SECRET]) {
      const script = `LC_ALL=C\nexport LC_ALL\n${functions}\nsecret=$(cat)\nhmac "$1"\n`;
      const given = execFileSync('sh', ['-c', script, 'sh', body], { input: secret, encoding: 'utf8' }).trim();
      const expected = createHmac('sha256', secret)
        .update(Buffer.from([0, 1, 2, 255, 10, 13, 37, 92]))
        .digest('hex');
      expect(given, secret).toBe(expected);
    }
  });
});
