import type { Ranked } from '../envelope.ts';
import type { Metric } from '../metric.ts';
import { ownershipDimensions } from './populations.ts';

/** Most features that a row names. */
const MOST_RANKED = 50;

/** Feature prioritisation score (metrics.md §4.8). */
export const priority: Metric = {
  id: 'planning.priority',
  title: 'Priority of features',
  question: 'Which feature should come next?',
  description:
    'Developer impact × business value × technical feasibility ÷ implementation cost, each from 1 to 5, so from 0.2 to 125, for every feature that is not done at the end of the bucket, as it was graded by then. The value of a row of several features is their mean; ranking names them, the highest first, of equals the cheaper one.',
  caveats: [
    'A feature of which any grade is missing has no score: it is counted as missing_input.',
    'The grades are judgements. Close scores are equal ones.',
  ],
  unit: 'score',
  direction: 'none',
  atom: 'priorities',
  feeds: ['feature.committed'],
  dimensions: [...ownershipDimensions, 'feature'],
  options: {},
  isCoveredByItems: true,
  minN: 0,
  graceHours: 48,
  aggregate: { type: 'standing', scale: [0.2, 125] },
  items: () => ({
    at: 'stands_from',
    until: 'stands_to',
    reason: 'excluded',
    value: 'score',
    columns: ['feature', 'implementation_cost'],
    tallies: {
      ranking: `arrayMap(r -> (r.3, -r.1, r.2), arraySlice(arraySort(groupArrayIf((-assumeNotNull(item_value), assumeNotNull(implementation_cost), feature), item_reason = '')), 1, ${MOST_RANKED}))`,
    },
  }),
  fields: ({ tallies }) => ({
    ranking: ((tallies.ranking as [string, number, number][] | undefined) ?? []).map(
      ([feature, score, implementation_cost]): Ranked => ({ feature, score, implementation_cost }),
    ),
  }),
  examples: [
    {
      id: 'EX-PRI-1',
      text: 'Impact 5, value 4, feasibility 3 and cost 2 are 5 · 4 · 3 / 2 = 30; all 1 at a cost of 5 are 0.2.',
    },
  ],
};
