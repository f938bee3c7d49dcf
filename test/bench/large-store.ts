import type { Store } from '../../ingest/ports.ts';
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
