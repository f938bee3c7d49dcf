import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NormalizedEvent } from '../../ingest/event.ts';
import { type EventLog, type LogRecord, LogUnavailable, type Topic } from '../../ingest/ports.ts';
import { makeRecentIds, type ReceiveDeps } from '../../ingest/receive.ts';
import { decodeDelivery, type StoredDelivery } from '../../ingest/record.ts';
import { decodeEvent } from '../../ingest/upcast.ts';
import { openLmdbLog } from '../../services/log/lmdb-log.ts';
import { bytesOf } from '../sources/deliveries.ts';

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

const opened: Bench[] = [];

/** A bench that {@link closeBenches} closes. */
export async function bench(...args: Parameters<typeof openBench>): Promise<Bench> {
  const made = await openBench(...args);
  opened.push(made);
  return made;
}

/** For `afterEach`: closes what {@link bench} opened. */
export async function closeBenches(): Promise<void> {
  for (const made of opened.splice(0)) await made.close();
}

export const push = {
  ref: 'refs/heads/main',
  before: 'a'.repeat(40),
  after: 'b'.repeat(40),
  repository: { full_name: 'acme/api', pushed_at: 1772703000 },
  commits: [],
};

/** A request to a hook; a push to GitHub's unless the headers or the source say otherwise. */
export function hook(body: unknown, headers: Readonly<Record<string, string>> = {}, source = 'github') {
  const own = { 'x-github-event': 'push', 'content-type': 'application/json' };
  return { source, headers: { ...own, ...headers }, body: bytesOf(body) };
}
