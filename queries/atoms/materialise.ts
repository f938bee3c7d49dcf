import type { FollowTarget } from '../../ingest/follow.ts';
import type { LogRecord, Row, Store } from '../../ingest/ports.ts';
import { decodeEvent } from '../../ingest/upcast.ts';
import type { Atoms } from './atoms.ts';
import { EVENTS_INSERT, eventRow } from './events.ts';
import { type Touch, universalKinds } from './scope.ts';

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
      const rows: Row[] = [];
      const entities = new Set<string>();
      const names = new Set<string>();
      let everything = false;
      for (const record of records) {
        const decoded = decodeEvent(record.value);
        if (!decoded.ok) {
          onSetAside(record, decoded.reason);
          continue;
        }
        const row = eventRow(decoded.event, record);
        rows.push(row);
        entities.add(row.entity);
        for (const ref of row.refs) names.add(ref);
        everything ||= universalKinds.includes(row.type);
      }
      await store.insert(EVENTS_INSERT, rows);
      return { entities, names, everything };
    },
    refresh: (touch) => atoms.refresh(touch),
    merge: (a, b) => ({
      entities: new Set([...a.entities, ...b.entities]),
      names: new Set([...a.names, ...b.names]),
      everything: a.everything || b.everything,
    }),
  };
}
