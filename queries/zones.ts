import { IANAZone } from 'luxon';
import type { Store } from '../ingest/ports.ts';

/** The zone that each team last stated, as known at `asOf` (null: now); teams without a valid one are absent. */
export async function readTeamZones(store: Store, asOf: string | null): Promise<ReadonlyMap<string, string>> {
  const rows = await store.query(TEAM_ZONES, { as_of: asOf === null ? null : Date.parse(asOf) });
  const zones = new Map<string, string>();
  for (const row of rows) {
    const zone = String(row.timezone);
    if (IANAZone.isValidZone(zone)) zones.set(String(row.team), zone);
  }
  return zones;
}

/** SQL of {@link readTeamZones}. */
export const TEAM_ZONES = `SELECT toString(data.team) AS team, argMax(toString(data.timezone), (occurred_at, id)) AS timezone
FROM events
WHERE type = 'team.defined' AND isNotNull(data.timezone)
  AND ({as_of:Nullable(Int64)} IS NULL OR toUnixTimestamp64Milli(recorded_at) <= {as_of:Nullable(Int64)})
GROUP BY team`;
