import { eraseDelivery, type ReadAgain } from '../../ingest/erase/delivery.ts';
import { eraseEvent, type Replaced } from '../../ingest/erase/event.ts';
import type { Erasures } from '../../ingest/erase/known.ts';
import { type ListedNames, namesOf, pseudonymOf, type Spellings } from '../../ingest/erase/names.ts';
import { type Found, newRegister } from '../../ingest/erase/people.ts';
import type { Replacing } from '../../ingest/erase/replace.ts';
import { nameKey } from '../../ingest/erase/spelling.ts';
import { makeEvent, type NormalizedEvent } from '../../ingest/event.ts';
import type { AppendRecord, EventLog, LogRecord, Topic } from '../../ingest/ports.ts';
import { decodeDelivery } from '../../ingest/record.ts';
import { encodeEvent } from '../../ingest/upcast.ts';
import type { LogCopy } from '../log/lmdb-copy.ts';
import type { LongWork } from '../long-work.ts';

/** How many records hold a name, and how many there are, by kind of event and by source. */
export interface Tally {
  readonly events: Counted;
  readonly deliveries: Counted;
  /** Deliveries that no longer read as they did. */
  sealed: number;
}

interface Counted {
  total: number;
  touched: number;
  readonly by: Map<string, number>;
}

/** What an erasure looks for, and what it makes of it. */
export interface Erasing {
  readonly replacing: Replacing & { readonly names: ListedNames };
  readonly spellings: Spellings;
  /** What stands for the person from now on. */
  readonly pseudonym: string;
  readonly readAgain: ReadAgain;
}

/** Reads all events and says by which names a person goes in them. */
export async function findNames(
  log: EventLog,
  person: string,
  also: readonly string[],
  onProgress: LongWork,
): Promise<Found> {
  const register = newRegister();
  const total = await lengthOf(log, ['headway.events']);
  let done = 0;
  for await (const records of log.readAll('headway.events')) {
    for (const { value } of records) register.add(value);
    done += records.length;
    onProgress({ phase: 'names', done, total });
  }
  return register.find(person, also);
}

/** An erasure of these names. The same key gives the same pseudonyms. */
export function erasingOf(person: string, spellings: Spellings, known: Erasures, readAgain: ReadAgain): Erasing {
  const secret = Buffer.from(known.secret, 'base64');
  const replacing = { names: namesOf(secret, spellings), secret };
  return { replacing, spellings, pseudonym: pseudonymOf(secret, nameKey(person)), readAgain };
}

/** Counts what would be replaced, and writes nothing. */
export async function tallyOf(log: EventLog, erasing: Erasing, onProgress: LongWork): Promise<Tally> {
  return eachRecord(log, erasing, onProgress, async () => undefined);
}

/** Writes every record of a log into a copy, without the names. */
export async function writeErased(
  log: EventLog,
  erasing: Erasing,
  copy: LogCopy,
  onProgress: LongWork,
): Promise<Tally> {
  return eachRecord(log, erasing, onProgress, (topic, records) => copy.write(topic, records));
}

async function eachRecord(
  log: EventLog,
  { replacing, readAgain }: Erasing,
  onProgress: LongWork,
  take: (topic: Topic, records: readonly LogRecord[]) => Promise<void>,
): Promise<Tally> {
  const tally: Tally = {
    events: { total: 0, touched: 0, by: new Map() },
    deliveries: { total: 0, touched: 0, by: new Map() },
    sealed: 0,
  };
  const total = await lengthOf(log, ['headway.deliveries', 'headway.events']);
  const without = (topic: Topic, { key, value }: LogRecord): Replaced | null =>
    topic === 'headway.events' ? eraseEvent(replacing, key, value) : eraseDelivery(replacing, key, value, readAgain);
  let done = 0;
  for (const topic of ['headway.deliveries', 'headway.events'] as const) {
    const counted = topic === 'headway.events' ? tally.events : tally.deliveries;
    for await (const records of log.readAll(topic)) {
      const written: LogRecord[] = [];
      for (const record of records) {
        const replaced = without(topic, record);
        written.push(replaced === null ? record : { ...record, ...replaced });
        counted.total += 1;
        if (replaced === null) continue;
        // What is left would be a fault of ours: better none of it done than most.
        if (without(topic, { ...record, ...replaced }) !== null) throw new Error('a name was found in its own place');
        counted.touched += 1;
        const kind = kindOf(topic, record.value);
        counted.by.set(kind, (counted.by.get(kind) ?? 0) + 1);
        if (topic === 'headway.deliveries' && decodeDelivery(replaced.value)?.sealed === true) tally.sealed += 1;
      }
      await take(topic, written);
      done += records.length;
      onProgress({ phase: 'records', done, total });
    }
  }
  return tally;
}

function kindOf(topic: Topic, value: Uint8Array): string {
  if (topic === 'headway.deliveries') return decodeDelivery(value)?.delivery.source ?? '(no delivery)';
  try {
    return String((JSON.parse(new TextDecoder().decode(value)) as { type?: unknown }).type);
  } catch {
    return '(no event)';
  }
}

/** States the erasure, under the pseudonym. */
export function erasureRecord({ pseudonym, spellings }: Erasing, tally: Tally, now: string): AppendRecord {
  const data = {
    person: pseudonym,
    names: spellings.own.length,
    events: tally.events.touched,
    deliveries: tally.deliveries.touched,
  };
  const fact = {
    type: 'person.erased' as const,
    subject: `person:${pseudonym}`,
    occurred_at: now,
    key: [pseudonym, now],
    data,
  };
  const event = makeEvent(fact, { source: 'headway', normaliser: 1, delivery_id: '' }) as NormalizedEvent;
  return { key: event.subject, value: encodeEvent(event) };
}

async function lengthOf(log: EventLog, topics: readonly Topic[]): Promise<number> {
  let total = 0n;
  for (const topic of topics) for (const end of (await log.ends(topic)).values()) total += end;
  return Number(total);
}
