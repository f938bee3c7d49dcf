import type { Metric } from '../metric.ts';
import { ownershipDimensions, rolloutFeeds } from './populations.ts';

/** Platform adoption rate (metrics.md §6.1): its depth. */
export const adoptionRate: Metric = {
  id: 'adoption.rate',
  title: 'Platform adoption rate',
  question: 'How many of the services that could be on the platform are on it?',
  description:
    'Services whose last production rollout, at most 90 days old, went through the platform’s path, divided by all that are eligible: defined in the catalog, not exempt and not retired. Taken at the end of each bucket. Exempt services are counted apart, so that an exemption cannot hide a refusal.',
  caveats: [
    'A team’s rate is not averaged with others: the whole is all adopted services by all eligible ones.',
    'A service that has not been rolled out for 90 days counts as not adopted.',
  ],
  unit: 'fraction',
  direction: 'higher',
  atom: 'adoptions',
  feeds: rolloutFeeds,
  dimensions: ownershipDimensions,
  options: {},
  minN: 5,
  graceHours: 48,
  aggregate: { type: 'snapshot' },
  items: () => ({ at: 'valid_from', until: 'valid_to', reason: 'excluded', hit: 'adopted = 1' }),
  examples: [
    {
      id: 'EX-ADO-1',
      text: 'Team A has 4 of 5 services on the platform, B 0 of 3, C 1 of 1, D is exempt: 5/9 = 55.6 %, interval 26.7 to 81.1 %. The mean of the teams’ rates, 60 %, would be wrong.',
    },
  ],
};
