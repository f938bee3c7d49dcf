import { z } from 'zod';
import { check, type Problem } from './document.ts';
import type { DocumentReader } from './workspace.ts';

/** An SLO as `slo.defined` keeps it (metrics.md §5.1). */
export const sloDefinition = z.object({
  title: z.string(),
  description: z.string().default(''),
  service: z.string(),
  /** Share of 1 that must be good. */
  target: z.number(),
  /** Rolling window in days of 24 hours. */
  window_days: z.number(),
  /** `incidents`: time without an incident of the service; `ratio`: good by valid events, as its indicator says. */
  sli: z.enum(['incidents', 'ratio']),
});
export type SloDefinition = z.infer<typeof sloDefinition>;

const OURS = 'headway.dev/';
const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const ratio = z.looseObject({
  spec: z.looseObject({
    ratioMetric: z.looseObject({ total: z.looseObject({}) }),
  }),
});

const document = z.strictObject({
  apiVersion: z.literal('openslo/v1', 'is not openslo/v1'),
  kind: z.literal('SLO', 'is not SLO, the one kind that is read here'),
  metadata: z.strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/, 'is not a name of lower-case letters, digits and dashes'),
    displayName: z.string().max(128).optional(),
    labels: z.record(z.string(), z.union([z.string(), z.array(z.string())])).optional(),
    annotations: z.record(z.string(), text).default({}),
  }),
  spec: z.strictObject({
    description: z.string().max(1050).optional(),
    service: z.string().min(1).max(512),
    indicator: ratio.optional(),
    timeWindow: z
      .array(
        z.strictObject({
          duration: z.string().regex(/^[1-9]\d{0,2}[dw]$/, 'is not a number of days or weeks, such as 28d or 4w'),
          isRolling: z.literal(true, 'must be true: only rolling windows are read'),
        }),
      )
      .length(1),
    budgetingMethod: z.enum(['Occurrences', 'Timeslices', 'RatioTimeslices']),
    objectives: z
      .array(
        z.looseObject({
          displayName: z.string().optional(),
          target: z.number().gt(0).lt(1).optional(),
          targetPercent: z.number().gt(0).lt(100).optional(),
        }),
      )
      .length(1, 'must be exactly one'),
    alertPolicies: z.array(z.unknown()).optional(),
  }),
});

/**
 * Reads `slos/*.yaml`: OpenSLO v1 objects of the kind SLO. The annotation `headway.dev/sli: incidents` says that the service
 * level is the time without an incident of `spec.service`, else `spec.indicator` must hold a ratio; `headway.dev/public: true`
 * shows it to everyone.
 */
export const readSlo: DocumentReader = (yaml) => {
  const { data, problems } = check(yaml, document);
  if (data === null) return { definitions: [], problems };
  const found: Problem[] = [...problems];
  const problem = (path: readonly PropertyKey[], message: string) =>
    found.push({ file: yaml.file, line: yaml.lineOf(path), message: `${path.map(String).join('.')}: ${message}` });
  const { metadata, spec } = data;
  for (const [key, value] of Object.entries(metadata.annotations)) {
    const path = ['metadata', 'annotations', key];
    if (!key.startsWith(OURS)) continue;
    if (![`${OURS}sli`, `${OURS}public`].includes(key)) problem(path, 'is not an annotation that is read');
    if (key === `${OURS}sli` && value !== 'incidents') problem(path, 'is not incidents');
    if (key === `${OURS}public` && !/^(true|false)$/.test(value)) problem(path, 'is neither true nor false');
  }
  const byIncidents = metadata.annotations[`${OURS}sli`] === 'incidents';
  if (!byIncidents && spec.indicator === undefined)
    problem(['spec'], `needs an indicator with a ratioMetric, or the annotation ${OURS}sli: incidents`);
  const [objective] = spec.objectives;
  const percent = objective?.targetPercent;
  const target = objective?.target ?? (percent === undefined ? undefined : Number((percent / 100).toPrecision(12)));
  if (target === undefined) problem(['spec', 'objectives', 0], 'has neither target nor targetPercent');
  const duration = spec.timeWindow[0]?.duration ?? '';
  if (found.length > 0 || target === undefined) return { definitions: [], problems: found };
  const definition: SloDefinition = {
    title: metadata.displayName ?? metadata.name,
    description: spec.description ?? '',
    service: spec.service,
    target,
    window_days: Number.parseInt(duration, 10) * (duration.endsWith('w') ? 7 : 1),
    sli: byIncidents ? 'incidents' : 'ratio',
  };
  return {
    definitions: [
      {
        type: 'slo.defined',
        since: null,
        data: { slo: metadata.name, public: metadata.annotations[`${OURS}public`] === 'true', definition },
      },
    ],
    problems: found,
  };
};
