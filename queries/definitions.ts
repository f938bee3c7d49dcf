import type { Store } from '../ingest/ports.ts';
import type { EventType } from '../ingest/vocabulary/vocabulary.ts';
import { KNOWN } from './atoms/sql.ts';

/**
 * What the workspace has defined, one entry per entity: the definition that held at `asOf` as known then, else the earliest
 * one known; null asks as of `now` with all that is known. Sorted by entity. `data` is as the vocabulary has it. `turnsAt` hears when
 * one will hold that does not yet.
 */
export async function readDefinitions(
  store: Store,
  type: EventType,
  asOf: string | null,
  now: string,
  turnsAt: (instant: number) => void = () => undefined,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const time = Date.parse(asOf ?? now);
  const held = new Map<string, { readonly at: number; readonly data: string }>();
  // Every one of them is read, so that the statement stays the same while the clock goes on.
  for (const row of await store.query<{ entity_key: string; at: string; data: string }>(DEFINITIONS, {
    type,
    known: asOf,
  })) {
    const one = { at: Number(row.at), data: row.data };
    if (one.at > time) turnsAt(one.at);
    const before = held.get(row.entity_key);
    if (before === undefined || one.at <= time || one.at === before.at) held.set(row.entity_key, one);
  }
  return [...held.values()].map(({ data }) => JSON.parse(data) as Record<string, unknown>);
}

/** SQL of {@link readDefinitions}: all that are known, by entity and time. */
export const DEFINITIONS = `SELECT entity_key, at, data FROM (
  SELECT id, lower(entity) AS entity_key, toUnixTimestamp64Milli(occurred_at) AS at, toJSONString(data) AS data
  FROM events
  WHERE type = {type:String} AND ${KNOWN}
  ORDER BY id, normaliser DESC, recorded_at LIMIT 1 BY id
)
ORDER BY entity_key, at, id
SETTINGS readonly = 2, output_format_json_quote_64bit_integers = 0`;
