import type { Metric } from '../metric.ts';
import { openOptions } from './incidents.ts';
import { signedSeconds } from './populations.ts';
import { notTimed, support, supportCaveats } from './support.ts';

const elapsed = `arraySort(groupArrayIf(assumeNotNull(greatest(0, ${signedSeconds('created_at', 'responded_at')})), isNotNull(responded_at)))`;

/** R-7 over all the time there is, in seconds; null where one that is open decides it (metrics.md §1.9). */
const elapsedQuantiles = (n: string): string => {
  const [low, high] = ['floor', 'ceil'].map((round) => `elapsed_sorted[toUInt64(${round}((elapsed_n - 1) * p)) + 1]`);
  return `(${elapsed} AS elapsed_sorted, toFloat64(${n}) AS elapsed_n, arrayMap(
    p -> if(ceil((elapsed_n - 1) * p) >= length(elapsed_sorted), NULL, toNullable(${low} + ((elapsed_n - 1) * p - floor((elapsed_n - 1) * p)) * (${high} - ${low}))),
    [0.5, 0.75, 0.9])).3`;
};

/** Time to the first response (metrics.md §8). */
export const supportFirstResponse: Metric = {
  ...support,
  id: 'support.first_response',
  title: 'Time to the first response',
  question: 'How long does somebody who asks for support wait for an answer?',
  description:
    'From the creation of a ticket to the first reply by a person other than the one who asked, in the open hours of the team’s calendar, in the bucket in which it was created. The median leads. Beside it the same in all the time there is (`elapsed`). Tickets that nobody has answered yet count as longer than any other.',
  caveats: [
    'A team without a calendar is always open; `without_calendar_n` says of how many tickets that holds.',
    'Replies of bots are no response. A ticket that was resolved without a reply is left out and counted.',
    ...supportCaveats,
  ],
  unit: 'minutes',
  direction: 'lower',
  options: {
    hours: {
      type: 'choice',
      values: ['team', 'all'],
      default: 'team',
      text: 'team: the open hours of the team’s calendar as of the creation; all: all the time there is. A calendar named by business_hours goes before either.',
    },
    ...openOptions,
  },
  minN: 5,
  aggregate: { type: 'quantiles' },
  items: (options) => ({
    at: 'created_at',
    reason: notTimed('responded_at', ['isNull(responded_at) AND isNotNull(resolved_at)', 'no_reply']),
    clock: {
      start: "ifNull(created_at, toDateTime64(0, 3, 'UTC'))",
      end: 'responded_at',
      ...(options.hours === 'team' ? { calendar: 'toString(calendar)' } : {}),
    },
    columns: ['created_at', 'responded_at', 'calendar'],
    tallies: {
      without_calendar: "countIf(calendar = '')",
      elapsed: elapsedQuantiles(options.closed_only === true ? 'length(elapsed_sorted)' : 'count()'),
    },
  }),
  fields: ({ tallies, options }) => {
    const seconds = (tallies.elapsed as readonly (number | null)[] | undefined) ?? [];
    const minutes = (index: number) => {
      const value = seconds[index];
      return value === null || value === undefined ? null : value / 60;
    };
    const byTeam = options.hours === 'team' && options.business_hours === undefined;
    return {
      elapsed: { p50: minutes(0), p75: minutes(1), p90: minutes(2) },
      ...(byTeam ? { without_calendar_n: Number(tallies.without_calendar ?? 0) } : {}),
    };
  },
  examples: [
    {
      id: 'EX-SUP-1',
      text: 'Created at 10:00, acknowledged by a bot at once, answered by a person at 10:30: 30 minutes.',
    },
  ],
};
