import { type Repository, servicesOf, type ToldCommit } from './code.ts';
import { environments, type Telling } from './organisation.ts';

/** What was rolled out, for retries, rollbacks, fixes and causes. */
export interface ToldRollout {
  readonly rollout_id: string;
  readonly revision: string;
  readonly names: Readonly<Record<string, unknown>>;
  readonly source: string;
  readonly repository: Repository;
}

/** Mostly the newest commit of a branch, sometimes an older one, a short SHA, or something unheard of. */
function revisionOf({ random }: Telling, repository: Repository): string {
  const branch = random.weighted([
    [8, 'main'],
    [4, 'release/1'],
    [3, 'release/2'],
    [1, 'feature/1'],
  ]);
  const commits: readonly ToldCommit[] = repository.branches.get(branch) ?? repository.branches.get('main')!;
  if (commits.length === 0) return random.pick(['v1.0', random.hex(40)]);
  const commit = random.chance(0.8) ? commits.at(-1)! : random.pick(commits);
  return random.weighted([
    [12, commit.sha],
    [1, commit.sha.slice(0, 9)],
    [1, commit.sha.toUpperCase()],
    [1, random.hex(40)],
  ]);
}

/** How a sender names what it rolls out. */
function namesOf({ random }: Telling, repository: Repository): Record<string, unknown> {
  const service = random.pick(servicesOf(repository));
  return random.weighted<Record<string, unknown>>([
    [6, { service_id: service, ...(random.chance(0.6) ? { repository: repository.name } : {}) }],
    [3, { repository: repository.name }],
    [
      1,
      {
        repository: repository.name.toUpperCase() === repository.name ? repository.name : repository.name,
        application: 'api-prod',
      },
    ],
    [
      1,
      {
        application: random.pick(['shop', 'API-prod', 'other-app']),
        ...(random.chance(0.5) ? { repository: repository.name } : {}),
      },
    ],
  ]);
}

export function tellRollout(telling: Telling, repository: Repository, told: ToldRollout[]): void {
  const { random, fact } = telling;
  const number = told.length + 1;
  const previous = told.filter((one) => one.repository === repository).at(-1);
  const names = previous && random.chance(0.6) ? previous.names : namesOf(telling, repository);
  const environment =
    previous && random.chance(0.3)
      ? 'production'
      : random.weighted([
          [8, 'production'],
          [4, random.pick(environments)],
        ]);
  const source = random.weighted([
    [5, 'github'],
    [3, 'canonical'],
    [0.3, 'argocd'],
    [0.6, 'git'],
    [0.2, 'flux'],
    [0.3, 'bitbucket-server'],
  ]);
  const revision = previous && random.chance(0.12) ? previous.revision : revisionOf(telling, repository);
  const rollout_id = `r${number}`;
  const commits = repository.branches.get('main')!;
  const about: Record<string, unknown> = {
    rollout_id,
    environment,
    ...names,
    ...(random.chance(0.95) ? { revision } : {}),
    ...(random.chance(0.2) ? { artifact_digest: `sha256:${revision.slice(0, 6)}` } : {}),
    ...(random.chance(0.15) ? { config_digest: random.pick(['c1', 'c2']) } : {}),
    ...(environment === 'qa' && random.chance(0.3) ? { production_environment: true } : {}),
    ...(random.chance(0.4) ? { planned: random.chance(0.75) } : {}),
    ...(random.chance(0.06) ? { labels: ['HotFix'] } : {}),
    ...(random.chance(0.1) ? { fixes_incident: random.pick(['INC-1', 'INC-2', 'INC-3']) } : {}),
    ...(previous && random.chance(0.07) ? { fixes_rollout: previous.rollout_id } : {}),
    ...listOf(telling, repository, commits),
  };
  telling.pass();
  const targets = random.chance(0.15) ? ['eu', 'us'] : [];
  const required = targets.length > 0 ? { targets } : {};
  if (random.chance(0.3)) fact('deployment.queued', telling.now, { ...about, ...required }, source);
  const started = telling.now + random.int(0, 300) * 1000;
  if (random.chance(0.7) || targets.length > 0) fact('deployment.started', started, { ...about, ...required }, source);
  telling.now = started;
  tellAttempts(telling, about, source, targets);
  told.push({ rollout_id, revision, names, source, repository });
  // The other sender that sees the same thing.
  if (source === 'github' && random.chance(0.03))
    fact(
      'deployment.finished',
      telling.now + 90_000,
      { ...about, rollout_id: `argo-${number}`, outcome: 'succeeded' },
      'argocd',
    );
}

/** A full list of what is delivered, by commits or changes; or the word that there is none. */
function listOf({ random }: Telling, repository: Repository, commits: readonly ToldCommit[]): Record<string, unknown> {
  if (!random.chance(0.15)) return {};
  const latest = commits.slice(-random.int(1, 4)).map((commit) => commit.sha);
  return random.weighted<Record<string, unknown>>([
    [4, { commits: latest }],
    [2, { changes: repository.merged.slice(-2).map((one) => one.change_id) }],
    [1, { changes: repository.merged.slice(-1).map((one) => `#${one.number}`) }],
    [1, { commits: [] }],
  ]);
}

function tellAttempts(
  telling: Telling,
  about: Record<string, unknown>,
  source: string,
  targets: readonly string[],
): void {
  const { random, fact } = telling;
  const attempts = random.weighted([
    [8, 1],
    [2, 2],
    [1, 3],
  ]);
  for (let attempt_no = 1; attempt_no <= attempts; attempt_no++) {
    telling.now += random.int(1, 1800) * 1000;
    const attempt = { ...about, ...(attempts > 1 ? { attempt_no } : {}) };
    if (random.chance(0.15)) fact('deployment.exposed', telling.now - random.int(0, 60) * 1000, attempt, source);
    const outcome =
      attempt_no < attempts
        ? random.pick(['failed', 'timed_out', 'failed_dark', 'succeeded'])
        : random.weighted([
            [14, 'succeeded'],
            [1, 'failed'],
            [2, 'failed_live'],
            [1, 'failed_dark'],
            [1, 'timed_out'],
            [1, 'cancelled'],
            [1, 'superseded'],
          ]);
    if (targets.length > 0 && outcome === 'succeeded') {
      for (const target of targets) {
        if (random.chance(0.1)) continue;
        telling.now += random.int(0, 1800) * 1000;
        fact('deployment.finished', telling.now, { ...attempt, targets: [target], outcome }, source);
      }
    } else fact('deployment.finished', telling.now, { ...attempt, outcome }, source);
    // A monitor that rolls the canary back after the sender had called it a success.
    if (outcome === 'succeeded' && random.chance(0.06))
      fact('deployment.finished', telling.now + random.int(0, 600) * 1000, { ...attempt, outcome: 'failed' }, source);
  }
}

/** Back to what was live before: said so, said so with `service.rolledback`, or only seen by the revision. */
export function tellRollback(telling: Telling, told: ToldRollout[]): void {
  const { random, fact } = telling;
  if (told.length < 2) return;
  const bad = random.chance(0.7) ? told.at(-1)! : random.pick(told);
  const good = told.filter((one) => one.repository === bad.repository && one !== bad).at(-1);
  if (!good) return;
  const rollout_id = `r${told.length + 1}`;
  const at = telling.pass();
  const about = {
    rollout_id,
    environment: 'production',
    ...bad.names,
    revision: good.revision,
    ...(random.chance(0.15) ? { precautionary: true } : {}),
    ...(random.chance(0.2) ? { config_digest: random.pick(['c1', 'c2']) } : {}),
  };
  if (random.chance(0.5)) fact('deployment.started', at - random.int(1, 600) * 1000, about, bad.source);
  const outcome = random.weighted([
    [10, 'succeeded'],
    [1, 'failed_live'],
    [1, 'failed'],
  ]);
  const names = random.weighted([
    [6, bad.rollout_id],
    [1, 'unheard-of'],
  ]);
  random.weighted([
    [3, () => fact('deployment.finished', at, { ...about, outcome, rolls_back: names }, bad.source)],
    [2, () => fact('service.rolledback', at, { ...about, outcome, rolls_back: names }, bad.source)],
    [3, () => fact('deployment.finished', at, { ...about, outcome }, bad.source)],
  ])();
  told.push({ ...good, rollout_id, names: bad.names });
}
