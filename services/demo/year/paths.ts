import { argocdNotification, argocdRolloutId } from '../senders/argocd.ts';
import { type CanonicalEvent, canonical, canonicalRequest } from '../senders/canonical.ts';
import type { GitCommit } from '../senders/github.ts';
import { type Deployment, deploymentCreated, deploymentStatus, workflowRun } from '../senders/github-actions.ts';
import { MINUTE } from './calendar.ts';
import { makeRun } from './checks.ts';
import { numberOf } from './random.ts';
import type { Story } from './story.ts';
import { type Merged, type ServiceState, send, type World } from './world.ts';

/** One way to production, from start to outcome; `done` is called in simulated time when production has settled. */
export interface Rollout {
  readonly state: ServiceState;
  readonly head: GitCommit;
  readonly changes: readonly Merged[];
  readonly kind: 'change' | 'rollback' | 'restart';
  /** How it shall end. `retried`: fails dark once, and succeeds when run again. */
  readonly ends: 'succeeded' | 'retried' | 'failed_dark' | 'failed_live' | 'cancelled' | 'superseded';
  /** The rollout that it takes back. */
  readonly rollsBack: string | null;
  readonly actor: string;
  readonly done: (rolloutId: string) => void;
}

/** GitHub Actions: a run of `deploy.yml` with a deployment to staging, then to each production environment in turn. */
export function throughActions(world: World, rollout: Rollout): void {
  const { simulation } = world;
  const { state, head } = rollout;
  const { repository, service } = state;
  const random = simulation.random(`rollout/${service.id}`);
  const run = makeRun(world, repository, {
    workflow:
      rollout.kind === 'rollback' ? 'rollback' : repository.services.length > 1 ? `deploy ${service.id}` : 'deploy',
    file:
      rollout.kind === 'rollback'
        ? 'rollback.yml'
        : repository.services.length > 1
          ? `deploy-${service.id}.yml`
          : 'deploy.yml',
    event: rollout.kind === 'change' ? 'push' : 'workflow_dispatch',
    branch: 'main',
    head,
    actor: rollout.actor,
  });
  const payload = repository.services.length > 1 ? { service: service.id } : {};
  const deploy = (environment: string, production: boolean, last: 'success' | 'failure', then: () => void): void => {
    const createdAt = simulation.now();
    const id = numberOf(world.simulation.seed, 'deployment', run.id, run.attempt, environment) % 4_000_000_000;
    const deployment: Deployment = { id, environment, production, sha: head.sha, ref: 'main', createdAt, payload, run };
    send(world, deploymentCreated(repository, deployment));
    if (production) {
      simulation.schedule(createdAt + random.between(5, 40) * 1000, () =>
        send(world, deploymentStatus(repository, deployment, 'in_progress', simulation.now())),
      );
    }
    simulation.schedule(createdAt + random.lognormal(production ? 5 : 2.5, 0.4) * MINUTE + MINUTE, () => {
      send(world, deploymentStatus(repository, deployment, last, simulation.now()));
      then();
    });
  };
  const rolloutId = [run.id, service.production[0], head.sha, ...Object.values(payload)].join('/');
  const finish = (conclusion: 'success' | 'failure'): void => {
    send(world, workflowRun(repository, run, conclusion, simulation.now()));
    rollout.done(rolloutId);
  };
  // A stream of its own: how long runners let a run wait moves nothing else of the year.
  const runners = simulation.random(`runners/${service.id}`);
  const request = (): void => {
    send(world, workflowRun(repository, run, 'requested', simulation.now()));
    const waits = runners.chance(0.985) ? runners.lognormal(8, 0.5) * 1000 : 59_000;
    simulation.schedule(simulation.now() + waits, () =>
      send(world, workflowRun(repository, run, 'in_progress', simulation.now())),
    );
  };
  const produce = (environments: readonly string[]): void => {
    const [environment, ...rest] = environments;
    if (environment === undefined) {
      finish('success');
      return;
    }
    const fails = rollout.ends !== 'succeeded' && !(rollout.ends === 'retried' && run.attempt > 1);
    deploy(environment, true, fails ? 'failure' : 'success', () => {
      if (!fails) {
        produce(rest);
        return;
      }
      if (rollout.ends !== 'retried') {
        finish('failure');
        return;
      }
      send(world, workflowRun(repository, run, 'failure', simulation.now()));
      simulation.schedule(simulation.now() + random.between(4, 35) * MINUTE, () => {
        run.attempt += 1;
        run.startedAt = simulation.now();
        request();
        produce(environments);
      });
    });
  };
  request();
  simulation.schedule(run.createdAt + random.between(1, 4) * MINUTE, () => {
    if (rollout.kind === 'change') deploy('staging', false, 'success', () => produce(service.production));
    else produce(service.production);
  });
}

/** Argo CD: a sync of the application of each production environment in turn, announced when it starts and when it settles. */
export function throughArgocd(world: World, rollout: Rollout): void {
  const { simulation } = world;
  const { state, head } = rollout;
  const { service, repository } = state;
  const random = simulation.random(`rollout/${service.id}`);
  const sync = (environments: readonly string[], first: string | null, attempt: number): void => {
    const [environment, ...rest] = environments;
    if (environment === undefined) {
      rollout.done(first ?? '');
      return;
    }
    const application = service.applications.get(environment) ?? `${service.id}-${environment}`;
    const startedAt = simulation.now();
    const rolloutId = argocdRolloutId(application, startedAt);
    const base = {
      application,
      service: service.id,
      environment,
      repository: repository.fullName,
      revision: head.sha,
      startedAt,
      initiatedBy: rollout.kind === 'change' ? null : rollout.actor,
    };
    const fails = rollout.ends === 'retried' ? attempt === 1 : rollout.ends !== 'succeeded';
    const takes = random.lognormal(1.4, 0.4) * MINUTE + 20_000;
    send(
      world,
      argocdNotification(
        {
          ...base,
          phase: 'Running',
          finishedAt: null,
          health: 'Progressing',
          healthSince: startedAt,
          message: 'waiting for completion of hook and resources',
        },
        startedAt + 2_000,
      ),
    );
    simulation.schedule(startedAt + takes, () => {
      const finishedAt = simulation.now();
      if (fails && rollout.ends !== 'failed_live') {
        send(
          world,
          argocdNotification(
            {
              ...base,
              phase: 'Failed',
              finishedAt,
              health: 'Healthy',
              healthSince: startedAt - 86_400_000,
              message: 'one or more synchronization tasks completed unsuccessfully',
            },
            finishedAt,
          ),
        );
        if (rollout.ends === 'retried')
          simulation.schedule(finishedAt + random.between(4, 30) * MINUTE, () => sync(environments, null, 2));
        else rollout.done(rolloutId);
        return;
      }
      const settles = finishedAt + random.lognormal(fails ? 6 : 1.5, 0.5) * MINUTE;
      simulation.schedule(settles, () => {
        const health = fails ? ('Degraded' as const) : ('Healthy' as const);
        send(
          world,
          argocdNotification(
            {
              ...base,
              phase: 'Succeeded',
              finishedAt,
              health,
              healthSince: settles,
              message: 'successfully synced (all tasks run)',
            },
            settles + 1_000,
          ),
        );
        if (fails) rollout.done(rolloutId);
        else if (rest.length === 0) rollout.done(first ?? rolloutId);
        else simulation.schedule(settles + random.between(3, 20) * MINUTE, () => sync(rest, first ?? rolloutId, 2));
      });
    });
  };
  sync(service.production, null, 1);
}

/** A tool of the team's own, which posts canonical events and lists the changes that it ships. */
export function throughTool(world: World, rollout: Rollout): void {
  const { simulation, story } = world;
  const { state, head } = rollout;
  const { service, repository } = state;
  const random = simulation.random(`rollout/${service.id}`);
  const source = toolOf(state);
  const rolloutId = `${source}-${service.id}-${String(state.rollouts).padStart(3, '0')}`;
  const environment = service.production[0] ?? 'production';
  const data = {
    rollout_id: rolloutId,
    service_id: service.id,
    repository: repository.fullName,
    environment,
    revision: head.sha,
    trigger: rollout.kind === 'change' ? 'release' : 'manual',
    planned: rollout.kind === 'change' && rollout.changes.every(({ fixes }) => fixes === null),
    changes: rollout.changes.map(({ id }) => id),
  };
  const at = (
    instant: number,
    name: string,
    type: CanonicalEvent['type'],
    more: Record<string, unknown> = {},
  ): CanonicalEvent => canonical(source, `${rolloutId}/${name}`, type, instant, { ...data, ...more });
  const post = (events: readonly CanonicalEvent[]): void => {
    if (isCutOff(story, source, simulation.now())) return;
    send(world, canonicalRequest(events, `${source}/3.1`));
  };
  const startedAt = simulation.now() + random.between(2, 20) * MINUTE;
  const finishedAt = startedAt + random.lognormal(70, 0.5) * MINUTE;
  post([at(simulation.now(), 'queued', 'deployment.queued')]);
  simulation.schedule(startedAt, () => post([at(startedAt, 'started', 'deployment.started')]));
  if (rollout.ends === 'failed_live') {
    const exposedAt = startedAt + (finishedAt - startedAt) * 0.3;
    simulation.schedule(exposedAt, () => post([at(exposedAt, 'exposed', 'deployment.exposed')]));
  }
  simulation.schedule(finishedAt, () => {
    const outcome = rollout.ends === 'retried' ? 'succeeded' : rollout.ends;
    const back = rollout.rollsBack !== null;
    post([
      at(finishedAt, 'finished', back ? 'service.rolledback' : 'deployment.finished', {
        outcome,
        ...(back ? { rolls_back: rollout.rollsBack } : {}),
      }),
    ]);
    rollout.done(rolloutId);
  });
}

/** The tool that goes quiet for a while. */
export const SILENT_TOOL = 'depot-fleet';

/** While a tool is cut off nothing of it reaches the server, and nothing is sent later. */
export function isCutOff(story: Story, source: string, instant: number): boolean {
  return source === SILENT_TOOL && instant >= story.silence.from && instant < story.silence.to;
}

/** The name under which a team's own tool posts its events. */
export function toolOf(state: ServiceState): string {
  return state.team.id === 'warehouse' ? SILENT_TOOL : `${state.team.id}-release`;
}
