import { afterAll, beforeAll, expect, test } from 'vitest';
import { definitionEvents } from '../../ingest/workspace/publish.ts';
import { readWorkspace } from '../../ingest/workspace/workspace.ts';
import { proposedRules } from '../../services/proposed-rules.ts';
import { newStory } from '../histories/story.ts';
import { type Ledger, openLedger } from '../support/ledger.ts';

let ledger: Ledger;
beforeAll(async () => {
  ledger = await openLedger();
});
afterAll(() => ledger.close());

const findings = () => ledger.atoms.withAtoms(null, ['rollouts'], (tables) => proposedRules(ledger.store, tables));

test('proposes the most exact lines for what looks like a deployment to production, and nothing once they are taken', async () => {
  const story = newStory();
  let number = 0;
  const at = () => new Date(Date.parse('2026-01-05T10:00Z') + ++number * 60_000).toISOString();
  const run = (repository: string, workflow: string | undefined, more = {}, source = 'github') =>
    story.tell(
      'pipelinerun.finished',
      at(),
      { run_id: `${number}`, repository, workflow, outcome: 'succeeded', ...more },
      { source },
    );
  const job = (repository: string, name: string, more = {}, source = 'gitlab') =>
    story.tell(
      'taskrun.finished',
      at(),
      { run_id: `${number}`, job_id: `${number}`, repository, job: name, outcome: 'succeeded', ...more },
      { source },
    );
  const release = (repository: string, tag: string, more = {}) =>
    story.tell('release.published', at(), { repository, tag, ...more }, { source: 'gitea' });
  // A job that names its environment goes before one that only sounds like it, and both before their workflow.
  run('acme/api', 'Deploy');
  job('acme/api', 'deploy-cart', { workflow: 'Deploy' }, 'github');
  job('acme/api', 'roll', { workflow: 'Deploy', environment: 'eu-prod' }, 'github');
  job('acme/api', 'roll', { workflow: 'Deploy', environment: 'staging' }, 'github');
  release('acme/api', 'v1');
  // GitLab's pipelines have no name, and its jobs no workflow.
  run('acme/shop', undefined);
  job('acme/shop', 'publish: "eu"');
  job('acme/shop', 'deploy-staging');
  job('acme/shop', 'unit');
  run('acme/web', 'CD');
  run('acme/web', 'CD', { branch: 'main' });
  run('acme/web', 'CD', { branch: 'fix', outcome: 'failed' });
  run('acme/web', 'Release notes');
  run('acme/web', 'Product tests');
  release('acme/lib', 'v1.0');
  release('acme/lib', 'v1.1-rc', { prerelease: true });
  release('acme/docs', '2026-01');
  // Never ended, of a known repository, or of a service that has rollouts.
  run('acme/idle', 'Deploy', { outcome: 'skipped' });
  run('acme/known', 'Deploy');
  story.tell('deployment.finished', at(), {
    rollout_id: 'd',
    repository: 'Acme/Known',
    environment: 'live',
    outcome: 'succeeded',
  });
  run('acme/cart', 'Deploy');
  story.tell('service.defined', at(), { service_id: 'cart', repository: 'acme/cart' });
  story.tell('deployment.finished', at(), {
    rollout_id: 'e',
    service_id: 'cart',
    environment: 'live',
    outcome: 'succeeded',
  });
  story.tell('environment.defined', at(), { name: 'shop floor', production: true });
  await ledger.write(story.history);
  await ledger.atoms.rebuild();

  const [finding, ...others] = await findings();
  expect(others).toEqual([]);
  expect(finding!.title).toBe(
    '5 pipelines look like deployments, and no deployment of their repositories is known: roll in acme/api (1), releases in acme/docs (1), releases in acme/lib (1), publish: "eu" in acme/shop (1), CD in acme/web (3)',
  );
  expect(finding!.settle).toEqual({
    file: 'environments.yaml',
    lines: `rollouts:
  - repository: acme/api
    workflow: Deploy
    job: roll
    environment: eu-prod
  - repository: acme/docs
    release: "*"
    environment: "shop floor"
  - repository: acme/lib
    release: "v*"
    environment: "shop floor"
  - repository: acme/shop
    job: "publish: \\"eu\\""
    environment: "shop floor"
  - repository: acme/web
    workflow: CD
    branch: main
    environment: "shop floor"`,
  });

  const { file: path, lines: text } = finding!.settle!;
  const read = readWorkspace([{ path, text }], { timezone: 'UTC' });
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const now = '2026-02-01T00:00:00.000Z';
  const events = definitionEvents(read.workspace.definitions, [], now);
  await ledger.write(events.map((event) => ({ event, recorded_at: now })));
  await ledger.atoms.rebuild();
  expect(await findings()).toEqual([]);
  const made = await ledger.store.query(
    `SELECT service, count() AS n FROM rollouts FINAL WHERE match(rollout_id, '^(run|release):') AND excluded = '' GROUP BY service ORDER BY service`,
  );
  expect(made.map(({ service, n }) => `${service} ${n}`)).toEqual([
    'acme/api 1',
    'acme/docs 1',
    'acme/lib 1',
    'acme/shop 1',
    'acme/web 1',
  ]);
});
