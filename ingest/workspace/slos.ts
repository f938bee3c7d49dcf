import { IANAZone } from 'luxon';
import { z } from 'zod';
import { check, type Problem, type YamlDocument } from './document.ts';
import { indicatorDefinition, readIndicator } from './indicator.ts';
import { type OpenSlo, type OpenSloKind, OURS, openSloKinds } from './openslo.ts';
import type { FolderReader, Reading } from './workspace.ts';

/** An alert rule of one's own: fires while the budget burns faster than `factor` over `lookback_seconds`. */
const ownRule = z.object({
  name: z.string(),
  severity: z.enum(['page', 'ticket']),
  factor: z.number(),
  inclusive: z.boolean(),
  lookback_seconds: z.number(),
  for_seconds: z.number(),
});

/** An SLO as `slo.defined` keeps it (metrics.md §5.1). */
export const sloDefinition = z.object({
  title: z.string(),
  description: z.string().default(''),
  service: z.string(),
  /** Share of 1 that must be good. */
  target: z.number(),
  /** Rolling window in days of 24 hours; of a calendar's, the days that it is said to have. */
  window_days: z.number(),
  calendar: z
    .object({
      count: z.number(),
      unit: z.enum(['day', 'week', 'month', 'quarter', 'year']),
      anchor: z.string(),
      tz: z.string(),
    })
    .optional(),
  /** `incidents`: time without an incident of the service; `ratio`: good by valid, as its indicator says. */
  sli: z.enum(['incidents', 'ratio']),
  indicator: indicatorDefinition.optional(),
  method: z.enum(['Occurrences', 'Timeslices', 'RatioTimeslices']).default('Occurrences'),
  slice_seconds: z.number().default(60),
  slice_target: z.number().default(1),
  missing: z.enum(['excluded', 'good', 'bad']).default('excluded'),
  burn_profile: z.enum(['workbook', 'pyrra']).default('workbook'),
  /** Of several of a service that count slices, the one that says how available it is (metrics.md §5.3). */
  is_availability: z.boolean().default(false),
  /** In place of the profile's. */
  rules: z.array(ownRule).optional(),
});
export type SloDefinition = z.infer<typeof sloDefinition>;

/** Annotations of ours, and the values that each may have. */
const annotations: Readonly<Record<string, RegExp>> = {
  [`${OURS}sli`]: /^incidents$/,
  [`${OURS}public`]: /^(true|false)$/,
  [`${OURS}missing`]: /^(excluded|good|bad)$/,
  [`${OURS}burn-rates`]: /^(workbook|pyrra)$/,
  [`${OURS}availability`]: /^(true|false)$/,
};

interface Read<K extends OpenSloKind> {
  readonly yaml: YamlDocument;
  readonly object: OpenSlo<K>;
}
type ByName = { readonly [K in OpenSloKind]: Map<string, Read<K>> };

/**
 * Reads `slos/*.yaml`: OpenSLO v1 objects, which may refer to each other across files. An SLO's level is that of its indicator,
 * or with the annotation `headway.dev/sli: incidents` the time without an incident of `spec.service`. `headway.dev/public: true`
 * shows it to everyone, `headway.dev/missing` says what slices without data are, `headway.dev/burn-rates: pyrra` chooses its alerts,
 * `headway.dev/availability: true` makes it what the service's availability is told by.
 */
export const readSlos: FolderReader = (documents) => {
  const byName: ByName = {
    SLO: new Map(),
    SLI: new Map(),
    Service: new Map(),
    AlertPolicy: new Map(),
    AlertCondition: new Map(),
    DataSource: new Map(),
  };
  const first = documents.map((yaml): Problem[] => {
    const kind = (yaml.value as { kind?: unknown } | null)?.kind;
    if (typeof kind !== 'string' || !Object.hasOwn(openSloKinds, kind)) {
      const known = Object.keys(openSloKinds).join(', ');
      return [{ file: yaml.file, line: yaml.lineOf(['kind']), message: `kind: is none of ${known}` }];
    }
    return note(byName, kind as OpenSloKind, yaml);
  });
  return documents.map((yaml, index) => {
    const slo = [...byName.SLO.values()].find((one) => one.yaml === yaml);
    const problems = first[index]!;
    if (!slo || problems.length > 0) return { definitions: [], problems };
    return defined(slo, byName);
  });
};

function note<K extends OpenSloKind>(byName: ByName, kind: K, yaml: YamlDocument): Problem[] {
  const { data, problems } = check(yaml, openSloKinds[kind]);
  if (data === null) return problems;
  const object = data as OpenSlo<K>;
  const names = byName[kind] as Map<string, Read<K>>;
  const there = names.get(object.metadata.name);
  // SLOs are told apart by the workspace, together with everything else that it defines.
  if (there && kind !== 'SLO') {
    const line = yaml.lineOf(['metadata', 'name']);
    const message = `${kind} '${object.metadata.name}' is already defined in ${there.yaml.file}`;
    return [...problems, { file: yaml.file, line, message }];
  }
  names.set(there ? `${object.metadata.name}\0${names.size}` : object.metadata.name, { yaml, object });
  return problems;
}

function defined({ yaml, object: { metadata, spec } }: Read<'SLO'>, byName: ByName): Reading {
  const problems: Problem[] = [];
  const problem = (path: readonly PropertyKey[], message: string, where = yaml) => {
    problems.push({ file: where.file, line: where.lineOf(path), message: `${path.map(String).join('.')}: ${message}` });
  };
  for (const [key, value] of Object.entries(metadata.annotations)) {
    if (!key.startsWith(OURS)) continue;
    const allowed = annotations[key];
    const path = ['metadata', 'annotations', key];
    if (allowed === undefined) problem(path, 'is not an annotation that is read');
    else if (!allowed.test(value)) problem(path, `is ${words(allowed)}`);
  }
  const note = (key: string) => metadata.annotations[OURS + key];
  const byIncidents = note('sli') === 'incidents';
  const indicator = byIncidents ? undefined : indicatorOf({ yaml, spec, byName, problem });
  if (byIncidents && (spec.indicator ?? spec.indicatorRef) !== undefined)
    problem(['spec', spec.indicator ? 'indicator' : 'indicatorRef'], `is not read beside ${OURS}sli: incidents`);
  const objective = spec.objectives[0] ?? {};
  const percent = objective.targetPercent;
  const target = objective.target ?? (percent === undefined ? undefined : Number((percent / 100).toPrecision(12)));
  const at = ['spec', 'objectives', 0];
  if (target === undefined) problem(at, 'has neither target nor targetPercent');
  const slices = objective.timeSliceWindow;
  if (!byIncidents && spec.budgetingMethod !== 'Occurrences' && slices === undefined)
    problem(at, `has no timeSliceWindow, which ${spec.budgetingMethod} needs`);
  if (!byIncidents && spec.budgetingMethod === 'Timeslices' && objective.timeSliceTarget === undefined)
    problem(at, 'has no timeSliceTarget, which Timeslices needs');
  if (spec.budgetingMethod === 'Occurrences' && (note('missing') ?? 'excluded') !== 'excluded')
    problem(
      ['metadata', 'annotations', `${OURS}missing`],
      'has no meaning for Occurrences: what is missing did not occur',
    );
  const window = windowOf(spec.timeWindow[0], (path, message) => problem(['spec', 'timeWindow', 0, ...path], message));
  const rules = rulesOf({ yaml, spec, byName, problem });
  if (problems.length > 0 || target === undefined || window === null) return { definitions: [], problems };
  const definition: z.input<typeof sloDefinition> = {
    title: metadata.displayName ?? metadata.name,
    description: spec.description ?? '',
    service: spec.service,
    target,
    ...window,
    sli: byIncidents ? 'incidents' : 'ratio',
    ...(indicator && { indicator }),
    method: spec.budgetingMethod,
    slice_seconds: slices ?? 60,
    slice_target: objective.timeSliceTarget ?? 1,
    missing: (note('missing') ?? 'excluded') as 'excluded',
    burn_profile: (note('burn-rates') ?? 'workbook') as 'workbook',
    ...(note('availability') === 'true' && { is_availability: true }),
    ...(rules.length > 0 && { rules }),
  };
  const data = { slo: metadata.name, public: note('public') === 'true', definition: z.json().parse(definition) };
  return { definitions: [{ type: 'slo.defined', since: null, data }], problems };
}

/** `is neither true nor false`, of a pattern that lists its words. */
function words(pattern: RegExp): string {
  const all = pattern.source.replace(/[\^$()]/g, '').split('|');
  if (all.length === 1) return `not ${all[0]}`;
  return all.length === 2 ? `neither ${all[0]} nor ${all[1]}` : `none of ${all.join(', ')}`;
}

interface Part {
  readonly yaml: YamlDocument;
  readonly spec: OpenSlo<'SLO'>['spec'];
  readonly byName: ByName;
  readonly problem: (path: readonly PropertyKey[], message: string, where?: YamlDocument) => void;
}

function indicatorOf({ yaml, spec, byName, problem }: Part) {
  const referred = spec.indicatorRef === undefined ? undefined : byName.SLI.get(spec.indicatorRef);
  if (spec.indicatorRef !== undefined && !referred)
    return problem(['spec', 'indicatorRef'], `no SLI is called '${spec.indicatorRef}'`);
  const [own, where, at] = referred
    ? [referred.object.spec, referred.yaml, ['spec']]
    : [spec.indicator?.spec, yaml, ['spec', 'indicator', 'spec']];
  if (own === undefined) return problem(['spec'], `needs an indicator, or the annotation ${OURS}sli: incidents`);
  const urlOf = (name: string) => byName.DataSource.get(name)?.object.spec.connectionDetails.url ?? null;
  const { op, value } = spec.objectives[0] ?? {};
  const threshold = op === undefined || value === undefined ? null : { op, value };
  if ((op !== undefined || value !== undefined) && own.thresholdMetric === undefined)
    problem(['spec', 'objectives', 0, op === undefined ? 'value' : 'op'], 'has no meaning without a thresholdMetric');
  const read = readIndicator(own, spec.service, urlOf, threshold);
  if (read.ok) return read.indicator;
  for (const { path, message } of read.problems) problem([...at, ...path], message, where);
}

const UNITS = { d: 'day', w: 'week', M: 'month', Q: 'quarter', Y: 'year' } as const;
const DAYS = { day: 1, week: 7, month: 30, quarter: 90, year: 365 } as const;

function windowOf(
  stated: OpenSlo<'SLO'>['spec']['timeWindow'][number] | undefined,
  problem: (path: readonly PropertyKey[], message: string) => void,
): Pick<SloDefinition, 'window_days' | 'calendar'> | null {
  if (stated === undefined) return null;
  const { duration, isRolling, calendar } = stated;
  const count = Number.parseInt(duration, 10);
  const unit = UNITS[duration.slice(-1) as keyof typeof UNITS];
  if (isRolling) {
    if (unit !== 'day' && unit !== 'week')
      problem(['duration'], 'is not a number of days or weeks, as a rolling window needs');
    if (calendar) problem(['calendar'], 'is not read of a rolling window');
    return { window_days: count * DAYS[unit] };
  }
  if (calendar === undefined) {
    problem(['isRolling'], 'false needs a calendar with startTime and timeZone');
    return null;
  }
  if (!IANAZone.isValidZone(calendar.timeZone))
    problem(['calendar', 'timeZone'], 'is not a zone such as Europe/Berlin');
  const anchor = calendar.startTime.replace(' ', 'T');
  return { window_days: count * DAYS[unit], calendar: { count, unit, anchor, tz: calendar.timeZone } };
}

function rulesOf({ spec, byName, problem }: Part): z.infer<typeof ownRule>[] {
  return (spec.alertPolicies ?? []).flatMap((one, index) => {
    const policy = 'alertPolicyRef' in one ? byName.AlertPolicy.get(one.alertPolicyRef)?.object : one;
    const path = ['spec', 'alertPolicies', index];
    if (policy === undefined) {
      problem(path, `no AlertPolicy is called '${'alertPolicyRef' in one ? one.alertPolicyRef : ''}'`);
      return [];
    }
    return policy.spec.conditions.flatMap((each) => {
      const condition = 'conditionRef' in each ? byName.AlertCondition.get(each.conditionRef)?.object : each;
      if (condition === undefined) {
        problem(path, `no AlertCondition is called '${'conditionRef' in each ? each.conditionRef : ''}'`);
        return [];
      }
      const { op, threshold, lookbackWindow, alertAfter } = condition.spec.condition;
      return [
        {
          name: condition.metadata.name,
          severity: condition.spec.severity,
          factor: threshold,
          inclusive: op === 'gte',
          lookback_seconds: lookbackWindow,
          for_seconds: alertAfter ?? 0,
        },
      ];
    });
  });
}
