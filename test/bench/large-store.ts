import type { Store } from '../../ingest/ports.ts';
import { atomKinds } from '../../queries/atoms/subjects/registry.ts';
import { UNASSIGNED } from '../../queries/scope.ts';
import { id, type Large } from './large.ts';
import { deliveries } from './large-deliveries.ts';
import { platform } from './large-platform.ts';

/**
 * Fills `events` with two years of an organisation, made by the engine itself: every service has a repository of its own;
 * merged changes go live with the next rollout, by the position of their pushes; every hundredth rollout is blamed for an
 * incident; people use, ask, learn and answer. Kinds, keys and references are those that the consumer would have written.
 */
export async function fillLargeStore(store: Store, large: Large): Promise<void> {
  for (const [index, kind] of [...deliveries(large), ...platform(large)].entries()) {
    const json = Object.entries(kind.data)
      .map(([key, sql], index) => `'${index === 0 ? '{' : ','}"${key}":', toJSONString(${sql})`)
      .join(', ');
    await store.command(`
      INSERT INTO events (id, normaliser, type, version, source, subject, entity, occurred_at, recorded_at, log_partition, log_offset, delivery_id, refs, data)
      SELECT id, 1, '${kind.type}', 1, 'bench', entity, entity, occurred_at, occurred_at + 1, 0, number, id, refs, json::JSON(max_dynamic_paths = 256)
      FROM (
        SELECT number, ${id(`${kind.type} ${index}`)} AS id, ${kind.entity} AS entity, ${kind.occurred_at} AS occurred_at,
          ${kind.refs ?? "CAST([], 'Array(String)')"} AS refs, concat(${json}, '}') AS json
        FROM numbers(${kind.rows})
      )
      SETTINGS input_format_try_infer_dates = 0, input_format_try_infer_datetimes = 0, max_insert_threads = 2`);
  }
}

/** What tells atoms and their people apart; the copies of an atom have others. */
const NAMES: readonly string[] = [
  ...['service', 'subject', 'atom_id', 'rollout_id', 'lasting_rollout_id', 'cause_rollout_id', 'change_id', 'author'],
  ...[
    'incident_id',
    'maintenance_id',
    'run_id',
    'feature',
    'ticket_id',
    'task_id',
    'person_key',
    'login_key',
    'respondent_key',
  ],
];

/**
 * Makes `times` as many of everything that was folded, with its events: services and people of other names, of the same teams.
 * Each new one's atoms are what a fold would make of its events, which takes ten times as long as all the rest.
 */
export async function multiply(store: Store, times: number): Promise<void> {
  for (let copy = 1; copy < times; copy += 1) {
    const other = (name: string) =>
      `if(${name} IN ('', '${UNASSIGNED}'), ${name}, concat(${name}, '~${copy}')) AS ${name}`;
    const copied = async (
      table: string,
      rows: { from: string; own: string; names: readonly string[]; more?: string },
    ): Promise<void> =>
      // Within: names outside are those of the copies.
      store.command(
        `INSERT INTO ${table} SELECT * REPLACE (${rows.names.map(other).join(', ')}${rows.more ?? ''})
         FROM (SELECT * FROM ${rows.from} AND NOT match(${rows.own}, '~[0-9]+$'))
         SETTINGS prefer_column_name_to_alias = 1`,
      );
    for (const kind of atomKinds) {
      // A source as a whole is one, however many services it tells of.
      const rows = kind.name === 'source_spans' ? "service != ''" : '1';
      await copied(kind.name, {
        from: `${kind.name} FINAL WHERE ${rows}`,
        own: 'atom_id',
        names: NAMES.filter((name) => name in kind.columns),
      });
    }
    await copied('events', {
      from: 'events WHERE 1',
      own: 'id',
      names: ['id', 'entity', 'subject', 'delivery_id'],
      more: `, arrayMap(ref -> concat(ref, '~${copy}'), refs) AS refs`,
    });
  }
}

/** What the store does by itself within the hour: the atoms of a kind lie in one part, beside those of the last changes. */
export async function settle(store: Store): Promise<void> {
  for (const kind of atomKinds) await store.command(`OPTIMIZE TABLE ${kind.name} FINAL`);
}
