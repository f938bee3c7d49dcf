import type { NormalizedEvent } from '../../ingest/event.ts';
import { type Catalog, sameName, UNASSIGNED } from './catalog.ts';
import type { Delivered } from './containment.ts';
import { dataOf, earliest, entities, type Fold, latest, timeOf } from './known.ts';
import { inC, type Rollout, rolloutNamed } from './rollouts.ts';

/** metrics.md §1.5: what clock skew may explain. */
export const SKEW_MS = 5 * 60_000;

/** An incident of one service. */
export interface Incident {
  readonly incidentId: string;
  readonly service: string;
  readonly impactStartedAt: number | null;
  readonly detectedAt: number;
  readonly acknowledgedAt: number | null;
  /** Start of the clock (R14); of a canonical incident the least of its duplicates' too. */
  readonly startedAt: number;
  readonly restoredAt: number | null;
  readonly excluded: string;
  /** The rollout that a person named as its cause (R15). */
  readonly cause: Rollout | null;
}

/** Every detected incident. An incident whose detection is not known yet is none. */
export function incidentsOf(
  events: readonly NormalizedEvent[],
  catalog: Catalog,
  rollouts: readonly Rollout[],
  delivered: readonly Delivered[],
): Incident[] {
  const folds = new Map(
    [...entities(events, 'incident')].filter(([, fold]) => fold.of('incident.detected').length > 0),
  );
  const starts = new Map([...folds].map(([id, fold]) => [id, ownStart(fold)]));
  const heard = [...new Set([...rollouts, ...delivered].map((atom) => atom.service))];
  return [...folds].map(([id, fold]): Incident => {
    const duplicates = [...folds.keys()].filter((one) => one !== id && canonicalOf(one, folds) === id);
    const startedAt = Math.min(...[id, ...duplicates].map((one) => starts.get(one)!));
    const restoredAt = restoration(fold);
    const service = serviceOf(fold, starts.get(id)!, catalog, heard);
    const excluded =
      fold.text('duplicate_of') !== ''
        ? 'duplicate'
        : fold.flag('false_alarm') === true
          ? 'false_alarm'
          : fold.text('impact') === 'none'
            ? 'no_impact'
            : restoredAt !== null && startedAt - restoredAt > SKEW_MS
              ? 'negative_duration'
              : '';
    return {
      incidentId: id,
      service,
      impactStartedAt: impactStart(fold),
      detectedAt: detection(fold),
      acknowledgedAt: fold.time('acknowledged_at', earliest(fold.of('incident.acknowledged'))),
      startedAt,
      restoredAt,
      excluded,
      cause: causeOf(fold, startedAt, service, catalog, rollouts, delivered),
    };
  });
}

function impactStart(fold: Fold): number | null {
  const stated = fold.text('impact_started_at');
  return fold.time('impact_started_at', stated === '' ? null : Date.parse(stated));
}

function detection(fold: Fold): number {
  return fold.time('detected_at', earliest(fold.of('incident.detected')))!;
}

function ownStart(fold: Fold): number {
  return impactStart(fold) ?? detection(fold);
}

/** R13: the latest mitigated, else resolved, after the last reopened. */
function restoration(fold: Fold): number | null {
  const reopened = latest(fold.of('incident.reopened')) ?? Number.NEGATIVE_INFINITY;
  const after = (type: string): number | null => latest(fold.of(type).filter((event) => timeOf(event) > reopened));
  const mitigated = fold.time('mitigated_at', after('incident.mitigated'));
  const resolved = fold.time('resolved_at', after('incident.resolved'));
  return fold.time('restored_at', mitigated ?? resolved);
}

/** The incident at the end of the line of `duplicate_of`; in a circle, or of an unknown one, the last that is known. */
function canonicalOf(id: string, folds: ReadonlyMap<string, Fold>): string {
  const seen = new Set([id]);
  let at = id;
  for (let next = folds.get(at)!.text('duplicate_of'); folds.has(next) && !seen.has(next); ) {
    seen.add(next);
    at = next;
    next = folds.get(at)!.text('duplicate_of');
  }
  return at;
}

/** R5; `heard` are the services that rollouts and changes speak of. */
function serviceOf(fold: Fold, at: number, catalog: Catalog, heard: readonly string[]): string {
  const stated = fold.text('service_id');
  if (stated !== '') return catalog.service(stated, at)?.service ?? stated;
  const name = fold.text('service');
  if (name !== '') {
    const found =
      catalog.listing('incident_services', name, at) ??
      catalog.service(name, at)?.service ??
      heard.find((service) => sameName(service, name));
    if (found !== undefined) return found;
  }
  const repository = fold.text('repository');
  if (repository === '') return UNASSIGNED;
  const owners = catalog.ofRepository(repository, at);
  if (owners.length > 1) return UNASSIGNED;
  return owners[0]?.service ?? catalog.service(repository, at)?.service ?? repository;
}

/** R15. */
function causeOf(
  fold: Fold,
  startedAt: number,
  service: string,
  catalog: Catalog,
  rollouts: readonly Rollout[],
  delivered: readonly Delivered[],
): Rollout | null {
  const link = fold.of('incident.linked').at(-1);
  const linked = link ? dataOf(link) : null;
  if (linked?.cause_deployment_id) return rolloutNamed(rollouts, String(linked.cause_deployment_id), service);
  const written = String(linked ? (linked.caused_by ?? '') : fold.text('caused_by')).trim();
  if (written === '') return null;
  const named = rolloutNamed(rollouts, written, service);
  if (named) return named;

  const carried = /^[0-9a-f]{7,64}$/i.test(written)
    ? (rollout: Rollout): boolean => carriesRevision(rollout, written.toLowerCase(), delivered)
    : carriesChange(written, fold, startedAt, service, catalog, delivered);
  if (!carried) return null;
  return (
    rollouts
      .filter(
        (rollout) =>
          inC(rollout) &&
          rollout.finishedAt <= startedAt &&
          (service === UNASSIGNED || sameName(rollout.service, service)) &&
          carried(rollout),
      )
      .at(-1) ?? null
  );
}

function carriesRevision(rollout: Rollout, revision: string, delivered: readonly Delivered[]): boolean {
  const own = rollout.revision;
  if (own.length >= 7 && (own.startsWith(revision) || revision.startsWith(own))) return true;
  return delivered.some(
    (atom) =>
      atom.rollout === rollout &&
      [atom.change.mergeSha, atom.change.headSha, ...atom.change.commits.map((commit) => commit.sha)].some((sha) =>
        sha.startsWith(revision),
      ),
  );
}

/** A change as a person refers to it, or null if the text is no such reference. */
function carriesChange(
  written: string,
  fold: Fold,
  startedAt: number,
  service: string,
  catalog: Catalog,
  delivered: readonly Delivered[],
): ((rollout: Rollout) => boolean) | null {
  const url = pullAddress(written);
  const short = /^([^#!\s]*)[#!](\d+)$/.exec(written);
  const [path, digits] = url ? [url.repository, url.number] : short ? [short[1], short[2]] : [];
  if (digits === undefined) return null;
  // `#n` alone is of the incident's own repository, else of its service's, else of the repository that is the service.
  const repository =
    path || fold.text('repository') || String(catalog.service(service, startedAt)?.data.repository ?? '') || service;
  const number = Number(digits);
  return (rollout) =>
    delivered.some(
      ({ rollout: by, change }) =>
        by === rollout &&
        (sameName(change.changeId, `${repository}#${number}`) ||
          (change.number === number && sameName(change.repository, repository)) ||
          (url !== null && change.url !== '' && sameName(change.url.replace(/\/$/, ''), url.address))),
    );
}

/** R15: an address of a PR, or of a page of it: the PR's own, and the repository that its path names. */
function pullAddress(written: string): { address: string; repository: string; number: string } | null {
  const [, host, rest] = /^(https?:\/\/[^/]+)\/(.*)$/i.exec(written) ?? [];
  if (host === undefined || rest === undefined) return null;
  const steps = rest.split('/');
  const at = steps.findIndex(
    (step, index) =>
      index > 0 &&
      ['pull', 'pulls', 'pull-requests', 'merge_requests'].includes(step.toLowerCase()) &&
      /^\d+(?:[?#].*)?$/s.test(steps[index + 1] ?? ''),
  );
  if (at < 0) return null;
  const number = /^\d+/.exec(steps[at + 1]!)![0];
  const path = steps.slice(0, at);
  const named = path.at(-1) === '-' && path.length > 1 ? path.slice(0, -1) : path;
  const address = `${[host, ...steps.slice(0, at + 1), number].join('/')}`;
  const [kind, owner, repos, slug] = named.slice(-4);
  const dataCenter = named.length >= 4 && repos?.toLowerCase() === 'repos' ? kind?.toLowerCase() : '';
  const repository =
    dataCenter === 'projects' ? `${owner}/${slug}` : dataCenter === 'users' ? `~${owner}/${slug}` : named.join('/');
  return { address, repository, number };
}
