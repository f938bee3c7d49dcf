import type { NormalizedEvent } from '../../ingest/event.ts';
import { attemptOf, attemptResult, FINISHED, normalOutcome, type Outcome, text } from './attempts.ts';
import { type Catalog, namesProduction, sameName, UNASSIGNED } from './catalog.ts';
import { compareText, dataOf, earliest, entities, type Fold } from './known.ts';
import { isSha, type Place, type Repository, withinReach } from './positions.ts';

/** A finished rollout of one service to one environment group. */
export interface Rollout {
  readonly atomId: string;
  readonly rolloutId: string;
  readonly service: string;
  readonly source: string;
  /** Made by a rule, of a run, a job or a release (R35). */
  readonly byRule: boolean;
  /** What counts in its environment, by the workspace's choice; none: by precedence (R12a). */
  readonly chosen: readonly string[];
  readonly group: string;
  excluded: string;
  readonly outcome: Outcome;
  readonly startedAt: number | null;
  readonly exposedAt: number | null;
  readonly finishedAt: number;
  readonly attempts: readonly { outcome: Outcome; finishedAt: number }[];
  readonly repository: string;
  readonly revision: string;
  readonly artifact: string;
  readonly config: string;
  /** What it lists as delivered, in lower case; null if it lists nothing, empty if it says "none". */
  readonly listed: readonly string[] | null;
  readonly rollsBackId: string;
  readonly precautionary: boolean;
  readonly fixesRollout: string;
  readonly fixesIncident: string;
  readonly planned: boolean | null;
  readonly labels: readonly string[];
  readonly place: Place | null;
  kind: 'change' | 'rollback' | 'noop' | '';
  /** The first succeeded rollout of its service and group. */
  first: boolean;
  /** What a rollback rolled back. */
  rolledBack: Rollout | null;
}

/** Every finished rollout, in the order of R9, with kinds and exclusions. */
export function rolloutsOf(
  events: readonly NormalizedEvent[],
  catalog: Catalog,
  repositories: ReadonlyMap<string, Repository>,
): Rollout[] {
  const rollouts = [...entities(events, 'deployment')]
    .flatMap(([id, fold]) => atomsOf(id, fold, catalog, repositories))
    .sort(inOrder);
  const lines = new Map<string, Rollout[]>();
  for (const rollout of rollouts) {
    if (rollout.excluded !== '') continue;
    const key = `${rollout.service.toLowerCase()} ${rollout.group}`;
    lines.set(key, [...(lines.get(key) ?? []), rollout]);
  }
  for (const line of lines.values()) {
    excludeDuplicateSources(line);
    const counted = line.filter((rollout) => rollout.excluded === '');
    const first = counted.find((rollout) => rollout.outcome === 'succeeded');
    if (first) first.first = true;
    deriveKinds(counted, repositories);
  }
  resolveRollbacks(rollouts);
  return rollouts;
}

/** R9. */
export function inOrder(a: Rollout, b: Rollout): number {
  return a.finishedAt - b.finishedAt || compareText(a.atomId, b.atomId);
}

/** Production, succeeded or failed_live (metrics.md §2). */
export function inL(rollout: Rollout): boolean {
  return rollout.excluded === '' && (rollout.outcome === 'succeeded' || rollout.outcome === 'failed_live');
}

/** Kind change in L. */
export function inC(rollout: Rollout): boolean {
  return inL(rollout) && rollout.kind === 'change';
}

/** The services that a rollout's names mean at `at` (R4); also used for rollouts that are not finished. */
export function servicesOfRollout(fold: Fold, catalog: Catalog, at: number): string[] {
  const service = fold.text('service_id');
  const application = fold.text('application');
  const repository = fold.text('repository');
  if (service !== '') return [catalog.service(service, at)?.service ?? service];
  const listing = application === '' ? null : catalog.listing('applications', application, at);
  if (listing !== null) return [listing];
  const ofRepository = catalog.ofRepository(repository, at).map((span) => span.service);
  if (ofRepository.length > 0) return ofRepository;
  if (application !== '' && repository !== '' && catalog.isHeard(repository)) return [repository];
  if (application !== '') return [catalog.service(application, at)?.service ?? application];
  return repository === '' ? [UNASSIGNED] : [catalog.service(repository, at)?.service ?? repository];
}

function atomsOf(id: string, fold: Fold, catalog: Catalog, repositories: ReadonlyMap<string, Repository>): Rollout[] {
  const numbers = [...new Set(fold.of(...FINISHED).map(attemptOf))].sort((a, b) => a - b);
  const highest = numbers.at(-1);
  if (highest === undefined) return [];
  const environment = fold.text('environment');
  const attempts = numbers.map((number) => ({ number, result: attemptResult(fold, number, environment, catalog) }));
  const last = attempts.at(-1)!.result;
  if (!last) return []; // R8: targets are still missing, so it is open

  const finishedAt = fold.time('finished_at', last.finishedAt)!;
  const corrected = fold.corrected('outcome');
  const exposedAt = fold.time('exposed_at', earliest(fold.of('deployment.exposed')));
  const outcome =
    typeof corrected === 'string'
      ? normalOutcome(corrected, exposedAt !== null && exposedAt <= finishedAt, false)
      : last.outcome;

  const definition = catalog.environment(environment, finishedAt);
  const flagged = fold.events.some((event) => dataOf(event).production_environment === true);
  const undefinedProduction = !definition && (flagged || namesProduction(environment));
  const excluded = definition
    ? definition.production
      ? ''
      : 'not_production'
    : undefinedProduction
      ? ''
      : 'unmapped_environment';
  const group = definition?.group ?? (undefinedProduction ? 'production' : UNASSIGNED);

  const services = servicesOfRollout(fold, catalog, finishedAt);
  const lists =
    [fold.corrected('commits'), fold.corrected('changes')].some(Array.isArray) ||
    fold.events.some((event) => Array.isArray(dataOf(event).commits) || Array.isArray(dataOf(event).changes));
  const listed = [...fold.list('commits'), ...fold.list('changes')].map((one) => String(one).toLowerCase());

  return services.map((service) => {
    const repository =
      fold.text('repository') || text(catalog.service(service, finishedAt)?.data.repository) || service;
    const revision = fold.text('revision').toLowerCase();
    return {
      atomId: services.length > 1 ? `${id}@${service}` : id,
      rolloutId: id,
      service,
      source: last.source,
      byRule: fold.events.some((event) => dataOf(event).by_rule === true),
      chosen: definition?.rolloutsFrom ?? [],
      group,
      excluded,
      outcome,
      startedAt: fold.time('started_at', earliest(fold.of('deployment.started'))),
      exposedAt,
      finishedAt,
      attempts: attempts.flatMap(({ result }) => (result ? [result] : [])),
      repository,
      revision,
      artifact: fold.text('artifact_digest'),
      config: fold.text('config_digest'),
      listed: lists ? listed : null,
      rollsBackId: fold.text('rolls_back'),
      precautionary: fold.flag('precautionary') === true,
      fixesRollout: fold.text('fixes_rollout'),
      fixesIncident: fold.text('fixes_incident'),
      planned: fold.flag('planned'),
      labels: fold.list('labels').map((label) => String(label).toLowerCase()),
      place: isSha(revision) ? (repositories.get(repository.toLowerCase())?.locate(revision) ?? null) : null,
      kind: '',
      first: false,
      rolledBack: null,
    };
  });
}

const deployers = ['argocd', 'flux'];
const forges = ['github', 'gitlab', 'gitea', 'bitbucket', 'bitbucket-server'];

/** R12a: which tool tells of a rollout; null for one whose reports stand beside any other's. */
function teller({ source, byRule }: Rollout): 'deployer' | 'forge' | 'rule' | 'tag' | null {
  if (byRule) return 'rule';
  if (deployers.includes(source)) return 'deployer';
  if (forges.includes(source)) return 'forge';
  return source === 'git' ? 'tag' : null;
}

/** R12a, on the production rollouts of one service and group in order. */
function excludeDuplicateSources(line: readonly Rollout[]): void {
  const isChosen = (rollout: Rollout): boolean =>
    rollout.chosen.some((one) => one.toLowerCase() === (rollout.byRule ? 'runs' : rollout.source));
  const speaks = (rollout: Rollout): boolean => rollout.chosen.length === 0 || isChosen(rollout);
  const before = { deployer: [], forge: ['deployer'], rule: ['deployer', 'forge'], tag: ['deployer', 'forge', 'rule'] };
  for (const rollout of line) {
    const mine = teller(rollout);
    if (mine === null || isChosen(rollout)) continue;
    const preferred: readonly string[] = before[mine];
    const told = line.some(
      (other) =>
        other.finishedAt <= rollout.finishedAt && speaks(other) && preferred.includes(teller(other) ?? 'nobody'),
    );
    if (told || !speaks(rollout)) rollout.excluded = 'duplicate_source';
  }
}

/** R10 and R11, in order, on the counted rollouts of one service and group. */
function deriveKinds(line: readonly Rollout[], repositories: ReadonlyMap<string, Repository>): void {
  let live: Rollout | null = null;
  const firstLive = new Map<string, number>();
  line.forEach((rollout, index) => {
    if (rollout.outcome === 'succeeded' || rollout.outcome === 'failed_live') {
      if (live && isNoop(rollout, live)) rollout.kind = 'noop';
      else if (rollout.rollsBackId !== '' || (live && goesBack(rollout, live, firstLive, repositories)))
        rollout.kind = 'rollback';
      else rollout.kind = 'change';
      if (rollout.kind === 'rollback' && rollout.rollsBackId === '' && live) {
        const replaced: Rollout = live;
        rollout.rolledBack =
          line
            .slice(0, index)
            .filter((one) => one.kind === 'change' && one.outcome === 'succeeded' && one.revision === replaced.revision)
            .at(-1) ?? null;
      }
    }
    if (rollout.outcome === 'succeeded') {
      live = rollout;
      if (rollout.revision !== '' && !firstLive.has(rollout.revision)) firstLive.set(rollout.revision, index);
    }
  });
}

function isNoop(rollout: Rollout, live: Rollout): boolean {
  const known = (rollout.artifact !== '' && live.artifact !== '') || (rollout.config !== '' && live.config !== '');
  if (known) return rollout.artifact === live.artifact && rollout.config === live.config;
  return rollout.revision !== '' && rollout.revision === live.revision;
}

function goesBack(
  rollout: Rollout,
  live: Rollout,
  firstLive: ReadonlyMap<string, number>,
  repositories: ReadonlyMap<string, Repository>,
): boolean {
  const { place } = rollout;
  if (place && live.place && sameName(rollout.repository, live.repository)) {
    // The same commit is not its own ancestor: a new configuration of it is a change.
    const same = place.branch === live.place.branch && place.position === live.place.position;
    const repository = repositories.get(rollout.repository.toLowerCase())!;
    return !same && withinReach(repository.reach(live.place), [place]);
  }
  const mine = firstLive.get(rollout.revision);
  const its = firstLive.get(live.revision);
  if (mine === undefined) return rollout.listed !== null && rollout.listed.length === 0;
  return its !== undefined && mine < its;
}

/** R11: a stated `rolls_back` names a rollout of the same service, whatever its kind; unknown names wait. */
function resolveRollbacks(rollouts: readonly Rollout[]): void {
  for (const rollout of rollouts)
    if (rollout.kind === 'rollback' && rollout.rollsBackId !== '')
      rollout.rolledBack =
        rollouts.find(
          (one) => one.rolloutId === rollout.rollsBackId && one.service.toLowerCase() === rollout.service.toLowerCase(),
        ) ?? null;
}

/** The rollout that an id means for a service: its own if the rollout reached it, else the first by service name (R15). */
export function rolloutNamed(rollouts: readonly Rollout[], id: string, service: string): Rollout | null {
  const named = rollouts.filter((rollout) => rollout.rolloutId === id);
  const own = named.find((rollout) => rollout.service.toLowerCase() === service.toLowerCase());
  return own ?? named.sort((a, b) => compareText(a.service, b.service))[0] ?? null;
}
