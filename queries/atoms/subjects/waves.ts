import { text } from '../sql.ts';

/** Waves that were closed, by their first close, with the event, delivery and log time of it; a table expression. */
export const closedWaves = (table: (layer: string) => string): string => `(
      SELECT ${text('wave')} AS wave, min(occurred_at) AS closed_at, argMin(id, (occurred_at, id)) AS event, argMin(delivery_id, (occurred_at, id)) AS delivery,
        argMin(recorded_at, (occurred_at, id)) AS recorded_at
      FROM ${table('facts')} WHERE type = 'survey.wave_closed' GROUP BY wave
    )`;
