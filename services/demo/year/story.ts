import { DAY, HOUR } from './calendar.ts';
import type { DemoService, Organisation } from './organisation.ts';

/** How often a service goes to production. */
export type Cadence = 'continuous' | 'daily' | 'twice_weekly' | 'weekly' | 'fortnightly';
/** How a rollout reaches production: GitHub Actions, Argo CD (the platform's path), or a tool of one's own. */
export type Path = 'actions' | 'argocd' | 'tool';

/** What happens in the year, besides chance. Instants are epoch ms. */
export interface Story {
  readonly start: number;
  readonly end: number;
  /** One calendar quarter in which more deployments fail and recovery takes longer. */
  readonly badQuarter: { readonly from: number; readonly to: number };
  /** Golden path v2: from when each adopting team's services move to Argo CD and deploy with every merge. */
  readonly adoption: ReadonlyMap<string, number>;
  /** Services that change hands; `recordedAt` may lie after `at`: written down late. */
  readonly moves: readonly { service: string; from: string; to: string; at: number; recordedAt: number }[];
  /** The tool that stops reporting, and when it is noticed. */
  readonly silence: { readonly from: number; readonly to: number; readonly noticedAt: number };
  /** Starts of the survey waves. */
  readonly surveys: readonly number[];
  /** The late link: a deployment of the last finished quarter is blamed only that long after its end. */
  readonly lateLinkDays: number;
}

const ADOPTERS = ['checkout', 'notifications', 'tracking'];
const LATE_ADOPTER = 'pricing';

/** The year that ends at `end`. Depends on the organisation only for the names. */
export function storyOf(organisation: Organisation, end: number): Story {
  const start = end - 365 * DAY;
  const bad = quarterStart(end, -2);
  const adoptionStart = quarterStart(end, -1) + 6 * DAY;
  const has = (team: string): boolean => organisation.teams.some(({ id }) => id === team);
  const teams = ADOPTERS.filter(has);
  const adopters = teams.length > 0 ? teams : organisation.teams.slice(0, 3).map(({ id }) => id);
  const adoption = new Map(adopters.map((team) => [team, adoptionStart] as const));
  if (has(LATE_ADOPTER)) adoption.set(LATE_ADOPTER, adoptionStart + 49 * DAY);
  return {
    start,
    end,
    badQuarter: { from: bad, to: quarterStart(end, -1) },
    adoption,
    moves: movesOf(organisation, start, end),
    silence: { from: end - 152 * DAY, to: end - 124 * DAY, noticedAt: end - 141 * DAY },
    surveys: [-3, -2, -1, 0]
      .map((quarter) => quarterStart(end, quarter) - 24 * DAY)
      .filter((at) => at > start + 14 * DAY),
    lateLinkDays: 12,
  };
}

function movesOf(organisation: Organisation, start: number, end: number): Story['moves'] {
  const move = (wanted: string, from: string, at: number, recordedAt: number): Story['moves'] => {
    const service = organisation.services.find(({ id }) => id === wanted);
    const known = organisation.teams.some(({ id }) => id === from);
    return service && known ? [{ service: service.id, from, to: service.team, at, recordedAt }] : [];
  };
  return [
    ...move('quote-widget', 'checkout', start + 150 * DAY, start + 150 * DAY + 2 * HOUR),
    // Written down nine days late, and dated back to when it happened.
    ...move('depot-slots', 'warehouse', end - 40 * DAY, end - 31 * DAY),
  ];
}

/** UTC start of the calendar quarter that lies `offset` quarters from the one that `instant` is in. */
export function quarterStart(instant: number, offset: number): number {
  const date = new Date(instant);
  return Date.UTC(date.getUTCFullYear(), 3 * (Math.floor(date.getUTCMonth() / 3) + offset), 1);
}

/** The temper of a team: what its numbers look like in an ordinary quarter. */
export interface Temper {
  readonly cadence: Cadence;
  /** Working hours until somebody reviews. */
  readonly reviewHours: number;
  /** Changes per person and working week. */
  readonly changesPerWeek: number;
  readonly failureRate: number;
  readonly recoveryMinutes: number;
}

const ordinary: Temper = {
  cadence: 'daily',
  reviewHours: 2.4,
  changesPerWeek: 0.62,
  failureRate: 0.07,
  recoveryMinutes: 35,
};
const tempers: Readonly<Record<string, Partial<Temper>>> = {
  checkout: { cadence: 'twice_weekly', reviewHours: 3, failureRate: 0.09 },
  data: { reviewHours: 4.5, failureRate: 0.05, recoveryMinutes: 65 },
  identity: { cadence: 'continuous', reviewHours: 1.5, failureRate: 0.04, recoveryMinutes: 18 },
  mobile: { cadence: 'weekly', failureRate: 0.1 },
  notifications: { cadence: 'twice_weekly', reviewHours: 2.2 },
  payments: { reviewHours: 3.5, failureRate: 0.05, recoveryMinutes: 25 },
  pricing: { cadence: 'twice_weekly', reviewHours: 3 },
  routing: { failureRate: 0.11, recoveryMinutes: 48 },
  tracking: { cadence: 'twice_weekly', reviewHours: 2, changesPerWeek: 0.75 },
  warehouse: { cadence: 'weekly', reviewHours: 5, changesPerWeek: 0.55, recoveryMinutes: 85 },
};

/** The temper of a team of the example organisation; of any other, the ordinary one. */
export function temperOf(team: string): Temper {
  return { ...ordinary, ...tempers[team] };
}

/** How a service goes to production at an instant. */
export function pathOf(story: Story, service: DemoService, instant: number): Path {
  if (service.exempt) return 'tool';
  if (service.applications.size === 0) return 'actions';
  const adopted = story.adoption.get(service.team);
  return adopted === undefined || instant >= adopted + settleDays(service) * DAY ? 'argocd' : 'actions';
}

/** How often a service goes to production at an instant. */
export function cadenceOf(story: Story, service: DemoService, instant: number): Cadence {
  if (service.exempt) return 'fortnightly';
  const adopted = story.adoption.get(service.team);
  const moved =
    adopted !== undefined && service.applications.size > 0 && instant >= adopted + settleDays(service) * DAY;
  return moved ? 'continuous' : temperOf(service.team).cadence;
}

/** Services of a team move within its first two weeks, not all on one day. */
function settleDays(service: DemoService): number {
  return [...service.id].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 14;
}

/** How much likelier failures, and how much longer recoveries and reviews are at an instant: who repairs does not review. */
export function troubleOf(story: Story, instant: number): { failures: number; recovery: number; review: number } {
  const bad = instant >= story.badQuarter.from && instant < story.badQuarter.to;
  return bad ? { failures: 2.4, recovery: 2.2, review: 1.7 } : { failures: 1, recovery: 1, review: 1 };
}

/** Local hour at which a service that is not deployed with every merge goes out. */
export function releaseHour(service: DemoService): number {
  return 10 + (service.id.length % 5);
}

/** True if a service of this cadence goes out on that weekday (1 = Monday) of that week (counted from 1970). */
export function isReleaseDay(cadence: Cadence, weekday: number, week: number): boolean {
  if (cadence === 'daily') return weekday <= 4;
  if (cadence === 'twice_weekly') return weekday === 2 || weekday === 4;
  if (cadence === 'weekly') return weekday === 3;
  return cadence === 'fortnightly' && weekday === 3 && week % 2 === 0;
}

/** True while nothing but fixes goes to production: the last days of December. */
export function isFrozen(instant: number): boolean {
  const date = new Date(instant);
  const [month, day] = [date.getUTCMonth() + 1, date.getUTCDate()];
  return (month === 12 && day >= 20) || (month === 1 && day <= 3);
}
