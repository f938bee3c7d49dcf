import { numberOf } from '../year/random.ts';
import type { Outgoing } from '../year/simulation.ts';
import { githubRequest } from './github.ts';
import {
  account,
  common,
  type GitCommit,
  githubTime,
  headCommit,
  minimalRepository,
  type Repository,
} from './github-parts.ts';

/** A run of a workflow. Its id stays over re-runs, the attempt counts up. */
export interface Run {
  readonly id: number;
  readonly number: number;
  readonly workflow: string;
  readonly file: string;
  readonly event: 'push' | 'pull_request' | 'workflow_dispatch';
  readonly branch: string;
  readonly head: GitCommit;
  readonly actor: string;
  readonly createdAt: number;
  attempt: number;
  startedAt: number;
}

type Conclusion = 'success' | 'failure' | 'cancelled';

function runObject(
  repository: Repository,
  run: Run,
  status: 'queued' | 'in_progress' | 'completed',
  conclusion: Conclusion | null,
  now: number,
): Record<string, unknown> {
  const api = `https://api.github.com/repos/${repository.fullName}/actions/runs/${run.id}`;
  return {
    id: run.id,
    name: run.workflow,
    node_id: `WFR_kwLO${run.id.toString(36)}`,
    head_branch: run.branch,
    head_sha: run.head.sha,
    path: `.github/workflows/${run.file}`,
    display_title: run.head.message.split('\n')[0] ?? '',
    run_number: run.number,
    event: run.event,
    status,
    conclusion,
    workflow_id: numberOf('workflow', repository.fullName, run.file) % 100_000_000,
    check_suite_id: run.id + 7,
    check_suite_node_id: `CS_kwDO${(run.id + 7).toString(36)}`,
    url: api,
    html_url: `https://github.com/${repository.fullName}/actions/runs/${run.id}`,
    pull_requests: [],
    created_at: githubTime(run.createdAt),
    updated_at: githubTime(now),
    actor: account(run.actor),
    run_attempt: run.attempt,
    run_started_at: githubTime(run.startedAt),
    triggering_actor: account(run.actor),
  };
}

/** `workflow_run` requested, in progress, or completed with a conclusion. */
export function workflowRun(
  repository: Repository,
  run: Run,
  stage: 'requested' | 'in_progress' | Conclusion,
  now: number,
): Outgoing {
  const ended = stage === 'requested' || stage === 'in_progress' ? null : stage;
  const action = ended === null ? stage : 'completed';
  const status = stage === 'requested' ? 'queued' : stage === 'in_progress' ? 'in_progress' : 'completed';
  const workflowId = numberOf('workflow', repository.fullName, run.file) % 100_000_000;
  return githubRequest('workflow_run', `${run.id}/${run.attempt}/${action}`, {
    action,
    workflow_run: {
      ...runObject(repository, run, status, ended, now),
      referenced_workflows: [],
      previous_attempt_url: null,
      head_commit: headCommit(run.head),
      repository: minimalRepository(repository),
      head_repository: minimalRepository(repository),
    },
    workflow: {
      id: workflowId,
      node_id: `W_kwDO${workflowId.toString(36)}`,
      name: run.workflow,
      path: `.github/workflows/${run.file}`,
      state: 'active',
      created_at: githubTime(repository.createdAt),
      updated_at: githubTime(repository.createdAt),
      url: `https://api.github.com/repos/${repository.fullName}/actions/workflows/${workflowId}`,
      html_url: `https://github.com/${repository.fullName}/blob/main/.github/workflows/${run.file}`,
    },
    ...common(repository, run.actor),
  });
}

/** `workflow_job`: queued, in_progress or completed. While queued `started_at` repeats the time of queueing. */
export function workflowJob(
  repository: Repository,
  run: Run,
  job: { name: string; createdAt: number; startedAt: number; completedAt: number },
  action: 'queued' | 'in_progress' | 'completed',
  conclusion: Conclusion,
): Outgoing {
  const id = numberOf('job', run.id, run.attempt, job.name);
  const running = action !== 'queued';
  return githubRequest('workflow_job', `${id}/${action}`, {
    action,
    workflow_job: {
      id,
      run_id: run.id,
      workflow_name: run.workflow,
      head_branch: run.branch,
      run_url: `https://api.github.com/repos/${repository.fullName}/actions/runs/${run.id}`,
      run_attempt: run.attempt,
      node_id: `CR_kwDO${id.toString(36)}`,
      head_sha: run.head.sha,
      url: `https://api.github.com/repos/${repository.fullName}/actions/jobs/${id}`,
      html_url: `https://github.com/${repository.fullName}/actions/runs/${run.id}/job/${id}`,
      status: action,
      conclusion: action === 'completed' ? conclusion : null,
      created_at: githubTime(job.createdAt),
      started_at: githubTime(running ? job.startedAt : job.createdAt),
      completed_at: action === 'completed' ? githubTime(job.completedAt) : null,
      name: job.name,
      steps: [],
      labels: ['ubuntu-latest'],
      runner_id: running ? 5 : null,
      runner_name: running ? 'GitHub Actions 5' : null,
      runner_group_id: running ? 2 : null,
      runner_group_name: running ? 'GitHub Actions' : null,
    },
    ...common(repository, run.actor),
  });
}

/** A deployment that a run made. `createdAt` in epoch ms. */
export interface Deployment {
  readonly id: number;
  readonly environment: string;
  readonly production: boolean;
  readonly sha: string;
  readonly ref: string;
  readonly createdAt: number;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly run: Run;
}

function deploymentObject(repository: Repository, deployment: Deployment, now: number): Record<string, unknown> {
  const api = `https://api.github.com/repos/${repository.fullName}`;
  return {
    url: `${api}/deployments/${deployment.id}`,
    id: deployment.id,
    node_id: `DE_kwDO${deployment.id.toString(36)}`,
    task: 'deploy',
    original_environment: deployment.environment,
    environment: deployment.environment,
    description: null,
    created_at: githubTime(deployment.createdAt),
    updated_at: githubTime(now),
    statuses_url: `${api}/deployments/${deployment.id}/statuses`,
    repository_url: api,
    creator: account(deployment.run.actor),
    sha: deployment.sha,
    ref: deployment.ref,
    payload: deployment.payload,
    transient_environment: false,
    production_environment: deployment.production,
    performed_via_github_app: null,
  };
}

/** `deployment` created, made by a workflow run. */
export function deploymentCreated(repository: Repository, deployment: Deployment): Outgoing {
  const { run, createdAt } = deployment;
  return githubRequest('deployment', `${deployment.id}`, {
    action: 'created',
    deployment: deploymentObject(repository, deployment, createdAt),
    workflow: null,
    workflow_run: runObject(repository, run, 'in_progress', null, createdAt),
    ...common(repository, run.actor),
  });
}

/** `deployment_status` created. GitHub sends none for `inactive`. */
export function deploymentStatus(
  repository: Repository,
  deployment: Deployment,
  state: 'in_progress' | 'success' | 'failure' | 'error',
  now: number,
): Outgoing {
  const api = `https://api.github.com/repos/${repository.fullName}/deployments/${deployment.id}`;
  const id = numberOf('status', deployment.id, state, now);
  const { run } = deployment;
  return githubRequest('deployment_status', `${id}`, {
    action: 'created',
    deployment_status: {
      url: `${api}/statuses/${id}`,
      id,
      node_id: `DES_kwDO${id.toString(36)}`,
      state,
      creator: account(run.actor),
      description: '',
      environment: deployment.environment,
      target_url: `https://github.com/${repository.fullName}/actions/runs/${run.id}`,
      created_at: githubTime(now),
      updated_at: githubTime(now),
      deployment_url: api,
      repository_url: `https://api.github.com/repos/${repository.fullName}`,
      environment_url: '',
      log_url: `https://github.com/${repository.fullName}/actions/runs/${run.id}`,
      performed_via_github_app: null,
    },
    deployment: deploymentObject(repository, deployment, now),
    workflow_run: runObject(repository, run, 'in_progress', null, now),
    ...common(repository, run.actor),
  });
}
