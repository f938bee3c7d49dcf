import tQuantile from '@stdlib/stats-base-dists-t-quantile';
import type { Interval } from '../../queries/envelope.ts';
import { type Block, keyOf, type Scale, type ToldSet } from './publications.ts';
import { wilson } from './statistics.ts';
import type { Item, OracleMetric, RowContext, Summary } from './summary.ts';

/** One place of one set of answers. */
interface PlaceItem extends Item {
  readonly set: ToldSet;
  /** What it is told with; null: it is not told. */
  readonly block: Block | null;
}

/** What is told of a row, whole blocks only (metrics.md §9.2). */
interface Told {
  /** Nothing is there, not even what is hidden. */
  readonly isEmpty: boolean;
  readonly hidden: boolean;
  readonly leftOut: boolean;
  readonly blocks: readonly Block[];
  readonly scores: readonly number[];
  readonly n: number;
  readonly invited: number;
  /** An item was asked in several wordings. */
  readonly mixed: boolean;
}

interface SurveyMetric {
  readonly scale: Scale;
  readonly unit: string;
  readonly options: OracleMetric['options'];
  summarize(told: Told, row: RowContext): Summary;
}

const metrics: Readonly<Record<string, SurveyMetric>> = {
  'survey.score': {
    scale: '1-5',
    unit: 'score',
    options: { fpc: false, weight: 'none', target: 4 },
    summarize: score,
  },
  'survey.favourable': { scale: '1-5', unit: 'fraction', options: {}, summarize: favourable },
  'survey.enps': { scale: '0-10', unit: 'points', options: {}, summarize: promoters },
  'survey.response_rate': { scale: 'responses', unit: 'fraction', options: {}, summarize: responseRate },
};

/** A metric of metrics.md §9 over what may be told. */
export function surveyMetric(id: string, sets: readonly ToldSet[]): OracleMetric {
  const metric = metrics[id]!;
  return {
    unit: metric.unit,
    options: metric.options,
    feeds: ['survey.wave_closed'],
    graceHours: 48,
    sourcesAlone: true,
    isCovered: (row) => toldOf(row).n > 0 || toldOf(row).hidden || toldOf(row).invited > 0,
    items: () => sets.filter((set) => set.scale === metric.scale).flatMap(itemsOf),
    summarize: (row) => {
      const told = toldOf(row);
      const summary = metric.summarize(told, row);
      return {
        ...summary,
        excluded: {},
        ...(told.hidden ? { suppressed: true } : {}),
        ...(told.mixed ? { value: null, ci: null, notApplicable: true } : {}),
        derived: {
          ...(told.mixed ? nothingOf(summary.derived) : summary.derived),
          ...(caveats(told) ? { caveat: true } : {}),
        },
      };
    },
  };
}

/** Of waves that are not compared nothing follows. */
function nothingOf(derived: Summary['derived'] = {}): Record<string, null> {
  return Object.fromEntries(Object.keys(derived).map((name) => [name, null]));
}

function itemsOf(set: ToldSet): PlaceItem[] {
  const told = new Map(set.blocks.flatMap((block) => block.places.map((place) => [keyOf(place), { place, block }])));
  for (const place of set.places) if (!told.has(keyOf(place))) told.set(keyOf(place), { place, block: null! });
  return [...told.values()].map(({ place, block }) => ({
    atomId: JSON.stringify([set.wave, set.item, place]),
    at: set.closedAt,
    dimensions: { wave: set.wave, item: set.item ?? '', ...place },
    excluded: '',
    set,
    block,
  }));
}

function toldOf(row: Pick<RowContext, 'items' | 'bucket' | 'inScope'>): Told {
  const items = (row.items as PlaceItem[]).filter(
    (item) => item.at! >= row.bucket.start && item.at! < row.bucket.end && row.inScope(item.dimensions),
  );
  const blocks = [...new Set(items.flatMap((item) => item.block ?? []))];
  const isCut = (block: Block): boolean => items.filter((item) => item.block === block).length < block.places.length;
  const whole = blocks.filter((block) => !isCut(block));
  const n = sum(whole.map((block) => block.n));
  const leftOut = items.some((item) => item.block === null);
  const versions = new Map<string, Set<string>>();
  for (const item of items.filter((one) => one.block !== null)) {
    const known = versions.get(item.set.item ?? '') ?? new Set();
    versions.set(item.set.item ?? '', known);
    for (const version of item.set.versions) known.add(version);
  }
  return {
    isEmpty: items.length === 0,
    hidden: whole.length < blocks.length || (leftOut && n === 0),
    leftOut,
    blocks: whole,
    scores: whole.flatMap((block) => block.scores).sort((a, b) => a - b),
    n,
    invited: sum(whole.map((block) => block.invited)),
    mixed: [...versions.values()].some((wordings) => wordings.size > 1),
  };
}

/** Few responses, several wordings, and what was left out are said beside the number. */
function caveats(told: Told): boolean {
  return told.leftOut || told.mixed || (told.invited > 0 && told.n / told.invited < 0.3);
}

function common(told: Told) {
  const distribution: Record<string, number> = {};
  for (const one of told.scores) distribution[String(one)] = (distribution[String(one)] ?? 0) + 1;
  return { invited: told.isEmpty ? null : told.invited, distribution: told.n === 0 ? null : distribution };
}

/** metrics.md §1.8: mean on a bounded scale. */
function score(told: Told, { options }: RowContext): Summary {
  const { scores, n } = told;
  const mean = n === 0 ? null : sum(scores) / n;
  let ci: Interval | null = null;
  if (mean !== null && n >= 2 && options.weight === 'none') {
    const sd = Math.sqrt(sum(scores.map((one) => (one - mean) ** 2)) / (n - 1));
    const all = Math.max(n, told.invited);
    const narrower = options.fpc === true && told.invited > 1 ? Math.sqrt((all - n) / (all - 1)) : 1;
    const half = ((tQuantile(0.975, n - 1) * sd) / Math.sqrt(n)) * narrower;
    ci = { low: Math.max(1, mean - half), high: Math.min(5, mean + half), level: 0.95, method: 't' };
  }
  const weights = told.blocks.filter((block) => block.n > 0);
  const heads = sum(weights.map((block) => block.invited));
  const weighted =
    heads === 0 ? null : sum(weights.map((block) => (sum(block.scores) / block.n) * block.invited)) / heads;
  const value = options.weight === 'headcount' ? weighted : mean;
  const target = Number(options.target);
  return {
    value,
    n,
    ci,
    excluded: {},
    insufficient: n < 5,
    facts: { target, ...common(told) },
    derived: {
      met: value === null ? null : value > target,
      confidently_met: ci === null ? null : ci.low! > target,
    },
  };
}

function favourable(told: Told): Summary {
  const hits = told.scores.filter((one) => one >= 4).length;
  return {
    value: told.n === 0 ? null : hits / told.n,
    n: told.n,
    ci: wilson(hits, told.n),
    excluded: {},
    notApplicable: told.n === 0,
    insufficient: told.n < 5,
    facts: { numerator: hits, denominator: told.n, ...common(told) },
  };
}

/** metrics.md §9.1: %(9–10) − %(0–6). */
function promoters(told: Told): Summary {
  const { scores, n } = told;
  const p = scores.filter((one) => one >= 9).length / n;
  const d = scores.filter((one) => one <= 6).length / n;
  const half = 1.959964 * Math.sqrt((p + d - (p - d) ** 2) / n);
  return {
    value: n === 0 ? null : 100 * (p - d),
    n,
    ci:
      n === 0
        ? null
        : {
            low: Math.max(-100, 100 * (p - d - half)),
            high: Math.min(100, 100 * (p - d + half)),
            level: 0.95,
            method: 'multinomial',
          },
    excluded: {},
    insufficient: n < 5,
    facts: common(told),
  };
}

function responseRate(told: Told): Summary {
  const { n, invited } = told;
  return {
    value: invited === 0 ? null : n / invited,
    n: invited,
    ci: n > invited ? null : wilson(n, invited),
    excluded: {},
    notApplicable: invited === 0,
    insufficient: invited < 5,
    facts: { numerator: n, denominator: invited },
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
