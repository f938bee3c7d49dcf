import { pick, sourceSpans } from './atom.ts';
import { stands } from './facts.ts';
import type { Layer } from './layer.ts';
import { rolloutReports } from './rollouts.ts';
import { ruledKinds } from './ruled.ts';
import { EPOCH, FAR, text } from './sql.ts';

const SPEAKS = "type IN ('source.heartbeat', 'source.silent')";

/**
 * Services, in lower case, that a heartbeat or a silence names of any source that speaks in `{entities:Array(String)}`: how
 * long that source lived for them hangs on all that it sends.
 */
export const spokenServicesSql = `
  SELECT DISTINCT lower(${text('service_id')}) AS service FROM events WHERE startsWith(entity, 'source:') AND ${SPEAKS} AND service != ''
    AND ${text('name')} IN (
      SELECT toString(source) FROM events WHERE entity IN ({entities:Array(String)})
      UNION DISTINCT SELECT ${text('name')} FROM events WHERE entity IN ({entities:Array(String)}) AND ${SPEAKS})`;

/** What sources say and send, a heartbeat or a silence being of the source that it names, whoever says it. */
export const sourceLayers: readonly Layer[] = [
  {
    name: 'source_words',
    sql: (table) => `
      SELECT lower(${text('service_id')}) AS service_key, ${text('service_id')} AS service, ${text('name')} AS sender, type AS kind, occurred_at AS at
      FROM ${table('known')} WHERE ${SPEAKS} AND ${stands(table)}`,
  },
  {
    // What each source sent for each service, its words on that service included.
    name: 'source_fed',
    rowsOf: ['placed_rollouts', 'placed_incidents', 'source_words'],
    sql: (table) => `
      SELECT lower(p.service) AS service_key, p.service AS service, f.source AS sender, f.type AS kind, f.occurred_at AS at
      FROM (
        SELECT entity, source, type, occurred_at FROM ${rolloutReports(table)} WHERE type IN ('deployment.finished', 'service.rolledback')
        UNION ALL SELECT entity, source, type, occurred_at FROM ${table('facts')} WHERE type = 'incident.detected'
      ) AS f
      INNER JOIN (SELECT DISTINCT entity, service FROM ${table('placed_rollouts')} UNION ALL SELECT DISTINCT entity, service FROM ${table('placed_incidents')}) AS p
        ON p.entity = f.entity
      UNION ALL SELECT service_key, service, sender, kind, at FROM ${table('source_words')} WHERE service_key != ''`,
  },
  {
    // Each source as a whole: the one pass over everything that is known.
    name: 'source_lives',
    sql: (table) => `
      SELECT sender, min(first) AS first_at, max(last) AS last_at, groupUniqArray(kind) AS heard_kinds,
        if(hasAny(heard_kinds, (${ruledKinds(table('facts'))})), arrayDistinct(arrayPushBack(heard_kinds, 'deployment.finished')), heard_kinds) AS kinds
      FROM (
        SELECT toString(source) AS sender, toString(type) AS kind, min(occurred_at) AS first, max(occurred_at) AS last FROM ${table('known')}
        WHERE NOT ${SPEAKS} AND ${stands(table)} GROUP BY source, type
        UNION ALL SELECT sender, kind, at, at FROM ${table('source_words')} WHERE service_key = '' AND kind = 'source.heartbeat'
      ) GROUP BY sender`,
  },
  {
    // Of each silence: until when it lasted, FAR if nothing that ends it was heard.
    name: 'source_silences',
    rowsOf: ['source_words'],
    sql: (table) => `
      SELECT service_key, sender, arraySort(groupUniqArray((silent_at, until))) AS gaps FROM (
        SELECT service_key, sender, silent_at, if(countIf(ends) > 0, minIf(heard_at, ends), ${FAR}) AS until FROM (
          SELECT q.service_key AS service_key, q.sender AS sender, q.at AS silent_at, h.at AS heard_at,
            heard_at > silent_at AND (h.service_key = q.service_key OR h.service_key = '' AND h.kind = 'source.heartbeat') AS ends
          FROM (SELECT * FROM ${table('source_words')} WHERE kind = 'source.silent') AS q
          LEFT JOIN (
            SELECT service_key, sender, kind, at FROM ${table('source_fed')} WHERE kind != 'source.silent'
            UNION ALL SELECT service_key, sender, kind, at FROM ${table('source_words')} WHERE service_key = '' AND kind != 'source.silent'
            UNION ALL SELECT '', source, type, occurred_at FROM ${table('known')}
            WHERE NOT ${SPEAKS} AND ${stands(table)} AND source IN (SELECT sender FROM ${table('source_words')} WHERE kind = 'source.silent')
          ) AS h ON h.sender = q.sender
        ) GROUP BY service_key, sender, silent_at
      ) GROUP BY service_key, sender`,
  },
];

/** The same for sources as a whole, which no rollout and no incident is read for. */
export const wholeSourceLayers: readonly Layer[] = [
  ...sourceLayers.map((layer) =>
    layer.name === 'source_fed'
      ? {
          ...layer,
          sql: (table: (name: string) => string) =>
            `SELECT service_key, service, sender, kind, at FROM ${table('source_words')} WHERE service_key != ''`,
        }
      : layer,
  ),
  {
    name: 'source_spans',
    sql: (table) => pick(sourceSpans, `SELECT * FROM (${sourceSpansSql(table)}) WHERE service = ''`),
  },
];

/** What is left of a life from `born` to `dies` when the gaps (from, until heard again), sorted, are cut out of it. */
const pieces = (gaps: string, born: string, dies: string): string => `
  arrayFilter(p -> p.1 < p.2, arrayMap(
    (from, to) -> (from, least(to, ${dies})),
    arrayConcat([${born}], arrayMap(i -> arrayMax(g -> g.2, arraySlice(${gaps}, 1, i)), arrayEnumerate(${gaps}))),
    arrayConcat(arrayMap(g -> g.1, ${gaps}), [${FAR}])))`;

/**
 * When each source was alive (R29). Rows without a service: the source as a whole. Rows with a service: which kinds it fed for
 * that service, and its life for that service alone, with the heartbeats and less the silences that name it; a service that
 * none of these names refers to the whole, which goes on whether or not anything happens to the service. A source that never
 * lived has a row of no length, so that what it fed is known.
 */
export const sourceSpansSql = (table: (layer: string) => string): string => `
  SELECT service, concat(service, ' ', source, ' ', toString(life.1)) AS atom_id, source, as_whole, life.1 AS alive_from, life.2 AS alive_to, kinds
  FROM (
    SELECT k.service AS service, k.sender AS source, k.kinds AS kinds, k.service_key != '' AND empty(k.own_beats) AND empty(o.gaps) AS as_whole,
      arrayMin(k.ends) AS born,
      arrayMax(k.ends) + toIntervalSecond(toUInt64(86400 * if(d.silence_days > 0, d.silence_days, 7))) AS dies,
      arraySort(arrayConcat(
        arrayMap(g -> (g.1, arrayMin(arrayConcat([g.2], arrayFilter(beat -> beat > g.1, k.own_beats)))), w.gaps),
        if(k.service_key = '', [], o.gaps))) AS gaps,
      ${pieces('gaps', 'born', 'dies')} AS lives,
      arrayJoin(multiIf(as_whole, [(${EPOCH}, ${EPOCH})], empty(lives), [(born, born)], lives)) AS life
    FROM (
      SELECT f.service_key AS service_key, f.service AS service, f.sender AS sender, f.kinds AS kinds, f.own_beats AS own_beats,
        if(a.sender = '', own_beats, arrayConcat(own_beats, [a.first_at, a.last_at])) AS ends
      FROM (
        SELECT service_key, any(service) AS service, sender, groupUniqArray(kind) AS kinds, groupArrayIf(at, kind = 'source.heartbeat') AS own_beats
        FROM ${table('source_fed')} GROUP BY service_key, sender
        UNION ALL SELECT '', '', sender, kinds, [] FROM ${table('source_lives')}
      ) AS f
      LEFT JOIN ${table('source_lives')} AS a ON a.sender = f.sender
      WHERE notEmpty(ends)
    ) AS k
    LEFT JOIN (SELECT sender, gaps FROM ${table('source_silences')} WHERE service_key = '') AS w ON w.sender = k.sender
    LEFT JOIN ${table('source_silences')} AS o ON o.service_key = k.service_key AND o.sender = k.sender
    LEFT JOIN (SELECT ${text('name')} AS sender, argMax(data.silence_days::Float64, (occurred_at, id)) AS silence_days FROM ${table('facts')} WHERE type = 'source.defined' GROUP BY sender) AS d
      ON d.sender = k.sender
  )`;
