import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noErasures } from '../../ingest/erase/known.ts';
import { type EventLog, LogUnavailable } from '../../ingest/ports.ts';
import { type KafkaLogOptions, openKafkaLog } from '../../services/log/kafka-log.ts';
import { holdKafkaLog, type Rewrite } from '../../services/log/kafka-rewrite.ts';
import { all, collector, follow, text, until } from '../contracts/event-log-readers.ts';
import { withAdmin } from '../erase/kafka-organisation.ts';
import { type KafkaBroker, skipsKafka, startKafka } from '../support/kafka.ts';

const quiet = { debug: () => {}, info: () => {}, warn: () => {} };
const known = noErasures(randomBytes(32));

describe.skipIf(skipsKafka())('a log in Kafka that is written anew', () => {
  let kafka: KafkaBroker;
  let topicPrefix: string;
  let log: EventLog;
  beforeAll(async () => {
    kafka = await startKafka();
  }, 300_000);
  afterAll(async () => {
    await kafka?.stop();
  });

  const place = () => ({ brokers: kafka.brokers, clientId: 'rewrite', logger: quiet, topicPrefix });
  const open = (options: Partial<KafkaLogOptions> = {}) => openKafkaLog({ ...place(), patienceMs: 20_000, ...options });
  const begin = async (): Promise<Rewrite> => {
    topicPrefix = `${randomUUID()}.`;
    log = await open({ partitions: 3 });
    for (let n = 0; n < 9; n += 1) await log.append('headway.events', [text(`key-${n}`, `${n}`)]);
    await log.append('headway.deliveries', [text('delivery', 'delivery')]);
    return (await holdKafkaLog(place()))!;
  };
  const copyAll = async (rewrite: Rewrite): Promise<void> => {
    const copy = await rewrite.begin();
    for (const topic of ['headway.deliveries', 'headway.events'] as const)
      for await (const records of log.readAll(topic)) await copy.write(topic, records);
    await rewrite.complete('headway.events', [text('last', 'last')]);
  };
  const values = async (from: EventLog): Promise<string[]> =>
    (await all(from, 'headway.events')).map(({ value }) => Buffer.from(value).toString()).sort();

  it('is in one hand only', async () => {
    const rewrite = await begin();
    expect(await holdKafkaLog(place())).toBeNull();
    expect(await rewrite.followers('readers')).toBe(0);
    const reader = collector('readers');
    const following = follow(log, reader);
    await until(() => reader.records.length === 9, 'the reader has all');
    expect(await rewrite.followers('readers')).toBe(1);
    await following.stop();
    await rewrite.release();
    const again = await holdKafkaLog(place());
    expect(again).not.toBeNull();
    await again?.release();
    await log.close();
  }, 60_000);

  it('keeps place and time of every record, and takes no append that was made for the old log', async () => {
    const rewrite = await begin();
    const before = await all(log, 'headway.events');
    await rewrite.fence();
    let outcome: unknown = 'waits';
    const late = log.append('headway.events', [text('key-1', 'late')]).catch((error: unknown) => {
      outcome = error;
    });
    await copyAll(rewrite);
    await rewrite.check();
    expect(outcome).toBe('waits');
    await rewrite.mark(known);
    await late;
    expect(outcome).toBeInstanceOf(LogUnavailable);
    expect(String(outcome)).toContain('written anew');
    await rewrite.removeOld();
    await rewrite.release();
    await log.append('headway.events', [text('key-1', 'new')]);
    const told = ({ partition, key, value, recordedAt }: (typeof before)[number]) =>
      `${partition} ${key} ${Buffer.from(value)} ${recordedAt}`;
    const fresh = await open();
    expect((await all(fresh, 'headway.events')).map(told)).toEqual(expect.arrayContaining(before.map(told)));
    await fresh.close();
    expect(await values(log)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', 'last', 'new']);
    await log.close();
  }, 120_000);

  it('stays the old one if it has grown all the same, or somebody else deleted the new topics', async () => {
    const rewrite = await begin();
    const copy = await rewrite.begin();
    for await (const records of log.readAll('headway.deliveries')) await copy.write('headway.deliveries', records);
    for await (const records of log.readAll('headway.events')) await copy.write('headway.events', records);
    await log.append('headway.events', [text('key-1', 'more')]);
    await rewrite.complete('headway.events', []);
    await expect(rewrite.check()).rejects.toThrow('has grown');
    await rewrite.undo();
    await rewrite.release();
    const again = (await holdKafkaLog(place()))!;
    await copyAll(again);
    await withAdmin(kafka, (admin) => admin.deleteTopics({ topics: [`${topicPrefix}headway.events.2`] }));
    await expect(again.check()).rejects.toThrow();
    await again.undo();
    await again.release();
    await log.append('headway.events', [text('key-1', 'at last')]);
    expect(await values(log)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', 'at last', 'more']);
    await log.close();
  }, 120_000);

  it('is not begun again, empty, where the topic that says what holds is gone', async () => {
    const rewrite = await begin();
    await copyAll(rewrite);
    await rewrite.mark(known);
    await rewrite.removeOld();
    await rewrite.release();
    await log.close();
    await withAdmin(kafka, (admin) => admin.deleteTopics({ topics: [`${topicPrefix}headway.erasures`] }));
    const lost = await open({ patienceMs: 1000 });
    await expect(lost.append('headway.events', [text('key-1', 'x')])).rejects.toThrow(/missing in Kafka/);
    const listed = await withAdmin(kafka, (admin) => admin.listTopics());
    expect(listed.filter((name) => name.startsWith(topicPrefix)).sort()).toEqual(
      ['headway.deliveries.2', 'headway.events.2'].map((name) => topicPrefix + name),
    );
    await lost.close();
  }, 120_000);
});
