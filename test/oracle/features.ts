import type { NormalizedEvent } from '../../ingest/event.ts';
import { text } from './attempts.ts';
import type { Stretch } from './calendar.ts';
import { SKEW_MS } from './incidents.ts';
import { compareText, dataOf, timeOf } from './known.ts';
import { eventsBy, lastStated, ownersOfTold, type Told } from './owners.ts';
import { holdsAtEnd } from './scope.ts';
import { garwood, tOfMean } from './statistics.ts';
import {
  type Dimensions,
  durations,
  type Item,
  type Options,
  type OracleMetric,
  type RowContext,
  type Summary,
  within,
} from './summary.ts';
import { remembered, type World } from './world.ts';

const shared = { options: {}, graceHours: 48, sourcesAlone: true } as const;

/** metrics.md §4.3, §4.4 and §4.8, readings R71 to R73. */
export const featureMetrics: Readonly<Record<string, OracleMetric>> = {
  'delivery.features_delivered': {
    ...shared,
    unit: 'features',
    feeds: ['feature.done'],
    items: featuresDone,
    summarize: (row) => {
      const { counted, excluded } = within(row.items, row);
      return { value: counted.length, n: counted.length, ci: garwood(counted.length, 1), excluded };
    },
  },
  'delivery.time_to_market': {
    ...shared,
    options: { audience: 0.5, bucket: 'released' },
    unit: 'days',
    feeds: ['feature.released'],
    items: timesToMarket,
    summarize: (row) => durations(row, row.items, 86_400_000),
  },
  'planning.priority': {
    ...shared,
    unit: 'score',
    feeds: ['feature.committed'],
    coveredByItems: true,
    items: standings,
    summarize: priority,
  },
};

interface Feature {
  readonly id: string;
  readonly told: readonly NormalizedEvent[];
  readonly doneAt: number | null;
  /** `bug` or `chore`, or empty. */
  readonly excluded: string;
  readonly owner: Told;
  dimensions(options: Options): Dimensions;
}

/** Every work item that was heard of (R71). */
function featuresOf(world: World): Feature[] {
  return remembered(world, 'features', () =>
    [...eventsBy(world, /^feature\./, 'feature')].map(([id, told]) => featureOf(world, id, told)),
  );
}

/** What was told of a work item, by a time or in all. */
function featureOf(world: World, id: string, told: readonly NormalizedEvent[]): Feature {
  const done = told.filter((event) => event.type === 'feature.done');
  const doneAt = done.length > 0 ? timeOf(done.at(-1)!) : null;
  const kind = text(lastStated(told, 'kind'));
  const owner = { service: text(lastStated(told, 'service_id')), team: text(lastStated(told, 'team')) };
  return {
    id,
    told,
    doneAt,
    owner,
    excluded: kind === 'feature' ? '' : kind,
    dimensions: (options) => ({
      ...ownersOfTold(world, options, owner, doneAt ?? timeOf(told.at(-1)!)),
      feature: id,
    }),
  };
}

/** §4.3: features by their last done. */
export function featuresDone(world: World, options: Options): Item[] {
  return featuresOf(world).map((feature) => ({
    atomId: feature.id,
    at: feature.doneAt,
    dimensions: feature.dimensions(options),
    excluded: feature.excluded,
  }));
}

/** R72. */
function timesToMarket(world: World, options: Options): Item[] {
  return featuresOf(world).map((feature): Item => {
    const first = (isIt: (event: NormalizedEvent) => boolean): number | null => {
      const found = feature.told.find(isIt);
      return found ? timeOf(found) : null;
    };
    const committedAt = first((event) => event.type === 'feature.committed');
    const releasedAt = first((event) => {
      const share = dataOf(event).audience_share;
      return event.type === 'feature.released' && (typeof share === 'number' ? share : 1) >= Number(options.audience);
    });
    // What nobody committed lies where it was released.
    const at = options.bucket === 'committed' ? (committedAt ?? releasedAt) : releasedAt;
    const isSkewed = committedAt !== null && releasedAt !== null && committedAt - releasedAt > SKEW_MS;
    return {
      atomId: feature.id,
      at,
      dimensions: feature.dimensions(options),
      excluded: feature.excluded || (committedAt === null ? 'not_committed' : isSkewed ? 'negative_duration' : ''),
      duration: committedAt === null || releasedAt === null ? null : Math.max(0, releasedAt - committedAt),
      since: committedAt ?? 0,
    };
  });
}

const inputs = ['developer_impact', 'business_value', 'technical_feasibility', 'implementation_cost'] as const;

/** A work item from when something was told of it until the next thing is. */
interface StandingItem extends Item {
  readonly id: string;
  readonly stands: readonly Stretch[];
  readonly score: number | null;
  readonly cost: number;
}

/** R73: work items that wait to be done, each as it stood after everything that was told of it. */
function standings(world: World, options: Options): StandingItem[] {
  return featuresOf(world).flatMap(({ id, told }) =>
    told.flatMap((event, index): StandingItem[] => {
      const start = timeOf(event);
      const end = index + 1 < told.length ? timeOf(told[index + 1]!) : Number.POSITIVE_INFINITY;
      const so = featureOf(world, id, told.slice(0, index + 1));
      const turn = so.told.findLast((one) => one.type !== 'feature.released');
      if (start === end || turn?.type === 'feature.done') return [];
      const [impact, value, feasibility, cost] = inputs.map((name) => lastStated(so.told, name) as number | undefined);
      const isGraded = impact !== undefined && value !== undefined && feasibility !== undefined && cost !== undefined;
      return [
        {
          atomId: `${id} ${index}`,
          id,
          at: start,
          stands: [{ start, end }],
          // Owned as of what was heard last, also where it was done before and committed again.
          dimensions: { ...ownersOfTold(world, options, so.owner, start), feature: id },
          excluded: so.excluded || (isGraded ? '' : 'missing_input'),
          score: isGraded ? (impact * value * feasibility) / cost : null,
          cost: cost ?? 0,
        },
      ];
    }),
  );
}

/** §4.8: the features that stand at the end of the bucket, or as far as is known. */
function priority(row: RowContext): Summary {
  const standing = (row.items as readonly StandingItem[]).filter(
    ({ stands, dimensions }) => holdsAtEnd(stands, row.bucket, row.world.asOf) && row.inScope(dimensions),
  );
  const excluded: Record<string, number> = {};
  for (const item of standing) if (item.excluded !== '') excluded[item.excluded] = (excluded[item.excluded] ?? 0) + 1;
  const ranking = standing
    .filter((item) => item.excluded === '')
    .map((item) => ({ feature: item.id, score: item.score!, implementation_cost: item.cost }))
    .sort(
      (a, b) => b.score - a.score || a.implementation_cost - b.implementation_cost || compareText(a.feature, b.feature),
    );
  const scores = ranking.map((one) => one.score);
  return {
    value: scores.length === 0 ? null : scores.reduce((total, one) => total + one, 0) / scores.length,
    ci: tOfMean(scores, [0.2, 125]),
    n: scores.length,
    excluded,
    notApplicable: scores.length === 0,
    ...(scores.length > 0 ? { coverage: 1 } : {}),
    facts: { ranking: ranking.slice(0, 50) },
  };
}
