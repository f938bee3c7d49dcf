import { entityKindOf } from '../../ingest/entity.ts';
import { eventTypes } from '../../ingest/vocabulary/vocabulary.ts';
import type { EventRow } from './events.ts';
import type { Layer } from './layer.ts';
import { text, UNASSIGNED } from './sql.ts';

/** Kinds of which one event concerns every service: definitions that others are read by. */
export const universalKinds: readonly string[] = [
  'environment.defined',
  'person.defined',
  'platform.defined',
  'rollout_rule.defined',
  'service.defined',
];

const DELIVERY_ENTITIES = new Set(
  'branch change rollout incident run release service environment rollout_rule platform source'.split(' '),
);

/** What a batch of events is about, gathered while it is written. */
export interface Touch {
  readonly entities: ReadonlySet<string>;
  readonly names: ReadonlySet<string>;
  /** Kinds of event. */
  readonly types: ReadonlySet<string>;
  /** Deliveries that were read by another than the first normaliser: what older ones told of them may be gone. */
  readonly deliveries: ReadonlySet<string>;
}

/** What some rows of `events` are about. */
export function touchOf(rows: Iterable<EventRow>): Touch {
  const touch = {
    entities: new Set<string>(),
    names: new Set<string>(),
    types: new Set<string>(),
    deliveries: new Set<string>(),
  };
  for (const row of rows) {
    touch.entities.add(row.entity);
    touch.types.add(row.type);
    for (const ref of row.refs) touch.names.add(ref);
    if (row.normaliser > 1 && row.delivery_id !== '') touch.deliveries.add(row.delivery_id);
  }
  return touch;
}

/** What two batches are about together. */
export const bothTouch = (a: Touch, b: Touch): Touch => ({
  entities: new Set([...a.entities, ...b.entities]),
  names: new Set([...a.names, ...b.names]),
  types: new Set([...a.types, ...b.types]),
  deliveries: new Set([...a.deliveries, ...b.deliveries]),
});

/** Kinds of event of which the atoms of delivery are made: a batch without any leaves them as they are. */
export const deliveryTypes: readonly string[] = eventTypes.filter(
  (type) => DELIVERY_ENTITIES.has(entityKindOf(type)) || type === 'person.defined',
);

/** Of these, kinds that say something of deliveries only where a rule makes rollouts of them. */
const ruledTypes: ReadonlySet<string> = new Set(
  deliveryTypes.filter((type) => entityKindOf(type) === 'run' || entityKindOf(type) === 'release'),
);

/** Whether a batch could change atoms of delivery: surely, if there is any rule on what is a rollout, or not at all. */
export function touchesDelivery(touch: Touch): 'yes' | 'with_rules' | 'no' {
  const touched = deliveryTypes.filter((type) => touch.types.has(type));
  if (touched.length === 0) return 'no';
  return touched.every((type) => ruledTypes.has(type)) ? 'with_rules' : 'yes';
}

/** Whether there is any rule: a row if so. */
export const anyRuleSql = "SELECT 1 AS one FROM events WHERE startsWith(entity, 'rollout_rule:') LIMIT 1";

/** Whether a batch could change the atoms of every service. */
export const touchesEverything = (touch: Touch): boolean => universalKinds.some((type) => touch.types.has(type));

const LINKS = ['rollout:', 'incident:', 'run:', 'release:'];
const isLink = (column: string): string =>
  `(${LINKS.map((prefix) => `startsWith(${column}, '${prefix}')`).join(' OR ')})`;
const isName = (column: string): string => `NOT ${isLink(column)} AND ${column} NOT IN ('caused-by:', '${UNASSIGNED}')`;

/** Every name that any definition of a service, or a rule that names one, uses for it, with the service, in lower case. */
const definedNames = `
  SELECT DISTINCT lower(${text('service_id')}) AS service_key, arrayJoin(arrayFilter(x -> x != '', arrayConcat([service_key, lower(${text('repository')})],
    arrayMap(x -> lower(x), data.applications::Array(String)), arrayMap(x -> lower(x), data.incident_services::Array(String))))) AS name
  FROM events WHERE startsWith(entity, 'service:') AND type = 'service.defined'
  UNION DISTINCT SELECT lower(${text('service_id')}) AS service_key, arrayJoin([service_key, lower(${text('repository')})])
  FROM events WHERE type = 'rollout_rule.defined' AND ${text('service_id')} != ''`;

/** The services that go by any of `names`, or are reached from them by one definition. */
const servicesOf = (names: string, defined: string): string => `
  SELECT name AS service FROM ${names}
  UNION DISTINCT SELECT service_key FROM ${defined} WHERE name IN (SELECT name FROM ${names})
  UNION DISTINCT SELECT name FROM ${defined} WHERE service_key IN (SELECT service_key FROM ${defined} WHERE name IN (SELECT name FROM ${names}))`;

/** Links between rollouts, incidents and changes, as they are stored: who names whom. */
const storedLinks = `SELECT entity AS from_entity, ref AS to_entity FROM entity_refs WHERE ${isLink('ref')}`;

/** What is one link away from `entities`, in either direction. */
const linked = (entities: string, links: string): string => `
  SELECT to_entity AS entity FROM ${links} WHERE from_entity IN (SELECT entity FROM ${entities})
  UNION DISTINCT SELECT from_entity FROM ${links} WHERE to_entity IN (SELECT entity FROM ${entities})`;

/** Rollouts and incidents of which no event names a service. */
const nameless = `
  SELECT entity FROM events WHERE entity IN (SELECT entity FROM entity_refs WHERE ref = '${UNASSIGNED}')
  GROUP BY entity HAVING max(arrayExists(ref -> ${isName('ref')}, refs)) = 0`;

/** The rollouts and incidents that are of no service, as the stored atoms have them, and those that name none. */
const storedUnassigned = `
  SELECT concat('incident:', incident_id) AS entity FROM incidents FINAL WHERE service = '${UNASSIGNED}'
  UNION DISTINCT SELECT concat('rollout:', rollout_id) FROM rollouts FINAL WHERE service = '${UNASSIGNED}'
  UNION DISTINCT ${nameless}`;

const ground: readonly Layer[] = [
  { name: 'scope_defined', sql: () => definedNames },
  { name: 'scope_links', sql: () => storedLinks },
];

const PULL = '(?:[#!]|/(?:pulls?|merge_requests|pull-requests)/)([0-9]+)';

/** From `start` (entities) and `names`: what they hang together with, two links far, and all services concerned. */
const reach = (prefix: string, start: Layer['sql'], names: Layer['sql']): readonly Layer[] => [
  { name: `${prefix}_start`, sql: start },
  { name: `${prefix}_one`, sql: (table) => linked(table(`${prefix}_start`), table('scope_links')) },
  { name: `${prefix}_two`, sql: (table) => linked(table(`${prefix}_one`), table('scope_links')) },
  {
    // What incidents that are of no service, or may be, name as their cause in words: it may be any service's (R15).
    name: `${prefix}_causes`,
    sql: (table) => `
      SELECT DISTINCT lower(${text('caused_by')}) AS cause, match(cause, '^[0-9a-f]{7,64}$') AS is_revision, extract(cause, '${PULL}') AS number
      FROM events WHERE entity IN (SELECT entity FROM ${table('scope_unassigned')} UNION DISTINCT SELECT entity FROM ${table(`${prefix}_start`)})
        AND startsWith(entity, 'incident:') AND entity IN (SELECT entity FROM entity_refs WHERE ref = 'caused-by:')
        AND entity NOT IN (SELECT concat('incident:', incident_id) FROM incidents FINAL WHERE service != '${UNASSIGNED}')
        AND cause != '' AND (is_revision OR number != '')`,
  },
  {
    // Whose revisions and changes these could be: rather too many than too few. Without such a cause nothing is read.
    name: `${prefix}_blamed`,
    sql: (table) => {
      const causes = table(`${prefix}_causes`);
      const hex = (value: string) =>
        `substring(lower(${value}), 1, 7) IN (SELECT substring(cause, 1, 7) FROM ${causes} WHERE is_revision)`;
      return `
      SELECT DISTINCT arrayJoin(refs) AS name FROM events WHERE (SELECT count() FROM ${causes}) > 0 AND (
        ${['revision', 'merge_sha', 'head_sha'].map((path) => hex(text(path))).join(' OR ')}
        OR arrayExists(sha -> ${hex('sha::String')}, data.commits[].sha)
        OR startsWith(entity, 'change:') AND (extract(entity, '[#!]([0-9]+)$') IN (SELECT number FROM ${causes} WHERE number != '')
          OR lower(${text('url')}) IN (SELECT cause FROM ${causes})))`;
    },
  },
  {
    name: `${prefix}_names`,
    sql: (table) => `
      SELECT DISTINCT name FROM (
        ${names(table)}
        UNION ALL SELECT name FROM ${table(`${prefix}_blamed`)}
        UNION ALL SELECT arrayJoin(refs) AS name FROM events
        WHERE entity IN (SELECT entity FROM ${table(`${prefix}_one`)} UNION DISTINCT SELECT entity FROM ${table(`${prefix}_two`)})
      ) WHERE ${isName('name')}`,
  },
  { name: `${prefix}_services`, sql: (table) => servicesOf(table(`${prefix}_names`), table('scope_defined')) },
];

/**
 * Services whose atoms could change by what was touched, as the layer `touch_services`: those named, those of the rollouts,
 * incidents and changes that hang together with it by links, two steps far, and those that an incident of no service may blame.
 * Rather too many than too few.
 */
export const touchLayers: readonly Layer[] = [
  ...ground,
  { name: 'scope_unassigned', sql: () => storedUnassigned },
  ...reach(
    'touch',
    () => `SELECT arrayJoin({entities:Array(String)}) AS entity
      UNION DISTINCT SELECT arrayJoin(arrayFilter(x -> ${isLink('x')}, {names:Array(String)}))`,
    (table) => `SELECT arrayJoin({names:Array(String)}) AS name
      UNION ALL SELECT arrayJoin(refs) AS name FROM events WHERE entity IN (SELECT entity FROM ${table('touch_start')})`,
  ),
];

/**
 * The entities that a fold of `{services:Array(String)}` must read so that the atoms of these services come out right, as the
 * layer `scope_entities`: their own, those that their links reach, and the whole neighbourhood of the services these belong to;
 * with them all that is of no service. `unassigned` says what that is.
 */
export const scopeLayers = (unassigned: Layer['sql'] = () => storedUnassigned): readonly Layer[] => [
  ...ground,
  { name: 'scope_unassigned', sql: unassigned },
  { name: 'scope_asked', sql: () => 'SELECT arrayJoin(arrayMap(x -> lower(x), {services:Array(String)})) AS name' },
  { name: 'scope_own', sql: (table) => servicesOf(table('scope_asked'), table('scope_defined')) },
  ...reach(
    'near',
    (
      table,
    ) => `SELECT DISTINCT entity FROM entity_refs WHERE ref IN (SELECT service FROM ${table('scope_own')} WHERE service != '${UNASSIGNED}')
      UNION DISTINCT SELECT entity FROM ${table('scope_unassigned')}`,
    (table) => `SELECT service AS name FROM ${table('scope_own')}`,
  ),
  {
    name: 'scope_entities',
    sql: (table) => `
      SELECT entity FROM entity_refs WHERE ref IN (SELECT service FROM ${table('near_services')})
      UNION DISTINCT SELECT entity FROM ${table('scope_unassigned')}
      UNION DISTINCT SELECT entity FROM ${table('near_one')} UNION DISTINCT SELECT entity FROM ${table('near_two')}`,
  },
];

/** Names that a service always went by, whenever it was defined, and services that rollouts name. */
const sureNames = `
  SELECT arrayJoin(arrayFilter(name -> arrayAll(names -> has(names, name), told), told[1])) AS name FROM (
    SELECT groupArray(arrayMap(x -> lower(x), arrayConcat([${text('service_id')}], data.incident_services::Array(String)))) AS told
    FROM events WHERE startsWith(entity, 'service:') AND type = 'service.defined' GROUP BY lower(${text('service_id')})
  )
  UNION DISTINCT SELECT DISTINCT lower(${text('service_id')}) FROM events WHERE type IN ('deployment.finished', 'service.rolledback')`;

/**
 * What is of no service, or may be, told from the events alone: incidents that state no service, only names that are not
 * surely somebody's, or a repository that several services share; what no event names; and what may have lost its name by a
 * correction. Reads every rollout and incident: for a rebuild, which cannot ask the stored atoms.
 */
export const foundUnassigned: Layer['sql'] = (table) => {
  const shared = `SELECT name FROM ${table('scope_defined')} GROUP BY name HAVING uniqExact(service_key) > 1`;
  return `
  SELECT entity FROM events WHERE startsWith(entity, 'incident:') GROUP BY entity
  HAVING countIf(${text('service_id')} != '') = 0
    AND (countIf(${text('service')} != '') = 0 OR countIf(${text('service')} != '' AND lower(${text('service')}) NOT IN (${sureNames})) > 0)
    AND (countIf(${text('repository')} != '') = 0 OR countIf(${text('repository')} != '' AND lower(${text('repository')}) IN (${shared})) > 0)
  UNION DISTINCT SELECT entity FROM events WHERE type IN ('deployment.corrected', 'deployment.retracted', 'incident.corrected', 'incident.retracted')
  UNION DISTINCT ${nameless}`;
};

/** Every name of a neighbourhood with the number of its entities, the largest first: what a rebuild cuts into slices. */
export const neighbourhoods = `SELECT ref AS name, toString(count()) AS entities FROM entity_refs WHERE ${isName('ref')} GROUP BY ref ORDER BY count() DESC, ref`;
