import type { Layer } from './layer.ts';
import { text } from './sql.ts';

/** Kinds of which one event concerns every service: definitions that others are read by. */
export const universalKinds: readonly string[] = [
  'environment.defined',
  'person.defined',
  'platform.defined',
  'rollout_rule.defined',
  'service.defined',
];

/** What a batch of events is about, gathered while it is written. */
export interface Touch {
  readonly entities: ReadonlySet<string>;
  readonly names: ReadonlySet<string>;
  /** True if the batch concerns every service. */
  readonly everything: boolean;
}

const isName = (column: string): string =>
  `NOT match(${column}, '^(rollout|incident|run|release):') AND ${column} != 'caused-by:'`;

/** Every name that any definition of a service, or a rule that names one, uses for it, with the service, in lower case. */
const definedNames = `
  SELECT DISTINCT lower(${text('service_id')}) AS service_key, arrayJoin(arrayFilter(x -> x != '', arrayConcat([service_key, lower(${text('repository')})],
    arrayMap(x -> lower(x), data.applications::Array(String)), arrayMap(x -> lower(x), data.incident_services::Array(String))))) AS name
  FROM events WHERE type = 'service.defined'
  UNION DISTINCT SELECT lower(${text('service_id')}) AS service_key, arrayJoin([service_key, lower(${text('repository')})])
  FROM events WHERE type = 'rollout_rule.defined' AND ${text('service_id')} != ''`;

/** The services that go by any of `names`, or are reached from them by one definition. */
const servicesOf = (names: string, defined: string): string => `
  SELECT name AS service FROM ${names}
  UNION DISTINCT SELECT service_key FROM ${defined} WHERE name IN (SELECT name FROM ${names})
  UNION DISTINCT SELECT name FROM ${defined} WHERE service_key IN (SELECT service_key FROM ${defined} WHERE name IN (SELECT name FROM ${names}))`;

/** Links between rollouts, incidents and changes, as they are stored: who names whom. */
const storedLinks = `SELECT entity AS from_entity, ref AS to_entity FROM entity_refs WHERE match(ref, '^(rollout|incident|run|release):')`;

/** What is one link away from `entities`, in either direction. */
const linked = (entities: string, links: string): string => `
  SELECT to_entity AS entity FROM ${links} WHERE from_entity IN (SELECT entity FROM ${entities})
  UNION DISTINCT SELECT from_entity FROM ${links} WHERE to_entity IN (SELECT entity FROM ${entities})`;

/** From `start` (entities) and `names`: what they hang together with, two links far, and all services concerned. */
const reach = (prefix: string, start: Layer['sql'], names: Layer['sql']): readonly Layer[] => [
  { name: `${prefix}_start`, sql: start },
  { name: `${prefix}_one`, sql: (table) => linked(table(`${prefix}_start`), table('scope_links')) },
  { name: `${prefix}_two`, sql: (table) => linked(table(`${prefix}_one`), table('scope_links')) },
  {
    name: `${prefix}_names`,
    sql: (table) => `
      SELECT DISTINCT name FROM (
        ${names(table)}
        UNION ALL SELECT arrayJoin(refs) AS name FROM events
        WHERE entity IN (SELECT entity FROM ${table(`${prefix}_one`)} UNION DISTINCT SELECT entity FROM ${table(`${prefix}_two`)})
      ) WHERE ${isName('name')}`,
  },
  { name: `${prefix}_services`, sql: (table) => servicesOf(table(`${prefix}_names`), table('scope_defined')) },
];

const ground: readonly Layer[] = [
  { name: 'scope_defined', sql: () => definedNames },
  { name: 'scope_links', sql: () => storedLinks },
];

/**
 * Services whose atoms could change by what was touched, as the layer `touch_services`: those named, and those of the
 * rollouts, incidents and changes that hang together with it by links, two steps far. Rather too many than too few.
 */
export const touchLayers: readonly Layer[] = [
  ...ground,
  ...reach(
    'touch',
    () => `SELECT arrayJoin({entities:Array(String)}) AS entity
      UNION DISTINCT SELECT arrayJoin(arrayFilter(x -> match(x, '^(rollout|incident|run|release):'), {names:Array(String)}))`,
    (table) => `SELECT arrayJoin({names:Array(String)}) AS name
      UNION ALL SELECT arrayJoin(refs) AS name FROM events WHERE entity IN (SELECT entity FROM ${table('touch_start')})`,
  ),
];

/**
 * Counts what was touched that is of no service, or could be: incidents not yet known to be of one, rollouts without a name,
 * and unassigned ones in the neighbourhood. An unassigned incident that blames a revision or a change may mean any service's.
 */
export const touchesUnassigned = (table: (layer: string) => string): string => `
  SELECT toString(count()) AS n FROM (
    SELECT arrayJoin({entities:Array(String)}) AS entity WHERE startsWith(entity, 'incident:')
      AND entity NOT IN (SELECT concat('incident:', incident_id) FROM incidents FINAL WHERE service != '(unassigned)')
    UNION ALL
    SELECT arrayJoin({entities:Array(String)}) AS entity WHERE startsWith(entity, 'rollout:') AND entity NOT IN (SELECT entity FROM entity_refs WHERE ${isName('ref')})
    UNION ALL
    SELECT entity FROM (
      SELECT concat('incident:', incident_id) AS entity FROM incidents FINAL WHERE service = '(unassigned)'
      UNION ALL SELECT concat('rollout:', rollout_id) FROM rollouts FINAL WHERE service = '(unassigned)'
    ) WHERE entity IN (
      SELECT entity FROM ${table('touch_start')} UNION DISTINCT SELECT entity FROM ${table('touch_one')} UNION DISTINCT SELECT entity FROM ${table('touch_two')}
      UNION DISTINCT SELECT entity FROM entity_refs WHERE ref IN (SELECT service FROM ${table('touch_services')}))
    UNION ALL
    SELECT incident_id FROM incidents FINAL
    WHERE service = '(unassigned)' AND match(lower(caused_by), '^[0-9a-f]{7,64}$|[#!][0-9]+$|/(pulls?|merge_requests|pull-requests)/[0-9]+')
  )`;

/**
 * The entities that a fold of `{services:Array(String)}` must read so that the atoms of these services come out right, as the
 * layer `scope_entities`: their own, those that their links reach, and the whole neighbourhood of the services these belong to.
 */
export const scopeLayers: readonly Layer[] = [
  ...ground,
  { name: 'scope_asked', sql: () => 'SELECT arrayJoin(arrayMap(x -> lower(x), {services:Array(String)})) AS name' },
  { name: 'scope_own', sql: (table) => servicesOf(table('scope_asked'), table('scope_defined')) },
  ...reach(
    'near',
    (table) => `SELECT DISTINCT entity FROM entity_refs WHERE ref IN (SELECT service FROM ${table('scope_own')})`,
    (table) => `SELECT service AS name FROM ${table('scope_own')}
      UNION ALL SELECT arrayJoin(refs) AS name FROM events WHERE entity IN (SELECT entity FROM entity_refs WHERE ref = 'caused-by:')`,
  ),
  {
    name: 'scope_entities',
    sql: (table) => `
      SELECT entity FROM entity_refs WHERE ref = 'caused-by:' OR ref IN (SELECT service FROM ${table('near_services')})
      UNION DISTINCT SELECT entity FROM ${table('near_one')} UNION DISTINCT SELECT entity FROM ${table('near_two')}`,
  },
];
