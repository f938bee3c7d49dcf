import { expect, test } from 'vitest';
import { type Fact, makeEvent } from '../../ingest/event.ts';
import { mergedFact, openedFact, pullRequest, review, reviewedFact } from '../../ingest/sources/github/change.ts';
import { incidentFacts, issue } from '../../ingest/sources/github/issue.ts';
import { runFinished, runQueued, workflowRun } from '../../ingest/sources/github/pipeline.ts';
import { release, releasedFact } from '../../ingest/sources/github/release.ts';
import { deployment, deploymentStatus, deploymentStatusFact } from '../../ingest/sources/github/rollout.ts';
import { eventsOf, OTHER, repository, SHA } from './reading.ts';

/*
 * The REST API tells the same things in nearly the same fields, with some more and some fewer. What is built from them must be
 * the very facts of the webhooks, so that history that is fetched over live data adds only what was missing.
 */

const REPO = repository.full_name;
const asKept = (...facts: readonly (Fact | null)[]) =>
  JSON.parse(
    JSON.stringify(
      facts.map((fact) => fact && makeEvent(fact, { source: 'github', normaliser: 1, delivery_id: 'delivery-1' })),
    ),
  );
const heard = (event: string, body: object) => JSON.parse(JSON.stringify(eventsOf(event, { repository, ...body })));

const pull = {
  number: 12,
  html_url: 'https://github.com/acme/api/pull/12',
  title: 'Faster till',
  body: 'fixes: INC-7',
  user: { login: 'ada', type: 'User' },
  created_at: '2026-03-05T08:00:00Z',
  updated_at: '2026-03-05T09:00:00Z',
  merged_at: '2026-03-05T09:00:00Z',
  closed_at: '2026-03-05T09:00:00Z',
  merge_commit_sha: SHA,
  head: { ref: 'till', sha: OTHER, label: 'acme:till', repo: { full_name: REPO } },
  base: { ref: 'main' },
  labels: [{ name: 'hotfix' }],
};

test('a pull request of a list, which has no `merged`', () => {
  const listed = pullRequest.parse({ ...pull, state: 'closed', draft: false });
  const [created] = heard('pull_request', { action: 'opened', pull_request: pull });
  const [merged] = heard('pull_request', { action: 'closed', pull_request: { ...pull, merged: true } });
  expect(asKept(openedFact(REPO, listed), mergedFact(REPO, listed, listed.merged_at ?? ''))).toEqual([created, merged]);
});

test('a review, whose state the API writes in capitals', () => {
  const given = { id: 5, submitted_at: '2026-03-05T08:30:00Z', user: pull.user };
  const [webhook] = heard('pull_request_review', {
    action: 'submitted',
    review: { ...given, state: 'approved' },
    pull_request: { number: 12 },
  });
  expect(asKept(reviewedFact(REPO, 12, review.parse({ ...given, state: 'APPROVED' })))).toEqual([webhook]);
});

test('a run', () => {
  const run = {
    id: 900,
    run_attempt: 2,
    name: 'CI',
    path: '.github/workflows/ci.yml',
    event: 'push',
    conclusion: 'success',
    head_sha: SHA,
    head_branch: 'main',
    created_at: '2026-03-05T10:00:00Z',
    run_started_at: '2026-03-05T11:00:00Z',
    updated_at: '2026-03-05T11:07:00Z',
    actor: pull.user,
    triggering_actor: pull.user,
  };
  const fetched = workflowRun.parse({ ...run, status: 'completed' });
  expect(asKept(runQueued(REPO, fetched), runFinished(REPO, fetched))).toEqual([
    ...heard('workflow_run', { action: 'requested', workflow_run: run }),
    ...heard('workflow_run', { action: 'completed', workflow_run: run }),
  ]);
});

test('a status of a deployment that Actions made, given its run', () => {
  const made = {
    id: 77,
    sha: SHA,
    environment: 'production',
    original_environment: 'production',
    task: 'deploy',
    created_at: '2026-03-05T10:00:00Z',
    creator: pull.user,
    payload: {},
  };
  const status = { id: 8, state: 'success', environment: 'production', created_at: '2026-03-05T10:05:00Z' };
  const run = { id: 900, run_attempt: 1, event: 'push' };
  const body = { action: 'created', deployment: made, deployment_status: status, workflow_run: run };
  const deployed = { repo: REPO, deployment: deployment.parse(made), run: { ...run, id: '900' } };
  expect(asKept(deploymentStatusFact(deployed, deploymentStatus.parse(status)))).toEqual(
    heard('deployment_status', body),
  );
});

test('a release, and an incident that is closed', () => {
  const published = {
    id: 1,
    tag_name: 'v1',
    target_commitish: SHA,
    draft: false,
    published_at: '2026-03-05T10:00:00Z',
    author: pull.user,
  };
  expect(asKept(releasedFact(REPO, release.parse(published), '2026-03-05T10:00:00.000Z'))).toEqual(
    heard('release', { action: 'published', release: published }),
  );
  const incident = {
    number: 3,
    html_url: 'https://github.com/acme/api/issues/3',
    title: 'Till is down',
    body: 'caused-by: #12',
    created_at: '2026-03-05T09:00:00Z',
    updated_at: '2026-03-05T09:40:00Z',
    closed_at: '2026-03-05T09:40:00Z',
    state_reason: 'completed',
    labels: [{ name: 'incident' }],
  };
  expect(asKept(...incidentFacts(REPO, issue.parse(incident)))).toEqual(
    heard('issues', { action: 'closed', issue: incident }),
  );
});
