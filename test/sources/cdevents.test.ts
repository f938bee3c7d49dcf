import { describe, expect, test } from 'vitest';
import { artifactOf } from '../../ingest/sources/cdevents/purl.ts';
import { event, only, production, read, told, UUID } from './cdevent.ts';

const SHA = 'a'.repeat(40);
const OTHER = 'b'.repeat(40);
const DIGEST = `sha256:${'c'.repeat(64)}`;

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
