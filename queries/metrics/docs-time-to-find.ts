import type { Metric } from '../metric.ts';
import { documentation, documentationCaveats } from './documentation.ts';

/** Time to find something in the documentation (metrics.md §7.3). */
export const timeToFind: Metric = {
  ...documentation,
  id: 'docs.time_to_find',
  title: 'Time to find something',
  question: 'How long do people search the documentation until they find it?',
  description:
    'From the first query of a search session to the opening of the result that was the right one, over the sessions that have found it. The median leads; `abandonment_rate` beside it is the share of those that have not.',
  caveats: [
    'It is of those who found something alone: read it with the share of those who gave up.',
    ...documentationCaveats,
  ],
  unit: 'seconds',
  direction: 'lower',
  options: {},
  minN: 5,
  aggregate: { type: 'quantiles' },
  items: () => ({
    at: 'began_at',
    reason: "multiIf(excluded != '', toString(excluded), isNull(found_at), 'abandoned', '')",
    clock: { start: 'began_at', end: 'found_at' },
  }),
  beside: () => [
    {
      type: 'count',
      field: 'sessions',
      atom: documentation.atom,
      dimensions: documentation.dimensions,
      items: { at: 'began_at', reason: 'excluded' },
    },
  ],
  fields: ({ items, beside }) => ({ abandonment_rate: beside.sessions ? 1 - items / beside.sessions : null }),
  examples: [
    {
      id: 'EX-DOC-1',
      text: 'A finds it after 20 seconds, B after 60, C gives up: the median is 40 seconds, and 1/3 gave up.',
    },
  ],
};
