import { github } from '../../ingest/sources/github.ts';
import { gitlab } from '../../ingest/sources/gitlab.ts';
import { HISTORY_TYPE } from '../../ingest/sources/history.ts';
import type { SourceCase } from '../sources/cases/case.ts';
import { githubWorld } from './github-world.ts';

/* Bodies of history with every kind of record, as a backfill sends them: where hostile ones start from. */

const world = githubWorld('acme/api');
// Its months lie after the tests' present.
const earlier = <T>(value: T): T => JSON.parse(JSON.stringify(value).replaceAll('2026-0', '2025-0')) as T;
const [pull] = earlier(world.pulls);
const [deployed] = earlier(world.deployments);
const [ran] = earlier(world.runs);
const [incident] = earlier(world.incidents);
const SHA = 'a'.repeat(40);
const AT = '2026-03-05T10:00:00Z';

const commit = {
  sha: SHA,
  message: 'Faster till\n\nfixes: acme/api#7',
  authored_at: AT,
  committed_at: AT,
  author: 'Ada',
  login: 'ada',
  parents: ['b'.repeat(40)],
};
const contents = { rollout_id: 'acme/api/deployments/1', environment: 'production', revision: SHA, commits: [SHA] };
const told = (kind: string, record: object) => ({ kind, ...record });
const run = { id: '9', run_attempt: 1, event: 'push' };

const ofGithub = [
  told('pull', { pull: pull?.pull, commits: [commit], paths: ['src/till.ts'], reviews: pull?.reviews }),
  told('commit', { commit }),
  told('deployment', { deployment: deployed?.deployment, statuses: deployed?.statuses, run }),
  told('contents', { created_at: AT, contents }),
  told('run', { run: ran?.run }),
  told('job', { job: ran?.jobs[0] }),
  told('release', { release: earlier(world.releases)[0] }),
  told('incident', { issue: incident?.issue, comments: incident?.comments }),
  told('until', { at: AT }),
];

const user = { username: 'ada' };
const labCommit = {
  id: SHA,
  message: 'Work',
  author_name: 'Ada',
  authored_date: AT,
  committed_date: AT,
  parent_ids: [],
};
const request = {
  iid: 12,
  web_url: 'https://gitlab.example.com/acme/api/-/merge_requests/12',
  title: 'Faster till',
  author: user,
  source_branch: 'till',
  target_branch: 'main',
  source_project_id: 14,
  target_project_id: 14,
  sha: SHA,
  merge_commit_sha: 'c'.repeat(40),
  labels: ['hotfix'],
  created_at: AT,
  updated_at: AT,
  merged_at: AT,
  closed_at: null,
};
const deployable = { started_at: AT, finished_at: AT, web_url: 'https://gitlab.example.com/acme/api/-/jobs/5' };
const environment = { name: 'production', tier: 'production' };

const ofGitlab = [
  told('request', { request, commits: [labCommit], paths: ['src/till.ts'], approvals: [{ user, approved_at: AT }] }),
  told('commit', { commit: labCommit }),
  told('deployment', {
    deployment: { id: 9, status: 'success', sha: SHA, created_at: AT, updated_at: AT, environment, user, deployable },
  }),
  told('contents', { created_at: AT, contents }),
  told('pipeline', {
    pipeline: {
      id: 31,
      status: 'success',
      source: 'push',
      ref: 'main',
      sha: SHA,
      user,
      created_at: AT,
      finished_at: AT,
    },
  }),
  told('job', {
    job: { id: 5, name: 'test', status: 'success', pipeline: { id: 31 }, started_at: AT, finished_at: AT },
  }),
  told('release', { release: { tag_name: 'v1', released_at: AT, commit: { id: SHA } } }),
  told('incident', {
    issue: { iid: 7, issue_type: 'incident', severity: 'HIGH', labels: [], created_at: AT, closed_at: AT },
    notes: [{ body: 'caused-by: !12', created_at: AT }],
  }),
  told('until', { at: AT }),
];

const headers = { 'content-type': HISTORY_TYPE };
const base = (of: object, records: readonly object[]) => ({
  event: 'history',
  headers,
  body: { ...of, records },
  makes: '',
});

/** For each source with a history: one body of each kind of record alone, and one of all of them. */
export const histories: readonly Pick<SourceCase, 'source' | 'bases'>[] = [
  { source: github, of: { repository: { full_name: 'acme/api', default_branch: 'main' } }, records: ofGithub },
  {
    source: gitlab,
    of: { project: { id: 14, path_with_namespace: 'acme/api', default_branch: 'main', visibility: 'private' } },
    records: ofGitlab,
  },
].map(({ source, of, records }) => ({
  source,
  bases: [...records.map((record) => base(of, [record])), base(of, records)],
}));
