import { withDimensions } from '../catalog.ts';
import { UNASSIGNED } from '../sql.ts';

/**
 * Gives rows the service that they state (`stated_service`, spelled as the workspace does) and the dimensions of its owner at
 * `at`. Where no owner is known, the team is the one that the sender states (`stated_team`).
 */
export const owned = (from: string, at: string, table: (layer: string) => string): string => {
  const team = (name: string) =>
    `if(o.${name} = '${UNASSIGNED}' AND o.stated_team != '', o.stated_team, o.${name}) AS ${name}`;
  return `
  SELECT o.* EXCEPT (team, team_now), ${team('team')}, ${team('team_now')}
  FROM (${withDimensions(
    `SELECT s.*, multiIf(n.service_key != '', n.service, s.stated_service != '', s.stated_service, '${UNASSIGNED}') AS service
    FROM (${from}) AS s
    LEFT JOIN (SELECT service_key, service FROM ${table('service_definitions')} WHERE is_latest) AS n ON n.service_key = lower(s.stated_service)`,
    at,
    table,
  )}) AS o`;
};
