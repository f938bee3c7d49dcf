import type { Metric } from '../metric.ts';
import { documentation, documentationCaveats, sessions } from './documentation.ts';

/** Success of searches in the documentation (metrics.md §7.3). */
export const searchSuccess: Metric = {
  ...documentation,
  id: 'docs.search_success',
  title: 'Searches that find something',
  question: 'How often do people find what they search in the documentation?',
  description:
    'Search sessions in which a result was opened, no other query followed within 30 seconds and the reader stayed for 10 seconds or called it helpful, divided by all search sessions, in the bucket of the first query.',
  caveats: [
    'How long somebody stayed is what the documentation tells, else the time until what they did next; where nothing followed, they stayed.',
    ...documentationCaveats,
  ],
  unit: 'fraction',
  direction: 'higher',
  options: {},
  minN: 5,
  aggregate: { type: 'proportion' },
  items: () => sessions,
  examples: [
    {
      id: 'EX-DOC-1',
      text: 'A opens a result and stays; B opens one, searches again after 8 seconds, opens another and stays; C gives up: 2/3.',
    },
  ],
};
