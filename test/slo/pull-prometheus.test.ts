import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { SloInDetail } from '../../queries/slo/slos.ts';
import { startEmbedded, temporaryFolder } from '../api/start.ts';
import { skipsPrometheus, startPrometheus } from '../support/prometheus.ts';

const NOW = '2026-03-31T12:00:30.000Z';
const UNTIL = Date.parse('2026-03-31T11:59:00.000Z');
const MINUTES = 120;
const SCRAPE_SECONDS = 15;

/**
 * Two hours of scrapes: 10 requests each, from the 40th minute on for ten minutes 5 failures beside them; nothing is scraped
 * from the 60th to the 65th minute, and the process starts anew in the 90th.
 */
function samples(): string {
  const lines = { good: [] as string[], bad: [] as string[] };
  let [good, bad] = [1_000, 1_000];
  for (let second = 0; second <= MINUTES * 60; second += SCRAPE_SECONDS) {
    const minute = second / 60;
    if (second > 0) good += 10;
    if (minute > 40 && minute <= 50) bad += 5;
    if (minute === 90) good = 10;
    if (minute >= 60 && minute < 65) continue;
    const at = UNTIL / 1000 - MINUTES * 60 + second;
    lines.good.push(`http_requests_total{code="200"} ${good} ${at}`);
    lines.bad.push(`http_requests_total{code="500"} ${bad} ${at}`);
  }
  return ['# TYPE http_requests counter', ...lines.good, ...lines.bad, '# EOF', ''].join('\n');
}

const query = (text: string) =>
  `{ metricSource: { metricSourceRef: prom, type: Prometheus, spec: { query: '${text}' } } }`;
const yaml = (url: string) => `apiVersion: openslo/v1
kind: DataSource
metadata: { name: prom }
spec: { type: Prometheus, connectionDetails: { url: "${url}" } }
---
apiVersion: openslo/v1
kind: SLO
metadata: { name: requests }
spec:
  service: shop
  indicator:
    spec:
      ratioMetric:
        bad: ${query('sum(increase(http_requests_total{code=~"5.."}[{{.window}}])) or vector(0)')}
        total: ${query('sum(increase(http_requests_total[{{.window}}]))')}
  timeWindow: [{ duration: 1d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ target: 0.95 }]
---
apiVersion: openslo/v1
kind: SLO
metadata: { name: wrong }
spec:
  service: shop
  indicator: { spec: { thresholdMetric: ${query('rate(http_requests_total{[5m])')} } }
  timeWindow: [{ duration: 1d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ target: 0.95, op: gt, value: 0 }]
`;

it.skipIf(skipsPrometheus())(
  'counts what a real Prometheus has, through gaps and counters that start anew',
  async () => {
    const prometheus = await startPrometheus(samples());
    const dir = temporaryFolder();
    mkdirSync(join(dir, 'slos'));
    writeFileSync(join(dir, 'slos', 'all.yaml'), yaml(prometheus.url));
    const env = { HEADWAY_DATA_DIR: join(dir, 'data'), HEADWAY_WORKSPACE: dir, HEADWAY_LOG_LEVEL: 'fatal' };
    const service = await startEmbedded(env, { now: () => NOW });
    const get = async (id: string) =>
      (await service.app.inject({ method: 'GET', url: `/v1/slos/${id}` })).json<SloInDetail>();
    try {
      await service.ready;
      let found = await get('requests');
      for (const begun = performance.now(); performance.now() - begun < 40_000; ) {
        await service.settled();
        found = await get('requests');
        if (found.pull?.until === new Date(UNTIL).toISOString() && (await get('wrong')).pull?.problem) break;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      expect(found).toMatchObject({
        status: 'partial',
        met: true,
        unsupported: false,
        missing_slices: 5,
        pull: { until: new Date(UNTIL).toISOString(), problem: null },
        window: { start: new Date(UNTIL - MINUTES * 60_000).toISOString(), end: new Date(UNTIL).toISOString() },
      });
      // 115 minutes of 40 requests and ten of 20 failures.
      expect(found.valid).toBeCloseTo(115 * 40 + 200, 6);
      expect(found.bad).toBeCloseTo(200, 6);
      expect(found.coverage).toBeCloseTo(115 / 120, 12);
      expect((await get('wrong')).pull?.problem).toMatch(/^The Prometheus 'prom' refuses the query: .*parse error/);
    } finally {
      await service.stop();
      await prometheus.stop();
    }
  },
);
