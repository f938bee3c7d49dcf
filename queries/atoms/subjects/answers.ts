import { dimensionColumns, receiptColumns, time } from '../atom.ts';
import { text, UNASSIGNED } from '../sql.ts';
import type { SubjectKind } from './subject.ts';
import { closedWaves } from './waves.ts';

/** Items that ask the question of eNPS by their very name, where no scale is stated. */
const NET_PROMOTER = "('enps', 'nps')";

/**
 * Per closed wave and person, before the wave's (first) close: the latest answer per item, one row for having responded and
 * one for having been invited (metrics.md §9.1). A person stands in one team and region in all of a wave: those of the
 * invitation, else those that the latest answer states.
 */
const answersSql = (table: (layer: string) => string): string => {
  const assigned = (name: string) => `if(${name} = '', '${UNASSIGNED}', ${name})`;
  const others = ['tier', 'product'].flatMap((name) => [name, `${name}_now`]);
  const person = (name: string) => `argMax(${name}, (kind = 'invitation' AND ${name} != '', ${name} != '', at, id))`;
  const row = (kind: string) => `('${kind}', '', '', '', 0., p.${kind}_at, p.${kind}_recorded_at, p.ids, p.deliveries)`;
  return `
  SELECT concat('survey:', wave) AS subject, hex(sipHash128(row.1, wave, row.2, respondent)) AS atom_id, '${UNASSIGNED}' AS service, row.1 AS kind, wave, row.2 AS item, row.3 AS scale, row.4 AS version,
    row.5 AS score, hex(sipHash128(respondent)) AS respondent_key, row.6 AS answered_at, closed_at, row.7 AS recorded_at, close_recorded_at,
    if(row.1 != 'answer' OR if(row.3 = '0-10', score >= 0 AND score <= 10, score >= 1 AND score <= 5), '', 'out_of_scale') AS excluded,
    ${assigned('person_team')} AS team, team AS team_now, ${assigned('person_region')} AS region, region AS region_now,
    ${others.map((name) => `'${UNASSIGNED}' AS ${name}`).join(', ')},
    arraySort(arrayDistinct(arrayConcat(row.8, [close_event]))) AS event_ids, arraySort(arrayDistinct(arrayFilter(x -> x != '', arrayConcat(row.9, [close_delivery])))) AS delivery_ids
  FROM (
    SELECT p.wave AS wave, p.respondent AS respondent, p.person_team AS person_team, p.person_region AS person_region,
      c.closed_at AS closed_at, c.event AS close_event, c.delivery AS close_delivery, c.recorded_at AS close_recorded_at,
      arrayJoin(arrayConcat(p.answers,
        if(notEmpty(p.answers), [${row('response')}], []),
        if(p.invited, [${row('invitation')}], []))) AS row
    FROM (
      SELECT wave, respondent, ${person('team')} AS person_team, ${person('region')} AS person_region, countIf(kind = 'invitation') > 0 AS invited,
        maxIf(at, kind = 'answer') AS response_at, minIf(recorded_at, kind = 'answer') AS response_recorded_at,
        maxIf(at, kind = 'invitation') AS invitation_at, minIf(recorded_at, kind = 'invitation') AS invitation_recorded_at, groupArray(id) AS ids, groupArray(delivery) AS deliveries,
        groupArrayIf(('answer', item, scale, version, score, at, recorded_at, [id], [delivery]), kind = 'answer') AS answers
      FROM (
        SELECT if(f.type = 'survey.invited', 'invitation', 'answer') AS kind, ${text('wave')} AS wave, ${text('item')} AS item, ${text('respondent')} AS respondent,
          ${text('team')} AS team, ${text('region')} AS region, ${text('version')} AS version,
          multiIf(${text('scale')} != '', ${text('scale')}, lower(item) IN ${NET_PROMOTER}, '0-10', '1-5') AS scale,
          ifNull(data.score::Nullable(Float64), 0) AS score, occurred_at AS at, f.recorded_at AS recorded_at, id, delivery_id AS delivery
        FROM ${table('facts')} AS f
        INNER JOIN (SELECT ${text('wave')} AS closed_wave, min(occurred_at) AS closes FROM ${table('facts')} WHERE type = 'survey.wave_closed' GROUP BY closed_wave) AS w ON w.closed_wave = ${text('wave')}
        WHERE f.type IN ('survey.answered', 'survey.invited') AND f.occurred_at < w.closes
        ORDER BY at DESC, id DESC LIMIT 1 BY kind, wave, item, respondent
      )
      GROUP BY wave, respondent
    ) AS p
    INNER JOIN ${closedWaves(table)} AS c ON c.wave = p.wave
  )`;
};

/** What people did in closed waves. It carries no respondent, only a digest by which people are told apart. */
export const answers: SubjectKind = {
  name: 'answers',
  description:
    'what one person did in a closed survey wave: the last answer to an item, having responded, or having been invited',
  types: ['survey.invited', 'survey.answered', 'survey.wave_closed'],
  definitions: [],
  columns: {
    subject: 'String',
    atom_id: 'String',
    service: 'LowCardinality(String)',
    /** answer response invitation */
    kind: 'LowCardinality(String)',
    wave: 'String',
    /** Empty but for answers. */
    item: 'String',
    /** 1-5 or 0-10, of answers. */
    scale: 'LowCardinality(String)',
    /** Version of the item's wording, empty if unstated. */
    version: 'String',
    score: 'Float64',
    respondent_key: 'String',
    answered_at: time,
    closed_at: time,
    /** When the log had it, and the close of its wave. */
    recorded_at: time,
    close_recorded_at: time,
    /** out_of_scale: not on the item's scale; or empty. */
    excluded: 'LowCardinality(String)',
    ...dimensionColumns,
    ...receiptColumns,
  },
  sql: answersSql,
};
