import { counted, inWindow } from './axis.ts';
import type { Aggregate } from './metric.ts';
import { FEW_VALUES, RANK_SLACK } from './statistics/quantile.ts';

/** SQL of what an aggregate needs of the items of a cell, in the columns that cells name. */
export function partsOf(aggregate: Aggregate['type']): readonly string[] {
  switch (aggregate) {
    case 'rate':
    case 'count':
    case 'active':
      return [];
    case 'sum':
      return [`${exactSum('item_value')} AS value_sum`];
    case 'ratio':
      return [`${exactSum('item_value')} AS value_sum`, `${exactSum('item_weight')} AS weight_sum`, weeksSql];
    case 'proportion':
    case 'snapshot':
      return ['countIf(item_hit) AS hits'];
    case 'quantiles':
    case 'mean':
      return ['countIf(isNull(item_value)) AS open', `${sortedSql} AS sorted_values`];
    case 'score':
    case 'standing':
    case 'promoters':
      return [`${sortedSql} AS sorted_values`];
    case 'union':
    case 'availability':
      return [
        'countIf(isNull(item_until)) AS open',
        'intervalLengthSum(covered_from, greatest(covered_from, covered_to)) / 1000 AS covered',
        `countIf(${inWindow}) AS begun`,
      ];
  }
}

/** Billionths as whole numbers: their sum is the same in whatever order they come. */
const billionths = (value: string): string => `toInt128(round(${value} * 1e9))`;
const exactSum = (value: string): string => `toFloat64(sum(${billionths(value)})) / 1e9`;

/** Days on which weeks begin, and of each week the sums of values and weights. */
const weeksSql = `arrayMap(part -> arrayMap(x -> toFloat64(x) / 1e9, part), [
    arrayMap(x -> toInt128(x), weekly.1), weekly.2, weekly.3]) AS weeks, sumMap([toInt32(toStartOfWeek(item_at, 1, {tz:String}))],
    [${billionths('item_value')}], [${billionths('item_weight')}]) AS weekly`;

/** How long those have run that still do, ascending. */
export const sortedAges = `arraySort(groupArrayIf(assumeNotNull(item_age), ${counted} AND isNotNull(item_age))) AS sorted_ages`;

const sortedSql = `arraySort(groupArrayIf(assumeNotNull(item_value), ${counted} AND isNotNull(item_value)))`;

const QUANTILES: readonly number[] = [0.5, 0.75, 0.9];

/**
 * The cells with, of few values, all; of many the stretches about the ranks that R-7 and its interval can need, and where each begins. In
 * slices, because a lambda that reads an array copies it once per call.
 */
export function inStretches(cells: string, keepsValues: boolean, closedOnly: boolean): string {
  const total = closedOnly ? 'length(sorted_values)' : 'length(sorted_values) + open';
  const start = (centre: string): string => `toUInt32(greatest(1, round(${centre}) - ${RANK_SLACK}))`;
  const about = ['p.1 - p.2', '(values_n - 1) * p.3 + 1', 'p.1 + 1 + p.2'].map(start);
  // Of few values the first slice holds all: to choose the array itself would copy every one.
  const nth = Array.from(
    { length: QUANTILES.length * about.length + 1 },
    (_, index) =>
      `arraySlice(sorted_values, starts[${index + 1}], ${index === 0 ? `if(few, ${FEW_VALUES}, ${2 * RANK_SLACK + 1})` : 2 * RANK_SLACK + 1})`,
  );
  const ones = `[${nth.map(() => 'toUInt32(1)').join(', ')}]`;
  // One query per step: an alias that is used often is planned once only if it is a column of a query within.
  return `SELECT * EXCEPT (${keepsValues ? '' : 'sorted_values, '}starts, few), if(few, [toUInt32(1)], starts) AS stretch_starts, if(few, [${nth[0]}], [${nth.join(', ')}]) AS stretches
FROM (
  SELECT * EXCEPT (values_n), length(sorted_values) <= ${FEW_VALUES} AS few,
    if(few, ${ones}, arrayPushBack(arrayFlatten(arrayMap(p -> [${about.join(', ')}],
      arrayMap(p -> (values_n * p, 1.96 * sqrt(values_n * p * (1 - p)), p), [${QUANTILES.join(', ')}]))), toUInt32(greatest(1, length(sorted_values))))) AS starts
  FROM (SELECT *, ${total} AS values_n FROM (${cells}))
)`;
}
