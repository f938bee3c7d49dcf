import { expect, test } from 'vitest';
import { environmentsText } from '../../dashboards/environments.ts';
import type { NormalizedEvent } from '../../ingest/event.ts';
import type { Definition } from '../../ingest/workspace/definition.ts';
import { definitionEvents, type KnownDefinition } from '../../ingest/workspace/publish.ts';
import { readWorkspace } from '../../ingest/workspace/workspace.ts';

const read = (text: string) => readWorkspace([{ path: 'environments.yaml', text }], { timezone: 'Europe/Berlin' });
const rulesOf = (text: string): Definition[] => {
  const result = read(text);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.workspace.definitions.filter(({ type }) => type === 'rollout_rule.defined');
};
const problemsOf = (text: string) => {
  const result = read(text);
  return result.ok ? [] : result.problems.map(({ line, message }) => `${line} ${message}`);
};

test('rules are read beside environments, or without any', () => {
  const rules = rulesOf(`rollouts:
  - { repository: acme/*, workflow: Deploy, branch: main, environment: production, since: 2026-07-01 }
  - { repository: Acme/Mono, job: deploy-cart, environment: prod-eu, service: cart }
  - { repository: acme/lib, release: "v*", prereleases: true, environment: production, until: "2026-09-01T10:00:00Z" }
`);
  expect(rules).toEqual([
    {
      type: 'rollout_rule.defined',
      since: null,
      data: {
        rule: 'repository "acme/*" workflow "deploy" branch "main" environment "production"',
        repository: 'acme/*',
        workflow: 'Deploy',
        branch: 'main',
        environment: 'production',
        since: '2026-06-30T22:00:00.000Z',
      },
    },
    {
      type: 'rollout_rule.defined',
      since: null,
      data: {
        rule: 'repository "acme/mono" job "deploy-cart" environment "prod-eu" service "cart"',
        repository: 'Acme/Mono',
        job: 'deploy-cart',
        environment: 'prod-eu',
        service_id: 'cart',
      },
    },
    {
      type: 'rollout_rule.defined',
      since: null,
      data: {
        rule: 'repository "acme/lib" release "v*" environment "production"',
        repository: 'acme/lib',
        release: 'v*',
        prereleases: true,
        environment: 'production',
        until: '2026-09-01T10:00:00.000Z',
      },
    },
  ]);
});

test('environments choose whom to believe, one source or several', () => {
  const result = read(`environments:
  - { name: production, production: true, rollouts_from: argocd }
  - { name: live, production: true, rollouts_from: [github, runs] }
`);
  expect(result.ok && result.workspace.definitions.map(({ data }) => data)).toEqual([
    { name: 'production', production: true, rollouts_from: ['argocd'] },
    { name: 'live', production: true, rollouts_from: ['github', 'runs'] },
  ]);
});

test('a source that nobody knows is a problem, not one that is never heard', () => {
  const problems = problemsOf('environments:\n  - name: live\n    production: true\n    rollouts_from: [argo, runs]\n');
  expect(problems).toEqual([
    expect.stringMatching(/^4 environments.0.rollouts_from.0: is none of argocd, flux, github/),
  ]);
  expect(problemsOf('environments: [{ name: live, production: true, rollouts_from: 7 }]')).toHaveLength(1);
});

test('every problem of a rule has its line', () => {
  expect(
    problemsOf(`rollouts:
  - repository: acme/api
    environment: production
  - repository: acme/api
    release: v*
    job: deploy
    environment: production
  - repository: acme/api
    job: deploy
    branch: main
    environment: production
  - repository: acme/*
    workflow: deploy
    service: cart
    environment: production
  - repository: acme/api
    workflow: deploy
    environment: production
    since: 2026-02-01
    until: 2026-01-01
  - repository: acme/api
    workflow: deploy
    prereleases: true
    enviroment: production
  - repository: acme/web
    workflow: Deploy
    environment: production
  - repository: ACME/web
    workflow: deploy
    environment: Production
`),
  ).toEqual([
    '2 rollouts.0: needs a workflow, a job or a release',
    '5 rollouts.1.release: does not go with a workflow or a job: a rule is about one of them',
    '10 rollouts.2.branch: goes with a workflow alone: jobs and releases do not tell theirs',
    '12 rollouts.3.repository: must be one repository where a service is named, not a pattern',
    '20 rollouts.4.until: is not after since',
    expect.stringMatching(/^21 rollouts.5.environment: .*string/),
    "24 rollouts.5: unknown key 'enviroment'",
    expect.stringMatching(
      /^28 rollout_rule:repository "acme\/web" workflow "deploy" environment "production" is defined twice$/,
    ),
  ]);
});

test('a rule that changes is stated again, one that is taken out is taken back, and comes back as it was', () => {
  const log: NormalizedEvent[] = [];
  const load = (text: string, day: number) => {
    const result = read(`environments: [{ name: production, production: true }]\nrollouts: ${text}\n`);
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    const known = log as unknown as KnownDefinition[];
    const events = definitionEvents(result.workspace.definitions, known, `2026-01-0${day}T00:00:00.000Z`);
    log.push(...events);
    return events.map(({ type, occurred_at, data }) => [type, occurred_at.slice(0, 10), data]);
  };
  const rule = '{ repository: acme/api, workflow: deploy, environment: production }';
  const stated = {
    rule: 'repository "acme/api" workflow "deploy" environment "production"',
    repository: 'acme/api',
    workflow: 'deploy',
    environment: 'production',
  };
  expect(load(`[${rule}]`, 1)).toHaveLength(2);
  expect(load(`[${rule}]`, 2)).toEqual([]);
  const until = rule.replace(' }', ', until: 2026-01-01 }');
  const ended = { ...stated, until: '2025-12-31T23:00:00.000Z' };
  expect(load(`[${until}]`, 3)).toEqual([['rollout_rule.defined', '2026-01-03', ended]]);
  expect(load('[]', 4)).toEqual([['rollout_rule.defined', '2026-01-04', { ...ended, removed: true }]]);
  expect(load('[]', 5)).toEqual([]);
  expect(load(`[${rule}]`, 6)).toEqual([['rollout_rule.defined', '2026-01-06', stated]]);
  expect(load(`[${rule}]`, 7)).toEqual([]);
  expect(definitionEvents([], log as unknown as KnownDefinition[], '2026-02-01T00:00:00.000Z')).toEqual([]);
});

test('the examples of the docs are read as they stand', () => {
  const examples = environmentsText.split('```').filter((_, index) => index % 2 === 1);
  const stated = examples.map((example) => {
    const result = read(example.replace(/^yaml\n/, ''));
    return result.ok ? result.workspace.definitions.length : result.problems;
  });
  expect(stated).toEqual([3, 4, 2]);
});
