import { stringify } from 'yaml';
import { isPulled, WINDOW_MARK } from '../../ingest/workspace/indicator.ts';
import type { SloDefinition } from '../../ingest/workspace/slos.ts';
import { allowedShare } from './budget.ts';
import { type BurnRule, canFire, leastValid } from './burn.ts';
import { rulesOf } from './by-slices.ts';

/** An SLO and its id. */
export interface NamedSlo {
  readonly slo: string;
  readonly definition: SloDefinition;
}

/** Rules for Prometheus as its rule files have them, and which SLOs or alerts they leave out, and why. */
export interface PrometheusRules {
  readonly yaml: string;
  readonly notes: readonly string[];
}

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * Recording and alerting rules of the SLOs that are measured in Prometheus: `slo:error_ratio:<stretch>` and
 * `slo:valid:<stretch>` of every stretch that an alert looks at, and the alerts of metrics.md §5.5 with their low-traffic rule.
 */
export function prometheusRules(slos: readonly NamedSlo[]): PrometheusRules {
  const notes: string[] = [];
  const groups = slos.flatMap((one) => {
    const { definition, slo } = one;
    if (definition.indicator === undefined || !isPulled(definition.indicator)) {
      notes.push(`${slo}: is not measured in Prometheus`);
      return [];
    }
    if (definition.missing !== 'excluded') {
      notes.push(`${slo}: slices without data count as ${definition.missing}, which Prometheus cannot tell`);
      return [];
    }
    return groupsOf(one, notes);
  });
  return { yaml: stringify({ groups }, { lineWidth: 0 }), notes };
}

function groupsOf({ slo, definition }: NamedSlo, notes: string[]) {
  const labels = { slo, service: definition.service };
  const all = rulesOf(definition);
  const rules = all.filter((rule) => canFire(rule, definition.target));
  for (const rule of all)
    if (!rules.includes(rule)) notes.push(`${slo}: the alert ${rule.name} could never fire at this target`);
  const stretches = [...new Set(all.flatMap((rule) => [rule.long_seconds, rule.short_seconds]))].sort((a, b) => a - b);
  const recorded = stretches.flatMap((seconds): Rule[] => [
    { record: `slo:error_ratio:${lasting(seconds)}`, expr: errorRatio(slo, definition, seconds), labels },
    { record: `slo:valid:${lasting(seconds)}`, expr: validOver(slo, definition, seconds), labels },
  ]);
  const alerts = rules.map((rule) => alertOf(slo, definition, rule));
  const slices = countsEvents(definition) ? [] : [sliceGroup(slo, definition, labels)];
  return [...slices, { name: `slo-${slo}-levels`, rules: recorded }, { name: `slo-${slo}-alerts`, rules: alerts }];
}

/** Whether events are counted as they come; else samples, one a slice. */
function countsEvents({ method, indicator }: SloDefinition): boolean {
  return method === 'Occurrences' && indicator?.from === 'prometheus';
}

const SIGNS = { lte: '<=', gte: '>=', lt: '<', gt: '>' } as const;

/** One sample a slice: whether it was good, or its ratio. A slice without traffic has none. */
function sliceGroup(slo: string, definition: SloDefinition, labels: Rule['labels']) {
  const interval = lasting(definition.slice_seconds);
  const { indicator } = definition;
  if (indicator?.from === 'threshold') {
    const { query, op, value } = indicator;
    const expr = `(${query.replaceAll(WINDOW_MARK, interval)}) ${SIGNS[op]} bool ${value}`;
    return { name: `slo-${slo}-slices`, interval, rules: [{ record: 'slo:slice_good', expr, labels }] };
  }
  const ratio = `1 - (${rawErrorRatio(definition, definition.slice_seconds)})`;
  const expr = definition.method === 'Timeslices' ? `(${ratio}) >= bool ${definition.slice_target}` : ratio;
  const rules: Rule[] = [{ record: 'slo:slice_good', expr, labels }];
  return { name: `slo-${slo}-slices`, interval, rules };
}

function errorRatio(slo: string, definition: SloDefinition, seconds: number): string {
  if (countsEvents(definition)) return rawErrorRatio(definition, seconds);
  return `1 - avg_over_time(slo:slice_good{slo="${slo}"}[${lasting(atLeastASlice(definition, seconds))}])`;
}

function validOver(slo: string, definition: SloDefinition, seconds: number): string {
  if (!countsEvents(definition))
    return `count_over_time(slo:slice_good{slo="${slo}"}[${lasting(atLeastASlice(definition, seconds))}])`;
  const { total } = queriesOf(definition);
  const over = total.replaceAll(WINDOW_MARK, lasting(seconds));
  // A rate tells events a second, an increase events.
  return /\bincrease\s*\(/.test(total) ? over : `(${over}) * ${seconds}`;
}

function atLeastASlice({ slice_seconds: slice }: SloDefinition, seconds: number): number {
  return Math.max(slice, seconds);
}

function rawErrorRatio(definition: SloDefinition, seconds: number): string {
  const { part, part_is: is, total } = queriesOf(definition);
  const over = (query: string) => `(${query.replaceAll(WINDOW_MARK, lasting(seconds))})`;
  // Nothing divided by nothing is nothing: without traffic there is no ratio, rather than not a number.
  const ratio = `${over(part)} / (${over(total)} > 0)`;
  return is === 'bad' ? ratio : `1 - ${ratio}`;
}

function queriesOf({ indicator }: SloDefinition) {
  if (indicator?.from !== 'prometheus') throw new Error('only what is measured in Prometheus has queries');
  return indicator;
}

function alertOf(slo: string, definition: SloDefinition, rule: BurnRule): Rule {
  const threshold = Number((rule.factor * allowedShare(definition.target)).toPrecision(12));
  const stretch = (kind: string, seconds: number) => `slo:${kind}:${lasting(seconds)}{slo="${slo}"}`;
  const sign = rule.inclusive ? '>=' : '>';
  const burns = [...new Set([rule.long_seconds, rule.short_seconds])].map(
    (seconds) => `${stretch('error_ratio', seconds)} ${sign} ${threshold}`,
  );
  const traffic = `${stretch('valid', rule.long_seconds)} >= ${leastValid(rule.factor, definition.target)}`;
  return {
    alert: 'ErrorBudgetBurn',
    expr: [...burns, traffic].join(' and '),
    ...(rule.for_seconds > 0 && { for: lasting(rule.for_seconds) }),
    labels: { slo, service: definition.service, severity: rule.severity, rule: rule.name },
    annotations: {
      // Braces in a title would be a template of Prometheus's.
      summary: `${definition.title.replaceAll('{', '(').replaceAll('}', ')')} burns its error budget ${Number(rule.factor.toFixed(2))} times too fast over ${lasting(rule.long_seconds)}`,
    },
  };
}

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
] as const;

/** A length as Prometheus writes it: `1h`, `2m30s`. */
function lasting(seconds: number): string {
  let left = seconds;
  let text = '';
  for (const [unit, length] of UNITS) {
    const count = Math.floor(left / length);
    if (count > 0) text += `${count}${unit}`;
    left -= count * length;
  }
  return text;
}
