import { startOfUnit } from './calendar.ts';
import { charged } from './chargeback.ts';
import { type CostItem, costs } from './costs.ts';
import { featuresDone } from './features.ts';
import { hourlyUsages, peak } from './hourly.ts';
import { compareText } from './known.ts';
import { bootstrapOfRatio } from './statistics.ts';
import { type Item, type OracleMetric, type RowContext, type Summary, within } from './summary.ts';
import { type RatioItem, usages } from './usages.ts';

const shared = { options: {}, graceHours: 48, sourcesAlone: true } as const;

/** metrics.md §4.5 and §4.6, readings R70, R71, R77 and R78. */
export const moneyMetrics: Readonly<Record<string, OracleMetric>> = {
  'platform.utilization': {
    ...shared,
    options: { of: 'total' },
    unit: 'fraction',
    feeds: ['usage.recorded'],
    items: (world, options) => (options.of === 'hourly_p95' ? hourlyUsages : usages)(world, options),
    summarize: utilization,
  },
  'business.cost': {
    ...shared,
    options: { chargeback: 'none', chargeback_resource: 'cpu' },
    unit: 'currency',
    feeds: ['cost.recorded'],
    items: charged,
    summarize: cost,
  },
  'business.cost_per_feature': {
    ...shared,
    unit: 'currency/feature',
    feeds: ['cost.recorded', 'feature.done'],
    items: (world, options) => [
      ...costs(world, options),
      ...featuresDone(world, options).map((item) => ({ ...item, part: 0, whole: 1 })),
    ],
    summarize: costPerFeature,
  },
};

function namesOf(items: readonly Item[], dimension: string): string[] {
  const names = items.flatMap((item) => item.dimensions[dimension] ?? []);
  return [...new Set(names)].sort(compareText);
}

function sum(items: readonly Item[], side: 'part' | 'whole'): number {
  return items.reduce((total, item) => total + (item as RatioItem)[side], 0);
}

/** The names that cannot be added up, as a caveat says them. */
function naming(names: readonly string[]): RegExp {
  return new RegExp(names.map((name) => `\\b${name}\\b`).join('.*'));
}

function ratioOf(row: RowContext, counted: readonly Item[]): Pick<Summary, 'value' | 'ci' | 'notApplicable'> {
  const whole = sum(counted, 'whole');
  if (whole === 0) return { value: null, ci: null, notApplicable: true };
  const weeks = new Map<string, { part: number; whole: number }>();
  for (const item of counted as readonly RatioItem[]) {
    const week = new Date(startOfUnit(item.at!, 'week', row.tz)).toISOString();
    const so = weeks.get(week) ?? { part: 0, whole: 0 };
    weeks.set(week, { part: so.part + item.part, whole: so.whole + item.whole });
  }
  const clusters = [...weeks].sort(([a], [b]) => compareText(a, b)).map(([, cluster]) => cluster);
  return { value: sum(counted, 'part') / whole, ci: bootstrapOfRatio(clusters, row.seed) };
}

function utilization(row: RowContext): Summary {
  const { counted, excluded } = within(row.items, row);
  const kinds = namesOf(counted, 'resource');
  const isMixed = kinds.length > 1;
  const unknown = isMixed ? { value: null, ci: null, notApplicable: true, words: { caveat: naming(kinds) } } : {};
  if (row.options.of === 'hourly_p95') return { ...peak(row), ...unknown };
  const [numerator, denominator] = [sum(counted, 'part'), sum(counted, 'whole')];
  return {
    ...ratioOf(row, counted),
    n: counted.length,
    excluded,
    facts: isMixed ? { numerator: null, denominator: null } : { numerator, denominator },
    ...unknown,
  };
}

function moneyFacts(counted: readonly Item[]) {
  const told = (counted as readonly Partial<CostItem>[]).flatMap((item) => item.toldIn ?? []);
  const currencies = [...new Set(told)].sort(compareText);
  return {
    currencies,
    beside: { currency: currencies.length === 1 ? currencies[0]! : null, cost_scope: namesOf(counted, 'category') },
  };
}

function cost(row: RowContext): Summary {
  const { counted, excluded } = within(row.items, row);
  const { currencies, beside } = moneyFacts(counted);
  const isMixed = currencies.length > 1;
  return {
    value: isMixed ? null : sum(counted, 'part'),
    ci: null,
    n: counted.length,
    excluded,
    notApplicable: isMixed,
    facts: beside,
    ...(isMixed ? { words: { caveat: naming(currencies) } } : {}),
  };
}

function costPerFeature(row: RowContext): Summary {
  const { counted, excluded } = within(row.items, row);
  const { currencies, beside } = moneyFacts(counted);
  const common = { n: counted.length, excluded };
  if (currencies.length > 1)
    return {
      ...common,
      value: null,
      ci: null,
      notApplicable: true,
      facts: { ...beside, numerator: null, denominator: null },
      words: { caveat: naming(currencies) },
    };
  return {
    ...common,
    ...ratioOf(row, counted),
    facts: { ...beside, numerator: sum(counted, 'part'), denominator: sum(counted, 'whole') },
  };
}
