import { type GitCommit, type PullRequest, pullRequest, push } from '../senders/github.ts';
import { MINUTE } from './calendar.ts';
import { runChecks } from './checks.ts';
import type { Person } from './organisation.ts';
import { mergedToMain } from './rollouts.ts';
import { isFrozen } from './story.ts';
import { type Merged, makeCommit, type RepositoryState, type ServiceState, send, type World } from './world.ts';

/** A change before it has a number. */
export interface Draft {
  readonly state: ServiceState;
  readonly author: Person;
  readonly title: string;
  readonly branch: string;
  readonly body: string | null;
  readonly labels: readonly string[];
  readonly paths: readonly string[];
  readonly fixes: string | null;
  /** Repairs go through in minutes, at any hour. */
  readonly urgent: boolean;
  readonly onMerged?: (merged: Merged) => void;
}

/** Merges a pull request by the repository's way; in the freeze it waits for January. */
export function merge(world: World, plan: Draft, pull: PullRequest, commits: readonly GitCommit[], by: string): void {
  const { state } = plan;
  const { repository } = state;
  const now = world.simulation.now();
  if (isFrozen(now) && !plan.urgent) {
    // Nobody merges in the freeze: the change waits for January.
    world.simulation.schedule(state.calendar.after(now, 8), () => merge(world, plan, pull, commits, by));
    return;
  }
  const landed = landedCommits(world, repository, plan, pull, commits);
  const before = repository.tip.sha;
  repository.tip = landed.at(-1) ?? repository.tip;
  repository.pushedAt = now;
  Object.assign(pull, { mergedAt: now, closedAt: now, mergeSha: repository.tip.sha, mergedBy: by });
  send(world, pullRequest(repository, pull, 'closed', now, by));
  send(world, push(repository, { branch: 'main', before, commits: landed, pusher: by }));
  runChecks(world, repository, 'main', repository.tip, 'push');
  const id = `${repository.fullName}#${pull.number}`;
  const merged: Merged = { id, pull, repository: repository.fullName, fixes: plan.fixes };
  mergedToMain(world, repository, plan.paths, merged, plan.urgent);
  plan.onMerged?.(merged);
}

/** What reaches main: one squashed commit, the commits and their merge, or the commits rewritten. */
function landedCommits(
  world: World,
  repository: RepositoryState,
  plan: Draft,
  pull: PullRequest,
  commits: readonly GitCommit[],
): GitCommit[] {
  const now = world.simulation.now();
  const { paths } = plan;
  const make = (message: string, authoredAt: number): GitCommit =>
    makeCommit(world, repository, { message, author: plan.author, authoredAt, committedAt: now, paths, byForge: true });
  const trailer = plan.fixes === null ? '' : `\n\nfixes: ${plan.fixes}`;
  if (repository.merge === 'squash') return [make(`${plan.title} (#${pull.number})${trailer}`, now)];
  if (repository.merge === 'rebase') return commits.map(({ message, authoredAt }) => make(message, authoredAt));
  const owner = repository.fullName.split('/')[0] ?? '';
  return [...commits, make(`Merge pull request #${pull.number} from ${owner}/${plan.branch}\n\n${plan.title}`, now)];
}

/** A commit without a pull request. */
export function directPush(
  world: World,
  state: ServiceState,
  author: Person,
  title: string,
  paths: readonly string[],
): void {
  const { repository } = state;
  const now = world.simulation.now();
  if (isFrozen(now)) return;
  const commit = makeCommit(world, repository, {
    message: title,
    author,
    authoredAt: now - 20 * MINUTE,
    committedAt: now - 20 * MINUTE,
    paths,
  });
  const before = repository.tip.sha;
  repository.tip = commit;
  repository.pushedAt = now;
  send(world, push(repository, { branch: 'main', before, commits: [commit], pusher: author.login }));
  runChecks(world, repository, 'main', commit, 'push');
  const merged: Merged = {
    id: `${repository.fullName}@${commit.sha}`,
    pull: null,
    repository: repository.fullName,
    fixes: null,
  };
  mergedToMain(world, repository, paths, merged, false);
}
