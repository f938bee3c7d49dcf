import type { Metric } from '../metric.ts';
import { hourlyItems, peakOf } from './hourly.ts';
import { ownershipDimensions } from './populations.ts';

/** Resource utilisation (metrics.md §4.5). */
export const utilization: Metric = {
  id: 'platform.utilization',
  title: 'Resource utilisation',
  question: 'How much of what is allocated is used?',
  description:
    'The hours of cores, memory or accelerators that were used, divided by those that were allocated, all periods that begin in the bucket together. A long period weighs more than a short one, and a large service more than a small one.',
  caveats: [
    'Ask for one resource, or group by it: hours of cores and of memory are not added up.',
    'A utilisation of 1 is no goal: work that waits for a full machine is slow.',
    'With of=hourly_p95 a period counts evenly in each hour that it touches, so one of more than an hour hides its peaks; one of more than 31 days is left out.',
  ],
  unit: 'fraction',
  direction: 'none',
  atom: 'usages',
  feeds: ['usage.recorded'],
  dimensions: [...ownershipDimensions, 'resource'],
  options: {
    of: {
      type: 'choice',
      values: ['total', 'hourly_p95'],
      default: 'total',
      text: 'All hours together, or the share of use that only one hour in twenty exceeds.',
    },
  },
  minN: 0,
  graceHours: 48,
  aggregate: { type: 'ratio' },
  items: (options) => ({
    at: 'from_at',
    reason: 'excluded',
    value: 'used_hours',
    weight: 'allocated_hours',
    columns: ['resource'],
    ...(options.of === 'hourly_p95' ? hourlyItems : {}),
    tallies: {
      resources: 'arraySort(groupUniqArray(lower(resource)))',
      ...(options.of === 'hourly_p95' ? hourlyItems.tallies : {}),
    },
  }),
  estimate: (measured) => (measured.options.of === 'hourly_p95' ? peakOf(measured) : null),
  incomparable: ({ tallies }) => {
    const resources = (tallies.resources as string[] | undefined) ?? [];
    if (resources.length < 2) return undefined;
    return `Hours of ${resources.join(' and ')} are not added up: ask for one resource, or group by it.`;
  },
  examples: [
    {
      id: 'EX-UTL-1',
      text: 'A uses 4 of 8 cores for 10 hours, B 30 of 32 for one hour: (40 + 30) / (80 + 32) = 62.5 %. The mean of the two ratios, 71.9 %, would be wrong.',
    },
  ],
};
