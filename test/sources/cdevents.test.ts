import { describe, expect, test } from 'vitest';
import { normaliseDelivery } from '../../ingest/normalise.ts';
import { artifactOf } from '../../ingest/sources/cdevents/purl.ts';
import { cdevents } from '../../ingest/sources/cdevents.ts';
import { delivery } from './deliveries.ts';
import { toldBy } from './told.ts';

const SHA = 'a'.repeat(40);
const OTHER = 'b'.repeat(40);
const DIGEST = `sha256:${'c'.repeat(64)}`;
const UUID = '271069a8-fc18-44f1-b38f-9d70a1695819';
const AT = '2026-03-05T10:00:00Z';
const { read, told } = toldBy(cdevents);

interface Parts {
  readonly id?: string;
  readonly context?: object;
  readonly about?: object;
  readonly customData?: unknown;
}
const event = (type: string, content: object = {}, { id = 'till', context, about, customData }: Parts = {}) => ({
  context: {
    specversion: '0.5.1',
    id: UUID,
    source: '/ci',
    type: `dev.cdevents.${type}.0.3.0`,
    timestamp: AT,
    ...context,
  },
  subject: { id, content, ...about },
  customData,
});
const only = (type: string, content?: object, parts?: Parts) => {
  const made = told(event(type, content, parts));
  expect(made).toHaveLength(1);
  return made[0]!;
};
const production = { environment: { id: 'production' } };

describe('a service', () => {
  test('deployed: a rollout under the event’s own id, with the digest as its revision', () => {
    expect(
      only('service.deployed', { ...production, artifactId: `pkg:oci/till@${encodeURIComponent(DIGEST)}` }),
    ).toEqual({
      type: 'deployment.finished',
      at: '2026-03-05T10:00:00.000Z',
      data: {
        rollout_id: UUID,
        application: 'till',
        environment: 'production',
        revision: DIGEST,
        artifact_digest: DIGEST,
        outcome: 'succeeded',
      },
    });
    const bare = only('service.upgraded', production, { context: { id: '7' } });
    expect(bare.data).toMatchObject({ rollout_id: '/ci/7', application: 'till' });
  });

  test('what the sender adds: commit, start, outcome, one id for all attempts', () => {
    const customData = {
      repository: 'https://github.com/acme/till.git',
      commit: SHA.toUpperCase(),
      commits: [SHA, OTHER.toUpperCase()],
      changes: ['acme/till#12'],
      started_at: '2026-03-05T09:50:00Z',
      outcome: 'failed_live',
      rollout_id: 'r-1',
      attempt_no: 2,
      service: 'till-api',
      planned: false,
      fixes: 'INC-7',
      author: 'ada',
    };
    const [started, finished] = told(event('service.deployed', production, { customData }));
    expect(started).toMatchObject({
      type: 'deployment.started',
      at: '2026-03-05T09:50:00.000Z',
      data: { rollout_id: 'r-1', attempt_no: 2, environment: 'production' },
    });
    expect(finished?.data).toEqual({
      rollout_id: 'r-1',
      attempt_no: 2,
      application: 'till',
      service_id: 'till-api',
      repository: 'acme/till',
      environment: 'production',
      revision: SHA,
      commits: [SHA, OTHER],
      changes: ['acme/till#12'],
      fixes_incident: 'INC-7',
      planned: false,
      actor: 'ada',
      outcome: 'failed_live',
    });
    expect(read(event('service.deployed', production, { customData: { outcome: 'odd' } }))).toMatch(
      /^rejected: customData.outcome/,
    );
  });

  test('rolled back: by name where the sender has one, else by its revision', () => {
    const named = only('service.rolledback', production, { customData: { rolls_back: 'r-1' } });
    expect(named).toMatchObject({ type: 'service.rolledback', data: { rolls_back: 'r-1', outcome: 'succeeded' } });
    const unnamed = only('service.rolledback', { ...production, artifactId: `pkg:oci/till@${DIGEST}` });
    expect(unnamed).toMatchObject({ type: 'deployment.finished', data: { trigger: 'rollback', revision: DIGEST } });
  });

  test('removed and published are no rollouts; without an environment it is refused', () => {
    expect(read(event('service.removed', production))).toMatch(/^ignored: a service that leaves/);
    expect(read(event('service.published', production))).toMatch(/^ignored: a service that can be reached/);
    expect(read(event('service.deployed', {}))).toMatch(/^rejected: subject\.content\.environment: /);
  });
});

test.each([
  [`pkg:oci/till@sha256%3A${'c'.repeat(64)}`, { digest: DIGEST }],
  [`pkg:docker/acme/till@${DIGEST}?repository_url=ghcr.io`, { digest: DIGEST }],
  [
    `pkg:oci/till@${DIGEST}?vcs_url=git%2Bhttps://github.com/acme/till%40${SHA}`,
    { digest: DIGEST, revision: SHA, repository: 'acme/till' },
  ],
  [
    `pkg:npm/till@1.0.0?vcs_url=git+ssh://git@gitlab.example.com/acme/sub/till.git@${SHA}#src`,
    { revision: SHA, repository: 'acme/sub/till' },
  ],
  ['pkg:npm/till@1.0.0?vcs_url=git+https://github.com/acme/till', { repository: 'acme/till' }],
  [`pkg:github/acme/till@${SHA}`, { revision: SHA, repository: 'acme/till' }],
  [`pkg:generic/till@1.0?checksum=${DIGEST}`, { digest: DIGEST }],
  ['pkg:npm/%40acme/till@1.0.0', {}],
  ['pkg:oci/till@latest', {}],
  [DIGEST, { digest: DIGEST }],
  ['till:1.0', {}],
  [undefined, {}],
])('the artifact %s', (purl, expected) => {
  expect(artifactOf(purl)).toEqual({ digest: undefined, revision: undefined, repository: undefined, ...expected });
});

describe('a change', () => {
  const of = { repository: { id: 'acme/till' } };

  test('is the forge’s, by its number or its address; else it has its own name', () => {
    const id = (subject: string) => only('change.merged', of, { id: subject }).data.change_id;
    expect(id('12')).toBe('acme/till#12');
    expect(id('https://github.com/acme/till/pull/12')).toBe('acme/till#12');
    expect(id('https://gitlab.example.com/acme/till/-/merge_requests/12')).toBe('acme/till#12');
    expect(id('Iabc')).toBe('acme/till#Iabc');
  });

  test('merged: its commit, commits, author and paths are added', () => {
    const customData = {
      commit: SHA,
      commits: [{ sha: OTHER, authored_at: '2026-03-01T10:00:00Z' }],
      author: 'ada',
      paths: ['src/a.ts'],
      opened_at: '2026-03-02T10:00:00Z',
      title: 'Faster',
    };
    expect(only('change.merged', of, { id: '12', customData })).toEqual({
      type: 'change.merged',
      at: '2026-03-05T10:00:00.000Z',
      data: {
        change_id: 'acme/till#12',
        repository: 'acme/till',
        number: 12,
        title: 'Faster',
        author: 'ada',
        opened_at: '2026-03-02T10:00:00.000Z',
        merge_sha: SHA,
        commits: [{ sha: OTHER, authored_at: '2026-03-01T10:00:00.000Z' }],
        paths: ['src/a.ts'],
      },
    });
  });

  test('created, updated, reviewed, abandoned; what a person wrote in the description', () => {
    const description = 'Revert "Faster"\n\nReverts #11\nfixes: INC-7';
    expect(only('change.created', { ...of, description }, { id: '12' }).data).toMatchObject({
      opened_at: '2026-03-05T10:00:00.000Z',
      title: 'Revert "Faster"',
      revert_of: 'acme/till#11',
      fixes_incident: 'INC-7',
    });
    expect(only('change.updated', of, { id: '12', customData: { commit: SHA } }).data.head_sha).toBe(SHA);
    expect(only('change.reviewed', of, { id: '12', customData: { author: 'bob' } }).data.reviewer).toBe('bob');
    expect(only('change.abandoned', of, { id: '12' }).data).toEqual({
      change_id: 'acme/till#12',
      repository: 'acme/till',
    });
    expect(read(event('change.merged', {}))).toBe('ignored: it names no repository');
    expect(only('change.merged', {}, { id: '1', customData: { repository: 'acme/till' } }).data.change_id).toBe(
      'acme/till#1',
    );
  });
});

describe('runs', () => {
  test('queued, started and finished share the id of their subject within its source', () => {
    const run = (predicate: string, content: object = {}) => only(`pipelinerun.${predicate}`, content, { id: '5' });
    const all = [run('queued'), run('started'), run('finished', { outcome: 'success' })];
    expect(all.map(({ type }) => type)).toEqual(['pipelinerun.queued', 'pipelinerun.started', 'pipelinerun.finished']);
    expect(all.map(({ data }) => data.run_id)).toEqual(['/ci/5', '/ci/5', '/ci/5']);
    expect(only('pipelinerun.started', {}, { about: { id: '5', source: '/other' } }).data.run_id).toBe('/other/5');
    expect(only('pipelinerun.started', {}, { id: UUID }).data.run_id).toBe(UUID);
  });

  test.each([
    ['success', 'succeeded'],
    ['failure', 'failed'],
    ['error', 'failed'],
    ['cancel', 'cancelled'],
    ['Canceled', 'cancelled'],
    ['timeout', 'timed_out'],
  ])('the outcome %s is %s', (outcome, expected) => {
    expect(only('pipelinerun.finished', { outcome }).data.outcome).toBe(expected);
    expect(only('taskrun.finished', { outcome }).data.outcome).toBe(expected);
  });

  test('without an outcome it has ended, and no more; an unknown one is refused, with its field', () => {
    expect(only('pipelinerun.finished').data.outcome).toBe('neutral');
    expect(only('taskrun.finished').data.outcome).toBe('neutral');
    for (const type of ['pipelinerun.finished', 'taskrun.finished']) {
      expect(read(event(type, { outcome: 'odd' }))).toBe('rejected: subject.content.outcome: is not known');
    }
    expect(only('pipelinerun.finished', {}, { customData: { outcome: 'success' } }).data.outcome).toBe('succeeded');
  });

  test('their source stands for the repository that they do not name', () => {
    expect(only('pipelinerun.started', { pipelineName: 'till' }).data).toMatchObject({
      repository: '/ci',
      workflow: 'till',
    });
    const customData = { repository: 'git@github.com:acme/till', commit: SHA, branch: 'main' };
    expect(only('pipelinerun.started', {}, { customData }).data).toMatchObject({
      repository: 'acme/till',
      revision: SHA,
      branch: 'main',
    });
  });

  test('a task belongs to the run that it names, a build to the one that is added', () => {
    const task = only(
      'taskrun.finished',
      { taskName: 'test', pipelineRun: { id: '5' }, outcome: 'failure' },
      { id: '9' },
    );
    expect(task.data).toMatchObject({ job_id: '/ci/9', run_id: '/ci/5', job: 'test', outcome: 'failed' });
    const elsewhere = only('taskrun.started', { pipelineRun: { id: '5', source: '/other' } }, { id: '9' });
    expect(elsewhere.data.run_id).toBe('/other/5');
    const build = only('build.finished', { artifactId: 'pkg:oci/till' }, { id: '3', customData: { run_id: '/ci/5' } });
    expect(build).toMatchObject({
      type: 'taskrun.finished',
      data: { job: 'build', run_id: '/ci/5', outcome: 'succeeded' },
    });
    expect(only('build.queued', {}, { id: '3' }).data.run_id).toBe('/ci/3');
  });
});

describe('incidents and tickets', () => {
  const slow = { ...production, service: { id: 'till' }, description: 'Slow\nsince noon' };

  test('detected, reported and resolved, with cause and impact', () => {
    const customData = {
      severity: 'sev2',
      impact: 'outage',
      cause: 'acme/till#12',
      started_at: '2026-03-05T09:30:00Z',
    };
    expect(only('incident.detected', slow, { id: 'INC-7', customData })).toEqual({
      type: 'incident.detected',
      at: '2026-03-05T10:00:00.000Z',
      data: {
        incident_id: 'INC-7',
        service: 'till',
        title: 'Slow',
        severity: 'sev2',
        impact: 'outage',
        caused_by: 'acme/till#12',
        impact_started_at: '2026-03-05T09:30:00.000Z',
      },
    });
    const reported = only('incident.reported', { ...slow, ticketURI: 'https://t.example.com/7' }, { id: 'INC-7' });
    expect(reported).toMatchObject({ type: 'incident.detected', data: { url: 'https://t.example.com/7' } });
    const resolved = only('incident.resolved', { ...slow, description: 'Back, caused-by: #12' }, { id: 'INC-7' });
    expect(resolved).toMatchObject({ type: 'incident.resolved', data: { incident_id: 'INC-7', caused_by: '#12' } });
    expect(resolved.data.title).toBeUndefined();
  });

  test('a cause is found wherever the sender’s own data says it', () => {
    const customData = { annotations: { note: 'caused-by: #3' } };
    expect(only('incident.detected', slow, { customData }).data.caused_by).toBe('#3');
    const bytes = Buffer.from(JSON.stringify({ cause: 'r-1' })).toString('base64');
    expect(only('incident.detected', slow, { customData: bytes }).data.caused_by).toBe('r-1');
  });

  test('a ticket is created and closed; an update tells only an escalation', () => {
    const content = { summary: 'Access', ticketType: 'question', creator: 'ada', uri: 'https://t.example.com/1' };
    expect(only('ticket.created', content, { id: 'T-1' }).data).toEqual({
      ticket_id: 'T-1',
      kind: 'question',
      principal: 'ada',
      title: 'Access',
      url: 'https://t.example.com/1',
    });
    expect(only('ticket.closed', { ...content, resolution: 'completed', updatedBy: 'bob' }).data.actor).toBe('bob');
    expect(read(event('ticket.updated', content))).toMatch(/^ignored: an update need be no answer/);
    expect(only('ticket.updated', content, { customData: { tier: 2 } })).toMatchObject({
      type: 'ticket.escalated',
      data: { tier: 2 },
    });
  });
});

test('an environment is defined only by who says whether it is production', () => {
  expect(
    only('environment.modified', {}, { id: 'eu', customData: { production: true, group: 'production' } }),
  ).toMatchObject({
    type: 'environment.defined',
    data: { name: 'eu', production: true, group: 'production' },
  });
  expect(read(event('environment.created', { name: 'EU' }))).toMatch(/^ignored: it does not say/);
  expect(read(event('environment.deleted'))).toMatch(/^ignored: rollouts to a deleted/);
});

test('what another consumer put under our keys is passed over', () => {
  const customData = {
    commit: { id: 1 },
    labels: 'x',
    planned: 'no',
    attempt_no: -1,
    cause: 7,
    paths: [1],
    started_at: 'noon',
  };
  expect(told(event('service.deployed', production, { customData }))).toEqual(
    told(event('service.deployed', production)),
  );
});

describe('versions and transports', () => {
  const deployed = event('service.deployed', production);
  const sent = (body: unknown, headers: Record<string, string>) => {
    const reading = normaliseDelivery(cdevents, delivery('cdevents', body, headers));
    return reading.outcome === 'events' ? reading.events : `${reading.outcome}: ${reading.reason}`;
  };
  const structured = (data: object, more: object = {}) => ({
    specversion: '1.0',
    id: UUID,
    source: '/ci',
    type: 'dev.cdevents.service.deployed.0.3.0',
    time: AT,
    datacontenttype: 'application/json',
    data,
    ...more,
  });

  test('the old version field and any version of the event say the same', () => {
    const { specversion, ...context } = deployed.context;
    const old = {
      ...deployed,
      context: { ...context, version: '0.3.0', type: 'dev.cdevents.service.deployed.0.1.1' },
      subject: { ...deployed.subject, type: 'service' },
    };
    expect(specversion).toBe('0.5.1');
    expect(read(old)).toEqual(read(deployed));
    const next = { ...deployed, context: { ...deployed.context, type: 'dev.cdevents.service.deployed.1.0.0-draft' } };
    expect(read(next)).toEqual(read(deployed));
  });

  test('binary, structured, batch and bare are one and the same', () => {
    const bare = read(deployed);
    const ce = {
      'ce-specversion': '1.0',
      'ce-type': 'dev.cdevents.service.deployed.0.3.0',
      'ce-id': UUID,
      'ce-source': '%2Fci',
    };
    expect(sent(deployed, { ...ce, 'content-type': 'application/json' })).toEqual(bare);
    expect(sent(structured(deployed), { 'content-type': 'application/cloudevents+json' })).toEqual(bare);
    expect(sent([structured(deployed)], { 'content-type': 'application/cloudevents-batch+json' })).toEqual(bare);
    const bytes = Buffer.from(JSON.stringify(deployed)).toString('base64');
    expect(sent(structured({}, { data: undefined, data_base64: bytes }), {})).toEqual(bare);
  });

  test('a batch is taken whole, or not at all, saying which event it was', () => {
    const other = event('change.abandoned', { repository: { id: 'acme/till' } }, { id: '1' });
    const ignored = event('branch.created', {});
    expect(sent([structured(deployed), structured(ignored), structured(other)], {})).toHaveLength(2);
    expect(sent([structured(deployed), structured(event('service.deployed', {}))], {})).toMatch(
      /^rejected: event 2 of 2: subject\.content\.environment/,
    );
    expect(sent([structured(deployed), { data: {} }], {})).toMatch(/^rejected: event 2 of the batch/);
    expect(sent([structured(ignored)], {})).toMatch(/^ignored: a branch is known/);
    expect(sent([], {})).toBe('rejected: the batch is empty');
    expect(sent(Array(5001).fill(0), {})).toMatch(/^rejected: the batch has more than 5000/);
  });

  test('other specifications are not ours', () => {
    expect(sent({}, { 'ce-specversion': '1.0', 'ce-type': 'com.example.x' })).toBe(
      'ignored: no metric reads com.example.x',
    );
    expect(
      read({ ...deployed, context: { ...deployed.context, type: 'dev.cdeventsx.tool-thing.done.0.1.0' } }),
    ).toMatch(/^ignored: it is a custom event/);
    for (const subject of ['artifact.published', 'repository.created', 'testcaserun.finished', 'approval.created']) {
      expect(read(event(subject))).toMatch(/^ignored: /);
    }
    expect(read(event('quark.spun'))).toBe('ignored: no metric reads quark.spun');
  });
});
