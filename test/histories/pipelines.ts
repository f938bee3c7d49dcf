import type { Repository } from './code.ts';
import type { ToldRollout } from './deployments.ts';
import type { Telling } from './organisation.ts';

const DAY_MS = 86_400_000;

/** Rules that a workspace may state; `environment` and `service_id` are part of which rule it is. */
const rules: readonly Record<string, unknown>[] = [
  { repository: 'acme/*', workflow: 'deploy*', environment: 'production' },
  { repository: 'ACME/mono', workflow: 'Deploy', branch: 'm?in', environment: 'eu-prod' },
  { repository: 'acme/mono', workflow: 'deploy.yml', environment: 'production', service_id: 'api' },
  { repository: 'acme/shop', workflow: 'ci', environment: 'edge' },
  { repository: 'acme/?hop', job: 'deploy-*', environment: 'Production' },
  { repository: 'acme/shop', workflow: '*', job: 'deploy-prod', environment: 'production', service_id: 'shop' },
  { repository: 'acme/lib', job: 'deploy-prod', environment: 'production', service_id: 'lib' },
  { repository: 'acme/*', release: 'v*', environment: 'production' },
  { repository: 'acme/legacy', release: '*', prereleases: true, environment: 'live' },
];

/** Some rules, mostly stated at the start or a while later; they speak of all time, unless they say otherwise. */
export function tellRules(telling: Telling): void {
  const { random, start } = telling;
  if (random.chance(0.25)) return;
  for (const rule of rules) if (random.chance(0.5)) tellRule(telling, rule, start + random.int(-5, 12) * DAY_MS);
}

/** A rule is stated again, otherwise, or taken back. */
export function tellRuleChange(telling: Telling): void {
  const { random } = telling;
  tellRule(telling, random.pick(rules), telling.pass(), random.chance(0.3) ? { removed: true } : {});
}

function tellRule(telling: Telling, rule: Record<string, unknown>, at: number, more = {}): void {
  const { random, fact } = telling;
  const day = (): string => new Date(telling.start + random.int(0, 35) * DAY_MS).toISOString();
  const data = {
    rule: `rule ${rules.indexOf(rule)}`,
    ...rule,
    ...(random.chance(0.15) ? { since: day() } : {}),
    ...(random.chance(0.1) ? { until: day() } : {}),
    ...more,
  };
  fact('rollout_rule.defined', at, data, 'workspace', random.chance(0.7) ? 0 : random.int(0, 9) * DAY_MS);
}

/** A run with its jobs, once or more often; sometimes the forge reports a deployment of the same. */
export function tellRun(telling: Telling, repository: Repository, told: ToldRollout[]): void {
  const { random, fact } = telling;
  telling.pass();
  const number = told.length + 1;
  const source = random.weighted([
    [5, 'github'],
    [2, 'jenkins'],
    [1, 'gitlab'],
  ]);
  const commits = repository.branches.get('main')!;
  const before = told.filter((one) => one.repository === repository).slice(-5);
  const revision =
    before.length > 0 && random.chance(0.35)
      ? random.pick(before).revision
      : commits.length > 0 && random.chance(0.9)
        ? random.pick(commits.slice(-3)).sha
        : random.hex(40);
  const run = {
    run_id: random.chance(0.2) ? `${repository.name}:${number}` : String(number),
    repository: repository.name,
    revision,
    ...random.pick([
      { workflow: 'Deploy' },
      { workflow: 'Deploy' },
      { workflow: 'deploy to prod' },
      { workflow: 'Ship it', workflow_path: '.github/workflows/deploy.yml' },
      { workflow: 'CI' },
      {},
    ]),
  };
  const branch = random.weighted([
    [5, { branch: 'main' }],
    [2, { branch: 'feature/1' }],
    [1, {}],
  ]);
  // Some senders number attempts; for others a retry is another job.
  const numbered = random.chance(0.6);
  const job = random.pick(['deploy-prod', 'deploy-eu', 'test', undefined]);
  const attempts = random.chance(0.2) ? 2 : 1;
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const attempt_no = numbered ? { attempt_no: attempt } : {};
    const task = {
      run_id: run.run_id,
      repository: run.repository,
      revision,
      workflow: run.workflow,
      ...attempt_no,
      job,
    };
    const job_id = `${number}${attempt}`;
    if (job !== undefined && random.chance(0.2))
      Object.assign(task, { environment: random.pick(['PRODUCTION', 'staging']) });
    if (random.chance(0.5)) {
      fact('pipelinerun.queued', telling.now, { ...run, ...branch, ...attempt_no }, source);
      const reason = random.pick([undefined, undefined, 'approval', 'Concurrency', 'runner']);
      if (reason !== undefined && job !== undefined) {
        const waits = { ...task, job_id, wait_reason: reason };
        fact('taskrun.queued', telling.now + random.int(0, 20) * 1000, waits, source);
        if (random.chance(0.3))
          fact('taskrun.queued', telling.now + random.int(20, 90) * 1000, { ...task, job_id }, source);
      }
      if (random.chance(0.7)) telling.now += random.pick([1_000, 59_999, 60_000, 60_001, 100_000, 400_000, -310_000]);
      if (random.chance(0.1)) continue;
    }
    if (random.chance(0.6)) fact('pipelinerun.started', telling.now, { ...run, ...branch, ...attempt_no }, source);
    if (job !== undefined && random.chance(0.5)) fact('taskrun.started', telling.now, { ...task, job_id }, source);
    telling.now += random.int(1, 1800) * 1000;
    const outcome = random.weighted([
      [9, 'succeeded'],
      [2, 'failed'],
      [1, 'timed_out'],
      [1, 'cancelled'],
      [1, 'skipped'],
      [0.3, 'neutral'],
    ]);
    if (job !== undefined) fact('taskrun.finished', telling.now - 1000, { ...task, job_id, outcome }, source);
    if (random.chance(0.9))
      fact('pipelinerun.finished', telling.now, { ...run, ...branch, ...attempt_no, outcome }, source);
  }
  const named = job !== undefined && random.chance(0.5) ? `${numbered ? job : `${number}${attempts}`}:` : '';
  const rollout_id = `run:${run.run_id}:${named}${random.pick(['production', 'production', 'eu-prod', 'production:api'])}`;
  told.push({ rollout_id, revision, names: { repository: repository.name }, source, repository });
  if (random.chance(0.08))
    fact(
      'deployment.finished',
      telling.now + random.int(-60, 60) * 1000,
      {
        rollout_id: `${run.run_id}/production/${revision}`,
        repository: repository.name,
        environment: 'production',
        revision,
        outcome: 'succeeded',
      },
      'github',
    );
}

/** A published release, of a commit or of nothing known. */
export function tellRelease(telling: Telling, repository: Repository, told: ToldRollout[]): void {
  const { random, fact } = telling;
  const tag = random.weighted([
    [4, `v1.${told.length}`],
    [1, `2026-01-${10 + (told.length % 20)}`],
    [1, 'nightly'],
  ]);
  const revision = repository.branches.get('main')!.at(-1)?.sha ?? '';
  fact(
    'release.published',
    telling.pass(),
    {
      repository: repository.name,
      tag,
      ...(revision !== '' && random.chance(0.7) ? { revision } : {}),
      ...(random.chance(0.25) ? { prerelease: random.chance(0.7) } : {}),
    },
    random.pick(['github', 'gitea']),
  );
  const rollout_id = `release:${repository.name}:${tag}:production`;
  told.push({ rollout_id, revision, names: { repository: repository.name }, source: 'github', repository });
}
