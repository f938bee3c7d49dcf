import type { Items, Metric, OptionSpec, Options } from '../metric.ts';
import { MIN_RESPONDENTS } from '../privacy/suppression.ts';

/** What the metrics of people's use of the platform have in common (metrics.md §6.2). */
export const activity = {
  atom: 'actions',
  feeds: ['portal.action', 'search.performed', 'search.clicked', 'doc.viewed', 'doc.rated'],
  dimensions: ['team', 'region'],
  direction: 'higher',
  suppressBelow: MIN_RESPONDENTS,
  minN: 0,
  graceHours: 48,
} as const satisfies Partial<Metric>;

export const activityCaveats: readonly string[] = [
  'People are counted once, however many logins the workspace says are theirs; bots and services are not counted.',
  'Not additive: people are in several days, and may be in several teams. The whole is counted anew, never added up.',
  'By team or region, a cell of fewer than five people is not told, nor the next smallest where it could be told by subtraction; only local days that are over, in the organisation’s zone, with owners as they were.',
];

/** Whether a person did it, if it counts as use of the platform or not: what somebody begins with need not. */
export const byPeople = "excluded IN ('', 'not_qualifying')";

/** Everything that people do and that counts. */
export const activityItems = (): Items => ({ at: 'acted_at', reason: 'excluded', who: 'person_key' });

/** Whether somebody did it in the portal: of what is no action there, the kind of event is the action. */
export const isPortalAction = `action NOT IN ('search.performed', 'search.clicked', 'doc.viewed', 'doc.rated')`;

/** Whether the days that are averaged are all days or working days. */
export const perOption: OptionSpec = {
  type: 'choice',
  values: ['calendar_day', 'working_day'],
  default: 'calendar_day',
  text: 'working_day: of Monday to Friday only, since internal tools idle at weekends.',
};

const months: Readonly<Record<string, 'month' | number>> = { '28d': 28, '30d': 30, month: 'month', '7d': 7 };

/** What an option `window` means as {@link Activity.reach}. */
export const reachOf = (options: Options): 'month' | number => months[String(options.window)] ?? 28;
