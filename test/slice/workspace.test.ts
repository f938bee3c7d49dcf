import { describe, expect, it } from 'vitest';
import { objectivesReader } from '../../ingest/workspace/objectives.ts';
import { readSlos } from '../../ingest/workspace/slos.ts';
import { readWorkspace } from '../../ingest/workspace/workspace.ts';
import { checkQuestion } from '../../queries/okr/check.ts';
import { loadWorkspace } from '../../services/workspace/load.ts';

const readers = { objectives: objectivesReader(checkQuestion), slos: readSlos };
const readFile = (path: string, text: string) =>
  readWorkspace([{ path, text: text.trim() }], { timezone: 'Europe/Berlin', readers });
const problemsOf = (path: string, text: string) => {
  const read = readFile(path, text);
  return read.ok ? [] : read.problems.map(({ line, message }) => `${line} ${message}`);
};

describe('objectives', () => {
  it('are read with the midnights of the reporting zone and all defaults', () => {
    const read = readFile(
      'objectives/q.yaml',
      `
objective: o
title: Title
from: 2026-10-01
to: 2027-01-01
key_results:
  - { key_result: k, title: K, metric: dora.change_fail_rate, scope: { team: a }, options: { link: previous_deploy }, baseline: { as_of: 2026-10-01 }, target: 0.05 }`,
    );
    expect(read).toMatchObject({
      ok: true,
      workspace: {
        definitions: [
          {
            type: 'objective.defined',
            data: { period_start: '2026-09-30T22:00:00.000Z', kind: 'aspirational', key_results: ['k'] },
          },
          {
            type: 'keyresult.defined',
            data: {
              objective: 'o',
              definition: {
                scope: { team: ['a'] },
                options: { link: 'previous_deploy' },
                baseline: { as_of: '2026-09-30T22:00:00.000Z' },
                type: 'move',
                scale: 'linear',
                window_days: 28,
                weight: 1,
              },
            },
          },
        ],
      },
    });
  });

  it('tell every problem at once, with its line', () => {
    const problems = problemsOf(
      'objectives/q.yaml',
      `
objective: o
title: Title
from: 2026-10-01
to: 2026-09-01
key_results:
  - key_result: a
    title: A
    metric: dora.none
    baseline: { value: 1 }
    target: 2
  - key_result: b
    title: B
    metric: dora.change_fail_rate
    scope:
      planet: mars
    baseline: { value: 1 }
    target: 2`,
    );
    expect(problems).toEqual([expect.stringMatching(/^4 to: is not after from/)]);
    const questions = problemsOf(
      'objectives/q.yaml',
      `
objective: o
title: Title
from: 2026-10-01
to: 2027-01-01
key_results:
  - key_result: a
    title: A
    metric: dora.none
    baseline: { value: 1 }
    target: 2
  - key_result: b
    title: B
    metric: dora.change_fail_rate
    scope:
      planet: mars
    options: { grain: day }
    baseline: { value: 2 }
    target: 2
  - { key_result: c, title: C, metric: survey.score, target: 2, extra: 1 }`,
    );
    expect(questions).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^8 key_results\.0\.metric: there is no metric dora\.none/),
        expect.stringMatching(/^18 key_results\.1\.target: is the baseline/),
        expect.stringMatching(/^19 key_results\.2: unknown key 'extra'/),
      ]),
    );
  });
});

describe('service levels', () => {
  const slo = (more: string, annotations = 'headway.dev/sli: incidents') => `
apiVersion: openslo/v1
kind: SLO
metadata:
  name: up
  annotations:
    ${annotations}
spec:
  service: api
  budgetingMethod: Timeslices
${more}`;
  const good = '  timeWindow: [{ duration: 4w, isRolling: true }]\n  objectives: [{ targetPercent: 99.9 }]';

  it('are read as OpenSLO v1 writes them', () => {
    expect(readFile('slos/up.yaml', slo(good))).toMatchObject({
      ok: true,
      workspace: {
        definitions: [
          {
            type: 'slo.defined',
            data: {
              slo: 'up',
              public: false,
              definition: { service: 'api', target: 0.999, window_days: 28, sli: 'incidents' },
            },
          },
        ],
      },
    });
  });

  it('tell what is wrong and where', () => {
    expect(problemsOf('slos/up.yaml', slo(good, 'headway.dev/public: maybe'))).toEqual([
      expect.stringMatching(/^6 .*public: is neither true nor false$/),
      expect.stringMatching(/^8 spec: needs an indicator/),
      expect.stringMatching(/^11 .*has no timeSliceWindow/),
      expect.stringMatching(/^11 .*has no timeSliceTarget/),
    ]);
    const window = '  timeWindow: [{ duration: 1M, isRolling: false }]\n  objectives: [{ target: 1.5 }]';
    expect(problemsOf('slos/up.yaml', slo(window))).toEqual([expect.stringMatching(/^11 spec\.objectives\.0\.target/)]);
  });
});

describe('the example organisation', () => {
  it('has objectives over metrics that are there, and a public service level', async () => {
    const loaded = await loadWorkspace({ dir: 'workspace', timezone: 'UTC' });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    const types = loaded.workspace.definitions.map(({ type }) => type);
    for (const type of ['objective.defined', 'keyresult.defined', 'slo.defined'] as const)
      expect(types).toContain(type);
  });
});
