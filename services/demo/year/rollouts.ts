import { DAY, MINUTE } from './calendar.ts';
import { revert } from './changes.ts';
import { startIncident } from './incidents.ts';
import { type Rollout, throughActions, throughArgocd, throughTool } from './paths.ts';
import { cadenceOf, isFrozen, isReleaseDay, pathOf, releaseHour, temperOf, troubleOf } from './story.ts';
import type { Live, Merged, RepositoryState, ServiceState, World } from './world.ts';

/** Starts the release days of every service, and the odd restart. */
export function startReleases(world: World): void {
  for (const state of world.services) {
    const { simulation, story } = world;
    const { calendar, service } = state;
    const day = (index: number): void => {
      const instant = calendar.at(story.start, index, releaseHour(service));
      if (instant >= story.end) return;
      simulation.schedule(instant, () => {
        const cadence = cadenceOf(story, service, instant);
        const due = isReleaseDay(cadence, calendar.weekday(instant), Math.floor((instant / DAY + 3) / 7));
        // The first day of all puts what there is into production: the baseline.
        if (index === 1 || (due && calendar.isWorkingDay(instant) && state.pending.length > 0)) deploy(world, state);
        day(index + 1);
      });
    };
    day(1);
    const random = simulation.random(`restart/${service.id}`);
    const restart = (): void => {
      simulation.schedule(simulation.now() + random.exponential(240) * DAY, () => {
        if (!state.busy && state.live !== null && state.held.size === 0) {
          begin(world, state, {
            head: state.live.head,
            changes: [],
            kind: 'restart',
            rollsBack: null,
            ends: 'succeeded',
          });
        }
        restart();
      });
    };
    restart();
  }
}

/** Main has moved: the services that the paths touch have something to deploy, and some deploy at once. */
export function mergedToMain(
  world: World,
  repository: RepositoryState,
  paths: readonly string[],
  merged: Merged,
  urgent: boolean,
): void {
  for (const state of repository.services) {
    const globs = state.service.paths.map((glob) => glob.replace(/\*\*$/, ''));
    if (globs.length > 0 && !paths.some((path) => globs.some((prefix) => path.startsWith(prefix)))) continue;
    state.pending.push(merged);
    const now = world.simulation.now();
    if (!urgent && cadenceOf(world.story, state.service, now) !== 'continuous') continue;
    const wait = world.simulation.random(`rollout/${state.service.id}`).between(5, 14) * MINUTE;
    world.simulation.schedule(now + wait, () => deploy(world, state));
  }
}

/** Brings the tip of main to production, unless there is a reason not to. */
export function deploy(world: World, state: ServiceState): void {
  const { simulation, story } = world;
  const now = simulation.now();
  const urgent = state.pending.some(({ fixes }) => fixes !== null);
  if (state.busy) {
    state.again = true;
    return;
  }
  const head = state.repository.tip;
  if (
    (state.held.size > 0 && !urgent) ||
    state.live?.head.sha === head.sha ||
    (isFrozen(now) && !urgent && state.live !== null)
  )
    return;
  const random = simulation.random(`rollout/${state.service.id}`);
  const path = pathOf(story, state.service, now);
  const trouble = troubleOf(story, now).failures;
  const luck = random.next();
  const dark = 0.035 * trouble;
  const live = path === 'actions' ? 0 : temperOf(state.team.id).failureRate * 0.2 * trouble;
  let ends: Rollout['ends'] = 'succeeded';
  if (state.live === null) ends = 'succeeded';
  else if (luck < dark * 0.6) ends = 'retried';
  else if (luck < dark) ends = 'failed_dark';
  else if (luck < dark + live) ends = 'failed_live';
  else if (path === 'tool' && luck < dark + live + 0.08) ends = random.chance(0.6) ? 'cancelled' : 'superseded';
  begin(world, state, { head, changes: [...state.pending], kind: 'change', rollsBack: null, ends });
}

/** Puts back what was live before. Returns false if there is nothing to go back to. */
export function rollBack(world: World, state: ServiceState, bad: Live, done: () => void): boolean {
  const target = state.previous;
  if (target === null || state.busy || state.live?.rolloutId !== bad.rolloutId) return false;
  const suspect = bad.changes.findLast(({ pull }) => pull !== null)?.pull ?? null;
  state.held.add(bad.rolloutId);
  begin(
    world,
    state,
    { head: target.head, changes: [], kind: 'rollback', rollsBack: bad.rolloutId, ends: 'succeeded' },
    done,
  );
  const random = world.simulation.random(`rollout/${state.service.id}`);
  const release = (): void => {
    state.held.delete(bad.rolloutId);
    deploy(world, state);
  };
  world.simulation.schedule(state.calendar.after(world.simulation.now(), random.between(0.5, 6)), () => {
    if (suspect === null || random.chance(0.4)) release();
    else revert(world, state, suspect, release);
  });
  return true;
}

function begin(
  world: World,
  state: ServiceState,
  plan: Omit<Rollout, 'state' | 'actor' | 'done'>,
  afterwards?: () => void,
): void {
  const { simulation, story } = world;
  const random = simulation.random(`rollout/${state.service.id}`);
  state.busy = true;
  state.rollouts += 1;
  const actor = random.pick(state.team.people).login;
  const done = (rolloutId: string): void => {
    state.busy = false;
    const worked = plan.ends === 'succeeded' || plan.ends === 'retried';
    const live: Live = { rolloutId, head: plan.head, changes: plan.changes };
    if (plan.kind === 'rollback') [state.live, state.previous] = [state.previous, null];
    else if (plan.kind === 'change' && worked) {
      state.previous = state.live;
      state.live = live;
      state.pending = state.pending.filter((merged) => !plan.changes.includes(merged));
      const rate = temperOf(state.team.id).failureRate * troubleOf(story, simulation.now()).failures;
      const repairs = plan.changes.some(({ fixes }) => fixes !== null);
      if (state.previous !== null && random.chance(repairs ? rate / 2 : rate)) startIncident(world, state, live);
    } else if (plan.ends === 'failed_live') {
      // Users saw it: the tip waits for a repair.
      state.held.add(rolloutId);
      simulation.schedule(state.calendar.after(simulation.now(), random.between(1, 9)), () => {
        state.held.delete(rolloutId);
        deploy(world, state);
      });
    }
    afterwards?.();
    if (state.again) {
      state.again = false;
      deploy(world, state);
    }
  };
  const rollout: Rollout = { ...plan, state, actor, done };
  const path = pathOf(story, state.service, simulation.now());
  if (path === 'actions') throughActions(world, rollout);
  else if (path === 'argocd') throughArgocd(world, rollout);
  else throughTool(world, rollout);
}
