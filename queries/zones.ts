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

/** The teams of which there are atoms in any of the tables that a metric reads, then or now as the question has it. */
export async function readTeams(
  store: Store,
  tables: readonly string[],
  { options }: MetricRequest,
): Promise<readonly string[]> {
  const team = options.ownership === 'now' ? 'team_now' : 'team';
  const each = tables.map((table) => `SELECT DISTINCT toString(${team}) AS team FROM ${table}`);
  const rows = await store.query(`SELECT DISTINCT team FROM (${each.join(' UNION ALL ')}) ORDER BY team`);
  return rows.map((row) => String(row.team));
}
