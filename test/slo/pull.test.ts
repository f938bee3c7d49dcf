import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SloInDetail } from '../../queries/slo/slos.ts';
import type { RunningService } from '../../services/compose.ts';
import { startEmbedded, temporaryFolder } from '../api/start.ts';
import { type RangeServer, startRangeServer } from './prometheus-server.ts';

const MINUTE = 60_000;
const BEGIN = Date.parse('2026-03-31T12:00:30.000Z');
/** A slice is taken a minute after its end. */
const UNTIL = Date.parse('2026-03-31T11:59:00.000Z');
const TOKEN = 'hush-hush-token';
const dir = temporaryFolder();

/** What was counted in the minute that ends so many minutes before UNTIL. */
function countedIn(minute: number): { total: string | null; bad: string | null; latency: string | null } {
  if (minute < 10) return { total: null, bad: null, latency: null };
  if (minute < 15) return { total: 'NaN', bad: '1', latency: 'NaN' };
  if (minute < 20) return { total: '100', bad: null, latency: '0.1' };
  if (minute < 40) return { total: '0', bad: '0', latency: '0.1' };
  if (minute < 50) return { total: '100', bad: '40', latency: '0.5' };
  if (minute === 50) return { total: '100', bad: '105', latency: '0.3' };
  return { total: '100', bad: minute >= 1_440 ? '100' : '0', latency: '0.2' };
}

const slo = (name: string, spec: string, sli = 'requests') => `---
apiVersion: openslo/v1
kind: SLO
metadata: { name: ${name}, annotations: { headway.dev/public: 'true' } }
spec:
  service: shop
  indicatorRef: ${sli}
  ${spec}
`;
const query = (name: string, how = 'increase') => `sum(${how}(${name}[{{.window}}]))`;
const metric = (of: string) =>
  `{ metricSource: { metricSourceRef: main-1, type: Prometheus, spec: { query: '${of}' } } }`;
const day = 'timeWindow: [{ duration: 1d, isRolling: true }]';
const slices = 'timeSliceTarget: 0.95, timeSliceWindow: 1m';
const yaml = (url: string) => `apiVersion: openslo/v1
kind: DataSource
metadata: { name: main-1 }
spec: { type: Prometheus, connectionDetails: { url: "${url}" } }
---
apiVersion: openslo/v1
kind: SLI
metadata: { name: requests }
spec: { ratioMetric: { bad: ${metric(query('bad'))}, total: ${metric(query('total'))} } }
---
apiVersion: openslo/v1
kind: SLI
metadata: { name: rates }
spec: { ratioMetric: { bad: ${metric(query('bad', 'rate'))}, total: ${metric(query('total', 'rate'))} } }
---
apiVersion: openslo/v1
kind: SLI
metadata: { name: latency }
spec: { thresholdMetric: ${metric('histogram_quantile(0.99, sum by (le) (rate(latency[{{.window}}])))')} }
${slo(
  'requests',
  `${day}
  budgetingMethod: Occurrences
  objectives: [{ target: 0.99 }]`,
)}
${slo(
  'rates',
  `${day}
  budgetingMethod: Occurrences
  objectives: [{ target: 0.99 }]`,
  'rates',
)}
${slo(
  'minutes',
  `${day}
  budgetingMethod: Timeslices
  objectives: [{ target: 0.99, ${slices} }]`,
)}
${slo(
  'fast',
  `${day}
  budgetingMethod: Timeslices
  objectives: [{ target: 0.99, ${slices}, op: lte, value: 0.3 }]`,
  'latency',
)}
${slo(
  'week',
  `timeWindow: [{ duration: 1w, isRolling: false, calendar: { startTime: 2026-01-05 00:00:00, timeZone: Europe/Berlin } }]
  budgetingMethod: Occurrences
  objectives: [{ target: 0.99 }]`,
)}
`;

let prometheus: RangeServer;
let service: RunningService;
let now = BEGIN;

const start = () =>
  startEmbedded(
    { HEADWAY_DATA_DIR: join(dir, 'data'), HEADWAY_WORKSPACE: dir, HEADWAY_PROMETHEUS_TOKEN_MAIN_1: TOKEN },
    { now: () => new Date(now).toISOString() },
  );
const get = async <T>(path: string): Promise<T> => {
  const response = await service.app.inject({ method: 'GET', url: path });
  expect(response.statusCode, response.body.slice(0, 500)).toBe(200);
  expect(response.body).not.toContain(TOKEN);
  return (String(response.headers['content-type']).includes('json') ? response.json() : response.body) as T;
};
const slow = (id: string) => get<SloInDetail>(`/v1/slos/${id}`);

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 50_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('it did not come true in time');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
const pulledUntil = (at: number, ids = ['requests', 'rates', 'minutes', 'fast', 'week']) =>
  until(async () => {
    await service.settled();
    const all = await Promise.all(ids.map(slow));
    return all.every(({ pull }) => pull?.until === new Date(at).toISOString());
  });

beforeAll(async () => {
  prometheus = await startRangeServer((asked, seconds) => {
    const found = countedIn((UNTIL - seconds * 1000) / MINUTE);
    const key = /\((total|bad|latency)\[60s\]/.exec(asked)![1] as 'total' | 'bad' | 'latency';
    const value = found[key];
    return value === null || !asked.includes('rate(') || key === 'latency' ? value : String(Number(value) / 60);
  });
  mkdirSync(join(dir, 'slos'));
  writeFileSync(join(dir, 'slos', 'all.yaml'), yaml(prometheus.url));
  service = await start();
  await service.ready;
  await pulledUntil(UNTIL);
}, 120_000);
afterAll(async () => {
  await service?.stop();
  await prometheus?.close();
});

describe('service levels that are pulled from Prometheus', () => {
  it('count what was measured; what was not is missing and never good', async () => {
    const found = await slow('requests');
    // A day of 1,440 slices: 20 are not told in full, 20 have no traffic, of the rest each counts 100.
    expect(found).toMatchObject({
      valid: 140_000,
      bad: 500,
      status: 'partial',
      unsupported: false,
      met: true,
      missing_slices: 40,
      window: { end: new Date(UNTIL).toISOString(), start: new Date(UNTIL - 1_440 * MINUTE).toISOString() },
    });
    expect(found.coverage).toBeCloseTo(1_420 / 1_440, 12);
    expect(found.value).toBeCloseTo(139_500 / 140_000, 12);
    expect(found.burn_rate['1h']).toBeCloseTo(500 / 2_000 / 0.01, 9);
    expect(found.pull?.problem).toMatch(/^In 5 of the last \d+ slices the query of bad gave nothing .*vector\(0\)/);
    const rates = await slow('rates');
    expect(rates.valid).toBeCloseTo(140_000, 6);
    expect(rates.bad).toBeCloseTo(500, 6);
  });

  it('count slices, and samples against a threshold, which is itself good', async () => {
    expect(await slow('minutes')).toMatchObject({ good: 1_389, valid: 1_400, missing_slices: 40 });
    expect(await slow('fast')).toMatchObject({ good: 1_415, valid: 1_425, missing_slices: 15 });
    // From Monday's midnight in Berlin on; all that was before the last day was bad.
    const monday = Date.parse('2026-03-29T22:00:00.000Z');
    const week = await slow('week');
    expect(week.window).toMatchObject({ start: new Date(monday).toISOString(), days: 7 });
    expect(week.valid).toBe(((UNTIL - monday) / MINUTE - 40) * 100);
    expect(week.bad).toBe(500 + ((UNTIL - monday) / MINUTE - 1_440) * 100);
  });

  it('are asked for in bounded requests that lie on the slices, once each, with the token', async () => {
    const of = (text: string) => prometheus.asked.filter((asked) => asked.query === text);
    const totals = of('sum(rate(total[60s]))');
    expect(totals.every(({ start: from, end }) => from % 60 === 0 && (end - from) / 60 < 1_440)).toBe(true);
    const times = totals.flatMap(({ start: from, end }) =>
      Array.from({ length: (end - from) / 60 + 1 }, (_, index) => from + index * 60),
    );
    expect(new Set(times).size).toBe(times.length);
    // As far back as the longest alert looks: three days.
    expect(times.length).toBe(3 * 1_440 - 1);
    expect(Math.max(...times)).toBe(UNTIL / 1000);
    expect(
      prometheus.asked.every(({ authorization, step }) => authorization === `Bearer ${TOKEN}` && step === 60),
    ).toBe(true);
  });

  it('go on where they stopped, also after a restart, and tell what is wrong', async () => {
    await service.stop();
    prometheus.asked.length = 0;
    now += 3 * MINUTE;
    prometheus.instead = (_request, response) => void response.writeHead(502).end('bad gateway');
    service = await start();
    await service.ready;
    await until(async () => (await slow('fast')).pull?.problem === "The Prometheus 'main-1' answered 502.");
    // Nothing is missing yet: what is about to be pulled may still come.
    expect(await slow('fast')).toMatchObject({ pull: { until: new Date(UNTIL).toISOString() }, valid: 1_425 });
    expect(await get<string>('/metrics')).toMatch(/headway_slo_pull_failing\{slo="fast"\} 1/);
    now += 6 * MINUTE;
    const late = await slow('fast');
    expect(late.missing_slices).toBe(15 + 10);
    expect(late.window.end).toBe(new Date(UNTIL + 10 * MINUTE).toISOString());
    now -= 6 * MINUTE;
    prometheus.instead = null;
    await pulledUntil(UNTIL + 3 * MINUTE);
    expect(prometheus.asked.filter(({ query: text }) => text === 'sum(increase(total[60s]))')).toEqual([
      expect.objectContaining({ start: UNTIL / 1000 + 60, end: UNTIL / 1000 + 180 }),
      expect.objectContaining({ start: UNTIL / 1000 + 60, end: UNTIL / 1000 + 180 }),
      expect.objectContaining({ start: UNTIL / 1000 + 60, end: UNTIL / 1000 + 180 }),
    ]);
    expect((await slow('fast')).pull?.problem).toBeNull();
    const metrics = await get<string>('/metrics');
    expect(metrics).toMatch(/headway_slo_pull_failing\{slo="fast"\} 0/);
    expect(metrics).toContain(`headway_slo_pulled_until_timestamp_seconds{slo="fast"} ${(UNTIL + 3 * MINUTE) / 1000}`);
  });

  it('say nothing of the server to everyone', async () => {
    const told = JSON.stringify(await get('/public/slos'));
    expect(told).toContain('requests');
    expect(told).not.toMatch(/pull|main-1|127\.0\.0\.1|increase/);
  });
});
