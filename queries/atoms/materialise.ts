import type { FollowTarget } from '../../ingest/follow.ts';
import type { LogRecord, Store } from '../../ingest/ports.ts';
import { decodeEvent } from '../../ingest/upcast.ts';
import type { Atoms } from './atoms.ts';
import { EVENTS_INSERT, type EventRow, eventRow } from './events.ts';
import { bothTouch, type Touch, touchOf } from './scope.ts';

/** Told of log values that are no events of this release: they stay in the log and are passed by. */
export type OnSetAside = (record: LogRecord, reason: string) => void;

/** Writes followed records into `events` and keeps the atoms fresh: what {@link follow} needs of the store. */
export function materialise(store: Store, atoms: Atoms, onSetAside: OnSetAside): FollowTarget<Touch> {
  return {
    async positions() {
      const rows = await store.query<{ partition: number; next: string }>(
        'SELECT log_partition AS partition, toString(max(log_offset) + 1) AS next FROM events GROUP BY log_partition',
      );
      return new Map(rows.map((row) => [Number(row.partition), BigInt(row.next)]));
    },
    async write(records) {
      const rows: EventRow[] = [];
      for (const record of records) {
        const decoded = decodeEvent(record.value);
        if (decoded.ok) rows.push(eventRow(decoded.event, record));
        else onSetAside(record, decoded.reason);
      }
      await store.insert(EVENTS_INSERT, rows);
      return touchOf(rows);
    },
    refresh: (touch) => atoms.refresh(touch),
    merge: bothTouch,
  };
}
