import { beforeAll, describe, expect, it } from 'vitest';
import type { MetricAnswer, Row } from '../../queries/envelope.ts';
import type { RunningService } from '../../services/compose.ts';
import { startEmbedded } from '../api/start.ts';
import { daysAgo, read, type Told, tell } from './world.ts';

let service: RunningService;
beforeAll(async () => {
  service = await startEmbedded();
  await service.ready;
});

describe('adoption.rate', () => {
  const defined = (team: string, n: number, more: object = {}): Told[] =>
    Array.from({ length: n }, (_, index) => ({
      type: 'service.defined',
      occurred_at: daysAgo(300),
      data: { service_id: `${team}${index + 1}`, team, registered_at: daysAgo(200), ...more },
    }));
  const rollout = (service_id: string, days: number, platform_path: boolean): Told => ({
    type: 'deployment.finished',
    occurred_at: daysAgo(days),
    data: {
      rollout_id: `${service_id}-${days}`,
      service_id,
      environment: 'production',
      revision: `r${days}`,
      outcome: 'succeeded',
      platform_path,
    },
  });

  beforeAll(async () => {
    await tell(service, [
      ...defined('a', 5),
      ...defined('b', 3),
      ...defined('c', 1),
      ...defined('d', 2, { exempt: 'runs in a vehicle' }),
      // Gone before the end, and so not eligible then.
      ...defined('e', 1, { retired_at: daysAgo(10) }),
      ...['a1', 'a2', 'a3', 'a4', 'c1', 'd1', 'e1'].map((name) => rollout(name, 20, true)),
      // Left the platform, too long ago, and never on it.
      rollout('a5', 40, true),
      rollout('a5', 5, false),
      rollout('b1', 95, true),
      rollout('b2', 3, false),
      // A failure that users never saw changes nothing.
      { ...rollout('a1', 2, false), data: { ...rollout('a1', 2, false).data, outcome: 'failed_dark' } },
    ]);
  });

  it('EX-ADO-1: adopted services by eligible ones, the exempt counted apart', async () => {
    const answer = await read<MetricAnswer>(service, '/v1/metrics/adoption.rate');
    const [all] = answer.totals;
    expect(all).toMatchObject({ numerator: 5, denominator: 9, n: 9, unit: 'fraction', excluded: { exempt: 2 } });
    expect(all?.value).toBeCloseTo(5 / 9, 12);
    expect(all?.ci).toMatchObject({ method: 'wilson' });
    expect(all?.ci?.low).toBeCloseTo(0.267, 3);
    expect(all?.ci?.high).toBeCloseTo(0.811, 3);
    const byTeam = await read<MetricAnswer>(service, '/v1/metrics/adoption.rate?group_by=team');
    const parts = (name: string) => {
      const row = byTeam.totals.find((one) => one.team === name);
      return [row?.numerator, row?.denominator, row?.status];
    };
    expect(parts('a').slice(0, 2)).toEqual([4, 5]);
    expect(parts('b')).toEqual([0, 3, 'insufficient']);
    expect(parts('c')).toEqual([1, 1, 'insufficient']);
    expect(byTeam.totals.find((one) => one.team === 'd')).toMatchObject({
      value: null,
      status: 'not_applicable',
      n: 0,
      excluded: { exempt: 2 },
    });
  });

  it('is a snapshot at the end of each bucket', async () => {
    const query = `from=${daysAgo(30)}&to=${daysAgo(0)}&grain=day&team=a,e`;
    const { series } = await read<MetricAnswer>(service, `/v1/metrics/adoption.rate?${query}`);
    const shares = series.map((row) => `${row.numerator}/${row.denominator}`);
    // a5 alone, then six rolled out, then e1 retires, then a5 leaves.
    expect([...new Set(shares)]).toEqual(['1/6', '6/6', '5/5', '4/5']);
  });

  it('lists the services behind it with the rollout that put them there', async () => {
    const { atoms } = await read<{ atoms: Row[] }>(service, '/v1/metrics/adoption.rate/atoms?team=a,d');
    expect(atoms.map((row) => [row.service, row.value, row.excluded]).sort()).toEqual([
      ['a1', 1, null],
      ['a2', 1, null],
      ['a3', 1, null],
      ['a4', 1, null],
      ['a5', 0, null],
      ['d1', 1, 'exempt'],
      ['d2', 0, 'exempt'],
    ]);
    expect(atoms.find((row) => row.service === 'a1')).toMatchObject({
      rollout_id: 'a1-20',
      event_ids: [expect.any(String), expect.any(String)],
    });
  });
});

describe('survey.score', () => {
  const answer = (respondent: string, score: number, more: object = {}): Told => ({
    type: 'survey.answered',
    occurred_at: daysAgo(6),
    data: { wave: 'Spring', item: 'overall', respondent, score, team: 'a', ...more },
  });
  const close = (wave: string, days: number): Told => ({
    type: 'survey.wave_closed',
    occurred_at: daysAgo(days),
    data: { wave },
  });
  let answered: Awaited<ReturnType<typeof tell>>;

  beforeAll(async () => {
    answered = await tell(
      service,
      [
        ...[5, 4, 4, 3, 5, 4, 2].map((score, index) => answer(`person-${index}`, score)),
        // The last answer before the close is the one that counts.
        { ...answer('person-7', 1), occurred_at: daysAgo(7) },
        answer('person-7', 5),
        { ...answer('person-7', 2), occurred_at: daysAgo(1) },
        ...[1, 2, 3, 4].map((score) => answer(`few-${score}`, score, { wave: 'Autumn', team: 'b' })),
        ...[1, 2, 3, 4, 5, 1].map((score, index) => answer(`open-${index}`, score, { wave: 'Summer' })),
        // Two people and twelve answers: still two people.
        ...['x', 'y'].flatMap((who) =>
          ['a', 'b', 'c', 'd', 'e', 'f'].map((item) => answer(who, 3, { wave: 'Items', item, team: 'z' })),
        ),
        close('Spring', 5),
        close('Autumn', 5),
        close('Items', 5),
      ],
      'survey-tool',
    );
  });

  it('EX-SUR-1: the mean of the last answers before the close, with its interval', async () => {
    const query = 'item=overall&group_by=wave,team';
    const { totals } = await read<MetricAnswer>(service, `/v1/metrics/survey.score?${query}`);
    const row = totals.find((one) => one.wave === 'Spring' && one.team === 'a');
    expect(row).toMatchObject({ value: 4, n: 8, unit: 'score', ci: { method: 't' } });
    expect(row?.ci?.low).toBeCloseTo(3.11, 2);
    expect(row?.ci?.high).toBeCloseTo(4.89, 2);
    expect(totals.filter((one) => one.wave === 'Summer')).toEqual([]);
  });

  it('hides a cell of fewer than five people, and how many they are', async () => {
    const { totals } = await read<MetricAnswer>(service, '/v1/metrics/survey.score?group_by=team');
    expect(totals.find((one) => one.team === 'b')).toMatchObject({
      value: null,
      n: null,
      ci: null,
      status: 'suppressed',
      excluded: {},
    });
    expect(totals.find((one) => one.team === 'b')).not.toHaveProperty('numerator');
    const [items] = (await read<MetricAnswer>(service, '/v1/metrics/survey.score?wave=Items')).totals;
    expect(items).toMatchObject({ value: null, n: null, status: 'suppressed' });
    const [week] = (await read<MetricAnswer>(service, '/v1/metrics/survey.score?team=b&grain=day')).totals;
    expect(week).toMatchObject({ value: null, n: null, status: 'suppressed' });
  });

  it('never shows a single answer', async () => {
    for (const path of ['atoms', `diff?as_of=${daysAgo(0)}&and=${daysAgo(0)}`]) {
      const response = await fetch(`${service.url}/v1/metrics/survey.score/${path}`);
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ type: 'urn:headway:problem:private' });
    }
    const pages = await Promise.all(
      [`/v1/deliveries/${answered.delivery}`, ...answered.ids.map((id) => `/v1/events/${id}`)].map(async (path) => {
        const response = await fetch(service.url + path);
        expect(response.status).toBe(200);
        return response.text();
      }),
    );
    expect(pages[1]).toContain('"item":"overall"');
    const lines = [
      {
        id: 'Spring/person-9',
        type: 'survey.answered',
        source: 's',
        occurred_at: daysAgo(1),
        data: { respondent: 'person-9', score: 5 },
      },
      {
        id: 'Spring/person-8',
        type: 'survey.anwsered',
        source: 's',
        occurred_at: daysAgo(1),
        data: { respondent: 'person-8', score: 5 },
      },
    ].map((line) => JSON.stringify(line));
    for (const body of [lines.join('\n'), `${lines.join('\n')}\n{"respondent":"person-7`]) {
      const headers = { 'content-type': 'application/x-ndjson' };
      const sent = await fetch(`${service.url}/v1/events`, { method: 'POST', headers, body });
      const { delivery } = (await sent.json()) as { delivery: string };
      const shown = await fetch(`${service.url}/v1/deliveries/${delivery}`);
      expect(shown.status).toBe(200);
      pages.push(await shown.text());
    }
    for (const text of pages) expect(text).not.toMatch(/person-|few-|open-|"score":"?\d/);
  });
});
