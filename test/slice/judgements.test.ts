import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { KeyResult } from '../../queries/okr/key-result.ts';
import type { Objective } from '../../queries/okr/objectives.ts';
import type { Slo, SpentBy } from '../../queries/slo/slo.ts';
import type { RunningService } from '../../services/compose.ts';
import { startEmbedded, temporaryFolder } from '../api/start.ts';
import { daysAgo, NOW, read, type Told, tell } from './world.ts';

const date = (days: number) => daysAgo(days).slice(0, 10);

/** An objective on the 50th of 92 days. */
const objectives = `
objective: faster
title: Faster
owner: platform
from: ${date(49)}
to: ${date(49 - 92)}
kind: committed
key_results:
  - { key_result: lead-time, title: Lead time, metric: dora.change_lead_time, scope: { service: api }, baseline: { value: 8 }, target: 2 }
  - { key_result: lead-time-log, title: Lead time, metric: dora.change_lead_time, scope: { service: [api] }, baseline: { value: 8 }, target: 2, scale: log, weight: 3 }
  - { key_result: adoption, title: Adoption, metric: adoption.rate, scope: { team: adopters }, baseline: { value: 0.6 }, target: 0.8 }
  - { key_result: survey, title: Survey, metric: survey.score, scope: { team: few }, baseline: { value: 3 }, target: 4 }
  - { key_result: nobody, title: Nobody was asked, metric: dora.change_fail_rate, scope: { service: none }, baseline: { value: 1 }, target: 0 }
  - { key_result: kept, title: Kept, metric: dora.change_fail_rate, type: maintain, target: 0.1 }
`;

const slo = (name: string, service: string, isPublic: boolean) => `
apiVersion: openslo/v1
kind: SLO
metadata:
  name: ${name}
  displayName: The ${service} <b>
  annotations: { headway.dev/sli: incidents, headway.dev/public: '${isPublic}' }
spec:
  service: ${service}
  timeWindow: [{ duration: 30d, isRolling: true }]
  budgetingMethod: Timeslices
  objectives: [{ target: 0.999 }]
`;

let service: RunningService;
beforeAll(async () => {
  const dir = temporaryFolder();
  for (const folder of ['objectives', 'slos']) mkdirSync(join(dir, folder));
  writeFileSync(join(dir, 'objectives/q.yaml'), objectives);
  writeFileSync(join(dir, 'slos/two.yaml'), `${slo('shop-up', 'shop', true)}---${slo('ledger-up', 'ledger', false)}`);
  service = await startEmbedded({ HEADWAY_WORKSPACE: dir });
  await service.ready;
  await service.settled();
  const heartbeats = [41, 0].map(
    (days): Told => ({ type: 'source.heartbeat', occurred_at: daysAgo(days), data: { name: 'tests' } }),
  );
  const deploy = (service_id: string, id: string, days: number, more: object = {}): Told => ({
    type: 'deployment.finished',
    occurred_at: daysAgo(days),
    data: {
      rollout_id: id,
      service_id,
      environment: 'production',
      revision: id,
      outcome: 'succeeded',
      platform_path: true,
      ...more,
    },
  });
  const hours = [1, 2, 5, 8, 30];
  const change = (n: number): Told[] => [
    {
      type: 'change.created',
      occurred_at: daysAgo(3, hours[n]! * 60),
      data: { change_id: `c${n}`, repository: 'api' },
    },
    {
      type: 'change.merged',
      occurred_at: daysAgo(3, 30),
      data: { change_id: `c${n}`, repository: 'api', commits: [], author: 'ann', author_kind: 'human' },
    },
  ];
  const incident = (service_id: string, id: string, from: string, to: string | null): Told[] => [
    {
      type: 'incident.detected',
      occurred_at: from,
      data: { incident_id: id, service_id, impact: 'outage', title: 'secret name' },
    },
    ...(to === null ? [] : [{ type: 'incident.mitigated', occurred_at: to, data: { incident_id: id } }]),
  ];
  await tell(service, [
    ...heartbeats,
    deploy('api', 'first', 10),
    ...[0, 1, 2, 3, 4].flatMap(change),
    deploy('api', 'second', 3, { changes: ['c0', 'c1', 'c2', 'c3', 'c4'] }),
    ...[1, 2, 3, 4, 5, 6, 7, 8].map(
      (n): Told => ({
        type: 'service.defined',
        occurred_at: daysAgo(20),
        data: { service_id: `s${n}`, team: 'adopters' },
      }),
    ),
    ...[1, 2, 3, 4, 5, 6].map((n) => deploy(`s${n}`, `s${n}`, 4)),
    ...incident('shop', 'i1', daysAgo(2, 50), daysAgo(2, 20)),
    ...incident('shop', 'i2', daysAgo(2, 30), daysAgo(2)),
    ...incident('ledger', 'i3', daysAgo(0, 30), null),
    ...[1, 2, 3].map(
      (score): Told => ({
        type: 'survey.answered',
        occurred_at: daysAgo(6),
        data: { wave: 'w', item: 'overall', respondent: `p${score}`, score, team: 'few' },
      }),
    ),
    { type: 'survey.wave_closed', occurred_at: daysAgo(5), data: { wave: 'w' } },
  ]);
});

const keyResult = (id: string) => read<KeyResult>(service, `/v1/key-results/${id}`);

describe('objectives', () => {
  it('EX-OKR-1 from events to the answer: half way on the 50th of 92 days', async () => {
    const linear = await keyResult('lead-time');
    expect(linear).toMatchObject({
      objective: 'faster',
      unit: 'hours',
      score_shown: 0.5,
      pace: 'on_track',
      grade: 'amber',
      unscored: null,
    });
    expect(linear.current).toMatchObject({
      value: 5,
      n: 5,
      metric: 'dora.change_lead_time',
      scope: { service: ['api'] },
    });
    expect(linear.progress).toBeCloseTo(0.5, 9);
    expect(linear.expected).toBeCloseTo(50 / 92, 9);
    expect(linear.gap).toBeCloseTo(-0.043, 3);
    expect(linear.forecast).toBeCloseTo(0.92, 2);
    expect((await keyResult('lead-time-log')).score).toBeCloseTo(0.339, 3);
    expect((await keyResult('adoption')).score).toBeCloseTo(0.75, 9);
  });

  it('leaves what has no number without a score, and says why', async () => {
    expect(await keyResult('survey')).toMatchObject({
      score: null,
      grade: null,
      unscored: 'suppressed',
      current: { n: null },
    });
    expect(await keyResult('nobody')).toMatchObject({ score: null, pace: null, unscored: 'not_applicable' });
    expect(await keyResult('kept')).toMatchObject({ score: null, unscored: 'unsupported', type: 'maintain' });
    const [objective] = (await read<{ objectives: Objective[] }>(service, '/v1/objectives')).objectives;
    expect(objective).toMatchObject({
      objective: 'faster',
      owner: 'platform',
      kind: 'committed',
      expects: 1,
      scored: '3 of 6',
      is_incomplete: true,
    });
    expect(objective?.score).toBeCloseTo((0.5 + 3 * (Math.log(5 / 8) / Math.log(2 / 8)) + 0.75) / 5, 9);
    expect(objective?.key_results).toHaveLength(6);
  });

  it('answers as of the past, and refuses what is none', async () => {
    expect(await read(service, `/v1/objectives?as_of=${daysAgo(1)}`)).toEqual({ as_of: daysAgo(1), objectives: [] });
    expect((await fetch(`${service.url}/v1/key-results/adoption?as_of=${daysAgo(1)}`)).status).toBe(404);
    for (const wrong of ['yesterday', daysAgo(-2)]) {
      const response = await fetch(`${service.url}/v1/objectives?as_of=${wrong}`);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ problems: [{ field: 'as_of' }] });
    }
    expect((await fetch(`${service.url}/v1/key-results/none`)).status).toBe(404);
  });
});

describe('service levels', () => {
  it('EX-AVL-1 from events to the answer: two incidents that overlap are 50 minutes', async () => {
    const found = await read<Slo & { incidents: SpentBy[] }>(service, '/v1/slos/shop-up');
    expect(found).toMatchObject({
      target: 0.999,
      met: false,
      public: true,
      coverage: 1,
      open_incidents: 0,
      unsupported: false,
    });
    expect(found.bad_seconds).toBeCloseTo(3_000, 6);
    expect(found.value).toBeCloseTo(1 - 50 / 43_200, 9);
    expect(found.budget.seconds).toBeCloseTo(2_592, 6);
    expect(found.budget.consumed).toBeCloseTo(50 / 43.2, 6);
    expect(found.budget.remaining).toBeCloseTo(1 - 50 / 43.2, 6);
    expect(found.burn_rate).toEqual({ '1h': 0, '24h': 0 });
    expect(found.incidents.map((one) => [one.incident_id, one.seconds])).toEqual([
      ['i2', 1_800],
      ['i1', 1_800],
    ]);
  });

  it('EX-AVL-2: an open incident counts until as_of', async () => {
    const found = await read<Slo>(service, '/v1/slos/ledger-up');
    const open = (Date.parse(found.as_of) - (NOW - 30 * 60_000)) / 1000;
    expect(found.bad_seconds).toBeCloseTo(open, 6);
    expect(found.open_incidents).toBe(1);
    expect(found.burn_rate['1h']).toBeCloseTo(open / 3_600 / 0.001, 6);
    expect(found.burn_rate['24h']).toBeCloseTo(open / 86_400 / 0.001, 6);
    expect((await read<{ slos: Slo[] }>(service, '/v1/slos')).slos.map((one) => one.slo)).toEqual([
      'ledger-up',
      'shop-up',
    ]);
    expect((await read<{ slos: Slo[] }>(service, `/v1/slos?as_of=${daysAgo(1)}`)).slos).toEqual([]);
  });

  it('shows everyone what is public, in our words, and nothing else', async () => {
    const answer = await fetch(`${service.url}/public/slos`);
    expect(answer.headers.get('cache-control')).toBe('public, max-age=60');
    const text = await answer.text();
    expect(JSON.parse(text)).toMatchObject({ slos: [{ id: 'shop-up', is_working: true }], incidents: [{}, {}] });
    const page = await (await fetch(`${service.url}/status`)).text();
    expect(page).toContain('The shop &lt;b&gt;');
    for (const shown of [text, page]) expect(shown).not.toMatch(/ledger|secret name/);
    const days = (JSON.parse(text) as { slos: { days: { bad_share: number | null }[] }[] }).slos[0]!.days;
    expect(days).toHaveLength(90);
    expect(days.filter((day) => (day.bad_share ?? 0) > 0).length).toBeGreaterThan(0);
    const badge = await fetch(`${service.url}/public/badges/shop-up.svg`);
    expect(badge.headers.get('content-type')).toMatch(/^image\/svg\+xml/);
    expect(await badge.text()).toMatch(/^<svg [^>]*aria-label="The shop &lt;b&gt;: .*broken"/);
    for (const none of ['ledger-up.svg', 'shop-up', 'none.svg'])
      expect((await fetch(`${service.url}/public/badges/${none}`)).status).toBe(404);
  });
});
