import type { Store } from '../ingest/ports.ts';
import type { EventType } from '../ingest/vocabulary/vocabulary.ts';
import { KNOWN } from './atoms/sql.ts';
import { NEXT_TURN } from './kept-counts.ts';

/**
 * What the workspace has defined, one entry per entity: the definition that held at `asOf` as known then, else the earliest
 * one known; null asks as of `now` with all that is known. Sorted by entity. `data` is as the vocabulary has it.
 */
export async function readDefinitions(
  store: Store,
  type: EventType,
  asOf: string | null,
  now: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const rows = await store.query<{ data: string }>(DEFINITIONS, { type, known: asOf, as_of: Date.parse(asOf ?? now) });
  return rows.map((row) => JSON.parse(row.data) as Record<string, unknown>);
}

/** SQL of {@link readDefinitions}. */
export const DEFINITIONS = `SELECT toJSONString(data) AS data, minIf(at, at > {as_of:Int64}) OVER () AS ${NEXT_TURN} FROM (
  SELECT id, lower(entity) AS entity_key, toUnixTimestamp64Milli(occurred_at) AS at, data
  FROM events
  WHERE type = {type:String} AND ${KNOWN}
  ORDER BY id, normaliser DESC, recorded_at LIMIT 1 BY id
)
ORDER BY entity_key, at <= {as_of:Int64} DESC, if(at <= {as_of:Int64}, at, -at) DESC, id DESC
LIMIT 1 BY entity_key
SETTINGS readonly = 2, output_format_json_quote_64bit_integers = 0`;
