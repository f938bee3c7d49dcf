import type { NormalizedEvent } from '../../ingest/event.ts';
import { compareText, dataOf, timeOf } from './known.ts';

/** What stands where a dimension is missing (metrics.md §1.6). */
export const UNASSIGNED = '(unassigned)';

/** One definition of a service as it held from `from` to `to` (R7): the first one since the beginning of time. */
export interface ServiceSpan {
  readonly service: string;
  readonly from: number;
  readonly to: number;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface OwnerDimensions {
  readonly service: string;
  readonly team: string;
  readonly tier: string;
  readonly region: string;
  readonly product: string;
}

/** Who owns what, as known at some as_of. Names compare in lower case (R4). */
export interface Catalog {
  /** The spans of a service; none if nobody defines it. */
  spans(service: string): readonly ServiceSpan[];
  /** Every defined service, as its latest definition spells it. */
  readonly defined: readonly string[];
  /** The definition of a service that holds at `at`. */
  service(service: string, at: number): ServiceSpan | null;
  /** The services of a repository at `at`, by name. */
  ofRepository(repository: string, at: number): readonly ServiceSpan[];
  /** The service that lists a name under `applications` or `incident_services` at `at`; of several the first by name. */
  listing(field: 'applications' | 'incident_services', name: string, at: number): string | null;
  /** Owner dimensions of a service at `at`; `null` asks for the latest definition. */
  dimensions(service: string, at: number | null): OwnerDimensions;
  environment(
    name: string,
    at: number,
  ): { production: boolean; group: string; failedLive: boolean; rolloutsFrom: readonly string[] } | null;
  isBot(login: string, at: number): boolean;
  /** Whether a push, a change or a rollout without application was ever heard of a repository (R4). */
  isHeard(repository: string): boolean;
}

interface Definition {
  readonly from: number;
  readonly to: number;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Reads the catalog's events, which come in (occurred_at, id) order. */
export function catalogOf(events: readonly NormalizedEvent[]): Catalog {
  const services = definitions(events, 'service.defined', 'service_id');
  const environments = definitions(events, 'environment.defined', 'name');
  const persons = definitions(events, 'person.defined', 'person');

  const heard = heardRepositories(events);
  const spans = (service: string): ServiceSpan[] =>
    (services.get(service.toLowerCase()) ?? []).map((one) => ({ ...one, service: one.data.service_id as string }));
  const everySpanAt = (at: number): ServiceSpan[] =>
    [...services.keys()]
      .sort(compareText)
      .flatMap((key) => spans(key).filter((span) => span.from <= at && at < span.to));

  return {
    spans,
    defined: [...services.keys()].sort(compareText).map((key) => spans(key).at(-1)!.service),
    service: (service, at) => spans(service).find((span) => span.from <= at && at < span.to) ?? null,
    ofRepository: (repository, at) =>
      repository === '' ? [] : everySpanAt(at).filter((span) => sameName(span.data.repository, repository)),
    listing: (field, name, at) =>
      everySpanAt(at).find((span) => {
        const names = span.data[field];
        return Array.isArray(names) && names.some((one) => sameName(one, name));
      })?.service ?? null,
    dimensions: (service, at) => {
      const all = spans(service);
      const span = at === null ? all.at(-1) : all.find((one) => one.from <= at && at < one.to);
      const named = (field: string): string => {
        const value = span?.data[field];
        return typeof value === 'string' && value !== '' ? value : UNASSIGNED;
      };
      return { service, team: named('team'), tier: named('tier'), region: named('region'), product: named('product') };
    },
    environment: (name, at) => {
      const one = environments.get(name.toLowerCase())?.find((span) => span.from <= at && at < span.to);
      if (!one) return null;
      const production = one.data.production === true;
      const group = typeof one.data.group === 'string' && one.data.group !== '' ? one.data.group : null;
      return {
        production,
        group: group ?? (production ? 'production' : name.toLowerCase()),
        failedLive: one.data.failed_means === 'failed_live',
        rolloutsFrom: (one.data.rollouts_from as string[] | undefined) ?? [],
      };
    },
    isHeard: (repository) => heard.has(repository.toLowerCase()),
    isBot: (login, at) =>
      [...persons.values()].some((all) => {
        const one = all.find((span) => span.from <= at && at < span.to);
        if (one?.data.kind !== 'bot') return false;
        const names = [one.data.person, ...((one.data.identities as unknown[] | undefined) ?? [])];
        return names.some((name) => sameName(name, login));
      }),
  };
}

/** Repositories that are services by being heard of: by pushes, by changes, by finished rollouts that name no application. */
function heardRepositories(events: readonly NormalizedEvent[]): Set<string> {
  const heard = new Set<string>();
  const rollouts = new Map<string, { repository: string; named: boolean; finished: boolean }>();
  for (const event of events) {
    const data = dataOf(event);
    const repository = typeof data.repository === 'string' ? data.repository.toLowerCase() : '';
    if (event.type.startsWith('deployment.') || event.type === 'service.rolledback') {
      const id = String(data.rollout_id);
      const so = rollouts.get(id) ?? { repository: '', named: false, finished: false };
      rollouts.set(id, {
        repository: repository === '' ? so.repository : repository,
        named: so.named || (typeof data.application === 'string' && data.application !== ''),
        finished: so.finished || event.type === 'deployment.finished' || event.type === 'service.rolledback',
      });
    } else if (event.type.startsWith('change.') || (event.type === 'branch.pushed' && data.deleted !== true))
      heard.add(repository);
  }
  for (const one of rollouts.values()) if (one.finished && !one.named) heard.add(one.repository);
  heard.delete('');
  return heard;
}

/** True if both are the same name, whatever their case. */
export function sameName(a: unknown, b: string): boolean {
  return typeof a === 'string' && a.toLowerCase() === b.toLowerCase();
}

/** R7: a definition holds from its occurred_at until the next; the first for all earlier time. */
function definitions(events: readonly NormalizedEvent[], type: string, key: string): Map<string, Definition[]> {
  const found = new Map<string, NormalizedEvent[]>();
  for (const event of events) {
    if (event.type !== type) continue;
    const name = String(dataOf(event)[key]).toLowerCase();
    found.set(name, [...(found.get(name) ?? []), event]);
  }
  const spans = new Map<string, Definition[]>();
  for (const [name, all] of found)
    spans.set(
      name,
      all.map((event, index) => ({
        from: index === 0 ? Number.NEGATIVE_INFINITY : timeOf(event),
        to: index + 1 < all.length ? timeOf(all[index + 1]!) : Number.POSITIVE_INFINITY,
        data: dataOf(event),
      })),
    );
  return spans;
}

/** R7: whether an environment that nobody defines is production by its name. */
export function namesProduction(environment: string): boolean {
  const parts = environment.toLowerCase().split(/[-_/. ]/);
  const last = parts.at(-1) ?? '';
  const before = parts.at(-2) ?? '';
  return ['production', 'prod', 'live'].includes(last) && !['pre', 'non', 'not'].includes(before);
}

/** R6: whether a path lies under a glob: `**` crosses folders, `*` and `?` do not; a plain path covers all below it. */
export function underGlob(path: string, glob: string): boolean {
  const plain = glob.replace(/^\.?\//, '').replace(/\/$/, '');
  if (!/[*?]/.test(plain)) return path === plain || path.startsWith(`${plain}/`);
  const pattern = plain
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*\*\/|\*\*|\*|\?/g, (wild) =>
      wild === '**/' ? '(?:.*/)?' : wild === '**' ? '.*' : wild === '*' ? '[^/]*' : '[^/]',
    );
  return new RegExp(`^${pattern}$`).test(path);
}
