import { entityOf, refsOf } from '../../ingest/entity.ts';
import type { NormalizedEvent } from '../../ingest/event.ts';
import type { Row } from '../../ingest/ports.ts';

/**
 * The one table that the consumer writes. All copies are kept: an engine that keeps the last one would lose what an earlier
 * as_of saw. `entity_refs` is an inverted index over `refs`; a set, so replays leave it as it is.
 */
export const eventsDdl: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS events (
    id String,
    normaliser UInt32,
    type LowCardinality(String),
    version UInt16,
    source LowCardinality(String),
    subject String,
    entity String,
    occurred_at DateTime64(3, 'UTC'),
    recorded_at DateTime64(3, 'UTC'),
    log_partition UInt32,
    log_offset UInt64,
    delivery_id String,
    refs Array(String),
    data JSON(max_dynamic_paths = 256),
    INDEX by_id id TYPE bloom_filter GRANULARITY 4,
    INDEX by_normaliser normaliser TYPE minmax GRANULARITY 1,
    INDEX by_type type TYPE set(32) GRANULARITY 4
  ) ENGINE = MergeTree ORDER BY (entity, occurred_at, id)`,
  `CREATE MATERIALIZED VIEW IF NOT EXISTS entity_refs
    ENGINE = ReplacingMergeTree ORDER BY (ref, entity)
    AS SELECT arrayJoin(refs) AS ref, entity FROM events`,
];

/** JSON text that looks like a time must stay text: else it reads as NULL where a string is asked for. */
export const EVENTS_INSERT =
  "events SETTINGS input_format_try_infer_dates = 0, input_format_try_infer_datetimes = 0, date_time_input_format = 'best_effort'";

/** A row of `events`. */
export interface EventRow extends Row {
  readonly type: string;
  readonly entity: string;
  readonly refs: readonly string[];
  readonly normaliser: number;
  readonly delivery_id: string;
}

/** A recorded event as a row of `events`. */
export function eventRow(
  event: NormalizedEvent,
  record: { partition: number; offset: bigint; recordedAt: string },
): EventRow {
  return {
    id: event.id,
    normaliser: event.normaliser,
    type: event.type,
    version: event.version,
    source: event.source,
    subject: event.subject,
    entity: entityOf(event),
    occurred_at: event.occurred_at,
    recorded_at: record.recordedAt,
    log_partition: record.partition,
    log_offset: record.offset.toString(),
    delivery_id: event.delivery_id,
    refs: refsOf(event),
    data: event.data,
  };
}
