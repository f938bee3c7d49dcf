import { createHash } from 'node:crypto';

const HOUR = 3_600_000;
const FIRST = Date.parse('2026-06-01T08:00:00Z');

/** A repository as GitHub has it: everything that its webhooks and its API tell alike. Shapes are those of the API. */
export interface GithubWorld {
  readonly name: string;
  readonly main: readonly WorldCommit[];
  readonly pulls: readonly WorldPull[];
  readonly deployments: readonly WorldDeployment[];
  readonly runs: readonly WorldRun[];
  readonly incidents: readonly WorldIncident[];
  readonly releases: readonly object[];
}

export interface WorldCommit {
  readonly sha: string;
  readonly at: string;
  readonly message: string;
  readonly login: string;
  /** Number of the pull request that it came by. */
  readonly pull: number | null;
}

export interface WorldPull {
  readonly pull: Record<string, unknown> & { number: number; updated_at: string; created_at: string };
  readonly commits: readonly WorldCommit[];
  readonly reviews: readonly {
    id: number;
    state: string;
    submitted_at: string;
    user: { login: string; type: string };
  }[];
  readonly merged: boolean;
}

export interface WorldDeployment {
  readonly deployment: { id: number; sha: string; created_at: string; environment: string } & Record<string, unknown>;
  readonly statuses: readonly ({ id: number; state: string } & Record<string, unknown>)[];
  readonly job: number;
}

export interface WorldRun {
  readonly run: { id: number; run_attempt: number; event: string; created_at: string } & Record<string, unknown>;
  readonly jobs: readonly ({ id: number; run_id: number } & Record<string, unknown>)[];
}

export interface WorldIncident {
  readonly issue: { number: number; comments: number; created_at: string } & Record<string, unknown>;
  readonly comments: readonly object[];
}

const iso = (ms: number) => new Date(ms).toISOString().replace('.000Z', 'Z');
const account = (login: string) => ({ login, type: login.endsWith('[bot]') ? 'Bot' : 'User' });

/**
 * Two months of a repository: `pulls` pull requests, every third commit a direct one, a deployment after every third landing,
 * some of which fail, are rolled back or cause an incident. The same history for every name; only the name differs, and
 * the ids that GitHub gives out once: `ids` is added to them.
 */
export function githubWorld(name: string, pulls = 24, ids = 0): GithubWorld {
  const sha = (what: string) => createHash('sha1').update(what).digest('hex');
  const main: WorldCommit[] = [];
  const made: WorldPull[] = [];
  const deployments: WorldDeployment[] = [];
  const runs: WorldRun[] = [];
  const incidents: WorldIncident[] = [];
  const releases: object[] = [];
  let at = FIRST;

  const land = (commit: Omit<WorldCommit, 'at'>) => main.push({ ...commit, at: iso(at) });
  const deploy = (revision: string, state: string) => {
    const n = deployments.length + 1;
    const runId = 9000 + ids + n;
    const job = 70_000 + ids + n;
    const created = iso(at);
    const ended = iso(at + 600_000);
    const log = `https://github.com/${name}/actions/runs/${runId}/job/${job}`;
    const statuses = [
      {
        id: n * 10,
        state: 'in_progress',
        environment: 'production',
        created_at: created,
        log_url: log,
        target_url: log,
      },
      { id: n * 10 + 1, state, environment: 'production', created_at: ended, log_url: log, target_url: log },
    ];
    const deployment = {
      id: 500 + ids + n,
      sha: revision,
      ref: 'main',
      task: 'deploy',
      environment: 'production',
      original_environment: 'production',
      production_environment: true,
      created_at: created,
      creator: account('github-actions[bot]'),
      payload: {},
    };
    deployments.push({ deployment, statuses, job });
    const conclusion = state === 'success' ? 'success' : 'failure';
    const run = {
      id: runId,
      run_attempt: 1,
      name: 'Deploy',
      path: '.github/workflows/deploy.yml',
      event: 'push',
      status: 'completed',
      conclusion,
      head_sha: revision,
      head_branch: 'main',
      created_at: created,
      run_started_at: created,
      updated_at: ended,
      actor: account('ada'),
      triggering_actor: account('ada'),
    };
    const jobs = [
      {
        id: job,
        run_id: runId,
        run_attempt: 1,
        name: 'deploy',
        workflow_name: 'Deploy',
        status: 'completed',
        conclusion,
        head_sha: revision,
        created_at: created,
        started_at: iso(at + 20_000),
        completed_at: ended,
        runner_name: 'runner-1',
      },
    ];
    runs.push({ run, jobs });
  };

  land({ sha: sha('root'), message: 'Begin', login: 'ada', pull: null });
  at += HOUR;
  deploy(main[0]!.sha, 'success');
  for (let number = 1; number <= pulls; number++) {
    at += 20 * HOUR;
    const isMerged = number % 7 !== 0;
    const opened = at;
    const login = number % 9 === 0 ? 'renovate[bot]' : 'grace';
    const count = number === 5 ? 25 : 1 + (number % 3);
    const commits = Array.from({ length: count }, (_, index) => ({
      sha: sha(`pull ${number} commit ${index}`),
      at: iso(opened - (count - index) * 600_000),
      message: `Step ${index + 1} of ${number}`,
      login,
      pull: number,
    }));
    at += 5 * HOUR;
    const closed = iso(at);
    const mergeSha = sha(`merge ${number}`);
    const pull = {
      number,
      html_url: `https://github.com/${name}/pull/${number}`,
      title: `Change ${number}`,
      body: null,
      state: 'closed',
      draft: false,
      user: account(login),
      created_at: iso(opened),
      updated_at: closed,
      merged_at: isMerged ? closed : null,
      closed_at: closed,
      merge_commit_sha: mergeSha,
      head: {
        ref: `topic-${number}`,
        sha: commits.at(-1)!.sha,
        label: `acme:topic-${number}`,
        repo: { full_name: name },
      },
      base: { ref: 'main' },
      labels: number % 8 === 0 ? [{ name: 'hotfix' }] : [],
    };
    const reviews = [{ id: 100 + number, state: 'APPROVED', submitted_at: iso(at - HOUR), user: account('linus') }];
    made.push({ pull, commits, reviews, merged: isMerged });
    if (!isMerged) continue;
    land({ sha: mergeSha, message: `Change ${number} (#${number})`, login, pull: number });
    if (number % 3 === 0) {
      at += HOUR;
      land({ sha: sha(`direct ${number}`), message: `Direct ${number}`, login: 'ada', pull: null });
    }
    if (number % 3 !== 1) continue;
    at += HOUR;
    deploy(main.at(-1)!.sha, number % 4 === 0 ? 'failure' : 'success');
    if (number % 10 !== 0) continue;
    const start = at + HOUR;
    incidents.push({
      issue: {
        number: 1000 + number,
        html_url: `https://github.com/${name}/issues/${1000 + number}`,
        title: 'Till is down',
        body: 'It is.',
        state: 'closed',
        state_reason: 'completed',
        comments: 1,
        created_at: iso(start),
        updated_at: iso(start + HOUR),
        closed_at: iso(start + HOUR),
        labels: [{ name: 'incident' }, { name: 'outage' }],
      },
      comments: [
        {
          body: `caused-by: ${main.at(-1)!.sha}`,
          created_at: iso(start + 600_000),
          updated_at: iso(start + 600_000),
          author_association: 'MEMBER',
          user: account('ada'),
        },
      ],
    });
    at += 2 * HOUR;
    deploy(deployments.at(-2)!.deployment.sha, 'success');
    releases.push({
      id: 40 + number,
      tag_name: `v${number}`,
      target_commitish: 'main',
      draft: false,
      prerelease: false,
      created_at: iso(at),
      published_at: iso(at),
      author: account('ada'),
    });
  }
  return { name, main, pulls: made, deployments, runs, incidents, releases };
}

/** Every webhook of the repository's life, in order: what a hook that never failed would have brought. */
export function webhooksOf(world: GithubWorld): { event: string; at: string; body: Record<string, unknown> }[] {
  const repository = { full_name: world.name, default_branch: 'main' };
  const sent: { event: string; at: string; body: Record<string, unknown> }[] = [];
  const say = (event: string, at: string, body: object) => sent.push({ event, at, body: { repository, ...body } });
  const pushed = (branch: string, before: string, commits: readonly WorldCommit[]) => {
    const last = commits.at(-1)!;
    say('push', last.at, {
      ref: `refs/heads/${branch}`,
      before,
      after: last.sha,
      repository: { ...repository, pushed_at: Math.floor(Date.parse(last.at) / 1000) },
      commits: commits.map(({ sha, at, message, login }) => ({
        id: sha,
        timestamp: at,
        message,
        author: { name: login, username: login },
      })),
    });
  };
  for (const [place, commit] of world.main.entries())
    pushed('main', place === 0 ? '0'.repeat(40) : world.main[place - 1]!.sha, [commit]);
  for (const { pull, commits, reviews, merged } of world.pulls) {
    pushed(`topic-${pull.number}`, '0'.repeat(40), commits);
    say('pull_request', pull.created_at, {
      action: 'opened',
      pull_request: { ...pull, merged: false, merged_at: null, closed_at: null, updated_at: pull.created_at },
    });
    for (const review of reviews)
      say('pull_request_review', review.submitted_at, {
        action: 'submitted',
        review: { ...review, state: 'approved' },
        pull_request: { number: pull.number },
      });
    say('pull_request', pull.updated_at, { action: 'closed', pull_request: { ...pull, merged } });
  }
  for (const [place, { deployment, statuses }] of world.deployments.entries()) {
    const workflow_run = { id: world.runs[place]!.run.id, run_attempt: 1, event: 'push' };
    say('deployment', deployment.created_at, { action: 'created', deployment, workflow_run });
    for (const deployment_status of statuses)
      say('deployment_status', String(deployment_status.created_at), {
        action: 'created',
        deployment,
        deployment_status,
        workflow_run,
      });
  }
  for (const { run, jobs } of world.runs) {
    say('workflow_run', run.created_at, { action: 'requested', workflow_run: run });
    say('workflow_run', String(run.updated_at), { action: 'completed', workflow_run: run });
    for (const workflow_job of jobs)
      say('workflow_job', String(workflow_job.completed_at), { action: 'completed', workflow_job });
  }
  for (const release of world.releases)
    say('release', String((release as { published_at: string }).published_at), { action: 'published', release });
  for (const { issue, comments } of world.incidents) {
    say('issues', issue.created_at, {
      action: 'opened',
      issue: { ...issue, updated_at: issue.created_at, closed_at: null, state_reason: null, comments: 0 },
    });
    for (const comment of comments) say('issue_comment', issue.created_at, { action: 'created', issue, comment });
    say('issues', String(issue.closed_at), { action: 'closed', issue });
  }
  return sent.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}
