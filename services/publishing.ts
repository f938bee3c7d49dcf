import type { NormalizedEvent } from '../ingest/event.ts';
import type { EventLog, Store } from '../ingest/ports.ts';
import { encodeEvent } from '../ingest/upcast.ts';

export interface PublishingParts {
  readonly store: Store;
  readonly log: EventLog;
  /** How long to wait for the store; what it does not have by then is not given out. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 10_000;
const FIRST_LOOK_MS = 20;
const LONGEST_LOOK_MS = 500;

/**
 * States publications in the log and waits until the store has them, so that whoever answers next, in whatever process,
 * answers by them. Resolves after its patience too: the caller reads what the store has, and tells nothing else.
 */
export function publishing(parts: PublishingParts): (events: readonly NormalizedEvent[]) => Promise<void> {
  const { store, log, patienceMs = PATIENCE_MS } = parts;
  return async (events) => {
    const records = events.map((event) => ({ key: event.subject, value: encodeEvent(event) }));
    await log.append('headway.events', records);
    const ids = [...new Set(events.map(({ id }) => id))];
    const types = [...new Set(events.map(({ type }) => type))];
    const until = performance.now() + patienceMs;
    for (let pause = FIRST_LOOK_MS; performance.now() < until; pause = Math.min(LONGEST_LOOK_MS, pause * 2)) {
      const sql = `SELECT toUInt32(uniqExact(id)) AS there FROM events WHERE type IN {types:Array(String)} AND id IN {ids:Array(String)}`;
      const [row] = await store.query<{ there: number }>(sql, { types, ids });
      if (Number(row?.there ?? 0) === ids.length) return;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  };
}
