import { text, UNASSIGNED } from './sql.ts';

/**
 * The latest answer per wave, item and respondent before the wave's (first) close (metrics.md §9.1), with the team that the
 * person was in when invited, as the answer states it.
 */
export const answersSql = (table: (layer: string) => string): string => {
  const others = ['tier', 'region', 'product'].flatMap((name) => [name, `${name}_now`]);
  return `
  SELECT concat('survey:', lower(wave)) AS service, hex(sipHash128(wave, item, respondent)) AS atom_id, wave, item, score,
    hex(sipHash128(respondent)) AS respondent_key, answered_at, closed_at,
    if(score >= 1 AND score <= 5, '', 'out_of_scale') AS excluded,
    if(stated_team = '', '${UNASSIGNED}', stated_team) AS team, team AS team_now, ${others.map((name) => `'${UNASSIGNED}' AS ${name}`).join(', ')},
    arraySort([answer_event, close_event]) AS event_ids, arraySort(arrayDistinct(arrayFilter(x -> x != '', [answer_delivery, close_delivery]))) AS delivery_ids
  FROM (
    SELECT a.wave AS wave, a.item AS item, a.respondent AS respondent, any(c.closed_at) AS closed_at, any(c.event) AS close_event, any(c.delivery) AS close_delivery,
      max(a.at) AS answered_at, argMax(a.score, (a.at, a.id)) AS score, argMax(a.team, (a.at, a.id)) AS stated_team,
      argMax(a.id, (a.at, a.id)) AS answer_event, argMax(a.delivery, (a.at, a.id)) AS answer_delivery
    FROM (
      SELECT id, delivery_id AS delivery, occurred_at AS at, ${text('wave')} AS wave, ${text('item')} AS item, ${text('respondent')} AS respondent,
        ${text('team')} AS team, ifNull(data.score::Nullable(Float64), 0) AS score
      FROM ${table('facts')} WHERE type = 'survey.answered'
    ) AS a
    INNER JOIN (
      SELECT ${text('wave')} AS wave, min(occurred_at) AS closed_at, argMin(id, (occurred_at, id)) AS event, argMin(delivery_id, (occurred_at, id)) AS delivery
      FROM ${table('facts')} WHERE type = 'survey.wave_closed' GROUP BY wave
    ) AS c ON c.wave = a.wave
    WHERE a.at < c.closed_at
    GROUP BY wave, item, respondent
  )`;
};
