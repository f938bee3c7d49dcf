import { z } from 'zod';
import { type Definition, parseSince } from './definition.ts';
import { check, type Problem, type YamlDocument } from './document.ts';

/** What the catalog files say, before names are checked against each other. */
export interface CatalogEntity {
  readonly kind: 'Component' | 'System' | 'Group' | 'Domain';
  readonly name: string;
  readonly document: YamlDocument;
  /** Other entities that it names, with the path to the line that does. */
  readonly references: readonly { kind: CatalogEntity['kind']; name: string; path: readonly string[] }[];
  readonly definition: Definition | null;
}

const OURS = 'headway.dev/';
const known = [
  'paths',
  'tier',
  'region',
  'product',
  'exempt',
  'registered-at',
  'retired-at',
  'since',
  'timezone',
  'calendar',
  'incident-services',
];

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const entityName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'is not an entity name');
const reference = z.string().min(1);

const metadata = z.strictObject({
  name: entityName,
  namespace: z.string().optional(),
  uid: z.string().optional(),
  title: z.string().max(512).optional(),
  description: z.string().optional(),
  labels: z.record(z.string(), text).default({}),
  annotations: z.record(z.string(), text).default({}),
  tags: z.array(z.string()).optional(),
  links: z.array(z.looseObject({ url: z.string() })).optional(),
});
const entity = <K extends string, S extends z.ZodType>(kind: K, spec: S) =>
  z.strictObject({ apiVersion: z.string(), kind: z.literal(kind), metadata, spec });

const references = z.array(reference).optional();
const component = entity(
  'Component',
  z.strictObject({
    type: z.string(),
    lifecycle: z.string().optional(),
    owner: reference,
    system: reference.optional(),
    subcomponentOf: reference.optional(),
    providesApis: references,
    consumesApis: references,
    dependsOn: references,
    dependencyOf: references,
  }),
);
const system = entity(
  'System',
  z.strictObject({ owner: reference, domain: reference.optional(), type: z.string().optional() }),
);
const domain = entity(
  'Domain',
  z.strictObject({ owner: reference, subdomainOf: reference.optional(), type: z.string().optional() }),
);
const group = entity(
  'Group',
  z.strictObject({
    type: z.string(),
    profile: z
      .strictObject({
        displayName: z.string().optional(),
        email: z.string().optional(),
        picture: z.string().optional(),
      })
      .optional(),
    parent: reference.optional(),
    children: z.array(reference).optional(),
    members: references,
  }),
);
/** Kinds of a Backstage catalog that say nothing about delivery. */
const unread = new Set(['API', 'Resource', 'User', 'Location', 'Template']);

/** Reads one catalog document. Returns the entity, or null for a kind that is not read, and every problem in it. */
export function readEntity(
  document: YamlDocument,
  timezone: string,
): { entity: CatalogEntity | null; problems: Problem[] } {
  const kind = (document.value as { kind?: unknown }).kind;
  if (typeof kind === 'string' && unread.has(kind)) return { entity: null, problems: [] };
  switch (kind) {
    case 'Component':
      return read(document, component, (found) => asService(document, found, timezone));
    case 'Group':
      return read(document, group, (found) => asTeam(document, found, timezone));
    case 'System':
      return read(document, system, (found) => ({
        entity: plain(document, found, [owner(found.spec.owner), ...named('Domain', found.spec.domain, 'domain')]),
        problems: annotations(document, found.metadata, timezone).problems,
      }));
    case 'Domain':
      return read(document, domain, (found) => ({
        entity: plain(document, found, [
          owner(found.spec.owner),
          ...named('Domain', found.spec.subdomainOf, 'subdomainOf'),
        ]),
        problems: annotations(document, found.metadata, timezone).problems,
      }));
    default:
      return {
        entity: null,
        problems: [
          {
            file: document.file,
            line: document.lineOf(['kind']),
            message: `kind: ${kind === undefined ? 'is missing' : `'${String(kind)}' is unknown`}; Component, System, Group and Domain are read`,
          },
        ],
      };
  }
}

type Read = { entity: CatalogEntity | null; problems: Problem[] };

function read<T extends z.ZodType>(document: YamlDocument, schema: T, use: (found: z.infer<T>) => Read): Read {
  const { data, problems } = check(document, schema);
  if (data !== null) {
    const used = use(data);
    return { entity: used.entity, problems: [...problems, ...used.problems] };
  }
  // Its name still counts, so that whoever refers to it is not blamed as well.
  const { kind, metadata: named } = document.value as { kind: CatalogEntity['kind']; metadata?: { name?: unknown } };
  const name = typeof named?.name === 'string' ? named.name : null;
  return { entity: name === null ? null : { kind, name, document, references: [], definition: null }, problems };
}

function asService(document: YamlDocument, found: z.infer<typeof component>, timezone: string): Read {
  const { value, since, problems } = annotations(document, found.metadata, timezone);
  const repository = value('github.com/project-slug') ?? value('gitlab.com/project-slug');
  const product = value(`${OURS}product`) ?? (found.spec.system && refName(found.spec.system));
  const definition: Definition = {
    type: 'service.defined',
    since,
    data: {
      service_id: found.metadata.name,
      team: refName(found.spec.owner),
      ...given('title', found.metadata.title),
      ...given('repository', repository),
      ...given('paths', list(value(`${OURS}paths`))),
      ...given('tier', value(`${OURS}tier`) ?? value('tier')),
      ...given('region', value(`${OURS}region`) ?? value('region')),
      ...given('product', product),
      ...given('applications', list(value('argocd/app-name'))),
      ...given('incident_services', incidentNames(found.metadata.title, value)),
      ...given('registered_at', instantOf(value(`${OURS}registered-at`), timezone)),
      ...given('retired_at', instantOf(value(`${OURS}retired-at`), timezone)),
      ...given('exempt', value(`${OURS}exempt`)),
    },
  };
  const refs = [owner(found.spec.owner), ...named('System', found.spec.system, 'system')];
  return { entity: { ...plain(document, found, refs), definition }, problems };
}

/** What incident tools may call it: as it is told, by PagerDuty's id, and by its title, for some send no id at all. */
function incidentNames(title: string | undefined, value: (key: string) => string | undefined): string[] | undefined {
  const named = [
    ...(list(value(`${OURS}incident-services`)) ?? []),
    ...(list(value('pagerduty.com/service-id')) ?? []),
  ];
  const names = [...new Set([...named, ...(title === undefined ? [] : [title])])];
  return names.length > 0 ? names : undefined;
}

function asTeam(document: YamlDocument, found: z.infer<typeof group>, timezone: string): Read {
  const { value, since, problems } = annotations(document, found.metadata, timezone);
  const zone = value(`${OURS}timezone`);
  const definition: Definition = {
    type: 'team.defined',
    since,
    data: {
      team: found.metadata.name,
      ...given('title', found.spec.profile?.displayName ?? found.metadata.title),
      ...given('timezone', zone),
      ...given('calendar', value(`${OURS}calendar`)),
      ...given('parent', found.spec.parent && refName(found.spec.parent)),
    },
  };
  return {
    entity: { ...plain(document, found, named('Group', found.spec.parent, 'parent')), definition },
    problems,
  };
}

type Metadata = z.infer<typeof metadata>;

/** Our annotations (or labels of the same name), checked; `tier` and `region` also as bare labels. */
function annotations(document: YamlDocument, found: Metadata, timezone: string) {
  const problems: Problem[] = [];
  const problem = (part: string, key: string, message: string) =>
    problems.push({ file: document.file, line: document.lineOfKey(['metadata', part], key), message });
  for (const part of ['annotations', 'labels'] as const) {
    for (const [key, value] of Object.entries(found[part])) {
      if (!key.startsWith(OURS)) continue;
      const name = key.slice(OURS.length);
      if (!known.includes(name)) problem(part, key, `metadata.${part}: unknown key '${key}'`);
      else if (value.trim() === '') problem(part, key, `${key}: is empty`);
      else if (/^(since|registered-at|retired-at)$/.test(name) && parseSince(value, timezone) === null) {
        problem(part, key, `${key}: '${value}' is neither a date nor an instant with a zone`);
      } else if (name === 'timezone' && !isZone(value)) {
        problem(part, key, `${key}: '${value}' is not a time zone, such as Europe/Berlin`);
      }
    }
  }
  const value = (key: string): string | undefined =>
    (Object.hasOwn(found.annotations, key) ? found.annotations[key] : found.labels[key])?.trim() || undefined;
  return { value, problems, since: instantOf(value(`${OURS}since`), timezone) ?? null };
}

function plain(
  document: YamlDocument,
  found: { kind: CatalogEntity['kind']; metadata: Metadata },
  refs: CatalogEntity['references'],
): CatalogEntity {
  return { kind: found.kind, name: found.metadata.name, document, references: refs, definition: null };
}

function owner(ref: string): CatalogEntity['references'][number] {
  return { kind: 'Group', name: refName(ref), path: ['spec', 'owner'] };
}

function named(kind: CatalogEntity['kind'], ref: string | undefined, field: string): CatalogEntity['references'] {
  return ref === undefined ? [] : [{ kind, name: refName(ref), path: ['spec', field] }];
}

/** The name in an entity reference: `group:default/checkout` is `checkout`. */
function refName(ref: string): string {
  return ref.slice(Math.max(ref.lastIndexOf('/'), ref.lastIndexOf(':')) + 1);
}

/** Comma-separated, commas inside braces of a glob being its own. */
function list(value: string | undefined): string[] | undefined {
  const items = value
    ?.split(/,(?![^{]*\})/)
    .map((item) => item.trim())
    .filter((item) => item !== '');
  return items && items.length > 0 ? items : undefined;
}

function instantOf(value: string | undefined, timezone: string): string | undefined {
  return value === undefined ? undefined : (parseSince(value, timezone) ?? undefined);
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

function given<K extends string, V>(key: K, value: V | undefined | ''): { [P in K]?: V } {
  return (value === undefined || value === '' ? {} : { [key]: value }) as { [P in K]?: V };
}
