import { dimensionColumns, receiptColumns, time } from '../atom.ts';
import { text, UNASSIGNED } from '../sql.ts';
import type { SubjectKind } from './subject.ts';
import { closedWaves } from './waves.ts';

/**
 * Every comment that was made in a closed wave before its (first) close. All of a person's, since which of them counts
 * depends on what was known when it was given out.
 */
const commentsSql = (table: (layer: string) => string): string => {
  const dimensions = ['team', 'tier', 'region', 'product'].flatMap((name) => [name, `${name}_now`]);
  return `
  SELECT concat('survey:', c.wave) AS subject, c.id AS atom_id, '${UNASSIGNED}' AS service, c.wave AS wave, c.item AS item, c.words AS words,
    hex(sipHash128(c.respondent)) AS respondent_key, c.at AS commented_at, w.closed_at AS closed_at, c.recorded_at AS recorded_at, w.recorded_at AS close_recorded_at,
    ${dimensions.map((name) => `'${UNASSIGNED}' AS ${name}`).join(', ')},
    arraySort([c.id, w.event]) AS event_ids, arraySort(arrayDistinct(arrayFilter(x -> x != '', [c.delivery, w.delivery]))) AS delivery_ids
  FROM (
    SELECT id, ${text('wave')} AS wave, ${text('item')} AS item, ${text('respondent')} AS respondent, ${text('text')} AS words,
      occurred_at AS at, recorded_at, delivery_id AS delivery
    FROM ${table('facts')} WHERE type = 'survey.commented'
  ) AS c
  INNER JOIN ${closedWaves(table)} AS w ON w.wave = c.wave
  WHERE c.at < w.closed_at AND notEmpty(trimBoth(c.words))`;
};

/** What people wrote in closed waves. No metric is made of it, no respondent is in it; it is read to be given out as a whole. */
export const comments: SubjectKind = {
  name: 'comments',
  description: 'what one person wrote about an item of a closed survey wave, or about the wave',
  types: ['survey.commented', 'survey.wave_closed'],
  definitions: [],
  columns: {
    subject: 'String',
    atom_id: 'String',
    service: 'LowCardinality(String)',
    wave: 'String',
    /** Empty: the wave as a whole. */
    item: 'String',
    words: 'String',
    respondent_key: 'String',
    commented_at: time,
    closed_at: time,
    /** When the log had it, and the close of its wave. */
    recorded_at: time,
    close_recorded_at: time,
    ...dimensionColumns,
    ...receiptColumns,
  },
  sql: commentsSql,
};
