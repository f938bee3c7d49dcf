import { IANAZone } from 'luxon';
import type { Store } from '../ingest/ports.ts';
import type { MetricRequest } from './request.ts';

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

/** The teams of which there are atoms in a table, then or now as the question has it. */
export async function readTeams(store: Store, table: string, { options }: MetricRequest): Promise<readonly string[]> {
  const rows = await store.query(teamsSql(table, options.ownership === 'now'));
  return rows.map((row) => String(row.team));
}

/** SQL of {@link readTeams}. */
export const teamsSql = (table: string, now: boolean): string =>
  `SELECT DISTINCT toString(${now ? 'team_now' : 'team'}) AS team FROM ${table} ORDER BY team`;
