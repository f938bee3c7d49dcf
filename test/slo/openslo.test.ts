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
    expect(changed('slos/sli.yaml', 'ratioMetric:', 'thresholdMetric: {}\n  ratioMetric:')).toEqual(
      expect.arrayContaining(["slos/sli.yaml:5 spec: unknown key 'thresholdMetric'"]),
    );
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
});
