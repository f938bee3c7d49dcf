import type { Metric } from '../metric.ts';
import { documentation, documentationCaveats } from './documentation.ts';

/** Searches of the documentation without a result (metrics.md §7.3). */
export const zeroResultRate: Metric = {
  ...documentation,
  id: 'docs.zero_result_rate',
  title: 'Searches without a result',
  question: 'How often does the documentation have nothing on what is searched?',
  description:
    'Queries that had no result, divided by all of which it is told how many they had, in the bucket of the first query of their session.',
  caveats: ['Queries whose results nobody counts are in neither.', ...documentationCaveats],
  unit: 'fraction',
  direction: 'lower',
  options: {},
  minN: 0,
  aggregate: { type: 'ratio' },
  items: () => ({
    at: 'began_at',
    reason: 'excluded',
    value: 'toFloat64(empty_queries)',
    weight: 'toFloat64(answered_queries)',
  }),
  examples: [{ id: 'EX-DOC-1', text: 'Of four queries, the one of C had no result: 1/4.' }],
};
