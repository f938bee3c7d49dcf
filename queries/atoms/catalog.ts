import type { Layer } from './layer.ts';
import { EPOCH, FAR, flag, instantOf, nameOf, text, texts } from './sql.ts';

/** Validity of a definition (R7): from its occurred_at, the first one from the beginning, until the next. */
const validity = (key: string): string => `
    if(row_number() OVER w = 1, ${EPOCH}, occurred_at) AS valid_from,
    leadInFrame(occurred_at, 1, ${FAR}) OVER (PARTITION BY ${key} ORDER BY occurred_at, id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS valid_to`;

/** Services as the workspace defined them, one row per definition and its time of validity. */
export const serviceDefinitions: Layer = {
  name: 'service_definitions',
  rowsOf: ['service.defined'],
  sql: (table) => `
    SELECT lower(${text('service_id')}) AS service_key, ${text('service_id')} AS service, id AS event_id, delivery_id,
      ${nameOf('repository')} AS repository, ${text('repository')} AS repository_name, ${texts('paths')} AS paths,
      if(${text('team')} = '', '(unassigned)', ${text('team')}) AS team,
      if(${text('tier')} = '', '(unassigned)', ${text('tier')}) AS tier,
      if(${text('region')} = '', '(unassigned)', ${text('region')}) AS region,
      if(${text('product')} = '', '(unassigned)', ${text('product')}) AS product,
      arrayMap(a -> lower(a), ${texts('applications')}) AS applications,
      arrayMap(a -> lower(a), ${texts('incident_services')}) AS incident_services,
      argMaxIf(${instantOf('registered_at')}, (occurred_at, id), ${instantOf('registered_at')} IS NOT NULL) OVER (PARTITION BY lower(${text('service_id')})) AS registered_at,
      argMaxIf(${instantOf('retired_at')}, (occurred_at, id), ${instantOf('retired_at')} IS NOT NULL) OVER (PARTITION BY lower(${text('service_id')})) AS retired_at,
      ${text('exempt')} AS exempt, ${text('title')} AS title,
      ${validity('service_key')},
      row_number() OVER (PARTITION BY service_key ORDER BY occurred_at DESC, id DESC) = 1 AS is_latest
    FROM ${table('facts')} WHERE type = 'service.defined'
    WINDOW w AS (PARTITION BY service_key ORDER BY occurred_at, id)`,
};

/** Environments as defined, likewise. */
export const environmentDefinitions: Layer = {
  name: 'environment_definitions',
  rowsOf: ['environment.defined'],
  sql: (table) => `
    SELECT ${nameOf('name')} AS environment, ${flag('production')} = 'true' AS production,
      if(${text('group')} != '', ${text('group')}, if(production, 'production', environment)) AS environment_group,
      ${text('failed_means')} AS failed_means, arrayMap(x -> lower(x), ${texts('rollouts_from')}) AS rollouts_from, ${validity('environment')}
    FROM ${table('facts')} WHERE type = 'environment.defined'
    WINDOW w AS (PARTITION BY environment ORDER BY occurred_at, id)`,
};

/** Calendars of teams as defined, likewise. */
export const teamDefinitions: Layer = {
  name: 'team_definitions',
  rowsOf: ['team.defined'],
  sql: (table) => `
    SELECT ${nameOf('team')} AS team_key, ${nameOf('calendar')} AS calendar, ${validity('team_key')}
    FROM ${table('facts')} WHERE type = 'team.defined'
    WINDOW w AS (PARTITION BY team_key ORDER BY occurred_at, id)`,
};

/**
 * The currency that costs are told in, what others are worth in it from when on, and the shares of shared cost: one row of what
 * was last stated, for all time (R78); empty where nothing is.
 */
export const money: Layer = {
  name: 'money',
  sql: (table) => `
    SELECT stated.1 AS reporting, stated.2 AS rates, stated.3 AS shares FROM (
      SELECT argMax((code, code_rates, code_shares), (occurred_at, id)) AS stated FROM (
        SELECT occurred_at, id, if(${flag('removed')} = 'true', '', ${text('currency')}) AS code,
          arraySort(arrayMap((name, from, rate) -> (name::String, assumeNotNull(parseDateTime64BestEffortOrNull(from::String, 3, 'UTC')), rate::Float64),
            data.rates[].currency, data.rates[].from, data.rates[].rate)) AS code_rates,
          arraySort(arrayMap((name, share) -> (name::String, share::Float64), data.shares[].service_id, data.shares[].share)) AS code_shares
        FROM ${table('facts')} WHERE type = 'money.defined'
      )
    )`,
};

/** Names by which senders know a service: `kind` is id, application, incident or repository. */
export const serviceNames: Layer = {
  name: 'service_names',
  rowsOf: ['service_definitions'],
  sql: (table) => `
    SELECT kind, name, service, valid_from, valid_to, paths FROM (
      SELECT 'id' AS kind, service_key AS name, service, valid_from, valid_to, paths FROM ${table('service_definitions')}
      UNION ALL SELECT 'application', arrayJoin(applications), service, valid_from, valid_to, paths FROM ${table('service_definitions')}
      UNION ALL SELECT 'incident', arrayJoin(incident_services), service, valid_from, valid_to, paths FROM ${table('service_definitions')}
      UNION ALL SELECT 'repository', repository, service, valid_from, valid_to, paths FROM ${table('service_definitions')}
    ) WHERE name != '' AND valid_from < valid_to`,
};

/** Logins of bots, each with the time in which the definition holds: one row with an array, for use within expressions. */
export const bots: Layer = {
  name: 'bots',
  sql: (table) => `
    SELECT groupArray((login, valid_from, valid_to)) AS logins FROM (
      SELECT arrayJoin(arrayMap(x -> lower(x), arrayConcat(identities, [person]))) AS login, valid_from, valid_to FROM (
        SELECT ${text('person')} AS person, if(${text('kind')} = '', 'human', ${text('kind')}) AS kind, ${texts('identities')} AS identities,
          lower(person) AS person_key, ${validity('person_key')}
        FROM ${table('facts')} WHERE type = 'person.defined'
        WINDOW w AS (PARTITION BY person_key ORDER BY occurred_at, id)
      ) WHERE kind = 'bot'
    )`,
};

/** True where a login is a bot's at an instant. */
export const isBotAt = (login: string, at: string, table: (layer: string) => string): string =>
  `arrayExists(b -> b.1 = lower(${login}) AND ${at} >= b.2 AND ${at} < b.3, (SELECT logins FROM ${table('bots')}))`;

/**
 * The services that go by what columns `keys` of `from` say at the instant `at`: rows of `of` (the value of `id`) and `named`,
 * a map to be read by {@link calledBy}; no row where there are none.
 */
export const servicesNamed = (
  from: string,
  id: string,
  at: string,
  keys: readonly string[],
  table: (layer: string) => string,
): string => `
  SELECT of, mapFromArrays(groupArray(called), groupArray(services)) AS named FROM (
    SELECT f.of AS of, concat(n.kind, ' ', f.key) AS called, arrayMap(x -> x.2, arraySort(groupUniqArray((lower(n.service), n.service)))) AS services
    FROM (SELECT ${id} AS of, arrayJoin(arrayDistinct([${keys.map((key) => `lower(${key})`).join(', ')}])) AS key, ${at} AS at FROM ${from}) AS f
    INNER JOIN ${table('service_names')} AS n ON n.name = f.key
    WHERE f.at >= n.valid_from AND f.at < n.valid_to GROUP BY of, called
  ) GROUP BY of`;

/** The services, by name, of which `key` is a name of `kind` ({@link servicesNamed}). */
export const calledBy = (kind: 'id' | 'application' | 'incident' | 'repository', key: string): string =>
  `named[concat('${kind} ', lower(${key}))]`;

/** Adds the dimensions of `service` as they were at `at`, and as they are now, to the rows of `from`. */
export const withDimensions = (from: string, at: string, table: (layer: string) => string): string => `
  SELECT r.*,
    if(d.service_key = '', '(unassigned)', d.team) AS team, if(d.service_key = '', '(unassigned)', d.tier) AS tier,
    if(d.service_key = '', '(unassigned)', d.region) AS region, if(d.service_key = '', '(unassigned)', d.product) AS product,
    if(n.service_key = '', '(unassigned)', n.team) AS team_now, if(n.service_key = '', '(unassigned)', n.tier) AS tier_now,
    if(n.service_key = '', '(unassigned)', n.region) AS region_now, if(n.service_key = '', '(unassigned)', n.product) AS product_now
  FROM (SELECT *, lower(service) AS dimension_key, ${at} AS dimension_at FROM (${from})) AS r
  ASOF LEFT JOIN (SELECT service_key, team, tier, region, product, valid_from FROM ${table('service_definitions')} WHERE valid_from < valid_to) AS d
    ON d.service_key = r.dimension_key AND r.dimension_at >= d.valid_from
  LEFT JOIN (SELECT service_key, team, tier, region, product FROM ${table('service_definitions')} WHERE is_latest) AS n
    ON n.service_key = r.dimension_key`;

/**
 * Who is behind a login, one row per login in lower case: the person of the latest definition that names it (R60), whether
 * human, bot or service, and the teams and regions stated of the person with their time, in order.
 */
export const people: Layer = {
  name: 'people',
  rowsOf: ['person.defined', 'person.joined', 'person.moved'],
  sql: (table) => {
    const placesOf = (name: string) =>
      `arraySort(groupArrayIf((occurred_at, id, ${text(name)}), ${text(name)} != '')) AS ${name}s`;
    return `
    SELECT l.login AS login, l.person_key AS person_key, l.kind AS kind, p.teams AS teams, p.regions AS regions
    FROM (
      SELECT login, argMax(person_key, (occurred_at, id)) AS person_key, argMax(kind, (occurred_at, id)) AS kind FROM (
        SELECT arrayJoin(arrayDistinct(arrayMap(x -> lower(x), arrayPushBack(identities, person_key)))) AS login, person_key, kind, occurred_at, id
        FROM (
          SELECT ${nameOf('person')} AS person_key, if(${text('kind')} = '', 'human', ${text('kind')}) AS kind, ${texts('identities')} AS identities, occurred_at, id
          FROM ${table('facts')} WHERE type = 'person.defined' ORDER BY occurred_at DESC, id DESC LIMIT 1 BY person_key
        )
        UNION ALL SELECT ${nameOf('person')} AS login, login AS person_key, 'human' AS kind, ${EPOCH} AS occurred_at, id
        FROM ${table('facts')} WHERE type IN ('person.joined', 'person.moved')
      ) GROUP BY login
    ) AS l
    LEFT JOIN (
      SELECT ${nameOf('person')} AS of, ${placesOf('team')}, ${placesOf('region')}
      FROM ${table('facts')} WHERE type IN ('person.defined', 'person.joined', 'person.moved') GROUP BY of
    ) AS p ON p.of = l.person_key`;
  },
};

/** What a login is by the `kind` that {@link people} states of it (R60): bot or service, or empty of a human. */
export const kindOf = (login: string, kind: string): string =>
  `multiIf(${kind} IN ('bot', 'service'), ${kind}, endsWith(lower(${login}), '[bot]'), 'bot', '')`;

/** Where a person stood at an instant by what {@link people} states: the first place holds for all earlier time (R7). */
export const placeAt = (places: string, at: string): string =>
  `if(empty(${places}), '', arrayElement(${places}, greatest(1, arrayCount(x -> x.1 <= ${at}, ${places}))).3)`;

/** What deliveries are placed by. */
export const deliveryCatalog: readonly Layer[] = [serviceDefinitions, environmentDefinitions, serviceNames, bots];

/** What is placed by definitions chooses of these. */
export const catalogLayers: readonly Layer[] = [...deliveryCatalog, teamDefinitions, money, people];
