import { z } from 'zod';
import { indicatorSpec } from './indicator.ts';

/** The objects of OpenSLO v1 as far as they are read here: what is not is an unknown key or value, told by name. */

/** Keys of ours in `metadata.annotations` and labels begin with it. */
export const OURS = 'headway.dev/';

const DURATION = /^([1-9]\d{0,3})([mhdw])$/;
const UNIT_SECONDS: Readonly<Record<string, number>> = { m: 60, h: 3_600, d: 86_400, w: 604_800 };

const duration = z
  .string()
  .regex(DURATION, 'is not a number of minutes, hours, days or weeks, such as 5m or 6h')
  .transform((text) => {
    const [, count, unit] = DURATION.exec(text)!;
    return Number(count) * UNIT_SECONDS[unit!]!;
  });

const name = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/, 'is not a name of lower-case letters, digits and dashes');
const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const metadata = z.strictObject({
  name,
  displayName: z.string().max(128).optional(),
  labels: z.record(z.string(), z.union([z.string(), z.array(z.string())])).optional(),
  annotations: z.record(z.string(), text).default({}),
});
const apiVersion = z.literal('openslo/v1', 'is not openslo/v1');
const description = z.string().max(1050).optional();

const conditionSpec = z.strictObject({
  description,
  severity: z.enum(['page', 'ticket'], 'is neither page nor ticket'),
  condition: z.strictObject({
    kind: z.literal('burnrate', 'is not burnrate, the one kind of condition there is'),
    op: z.enum(['gt', 'gte'], 'is neither gt nor gte'),
    threshold: z.number().positive().max(1_000_000),
    lookbackWindow: duration,
    alertAfter: duration.optional(),
  }),
});

const inlineCondition = z.strictObject({ kind: z.literal('AlertCondition'), metadata, spec: conditionSpec });
const policySpec = z.strictObject({
  description,
  alertWhenNoData: z.literal(false, 'must be false: silence is told by coverage, not by an alert').optional(),
  alertWhenResolved: z.boolean().optional(),
  alertWhenBreaching: z.literal(true, 'must be true').optional(),
  conditions: z
    .array(z.union([z.strictObject({ conditionRef: z.string() }), inlineCondition], 'is no alert condition'))
    .min(1),
  notificationTargets: z.array(z.never('is not read: route alerts by their labels')).optional(),
});
const inlinePolicy = z.strictObject({ kind: z.literal('AlertPolicy'), metadata, spec: policySpec });

const sloSpec = z.strictObject({
  description,
  service: z.string().min(1).max(512),
  indicator: z.strictObject({ metadata: metadata.optional(), spec: indicatorSpec }).optional(),
  indicatorRef: z.string().optional(),
  timeWindow: z
    .array(
      z.strictObject({
        duration: z
          .string()
          .regex(
            /^[1-9]\d{0,2}[dwMQY]$/,
            'is not a number of days, weeks, months, quarters or years, such as 28d or 1M',
          ),
        isRolling: z.boolean(),
        calendar: z
          .strictObject({
            startTime: z.string().regex(/^\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2})?$/, 'is not YYYY-MM-DD hh:mm:ss'),
            timeZone: z.string(),
          })
          .optional(),
      }),
    )
    .length(1, 'must be exactly one'),
  budgetingMethod: z.enum(['Occurrences', 'Timeslices', 'RatioTimeslices']),
  objectives: z
    .array(
      z.strictObject({
        displayName: z.string().optional(),
        target: z.number().gt(0).lt(1).optional(),
        targetPercent: z.number().gt(0).lt(100).optional(),
        timeSliceTarget: z.number().gt(0).max(1).optional(),
        timeSliceWindow: duration.optional(),
        op: z.enum(['lte', 'gte', 'lt', 'gt'], 'is none of lte, gte, lt and gt').optional(),
        value: z.number().optional(),
      }),
    )
    .length(1, 'must be exactly one'),
  alertPolicies: z
    .array(z.union([z.strictObject({ alertPolicyRef: z.string() }), inlinePolicy], 'is no alert policy'))
    .optional(),
});

const dataSourceSpec = z.strictObject({
  description,
  type: z.literal('Prometheus', 'is not Prometheus, the one type that is read here'),
  connectionDetails: z.strictObject({
    url: z
      .url({ protocol: /^https?$/, error: 'is not an address that begins with http:// or https://' })
      .refine((address) => !/^https?:\/\/[^/]*@/.test(address), 'must not hold a user or password'),
  }),
});

/** Kinds of OpenSLO v1 that are read, each with its schema. */
export const openSloKinds = {
  SLO: z.strictObject({ apiVersion, kind: z.literal('SLO'), metadata, spec: sloSpec }),
  SLI: z.strictObject({ apiVersion, kind: z.literal('SLI'), metadata, spec: indicatorSpec }),
  Service: z.strictObject({ apiVersion, kind: z.literal('Service'), metadata, spec: z.strictObject({ description }) }),
  AlertPolicy: z.strictObject({ apiVersion, kind: z.literal('AlertPolicy'), metadata, spec: policySpec }),
  AlertCondition: z.strictObject({ apiVersion, kind: z.literal('AlertCondition'), metadata, spec: conditionSpec }),
  DataSource: z.strictObject({ apiVersion, kind: z.literal('DataSource'), metadata, spec: dataSourceSpec }),
} as const;

export type OpenSloKind = keyof typeof openSloKinds;
export type OpenSlo<K extends OpenSloKind> = z.infer<(typeof openSloKinds)[K]>;
