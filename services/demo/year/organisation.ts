import type { EventData } from '../../../ingest/vocabulary/vocabulary.ts';
import type { Definition } from '../../../ingest/workspace/definition.ts';

/** A service's definition. */
export type ServiceData = EventData<'service.defined'>;

/** A service of the workspace as the year needs it. */
export interface DemoService {
  readonly id: string;
  readonly team: string;
  /** `owner/name` */
  readonly repository: string;
  readonly paths: readonly string[];
  /** Argo CD application by environment; empty if the catalog names none. */
  readonly applications: ReadonlyMap<string, string>;
  /** Production environments it runs in, first the one that is rolled out first. */
  readonly production: readonly string[];
  /** PagerDuty's id of it. */
  readonly pagerduty: string;
  readonly exempt: boolean;
  /** The definition as it stands in the workspace. */
  readonly data: ServiceData;
}

/** Somebody who commits, reviews and answers. `email` as commits carry it. */
export interface Person {
  readonly login: string;
  readonly name: string;
  readonly email: string;
  readonly team: string;
}

/** A team with its people and services; `timezone` is an IANA name. */
export interface Team {
  readonly id: string;
  readonly timezone: string;
  readonly people: readonly Person[];
  readonly services: readonly DemoService[];
}

/** The cast. */
export interface Organisation {
  readonly teams: readonly Team[];
  readonly services: readonly DemoService[];
  /** Repositories with the services that live in them, in order of name. */
  readonly repositories: ReadonlyMap<string, readonly DemoService[]>;
}

/** The account of the bot that keeps dependencies up to date. */
export const DEPENDENCY_BOT: Person = {
  login: 'dependabot[bot]',
  name: 'dependabot[bot]',
  email: '49699333+dependabot[bot]@users.noreply.github.com',
  team: '',
};

/**
 * The cast of the year, read from what the workspace defines: teams with people and services with a repository.
 * Throws if there is nothing to play with, naming what is missing.
 */
export function organisationOf(definitions: readonly Definition[]): Organisation {
  const production: string[] = [];
  const staging: string[] = [];
  const services: DemoService[] = [];
  const people: Person[] = [];
  const zones = new Map<string, string>();
  for (const { type, data } of definitions) {
    if (type === 'environment.defined') (data.production ? production : staging).push(data.name);
    if (type === 'team.defined') zones.set(data.team, data.timezone ?? 'UTC');
    if (type === 'person.defined' && data.kind === 'human') people.push(personOf(data));
  }
  for (const { type, data } of definitions) {
    if (type !== 'service.defined' || data.repository === undefined) continue;
    const applications = applicationsOf(data, [...production, ...staging]);
    const regional = production.filter((name) => applications.has(name) || data.region === undefined);
    const byRegion = production.filter((name) => data.region === 'global' || name.endsWith(`-${data.region}`));
    services.push({
      id: data.service_id,
      team: data.team ?? '',
      repository: data.repository,
      paths: data.paths ?? [],
      applications,
      production: regional.length > 0 ? regional : byRegion.length > 0 ? byRegion : production.slice(0, 1),
      pagerduty: data.incident_services?.[0] ?? data.service_id,
      exempt: data.exempt !== undefined,
      data,
    });
  }
  services.sort((a, b) => (a.id < b.id ? -1 : 1));
  const teams = [...zones.keys()]
    .sort()
    .map((id) => ({
      id,
      timezone: zones.get(id) ?? 'UTC',
      people: people.filter(({ team }) => team === id),
      services: services.filter(({ team }) => team === id),
    }))
    .filter((team) => team.people.length > 0 && team.services.length > 0);
  if (production.length === 0) throw new Error('the workspace defines no production environment');
  if (teams.length === 0) throw new Error('the workspace defines no team that has both people and services');
  const cast = services.filter(({ team }) => teams.some(({ id }) => id === team));
  const repositories = new Map<string, DemoService[]>();
  for (const service of cast) {
    repositories.set(service.repository, [...(repositories.get(service.repository) ?? []), service]);
  }
  return { teams, services: cast, repositories };
}

function personOf(data: EventData<'person.defined'>): Person {
  const email = data.identities.find((identity) => identity.includes('@')) ?? `${data.person}@example.com`;
  const login = data.identities.find((identity) => /^[\w-]+$/.test(identity)) ?? data.person;
  const name = data.identities.find((identity) => identity.includes(' ')) ?? data.person;
  return { login, name, email, team: data.team ?? '' };
}

/** Applications are named `<service>-<environment>`. */
function applicationsOf(data: ServiceData, environments: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const environment of environments) {
    const application = data.applications?.find((name) => name.endsWith(`-${environment}`));
    if (application !== undefined) found.set(environment, application);
  }
  return found;
}
