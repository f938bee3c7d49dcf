import { type Catalog, underGlob } from './catalog.ts';
import type { Change } from './changes.ts';
import { isBot, isMergeCommit, isPromotion, originalsOf, standingSha } from './left-out.ts';
import { isSha, type Place, type Repository, withinReach } from './positions.ts';
import { inC, inL, type Rollout } from './rollouts.ts';

/** One change as delivered to one service. */
export interface Delivered {
  readonly atomId: string;
  readonly change: Change;
  readonly service: string;
  /** The first rollout that delivered it, or null while it is not live (R19). */
  readonly rollout: Rollout | null;
  /** The first that delivered it and was never rolled back. */
  readonly lasting: Rollout | null;
  readonly isCopy: boolean;
  readonly isPromotion: boolean;
  readonly isMerge: boolean;
  readonly isUnowned: boolean;
  readonly isRevert: boolean;
  readonly isBot: boolean;
}

/** Every (change, service) pair. `rollouts` in the order of R9. */
export function deliveriesOf(
  changes: readonly Change[],
  rollouts: readonly Rollout[],
  catalog: Catalog,
  repositories: ReadonlyMap<string, Repository>,
): Delivered[] {
  const originals = originalsOf(changes);
  const rolledBack = new Set(
    rollouts.filter((rollout) => inL(rollout) && rollout.kind === 'rollback').map((rollout) => rollout.rolledBack),
  );
  return changes.flatMap((change) => {
    const isCopy = originals.has(change);
    // R23: the original is live with the first of its copies; a copy is shown where it went live itself.
    const family = isCopy ? [change] : [change, ...changes.filter((one) => originals.get(one) === change)];
    const { services, isUnowned } = servicesOfChange(change, catalog);
    return services.map((service): Delivered => {
      const delivering = rollouts.filter(
        (rollout) =>
          inC(rollout) && rollout.outcome === 'succeeded' && rollout.service.toLowerCase() === service.toLowerCase(),
      );
      const containing = delivering.filter((rollout) =>
        family.some((member) => contains(rollout, member, repositories)),
      );
      const rollout = containing[0] ?? null;
      const byList = rollout !== null && rollout.listed !== null && family.some((member) => isListed(rollout, member));
      const candidates = byList ? delivering.slice(delivering.indexOf(rollout)) : containing;
      return {
        atomId: `${change.changeId} ${service}`,
        change,
        service,
        rollout,
        lasting: candidates.find((one) => !rolledBack.has(one)) ?? null,
        isCopy,
        isPromotion: isPromotion(change, changes),
        isMerge: change.direct && change.commits[0] !== undefined && isMergeCommit(change.commits[0]),
        isUnowned,
        isRevert: change.revertOf !== '',
        isBot: isBot(change.author, change.authorKind, change.mergedAt, catalog),
      };
    });
  });
}

/** R6. */
export function servicesOfChange(change: Change, catalog: Catalog): { services: string[]; isUnowned: boolean } {
  const spans = catalog.ofRepository(change.repository, change.mergedAt);
  if (spans.length === 0)
    return {
      services: [catalog.service(change.repository, change.mergedAt)?.service ?? change.repository],
      isUnowned: false,
    };
  const touched = spans.filter((span) => {
    const globs = (span.data.paths as string[] | undefined) ?? [];
    if (globs.length === 0 || change.paths.length === 0) return true;
    return change.paths.some((path) => globs.some((glob) => underGlob(path, glob)));
  });
  if (touched.length === 0) return { services: [change.repository], isUnowned: true };
  return { services: touched.map((span) => span.service), isUnowned: false };
}

/** R18. */
function contains(rollout: Rollout, change: Change, repositories: ReadonlyMap<string, Repository>): boolean {
  if (isItsRevision(rollout, change)) return true;
  if (rollout.listed !== null) return isListed(rollout, change);
  const sha = standingSha(change);
  const same = rollout.repository.toLowerCase() === change.repository.toLowerCase();
  const repository = repositories.get(change.repository.toLowerCase());
  const places: readonly Place[] = same && repository && isSha(sha) ? repository.places(sha) : [];
  if (rollout.place && places.length > 0) return withinReach(repository!.reach(rollout.place), places);
  return change.mergedAt < (rollout.startedAt ?? rollout.finishedAt);
}

/** R22: merge sha, head sha, last commit, change_id or `#number` of the rollout's repository. */
function isListed(rollout: Rollout, change: Change): boolean {
  const shas = [change.mergeSha, change.headSha, change.commits.at(-1)?.sha ?? ''].filter(isSha);
  const same = rollout.repository.toLowerCase() === change.repository.toLowerCase();
  return (rollout.listed ?? []).some(
    (one) =>
      one === change.changeId.toLowerCase() ||
      (same && change.number !== null && one === `#${change.number}`) ||
      (/^[0-9a-f]{7,64}$/.test(one) && shas.some((sha) => sha.startsWith(one))),
  );
}

/** R18: the revision is the head, merge or a listed sha of the change. */
function isItsRevision(rollout: Rollout, change: Change): boolean {
  if (!/^[0-9a-f]{7,64}$/.test(rollout.revision)) return false;
  return [change.mergeSha, change.headSha, ...change.listedShas]
    .filter(isSha)
    .some((sha) => sha.startsWith(rollout.revision));
}
