import fc from 'fast-check';
import { tellBusiness } from './business.ts';
import { newRepositories, tellDirectPush, tellPromotion, tellPullRequest, tellReleaseBranch } from './code.ts';
import { type ToldRollout, tellRollback, tellRollout } from './deployments.ts';
import { tellHelp } from './help.ts';
import { tellMaintenance } from './maintenance.ts';
import { tellNewcomers } from './newcomers.ts';
import { newTelling, tellCatalog, tellHours, tellReorganisation, tellSilence, weekendOf } from './organisation.ts';
import { tellCorrection, tellIncident } from './outages.ts';
import { tellRelease, tellRuleChange, tellRules, tellRun } from './pipelines.ts';
import { tellPortal } from './portal.ts';
import { newRandom, type Random } from './random.ts';
import { tellServiceLevels } from './service-levels.ts';
import { newStory, type Recorded } from './story.ts';

const MOST_EVENTS = 150;

/**
 * One organisation's few weeks around a change of clocks, whole and sharp: everything that moves a number happens in some
 * seed. The events come in the order of their recording. The same seed gives the same history.
 */
export function randomHistory(seed: number): Recorded[] {
  const random = newRandom(seed);
  const story = newStory();
  const length = random.int(20, MOST_EVENTS - 15);
  const telling = newTelling(random, story, weekendOf(seed).at, length);
  const repositories = newRepositories(telling);
  const rollouts: ToldRollout[] = [];
  let incidents = 0;
  tellCatalog(telling);
  tellHours(telling);
  tellRules(telling);
  // Some organisations mostly write code, some mostly deploy, some mostly have incidents.
  const [code, deployments, outages] = random.pick([
    [1, 1, 1],
    [1, 1, 1],
    [2, 1.5, 0.3],
    [0.3, 2, 0.5],
    [0.2, 0.7, 4],
  ] as const);
  // For some, runs of their pipelines are all that tells of a rollout.
  const [reported, run] = random.chance(0.35) ? [0.05, 5] : [1, 0.7];
  while (story.history.length < length && telling.now < telling.end) {
    const repository = random.pick(repositories);
    random.weighted([
      [4 * code, () => tellDirectPush(telling, repository)],
      [5 * code, () => tellPullRequest(telling, repository)],
      [9 * deployments * reported, () => tellRollout(telling, repository, rollouts)],
      [2 * deployments * reported, () => tellRollback(telling, rollouts)],
      [4 * deployments * run, () => tellRun(telling, repository, rollouts)],
      [0.8 * deployments, () => tellRelease(telling, repository, rollouts)],
      [3 * outages, () => tellIncident(telling, ++incidents, rollouts, repositories)],
      [code, () => tellPromotion(telling, repository)],
      [3 * code, () => tellReleaseBranch(telling, repository)],
      [1, () => tellReorganisation(telling)],
      [0.3, () => tellSilence(telling)],
      [0.3, () => tellRuleChange(telling)],
      [1.2, () => tellCorrection(telling, rollouts, incidents, repositories)],
    ])();
  }
  tellPortal(telling, newRandom(~seed));
  // Most organisations stay connected after the last thing that happened.
  if (random.chance(0.7))
    for (const name of ['github', 'pagerduty', 'canonical', 'git'])
      telling.fact('source.heartbeat', telling.end, { name }, name, 0);
  const told = story.history.slice(0, MOST_EVENTS);
  const business = newStory();
  tellBusiness(business, seed, telling.start, telling.end);
  tellNewcomers(business, seed, telling.start, telling.end);
  const help = newStory();
  tellHelp(help, seed, telling.start, telling.end);
  const levels = newStory();
  tellServiceLevels(levels, seed, telling.start, telling.end);
  const maintenance = newStory();
  tellMaintenance(maintenance, seed, telling.start, telling.end, told);
  const apart = [business, help, levels, maintenance].flatMap(({ history }) => history);
  return [...told, ...apart, ...normalisedAgain(told, random)].sort(
    (a, b) => Date.parse(a.recorded_at) - Date.parse(b.recorded_at),
  );
}

/** Newer code reads an old delivery again: the same ids with other data, one of them perhaps no longer yielded. */
function normalisedAgain(told: readonly Recorded[], random: Random): Recorded[] {
  if (!random.chance(0.3)) return [];
  const { delivery_id } = random.pick(told).event;
  if (delivery_id === '') return [];
  const latest = Math.max(...told.map((one) => Date.parse(one.recorded_at)));
  return told
    .filter((one) => one.event.delivery_id === delivery_id && !random.chance(0.3))
    .map(({ event }) => ({
      event: (event.type === 'deployment.finished'
        ? {
            ...event,
            normaliser: 2,
            data: { ...event.data, outcome: random.pick(['succeeded', 'failed_live'] as const) },
          }
        : { ...event, normaliser: 2 }) as Recorded['event'],
      recorded_at: new Date(latest - random.int(0, 10 * 86_400) * 1000).toISOString(),
    }));
}

/** Any seed's history; a part of its events may be lost, which is also how a failing one shrinks. */
export const histories: fc.Arbitrary<Recorded[]> = fc
  .integer({ min: 0, max: 1_000_000 })
  .map(randomHistory)
  .chain((history) =>
    fc.oneof({ weight: 3, arbitrary: fc.constant(history) }, { weight: 1, arbitrary: fc.subarray(history) }),
  );

/**
 * The smallest history found that still fails, by leaving out ever smaller runs of events. For what a failing seed is
 * about: a hundred events explain nothing, five do.
 */
export async function smallest(
  history: readonly Recorded[],
  fails: (history: readonly Recorded[]) => boolean | Promise<boolean>,
): Promise<Recorded[]> {
  let left = [...history];
  for (let run = Math.ceil(left.length / 2); run >= 1; run = run === 1 ? 0 : Math.ceil(run / 2)) {
    for (let from = 0; from < left.length; ) {
      const shorter = [...left.slice(0, from), ...left.slice(from + run)];
      if (shorter.length > 0 && (await fails(shorter))) left = shorter;
      else from += run;
    }
  }
  return left;
}
