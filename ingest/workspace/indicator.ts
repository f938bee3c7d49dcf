import { z } from 'zod';
import { isEventType, vocabulary } from '../vocabulary/vocabulary.ts';

/** Which rows count: per field, the values that it may have. */
const where = z.record(z.string(), z.array(z.string())).default({});

/** What a ratio is made of, as `slo.defined` keeps it. `good`, or in its place `bad`, is a part of `total`. */
export const indicatorDefinition = z.discriminatedUnion('from', [
  /** Rollouts to production; `service` null: of all services. */
  z.object({
    from: z.literal('rollouts'),
    service: z.string().nullable().default(null),
    total: where,
    part: where,
    part_is: z.enum(['good', 'bad']),
  }),
  z.object({
    from: z.literal('events'),
    total_type: z.string(),
    total: where,
    part_type: z.string(),
    part: where,
    part_is: z.enum(['good', 'bad']),
  }),
  /** Slices that a sender counted: `sli.window` events of that name. */
  z.object({ from: z.literal('windows'), name: z.string() }),
  /**
   * Slices that are pulled from a Prometheus server, the DataSource `source`; `{{.window}}` stands for the length of a slice.
   */
  z.object({
    from: z.literal('prometheus'),
    source: z.string().default(''),
    url: z.string(),
    total: z.string(),
    part: z.string(),
    part_is: z.enum(['good', 'bad']),
  }),
  /** Likewise, one sample a slice: good if it stands to `value` as `op` says. */
  z.object({
    from: z.literal('threshold'),
    source: z.string(),
    url: z.string(),
    query: z.string(),
    op: z.enum(['lte', 'gte', 'lt', 'gt']),
    value: z.number(),
  }),
]);
export type IndicatorDefinition = z.infer<typeof indicatorDefinition>;

/** Indicators whose slices this server pulls. */
export type PulledIndicator = Extract<IndicatorDefinition, { from: 'prometheus' | 'threshold' }>;

/** Whether this server pulls the slices of an indicator. */
export function isPulled(indicator: IndicatorDefinition): indicator is PulledIndicator {
  return indicator.from === 'prometheus' || indicator.from === 'threshold';
}

/** What an objective holds the samples of a threshold metric against. */
export interface Threshold {
  readonly op: 'lte' | 'gte' | 'lt' | 'gt';
  readonly value: number;
}

/** Fields of a rollout by which an indicator may choose. */
export const rolloutFields = [
  'outcome',
  'kind',
  'environment',
  'environment_group',
  'trigger',
  'source',
  'team',
  'tier',
  'region',
  'product',
] as const;

/** What stands for the length of a stretch in a query, as other readers of OpenSLO have it. */
export const WINDOW_MARK = '{{.window}}';

const value = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const choices = z
  .record(
    z.string(),
    z.union([value.transform((one) => [one]), z.array(value).min(1)], 'is neither a value nor a list of values'),
  )
  .default({});

const ours = z.union(
  [
    z.strictObject({ windows: z.string().min(1).max(512) }),
    z.strictObject({
      rollouts: z.literal('production'),
      service: z.string().min(1).max(512).optional(),
      where: choices,
    }),
    z.strictObject({ events: z.string(), where: choices }),
  ],
  'is none of windows: <name>, rollouts: production (with service and where) and events: <kind> (with where)',
);
const query = z.string().min(1).max(8_192);
const prometheus = z.strictObject({
  query: query
    .refine(
      (query) => query.includes(`[${WINDOW_MARK}]`),
      `has no [${WINDOW_MARK}] where the length of a slice belongs`,
    )
    .refine((query) => /\b(rate|increase)\s*\(/.test(query), 'has neither rate( nor increase('),
});

const metricSource = z.strictObject({
  metricSource: z.discriminatedUnion(
    'type',
    [
      z.strictObject({ type: z.literal('Headway'), spec: ours }),
      z.strictObject({ type: z.literal('Prometheus'), metricSourceRef: z.string(), spec: prometheus }),
    ],
    'is neither Headway nor Prometheus, the types that are read here',
  ),
});
type MetricSource = z.infer<typeof metricSource>;

const thresholdSource = z.strictObject({
  metricSource: z.strictObject({
    type: z.literal('Prometheus', 'is not Prometheus, the one type that a threshold is read of'),
    metricSourceRef: z.string(),
    spec: z.strictObject({ query }),
  }),
});

/** The `spec` of an OpenSLO SLI: a ratio, or a threshold. `raw` and `rawType` are refused as unknown keys, by name. */
export const indicatorSpec = z.strictObject({
  description: z.string().max(1050).optional(),
  ratioMetric: z
    .strictObject({
      counter: z.literal(true, 'must be true: only counters are read').optional(),
      good: metricSource.optional(),
      bad: metricSource.optional(),
      total: metricSource,
    })
    .optional(),
  thresholdMetric: thresholdSource.optional(),
});
export type IndicatorSpec = z.infer<typeof indicatorSpec>;

/** What stands at a path is wrong. */
export interface IndicatorProblem {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

type IndicatorRead =
  | { ok: true; indicator: IndicatorDefinition }
  | { ok: false; problems: readonly IndicatorProblem[] };

/**
 * What an SLI counts, for an SLO of `service`, whose rollouts it counts unless it says otherwise (`*`: those of all). `urlOf`
 * gives a data source's address, null if none is defined; `threshold` is what the objective says, null if nothing.
 */
export function readIndicator(
  { ratioMetric, thresholdMetric }: IndicatorSpec,
  service: string,
  urlOf: (name: string) => string | null,
  threshold: Threshold | null,
): IndicatorRead {
  const wrong = (path: readonly PropertyKey[], message: string) => ({
    ok: false as const,
    problems: [{ path, message }],
  });
  if (ratioMetric !== undefined && thresholdMetric === undefined) return readRatio(ratioMetric, service, urlOf);
  if (thresholdMetric === undefined || ratioMetric !== undefined)
    return wrong([], 'needs one of ratioMetric and thresholdMetric');
  const { metricSourceRef: source, spec } = thresholdMetric.metricSource;
  const url = urlOf(source);
  if (url === null)
    return wrong(['thresholdMetric', 'metricSource', 'metricSourceRef'], `no DataSource is called '${source}'`);
  if (threshold === null)
    return wrong(['thresholdMetric'], 'needs op and value in the objective, such as op: lte and value: 0.3');
  return { ok: true, indicator: { from: 'threshold', source, url, query: spec.query, ...threshold } };
}

function readRatio(
  { good, bad, total }: NonNullable<IndicatorSpec['ratioMetric']>,
  service: string,
  urlOf: (name: string) => string | null,
): IndicatorRead {
  const wrong = (path: readonly PropertyKey[], message: string) => ({
    ok: false as const,
    problems: [{ path: ['ratioMetric', ...path], message }],
  });
  if ((good === undefined) === (bad === undefined)) return wrong([], 'needs one of good and bad');
  const part_is = good === undefined ? 'bad' : 'good';
  const [whole, part] = [total.metricSource, (good ?? bad)!.metricSource];
  const partSpec = [part_is, 'metricSource', 'spec'];
  if (whole.type === 'Prometheus' || part.type === 'Prometheus') {
    if (whole.type !== 'Prometheus' || part.type !== 'Prometheus' || whole.metricSourceRef !== part.metricSourceRef)
      return wrong([part_is], 'is not of the same source as total');
    const url = urlOf(whole.metricSourceRef);
    if (url === null)
      return wrong(['total', 'metricSource', 'metricSourceRef'], `no DataSource is called '${whole.metricSourceRef}'`);
    return {
      ok: true,
      indicator: {
        from: 'prometheus',
        source: whole.metricSourceRef,
        url,
        total: whole.spec.query,
        part: part.spec.query,
        part_is,
      },
    };
  }
  const [all, some] = [whole.spec, part.spec];
  if ('windows' in all || 'windows' in some) {
    if (!('windows' in all) || !('windows' in some) || all.windows !== some.windows || part_is === 'bad')
      return wrong(partSpec, 'must name the same windows as total, as good');
    return { ok: true, indicator: { from: 'windows', name: all.windows } };
  }
  const unknown = [
    ...unknownFields(all).map((field) => ({ path: ['total', 'metricSource', 'spec', 'where', field], field })),
    ...unknownFields(some).map((field) => ({ path: [...partSpec, 'where', field], field })),
  ];
  if (unknown.length > 0)
    return {
      ok: false,
      problems: unknown.map(({ path }) => ({
        path: ['ratioMetric', ...path],
        message: 'is not a field of what is counted',
      })),
    };
  if ('rollouts' in all && 'rollouts' in some) {
    if (all.service !== some.service) return wrong([...partSpec, 'service'], 'is not the service of total');
    const of = all.service ?? service;
    const indicator = { service: of === '*' ? null : of, total: all.where, part: some.where, part_is } as const;
    return { ok: true, indicator: { from: 'rollouts', ...indicator } };
  }
  if (!('events' in all) || !('events' in some)) return wrong(partSpec, 'is not of the same kind as total');
  for (const [path, type] of [
    [['total', 'metricSource', 'spec', 'events'], all.events],
    [[...partSpec, 'events'], some.events],
  ] as const)
    if (!isEventType(type)) return wrong(path, `'${type}' is not a kind of event`);
  const types = { total_type: all.events, part_type: some.events };
  return { ok: true, indicator: { from: 'events', ...types, total: all.where, part: some.where, part_is } };
}

function unknownFields(spec: Extract<MetricSource['metricSource'], { type: 'Headway' }>['spec']): string[] {
  if ('windows' in spec) return [];
  const fields: readonly string[] =
    'rollouts' in spec
      ? rolloutFields
      : isEventType(spec.events)
        ? Object.keys((vocabulary[spec.events] as unknown as { shape?: object }).shape ?? {})
        : Object.keys(spec.where);
  return Object.keys(spec.where).filter((field) => !fields.includes(field));
}
