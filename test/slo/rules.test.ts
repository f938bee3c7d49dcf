import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readSlos, sloDefinition } from '../../ingest/workspace/slos.ts';
import { readWorkspace } from '../../ingest/workspace/workspace.ts';
import { prometheusRules } from '../../queries/slo/prometheus-rules.ts';

const COMMAND = 'promtool';

/** True, and said once, where there is no promtool; thrown where it must be there. */
function skipsPromtool(): boolean {
  if (spawnSync(COMMAND, ['--version']).status === 0) return false;
  const reason = `there is no ${COMMAND} on this machine`;
  if (process.env.HEADWAY_REQUIRE_PROMTOOL === '1') throw new Error(`promtool is required: ${reason}`);
  console.log(`skipped the tests with promtool: ${reason}`);
  return true;
}

const query = (codes: string) => `sum(rate(http_requests_total{code=~"${codes}"}[{{.window}}]))`;
const slo = (name: string, method: string, target: number, more = '', annotations = '{}') => `
---
apiVersion: openslo/v1
kind: SLO
metadata: { name: ${name}, displayName: "The {{ shop }}", annotations: ${annotations} }
spec:
  service: shop
  indicatorRef: requests
  timeWindow: [{ duration: 30d, isRolling: true }]
  budgetingMethod: ${method}
  objectives: [{ target: ${target}${more} }]
`;
const YAML = `
apiVersion: openslo/v1
kind: DataSource
metadata: { name: prom }
spec: { type: Prometheus, connectionDetails: { url: "http://127.0.0.1:9090" } }
---
apiVersion: openslo/v1
kind: SLI
metadata: { name: requests }
spec:
  ratioMetric:
    bad: { metricSource: { metricSourceRef: prom, type: Prometheus, spec: { query: '${query('5..')}' } } }
    total: { metricSource: { metricSourceRef: prom, type: Prometheus, spec: { query: '${query('.*')}' } } }
${slo('requests', 'Occurrences', 0.999)}
${slo('minutes', 'Timeslices', 0.99, ', timeSliceTarget: 0.95, timeSliceWindow: 1m')}
${slo('ratios', 'RatioTimeslices', 0.99, ', timeSliceWindow: 5m', '{ headway.dev/burn-rates: pyrra }')}
${slo('easy', 'Occurrences', 0.9)}
---
apiVersion: openslo/v1
kind: SLI
metadata: { name: latency }
spec:
  thresholdMetric:
    metricSource: { metricSourceRef: prom, type: Prometheus, spec: { query: 'histogram_quantile(0.99, sum by (le) (rate(latency_bucket[{{.window}}])))' } }
${slo('fast', 'Occurrences', 0.99, ', timeSliceWindow: 1m, op: lte, value: 0.3').replace('Ref: requests', 'Ref: latency')}
${slo('strict', 'Timeslices', 0.99, ', timeSliceTarget: 0.95, timeSliceWindow: 1m', '{ headway.dev/missing: bad }')}
`;

function rulesOf(yaml: string) {
  const read = readWorkspace([{ path: 'slos/all.yaml', text: yaml }], { timezone: 'UTC', readers: { slos: readSlos } });
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return prometheusRules(
    read.workspace.definitions.flatMap((one) =>
      one.type === 'slo.defined' ? [{ slo: one.data.slo, definition: sloDefinition.parse(one.data.definition) }] : [],
    ),
  );
}

interface RuleFile {
  groups: { name: string; interval?: string; rules: { record?: string; expr: string; for?: string }[] }[];
}

describe('rules for Prometheus', () => {
  it('record every stretch, and fire as the table of metrics.md §5.5 says', () => {
    const { yaml, notes } = rulesOf(YAML);
    const { groups } = parse(yaml) as RuleFile;
    const group = (name: string) => groups.find((one) => one.name === name)!.rules;
    const levels = group('slo-requests-levels');
    expect(levels.find((rule) => rule.record === 'slo:error_ratio:5m')?.expr).toBe(
      '(sum(rate(http_requests_total{code=~"5.."}[5m]))) / ((sum(rate(http_requests_total{code=~".*"}[5m]))) > 0)',
    );
    expect(levels.find((rule) => rule.record === 'slo:valid:1h')?.expr).toMatch(/\[1h\]\)\)\) \* 3600$/);
    expect(group('slo-requests-alerts').map(({ expr }) => expr)).toEqual([
      'slo:error_ratio:1h{slo="requests"} > 0.0144 and slo:error_ratio:5m{slo="requests"} > 0.0144 and slo:valid:1h{slo="requests"} >= 70',
      'slo:error_ratio:6h{slo="requests"} > 0.006 and slo:error_ratio:30m{slo="requests"} > 0.006 and slo:valid:6h{slo="requests"} >= 167',
      'slo:error_ratio:1d{slo="requests"} > 0.003 and slo:error_ratio:2h{slo="requests"} > 0.003 and slo:valid:1d{slo="requests"} >= 334',
      'slo:error_ratio:3d{slo="requests"} > 0.001 and slo:error_ratio:6h{slo="requests"} > 0.001 and slo:valid:3d{slo="requests"} >= 1000',
    ]);
    expect(group('slo-minutes-slices')[0]?.expr).toMatch(/^\(1 - .*\) >= bool 0\.95$/);
    expect(group('slo-fast-slices')[0]?.expr).toMatch(/^\(histogram_quantile\(.*\[1m\]\)\)\)\) <= bool 0\.3$/);
    expect(group('slo-fast-levels')[0]?.expr).toBe('1 - avg_over_time(slo:slice_good{slo="fast"}[5m])');
    expect(group('slo-ratios-alerts')[0]?.for).toBe('2m30s');
    expect(notes).toEqual([
      'easy: the alert page-1h could never fire at this target',
      'strict: slices without data count as bad, which Prometheus cannot tell',
    ]);
    expect(yaml).not.toContain('{{');
  });

  describe.skipIf(skipsPromtool())('with promtool', () => {
    const folder = mkdtempSync(join(tmpdir(), 'headway-rules-'));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    const run = (...args: string[]) => {
      const { status, stdout, stderr } = spawnSync(COMMAND, args, { cwd: folder, encoding: 'utf8' });
      return { status, said: `${stdout}${stderr}` };
    };

    it('are accepted, and rules that are none are not', () => {
      writeFileSync(join(folder, 'rules.yml'), rulesOf(YAML).yaml);
      const checked = run('check', 'rules', 'rules.yml');
      expect(checked.status, checked.said).toBe(0);
      expect(checked.said).toMatch(/SUCCESS: \d+ rules found/);
      writeFileSync(join(folder, 'wrong.yml'), rulesOf(YAML).yaml.replace('[5m]', '[5x]'));
      expect(run('check', 'rules', 'wrong.yml').status).not.toBe(0);
    });

    it('EX-BURN-1: page at 1.5 % of failures, not below, and not for want of traffic', () => {
      writeFileSync(join(folder, 'rules.yml'), rulesOf(YAML).yaml);
      // Samples every minute: `total` requests a minute, of which `bad` fail.
      const series = (good: number, bad: number) => [
        { series: 'http_requests_total{code="200"}', values: `0+${good}x120` },
        { series: 'http_requests_total{code="500"}', values: `0+${bad}x120` },
      ];
      const test = (good: number, bad: number) => ({ interval: '1m', input_series: series(good, bad) });
      const ratio = (good: number, bad: number, value: string, valid: number) => ({
        ...test(good, bad),
        promql_expr_test: [
          {
            expr: 'slo:error_ratio:1h{slo="requests"}',
            eval_time: '90m',
            exp_samples: [{ labels: 'slo:error_ratio:1h{service="shop", slo="requests"}', value: Number(value) }],
          },
          {
            expr: 'round(slo:valid:1h{slo="requests"})',
            eval_time: '90m',
            exp_samples: [{ labels: '{service="shop", slo="requests"}', value: valid }],
          },
          {
            expr: 'count(ALERTS{slo="requests", rule="page-1h", alertstate="firing"}) or vector(0)',
            eval_time: '90m',
            exp_samples: [{ labels: '{}', value: Number(value) > 0.0144 && valid >= 70 ? 1 : 0 }],
          },
        ],
      });
      const cases = {
        rule_files: ['rules.yml'],
        evaluation_interval: '1m',
        tests: [ratio(985, 15, '0.015', 60_000), ratio(995, 5, '0.005', 60_000), ratio(0, 1, '1', 60)],
      };
      writeFileSync(join(folder, 'cases.yml'), JSON.stringify(cases));
      const checked = run('test', 'rules', 'cases.yml');
      expect(checked.status, checked.said).toBe(0);
    });
  });
});
