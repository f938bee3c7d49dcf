import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NormalizedEvent } from '../../ingest/event.ts';
import { type EventLog, type LogRecord, LogUnavailable, type Topic } from '../../ingest/ports.ts';
import { makeRecentIds, type ReceiveDeps } from '../../ingest/receive.ts';
import { decodeDelivery, type StoredDelivery } from '../../ingest/record.ts';
import { decodeEvent } from '../../ingest/upcast.ts';
import { openLmdbLog } from '../../services/log/lmdb-log.ts';

export const NOW = '2026-03-05T12:00:00.000Z';

export interface Bench {
  readonly deps: ReceiveDeps;
  /** While true, appends fail as they do when no broker answers. */
  away: boolean;
  readonly spooled: Map<string, Uint8Array>;
  deliveries(): Promise<StoredDelivery[]>;
  events(): Promise<NormalizedEvent[]>;
  records(topic: Topic): Promise<LogRecord[]>;
  close(): Promise<void>;
}

/** Everything that receiving needs, on a real log in a directory of its own. Ids count up; the clock stands at {@link NOW}. */
export async function openBench(over: Partial<ReceiveDeps> & { readonly spooling?: boolean } = {}): Promise<Bench> {
  const path = mkdtempSync(join(tmpdir(), 'headway-receive-'));
  const clock = { now: () => NOW };
  const log = await openLmdbLog({ path, clock, partitions: 2 });
  const spooled = new Map<string, Uint8Array>();
  let deliveries = 0;
  const records = async (topic: Topic) => {
    const all: LogRecord[] = [];
    for await (const batch of log.readAll(topic)) all.push(...batch);
    return all;
  };
  const spool = { put: async (id: string, record: Uint8Array) => void spooled.set(id, record) };
  const bench: Bench = {
    away: false,
    spooled,
    deps: {
      log: leaving(log, () => bench.away),
      clock,
      recent: makeRecentIds(1000),
      newDeliveryId: () => `delivery-${++deliveries}`,
      secretsOf: () => [],
      allowUnsigned: true,
      ...(over.spooling ? { spool } : {}),
      ...over,
    },
    records,
    deliveries: async () =>
      (await records('headway.deliveries')).map((record) => {
        const stored = decodeDelivery(record.value);
        if (!stored || stored.delivery.id !== record.key) throw new Error('not a delivery, or under another key');
        return stored;
      }),
    events: async () =>
      (await records('headway.events')).map((record) => {
        const decoded = decodeEvent(record.value);
        if (!decoded.ok) throw new Error(decoded.reason);
        if (decoded.event.subject !== record.key) throw new Error('an event under another key than its subject');
        return decoded.event;
      }),
    close: async () => {
      await log.close();
      rmSync(path, { recursive: true, force: true });
    },
  };
  return bench;
}

/** The same log, out of reach while `isAway` says so: what a dead broker looks like to its client. */
function leaving(log: EventLog, isAway: () => boolean): EventLog {
  return {
    ...log,
    append: (topic, records) =>
      isAway() ? Promise.reject(new LogUnavailable('no broker answers')) : log.append(topic, records),
  };
}
