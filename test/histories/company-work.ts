import { type Telling, teams } from './organisation.ts';
import type { Random } from './random.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Who tells what of a company. */
export interface Company {
  readonly telling: Telling;
  readonly random: Random;
  readonly start: number;
  readonly end: number;
  /** Any instant of the history, often a full hour, so that things happen at once. */
  sometime(): number;
  tell(type: Parameters<Telling['fact']>[0], at: number, data: Record<string, unknown>, source: string): void;
  maybe(name: string, values: readonly unknown[]): Record<string, unknown>;
}

/** Somebody of it. */
export interface Person {
  readonly name: string;
  readonly team: string | undefined;
  readonly joinedAt: number;
  readonly isNew: boolean;
  readonly logins: readonly string[];
}

const actions = [
  'navigate',
  'navigate',
  'click',
  'create',
  'Scaffold',
  'create-service',
  'deploy',
  'Release',
  'rollout',
];
const capabilities = ['templates', 'Scaffolder', 'deployments', 'docs'];

/** Days on which somebody is on the platform, mostly in a row of weeks. */
export function tellUse({ random, start, end, tell, maybe }: Company, person: Person): void {
  if (random.chance(0.15)) return;
  const from = person.isNew ? person.joinedAt + random.int(-3, 10) * DAY_MS : start + random.int(0, 70) * DAY_MS;
  let at = from + random.int(0, 23) * HOUR_MS;
  for (let told = random.int(1, 12); told > 0 && at < end; told -= 1) {
    const login = { principal: random.pick(person.logins) };
    const team = random.chance(0.15) ? { team: random.pick(teams) } : {};
    random.weighted([
      [
        6,
        () =>
          tell(
            'portal.action',
            at,
            {
              ...login,
              ...team,
              action: random.pick(actions),
              ...(random.chance(0.3) ? maybe('capability', capabilities) : {}),
            },
            'backstage',
          ),
      ],
      [1, () => tell('doc.viewed', at, { ...login, ...team, document: 'runbook' }, 'backstage')],
      [1, () => tell('search.performed', at, { ...login, ...team, results: 3 }, 'backstage')],
      [0.3, () => tell('search.clicked', at, { ...login, document: 'runbook' }, 'backstage')],
      [0.3, () => tell('doc.rated', at, { ...login, document: 'runbook', helpful: true }, 'backstage')],
    ])();
    at += random.pick([0, 1, 12, 24, 48, 96, 168, 250]) * HOUR_MS + random.int(0, 30) * 60_000;
  }
  if (random.chance(0.1))
    tell(
      'portal.action',
      from,
      { principal: random.pick(['renovate[bot]', 'stranger', 'Release-Robot']), action: 'click' },
      'backstage',
    );
}

/** What people ask the platform for. */
export function tellTasks({ random, tell, sometime }: Company, crowd: readonly Person[]): void {
  for (let n = random.int(5, 50); n > 0; n -= 1) {
    const person = random.pick(crowd);
    const task = {
      task_id: `t${n}`,
      kind: random.pick(['create-repository', 'create-repository', 'Create-Repository', 'database']),
      principal: random.pick(person.logins),
      ...(random.chance(0.3) ? { team: random.pick(teams) } : {}),
    };
    let at = sometime();
    for (const type of ['task.requested', 'task.started', 'task.finished'] as const) {
      if (random.chance(0.12)) continue;
      if (type === 'task.finished' && random.chance(0.2)) continue;
      const outcome =
        type === 'task.finished' ? { outcome: random.pick(['succeeded', 'failed', 'cancelled', 'timed_out']) } : {};
      tell(type, at, { ...task, ...outcome }, 'backstage');
      at += random.pick([0, 1, 24, 24 * 27, 24 * 28, -24]) * HOUR_MS;
    }
  }
}

/** Changes, many of a few, and what carries them to production. */
export function tellWork({ random, tell, end }: Company, crowd: readonly Person[]): void {
  let number = 0;
  for (const person of crowd) {
    if (!person.isNew || random.chance(0.3)) continue;
    let at = person.joinedAt + random.int(-2, 5) * DAY_MS;
    for (let told = random.pick([1, 1, 2, 11]); told > 0 && at < end; told -= 1) {
      number += 1;
      const repository = random.pick(['acme/shop', 'acme/lib', 'acme/mono']);
      const sha = random.hex(40);
      const change = {
        change_id: `${repository}#${number}`,
        repository,
        base: 'main',
        author: random.pick(person.logins),
        merge_sha: sha,
        commits: [],
        ...(random.chance(0.05) ? { author_kind: 'bot' } : {}),
      };
      tell('change.merged', at, change, 'github');
      if (random.chance(0.6))
        tell(
          'deployment.finished',
          at + random.int(1, 60) * HOUR_MS,
          {
            rollout_id: `r${number}`,
            repository,
            environment: random.pick(['production', 'production', 'staging']),
            outcome: random.pick(['succeeded', 'succeeded', 'succeeded', 'failed']),
            revision: sha,
            changes: [`${repository}#${number}`],
          },
          random.pick(['github', 'canonical']),
        );
      at += random.int(1, 60) * HOUR_MS;
    }
  }
}
