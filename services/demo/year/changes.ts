import { type GitCommit, NO_SHA, type PullRequest, pullRequest, push, review } from '../senders/github.ts';
import { HOUR, MINUTE } from './calendar.ts';
import { runChecks } from './checks.ts';
import { type Draft, directPush, merge } from './landing.ts';
import { DEPENDENCY_BOT, type Person } from './organisation.ts';
import { temperOf, troubleOf } from './story.ts';
import { branchName, bumpTitle, changeTitle } from './titles.ts';
import { type Merged, makeCommit, type RepositoryState, type ServiceState, send, type World } from './world.ts';

/** Starts what people and bots do all year: each person opens changes at the pace of the team. */
export function startChanges(world: World): void {
  for (const team of world.organisation.teams) {
    const calendar = world.calendars.get(team.id);
    const states = world.services.filter(({ team: { id } }) => id === team.id);
    if (calendar === undefined || states.length === 0) continue;
    for (const person of team.people) {
      const random = world.simulation.random(`person/${person.login}`);
      const next = (): void => {
        const now = world.simulation.now();
        const summer = new Date(now).getUTCMonth() === 7 ? 1.7 : 1;
        const pause = (random.exponential(1) * 42.5 * summer) / temperOf(team.id).changesPerWeek;
        world.simulation.schedule(calendar.after(now, pause), () => {
          ordinaryChange(world, random.pick(states), person);
          next();
        });
      };
      next();
    }
  }
  for (const repository of world.repositories) startBot(world, repository);
}

/** A change as somebody makes it any day: pushed as it is, or by a pull request. */
export function ordinaryChange(world: World, state: ServiceState, author: Person): void {
  const random = world.simulation.random(`change/${state.service.repository}`);
  const title = changeTitle(random);
  const serial = state.repository.commits;
  const paths = pathsOf(world, state);
  if (random.chance(0.04)) {
    directPush(world, state, author, title, paths);
    return;
  }
  const branch = branchName(random.chance(0.3) ? 'fix' : 'feat', title, serial);
  draft(world, { state, author, title, branch, body: null, labels: [], paths, fixes: null, urgent: false });
}

/** The repair of an incident: a change labelled `hotfix` that says which incident it fixes. */
export function hotfix(world: World, state: ServiceState, incident: string, onMerged: (merged: Merged) => void): void {
  const random = world.simulation.random(`change/${state.service.repository}`);
  const title = `Repair: ${changeTitle(random).toLowerCase()}`;
  draft(world, {
    state,
    author: random.pick(state.team.people),
    title,
    branch: branchName('hotfix', title, state.repository.commits),
    body: `Stops the bleeding.\n\nfixes: ${incident}\n`,
    labels: ['hotfix'],
    paths: pathsOf(world, state, true),
    fixes: incident,
    urgent: true,
    onMerged,
  });
}

/** The change that takes back what had been rolled back, by the forge's own button. */
export function revert(world: World, state: ServiceState, bad: PullRequest, onMerged: (merged: Merged) => void): void {
  const random = world.simulation.random(`change/${state.service.repository}`);
  draft(world, {
    state,
    author: random.pick(state.team.people),
    title: `Revert "${bad.title}"`,
    branch: `revert-${bad.number}-${bad.branch.replaceAll('/', '-')}`,
    body: `Reverts ${state.service.repository}#${bad.number}`,
    labels: [],
    paths: pathsOf(world, state, true),
    fixes: null,
    urgent: true,
    onMerged,
  });
}

/** Dependency updates on Monday mornings, merged by a person. */
function startBot(world: World, repository: RepositoryState): void {
  const state = repository.services[0];
  if (state === undefined) return;
  const random = world.simulation.random(`bot/${repository.fullName}`);
  const next = (instant: number): void => {
    world.simulation.schedule(instant, () => {
      const title = bumpTitle(random);
      const branch = branchName('dependabot/npm_and_yarn', title.slice(5), repository.commits);
      const paths = repository.services.length > 1 ? ['libs/package.json'] : ['package.json'];
      const labels = ['dependencies'];
      draft(world, {
        state,
        author: DEPENDENCY_BOT,
        title,
        branch,
        body: null,
        labels,
        paths,
        fixes: null,
        urgent: false,
      });
      const weeks = random.whole(3, 9);
      next(state.calendar.at(instant, 7 * weeks, 5.5));
    });
  };
  const monday = 8 - state.calendar.weekday(world.story.start);
  next(state.calendar.at(world.story.start, monday + 7 * random.whole(0, 4), 5.5));
}

function draft(world: World, plan: Draft): void {
  const { simulation } = world;
  const { state, author } = plan;
  const { calendar, repository } = state;
  const random = simulation.random(`change/${repository.fullName}`);
  const bot = author === DEPENDENCY_BOT;
  const pause = (hours: number): number =>
    plan.urgent ? hours * HOUR * 0.12 : calendar.after(simulation.now(), hours) - simulation.now();
  const commits: GitCommit[] = [];
  const write = (authoredAt: number, message: string): void => {
    commits.push(
      makeCommit(world, repository, { message, author, authoredAt, committedAt: authoredAt, paths: plan.paths }),
    );
  };
  const first = simulation.now();
  const count = bot || plan.urgent ? 1 : 1 + Math.min(5, Math.floor(random.exponential(1.3)));
  for (let index = 0, at = first; index < count; index++) {
    write(at, index === 0 ? messageOf(plan) : changeTitle(random));
    at = plan.urgent ? at : calendar.after(at, random.lognormal(0.9, 0.9));
  }
  const pushedAt = (commits.at(-1)?.authoredAt ?? first) + random.between(1, 9) * MINUTE;
  simulation.schedule(pushedAt, () => {
    pushBranch(world, repository, plan.branch, NO_SHA, commits, author.login);
    const wait = bot || plan.urgent ? 0.02 : random.chance(0.8) ? random.between(0.05, 0.4) : random.between(2, 9);
    simulation.schedule(simulation.now() + pause(wait), () => open(world, plan, commits));
  });
}

function messageOf(plan: Draft): string {
  return plan.fixes === null ? plan.title : `${plan.title}\n\nfixes: ${plan.fixes}`;
}

function pushBranch(
  world: World,
  repository: RepositoryState,
  branch: string,
  before: string,
  commits: readonly GitCommit[],
  login: string,
  forced = false,
): void {
  repository.pushedAt = world.simulation.now();
  send(world, push(repository, { branch, before, commits, pusher: login, forced }));
  const head = commits.at(-1);
  if (head !== undefined) runChecks(world, repository, branch, head, 'pull_request');
}

function open(world: World, plan: Draft, commits: GitCommit[]): void {
  const { simulation } = world;
  const { state, author } = plan;
  const { repository, calendar } = state;
  const random = simulation.random(`change/${repository.fullName}`);
  const pull: PullRequest = {
    number: repository.nextNumber++,
    title: plan.title,
    body: plan.body,
    author,
    branch: plan.branch,
    labels: plan.labels,
    openedAt: simulation.now(),
    baseSha: repository.tip.sha,
    headSha: commits.at(-1)?.sha ?? '',
    commits: commits.length,
    mergeSha: null,
    mergedAt: null,
    closedAt: null,
    mergedBy: null,
  };
  send(world, pullRequest(repository, pull, 'opened', simulation.now(), author.login));
  const others = state.team.people.filter(({ login }) => login !== author.login);
  const reviewer = random.pick(others.length > 0 ? others : state.team.people);
  const later = (hours: number, task: () => void): void => {
    const now = simulation.now();
    simulation.schedule(plan.urgent ? now + hours * 0.08 * HOUR : calendar.after(now, hours), task);
  };
  const hours = temperOf(state.team.id).reviewHours * troubleOf(world.story, simulation.now()).review;
  const judge = (round: number): void => {
    later(random.lognormal(round === 1 ? hours : hours / 2, 0.8), () => {
      const now = simulation.now();
      if (random.chance(plan.urgent ? 0 : 0.035)) {
        pull.closedAt = now;
        send(world, pullRequest(repository, pull, 'closed', now, author.login));
        return;
      }
      const refused = round === 1 && !plan.urgent && author !== DEPENDENCY_BOT && random.chance(0.35);
      send(world, review(repository, pull, reviewer.login, refused ? 'changes_requested' : 'approved', now));
      if (refused) later(random.lognormal(1.3, 0.8), () => rework(world, plan, pull, commits, () => judge(2)));
      else later(random.lognormal(0.6, 0.9), () => merge(world, plan, pull, commits, reviewer.login));
    });
  };
  judge(1);
}

/** Answers a review with another commit, or with the same work rewritten. */
function rework(world: World, plan: Draft, pull: PullRequest, commits: GitCommit[], then: () => void): void {
  const { repository } = plan.state;
  const random = world.simulation.random(`change/${repository.fullName}`);
  const now = world.simulation.now();
  const before = pull.headSha;
  const commit = (message: string): GitCommit =>
    makeCommit(world, repository, {
      message,
      author: plan.author,
      authoredAt: now - 4 * MINUTE,
      committedAt: now - 4 * MINUTE,
      paths: plan.paths,
    });
  const rewritten = random.chance(0.15);
  const added = rewritten ? commits.map(({ message }) => commit(message)) : [commit('Address review')];
  if (rewritten) commits.splice(0, commits.length, ...added);
  else commits.push(...added);
  pull.headSha = commits.at(-1)?.sha ?? before;
  pull.commits = commits.length;
  pushBranch(world, repository, plan.branch, before, added, plan.author.login, rewritten);
  send(world, pullRequest(repository, pull, 'synchronize', now, plan.author.login, before));
  then();
}

/** Files that a change of the service touches; in a shared repository now and then the libraries, or nobody's. */
function pathsOf(world: World, state: ServiceState, surely = false): string[] {
  const random = world.simulation.random(`paths/${state.repository.fullName}`);
  const own = state.service.paths[0]?.replace(/\/\*\*$/, '');
  if (own === undefined)
    return [`src/${random.pick(['api', 'domain', 'store', 'jobs'])}/${random.pick(['index', 'handler', 'model'])}.ts`];
  if (!surely && random.chance(0.05)) return ['docs/README.md'];
  const files = [`${own}/src/${random.pick(['page', 'handler', 'model', 'client'])}.ts`];
  return random.chance(0.1) ? [...files, 'libs/money/index.ts'] : files;
}
