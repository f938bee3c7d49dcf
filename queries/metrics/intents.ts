import { UNASSIGNED } from '../atoms/sql.ts';
import type { AtomTables } from '../atoms/tables.ts';
import type { Items, Metric, Scope } from '../metric.ts';

/** What the metrics of self-service have in common (metrics.md §7.1). What single people asked for is never listed. */
export const selfService = {
  atom: 'tasks',
  dimensions: ['team', 'region', 'kind'],
  neverListed: true,
  graceHours: 48,
} as const satisfies Partial<Metric>;

export const intentCaveats: readonly string[] = [
  'What one person asks for of one kind within 24 hours is one intent, whether of the platform or by a ticket. Bots are not counted.',
  'A kind is in the catalogue if the platform was ever asked to do it by itself; tickets of other kinds are left out and counted: group by kind to see which.',
];

/** A task that was asked of people, not of the platform. */
export const byTicket = "channel = 'ticket'";

const HOURS = 24;
const place = ['team', 'tier', 'region', 'product'].flatMap((name) => [name, `${name}_now`]);

/** Tasks and tickets with a kind, in one set of columns. */
const asked = ({ tasks, tickets }: AtomTables): string => {
  const columns = place.map((name) => `toString(${name})`).join(', ');
  return `
    SELECT person_key, lower(kind) AS kind_key, (asked_at, atom_id, NOT (${byTicket}), outcome = 'succeeded' AND NOT (${byTicket}), ${byTicket} OR human_touch = 1, toString(excluded), [${columns}]) AS event
    FROM ${tasks}
    UNION ALL
    SELECT person_key, lower(kind), (assumeNotNull(created_at), atom_id, false, false, true, toString(asked_by), [${columns}])
    FROM ${tickets} WHERE kind != '${UNASSIGNED}' AND isNotNull(created_at)`;
};

/** Intents: what one person asked for of one kind, from the first time on for a day, and then anew (R81). */
const intents = (tables: AtomTables, { filters }: Scope): string => {
  const first = (nth: number) => `members[1].${nth}`;
  return `(
    SELECT * FROM (
      SELECT began_at, kind_key AS kind, ${first(6)} AS asked_by, has(catalogue, kind_key) AS in_catalogue,
        arrayExists(e -> e.3, members) AS tried, arrayExists(e -> e.4, members) AND NOT helped AS succeeded, arrayExists(e -> e.5, members) AS helped,
        ${place.map((name, index) => `${first(7)}[${index + 1}] AS ${name}`).join(', ')}
      FROM (
        SELECT kind_key, began_at, arrayFilter(e -> e.1 >= began_at AND e.1 < began_at + toIntervalHour(${HOURS}), events) AS members,
          (SELECT groupUniqArray(lower(kind)) FROM ${tables.tasks} WHERE NOT (${byTicket})) AS catalogue
        FROM (
          SELECT kind_key, arraySort(e -> (e.1, e.2), groupArray(event)) AS events
          FROM (${asked(tables)}) GROUP BY person_key, kind_key
        )
        ARRAY JOIN arrayFold((begun, e) -> if(notEmpty(begun) AND e.1 < begun[-1] + toIntervalHour(${HOURS}), begun, arrayPushBack(begun, e.1)),
          events, CAST([], 'Array(DateTime64(3, \\'UTC\\'))')) AS began_at
      )
    ) WHERE ${filters}
  )`;
};

/** Intents by their first event; `hit` is told of `tried`, `succeeded` and `helped`, and may yet come true for a day if `open`. */
export const intentItems = (hit: string, open: string): Items => ({
  from: intents,
  at: 'began_at',
  reason: "multiIf(asked_by != '', asked_by, NOT in_catalogue, 'not_in_catalogue', '')",
  hit,
  open,
  closes: `began_at + toIntervalHour(${HOURS})`,
});
