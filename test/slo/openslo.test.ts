import { describe, expect, it } from 'vitest';
import { readSlos } from '../../ingest/workspace/slos.ts';
import { readWorkspace } from '../../ingest/workspace/workspace.ts';

const read = (files: Readonly<Record<string, string>>) =>
  readWorkspace(
    Object.entries(files).map(([path, text]) => ({ path, text: text.trim() })),
    { timezone: 'UTC', readers: { slos: readSlos } },
  );
const problems = (files: Readonly<Record<string, string>>) => {
  const result = read(files);
  return result.ok ? [] : result.problems.map(({ file, line, message }) => `${file}:${line} ${message}`);
};

const slo = `
apiVersion: openslo/v1
kind: SLO
metadata: { name: gate }
spec:
  service: shop
  indicatorRef: gate
  timeWindow: [{ duration: 28d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ target: 0.99 }]
  alertPolicies: [{ alertPolicyRef: fast }]
`;
const sli = `
apiVersion: openslo/v1
kind: SLI
metadata: { name: gate }
spec:
  ratioMetric:
    good: { metricSource: { type: Headway, spec: { events: policy.evaluated, where: { outcome: allowed } } } }
    total: { metricSource: { type: Headway, spec: { events: policy.evaluated } } }
`;
const alerts = `
apiVersion: openslo/v1
kind: AlertPolicy
metadata: { name: fast }
spec:
  conditions: [{ conditionRef: burning }]
---
apiVersion: openslo/v1
kind: AlertCondition
metadata: { name: burning }
spec:
  severity: page
  condition: { kind: burnrate, op: gte, threshold: 2, lookbackWindow: 1h, alertAfter: 5m }
`;
const files = { 'slos/slo.yaml': slo, 'slos/sli.yaml': sli, 'slos/alerts.yaml': alerts };

describe('OpenSLO files', () => {
  it('refer to each other across files', () => {
    const result = read(files);
    expect(result).toMatchObject({
      ok: true,
      workspace: {
        definitions: [
          {
            type: 'slo.defined',
            data: {
              slo: 'gate',
              definition: {
                indicator: { from: 'events', total_type: 'policy.evaluated', part: { outcome: ['allowed'] } },
                rules: [
                  {
                    name: 'burning',
                    severity: 'page',
                    factor: 2,
                    inclusive: true,
                    lookback_seconds: 3_600,
                    for_seconds: 300,
                  },
                ],
              },
            },
          },
        ],
      },
    });
  });

  it('are refused by name, file and line for what is not read', () => {
    const changed = (path: keyof typeof files, from: string, to: string) =>
      problems({ ...files, [path]: files[path].replace(from, to) });
    expect(changed('slos/slo.yaml', 'indicatorRef: gate', 'indicatorRef: none')).toEqual([
      "slos/slo.yaml:6 spec.indicatorRef: no SLI is called 'none'",
    ]);
    expect(changed('slos/sli.yaml', 'ratioMetric:', 'rawMetric: {}\n  ratioMetric:')).toEqual(
      expect.arrayContaining(["slos/sli.yaml:5 spec: unknown key 'rawMetric'"]),
    );
    expect(changed('slos/slo.yaml', '{ target: 0.99 }', '{ target: 0.99, op: lte }')).toEqual([
      'slos/slo.yaml:9 spec.objectives.0.op: has no meaning without a thresholdMetric',
    ]);
    expect(changed('slos/sli.yaml', 'outcome: allowed', 'planet: mars')).toEqual([
      expect.stringMatching(/^slos\/sli\.yaml:6 .*planet: is not a field of what is counted$/),
    ]);
    expect(changed('slos/alerts.yaml', 'kind: burnrate', 'kind: weather')).toEqual(
      expect.arrayContaining([expect.stringMatching(/^slos\/alerts\.yaml:12 .*kind: is not burnrate/)]),
    );
    expect(changed('slos/alerts.yaml', 'kind: AlertPolicy', 'kind: AlertNotificationTarget')).toEqual(
      expect.arrayContaining([expect.stringMatching(/^slos\/alerts\.yaml:2 kind: is none of SLO, SLI, Service/)]),
    );
  });

  it('hold the samples of a threshold metric against the objective', () => {
    const threshold = `
apiVersion: openslo/v1
kind: SLI
metadata: { name: gate }
spec:
  thresholdMetric:
    metricSource: { type: Prometheus, metricSourceRef: prom, spec: { query: 'up{job="gate"}' } }
`;
    const source = `
apiVersion: openslo/v1
kind: DataSource
metadata: { name: prom }
spec: { type: Prometheus, connectionDetails: { url: "https://prometheus.example" } }
`;
    const held = { ...files, 'slos/sli.yaml': threshold, 'slos/source.yaml': source };
    expect(problems(held)).toEqual([
      'slos/sli.yaml:6 spec.thresholdMetric: needs op and value in the objective, such as op: lte and value: 0.3',
    ]);
    const slo = files['slos/slo.yaml'].replace('{ target: 0.99 }', '{ target: 0.99, op: gte, value: 1 }');
    const result = read({ ...held, 'slos/slo.yaml': slo });
    expect(result.ok && result.workspace.definitions[0]?.data).toMatchObject({
      definition: {
        indicator: {
          from: 'threshold',
          source: 'prom',
          url: 'https://prometheus.example',
          query: 'up{job="gate"}',
          op: 'gte',
          value: 1,
        },
      },
    });
    const other = source.replace('https:', 'ftp:');
    expect(problems({ ...held, 'slos/slo.yaml': slo, 'slos/source.yaml': other })).toEqual(
      expect.arrayContaining([expect.stringMatching(/url: is not an address that begins with http:/)]),
    );
  });
});
