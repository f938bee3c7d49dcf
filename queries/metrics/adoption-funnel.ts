import { stepped } from '../items.ts';
import type { Metric } from '../metric.ts';
import { activity, byPeople, isPortalAction } from './activity.ts';
import { cohortCaveats, inCohorts, toldOfCohorts } from './cohorts.ts';

const steps = ['discover', 'login', 'scaffold', 'deploy', 'second_week'] as const;

/** What counts as the step, after any earlier one; the second week is of the time since the first. */
const isStep = {
  login: isPortalAction,
  scaffold: `${isPortalAction} AND (lower(action) IN ('create', 'scaffold', 'create-repository', 'create-service') OR lower(capability) IN ('scaffolder', 'templates'))`,
  deploy: `${isPortalAction} AND (lower(action) IN ('deploy', 'release', 'rollout') OR lower(capability) IN ('deployments', 'deployment'))`,
  second_week: '1',
} as const;

const SECOND_WEEK_ENDS_DAY = 14;

/** The first of some instants that is not before another one and not after a third; null where there is none. */
const firstFrom = (ats: string, from: string, until: string): string =>
  `if(isNull(${from}) OR NOT arrayExists(at -> at >= assumeNotNull(${from}) AND at <= ${until}, ${ats}), NULL,
    toNullable(arrayMin(arrayFilter(at -> at >= assumeNotNull(${from}) AND at <= ${until}, ${ats}))))`;

/** When each step was reached, from what counts as it, the step before it and the end of its time. */
const reachedAt: Readonly<Record<keyof typeof isStep, readonly Readonly<Record<string, string>>[]>> = {
  login: [{ at_1: firstFrom('login_ats', 'at_0', 'closes_at') }],
  scaffold: [{ at_2: firstFrom('scaffold_ats', 'at_1', 'closes_at') }],
  deploy: [{ at_3: firstFrom('deploy_ats', 'at_2', 'closes_at') }],
  second_week: [
    { second_from: 'if(isNull(at_3), NULL, toNullable(greatest(assumeNotNull(at_3), week_from)))' },
    { at_4: firstFrom('second_week_ats', 'second_from', 'week_until') },
  ],
};

/** Adoption funnel (metrics.md §6.3). */
export const funnel: Metric = {
  id: 'adoption.funnel',
  title: 'Adoption funnel',
  question: 'Where do people stop on their way to using the platform?',
  description:
    'Of the people who reached a step, the share that reached the next one (option step), or of all who began (of=first). The steps, in this order: discover (the first thing that somebody does on the platform), login (an action in the portal), scaffold (a template used), deploy (a deployment from the portal), second_week (anything, a week to two after the first thing). Each counts when it is first done, not before the step before it, within 28 days of the first (option within_days).',
  caveats: [
    'Done in another order is not reached, until it is done again in order.',
    'What is a scaffold or a deployment goes by the names that the portal gives its actions and capabilities: create, scaffold, create-repository, create-service, or templates and scaffolder; deploy, release, rollout, or deployments.',
    ...cohortCaveats,
  ],
  unit: 'fraction',
  direction: 'higher',
  atom: activity.atom,
  feeds: activity.feeds,
  dimensions: ['team'],
  ...toldOfCohorts,
  options: {
    step: { type: 'choice', values: steps.slice(1), default: 'login', text: 'The step whose rate is asked for.' },
    of: {
      type: 'choice',
      values: ['previous', 'first'],
      default: 'previous',
      text: 'Divide by those who reached the step before, or by all who reached the first.',
    },
    within_days: {
      type: 'number',
      default: 28,
      min: 1,
      max: 365,
      text: 'Within how many days of the first step the others count.',
    },
  },
  aheadDays: ({ within_days }) => Math.ceil(Number(within_days)),
  aggregate: { type: 'proportion' },
  items: ({ step, of, within_days }) => {
    const number = steps.indexOf(step as (typeof steps)[number]);
    const before = of === 'first' || number === 1 ? null : `at_${number - 1}`;
    const reached = [...(before === null ? [] : [before]), `at_${number}`];
    const asked = steps.slice(1, number + 1) as (keyof typeof isStep)[];
    const closes = step === 'second_week' ? 'week_closes_at' : 'closes_at';
    return {
      from: ({ actions }, { groups }) =>
        inCohorts(
          stepped(
            `(
        SELECT person_key, min(acted_at) AS at_0, at_0 + toIntervalMillisecond({within_ms:Int64}) AS closes_at, at_0 + toIntervalDay(7) AS week_from,
          least(closes_at, at_0 + toIntervalDay(${SECOND_WEEK_ENDS_DAY})) AS week_closes_at, least(closes_at, at_0 + toIntervalDay(${SECOND_WEEK_ENDS_DAY}) - toIntervalMillisecond(1)) AS week_until,
          argMin(team, (acted_at, atom_id)) AS team,
          ${asked.map((name) => `groupArrayIf(acted_at, ${isStep[name]}) AS ${name}_ats`).join(', ')}
        FROM ${actions} WHERE ${byPeople} GROUP BY person_key
      )`,
            asked.flatMap((name) => reachedAt[name]),
          ),
          {
            who: 'person_key',
            at: 'at_0',
            cells: ['team'],
            columns: ['person_key', closes, ...reached, 'team'],
          },
          groups.length > 0,
        ),
      at: 'cohort_at',
      // Whoever did not reach the step before is no part of the rate, but their team is there.
      reason: `multiIf(few, 'few', ${before === null ? '0' : `isNull(${before})`}, 'not_there_yet', '')`,
      hit: `isNotNull(at_${number})`,
      open: `isNull(at_${number})`,
      closes,
      columns: ['person_key'],
      tallies: { respondents: 'uniqExact(person_key)' },
      params: { within_ms: Math.round(Number(within_days) * 86_400_000) },
    };
  },
  examples: [
    {
      id: 'EX-FUN-1',
      text: 'Ten take the first step, eight the second, four did the third, one of them before the second: 10, 8, 3, so 80 %, 37.5 %, and 30 % of all.',
    },
  ],
};
