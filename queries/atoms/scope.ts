import type { Store } from '../../ingest/ports.ts';
import { text } from './sql.ts';

/** What a batch of events is about, gathered while it is written. */
export interface Touch {
  readonly entities: ReadonlySet<string>;
  readonly names: ReadonlySet<string>;
  /** True if the batch concerns every service. */
  readonly everything: boolean;
}

// Links between rollouts, incidents and changes, as they are stored: who names whom.
const LINKS =
  "SELECT entity AS from_entity, ref AS to_entity FROM entity_refs WHERE startsWith(ref, 'rollout:') OR startsWith(ref, 'incident:')";

const linked = (entities: string): string => `
  SELECT to_entity AS entity FROM (${LINKS}) WHERE from_entity IN (${entities})
  UNION DISTINCT SELECT from_entity FROM (${LINKS}) WHERE to_entity IN (${entities})`;

const isName = (column: string): string => `NOT match(${column}, '^(rollout|incident):') AND ${column} != 'caused-by:'`;

/** Every name that any definition of a service uses for it, with the service. */
const DEFINED_NAMES = `
  SELECT lower(${text('service_id')}) AS service_key, arrayJoin(arrayFilter(x -> x != '', arrayConcat([service_key, lower(${text('repository')})],
    arrayMap(x -> lower(x), data.applications::Array(String)), arrayMap(x -> lower(x), data.incident_services::Array(String))))) AS name
  FROM events WHERE type = 'service.defined'`;

/** The services, in lower case, that go by any of `names` or are reached from them by one definition. */
const servicesOf = (names: string): string => `
  SELECT name AS service FROM (${names})
  UNION DISTINCT SELECT service_key FROM (${DEFINED_NAMES}) WHERE name IN (${names})
  UNION DISTINCT SELECT name FROM (${DEFINED_NAMES}) WHERE service_key IN (SELECT service_key FROM (${DEFINED_NAMES}) WHERE name IN (${names}))`;

/**
 * Services whose atoms could change by what was touched: those named, and those of the rollouts, incidents and changes that
 * hang together with it by links, two steps far. Rather too many than too few. In lower case; `(unassigned)` included.
 */
export async function touchedServices(store: Store, touch: Touch): Promise<string[]> {
  const entities = `SELECT arrayJoin({entities:Array(String)}) AS entity
    UNION DISTINCT SELECT arrayJoin(arrayFilter(x -> match(x, '^(rollout|incident):'), {names:Array(String)}))`;
  const near = `SELECT entity FROM (${entities}) UNION DISTINCT SELECT entity FROM (${linked(entities)})
    UNION DISTINCT SELECT entity FROM (${linked(linked(entities))})`;
  const names = `SELECT arrayJoin(arrayFilter(x -> ${isName('x')}, {names:Array(String)})) AS name
    UNION DISTINCT SELECT name FROM (SELECT arrayJoin(refs) AS name FROM events WHERE entity IN (${near})) WHERE ${isName('name')}`;
  const rows = await store.query<{ service: string }>(
    `SELECT DISTINCT service FROM (${servicesOf(names)} UNION ALL SELECT '(unassigned)') WHERE service != '' ORDER BY service`,
    { entities: [...touch.entities], names: [...touch.names] },
  );
  return rows.map((row) => row.service);
}

/**
 * The entities that a fold of `{services:Array(String)}` must read so that the atoms of these services come out right: their
 * own, those that their links reach, and the whole neighbourhood of the services these belong to.
 */
export function entitiesInScope(): string {
  const own = `SELECT entity FROM entity_refs WHERE ref IN (${servicesOf('SELECT arrayJoin({services:Array(String)}) AS name')})`;
  const near = `SELECT entity FROM (${linked(own)}) UNION DISTINCT SELECT entity FROM (${linked(linked(own))})
    UNION DISTINCT SELECT entity FROM entity_refs WHERE ref = 'caused-by:'`;
  const names = `SELECT arrayJoin(refs) AS name FROM events WHERE entity IN (${near})`;
  const wide = servicesOf(
    `SELECT name FROM (${names}) WHERE ${isName('name')} UNION DISTINCT SELECT arrayJoin({services:Array(String)})`,
  );
  return `SELECT entity FROM entity_refs WHERE ref IN (${wide}) UNION DISTINCT SELECT entity FROM (${near})`;
}
