import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EventLog, LogUnavailable } from '../../ingest/ports.ts';
import { type KafkaLogOptions, openKafkaLog } from '../../services/log/kafka-log.ts';
import { type KafkaBroker, skipsKafka, startKafka } from '../support/kafka.ts';
import { eventLogContract } from './event-log.ts';
import { all, collector, expectOrdered, follow, pause, text, until } from './event-log-readers.ts';

const quiet = { debug: () => {}, info: () => {}, warn: () => {} };

describe.skipIf(skipsKafka())('on a real Kafka', () => {
  let kafka: KafkaBroker;
  beforeAll(async () => {
    kafka = await startKafka();
  }, 300_000);
  afterAll(async () => {
    await kafka?.stop();
  });

  const openWith = (topicPrefix: string, options: Partial<KafkaLogOptions> = {}) =>
    openKafkaLog({ brokers: kafka.brokers, clientId: 'contract', logger: quiet, topicPrefix, ...options });
  /** Where patience is not what is tested, a busy machine gets more of it. */
  const patienceMs = 20_000;

  for (const partitions of [1, 6]) {
    eventLogContract(`Kafka, ${partitions} partition${partitions > 1 ? 's' : ''}`, async () => {
      const topicPrefix = `${randomUUID()}.`;
      return {
        open: () => openWith(topicPrefix, { partitions, patienceMs }),
        beside: () => openWith(topicPrefix, { partitions, patienceMs }),
        destroy: async () => {},
      };
    });
  }

  describe('when the broker fails', () => {
    let log: EventLog;
    beforeAll(async () => {
      log = await openWith(`${randomUUID()}.`);
      await log.append('headway.events', [text('first', 'first')]);
    });
    afterAll(async () => {
      await log.close();
    });

    it('loses nothing acknowledged when it is killed and started in mid-stream', async () => {
      const reader = collector('through-restart');
      const following = follow(log, reader);
      const acknowledged: string[] = [];
      let stopped = false;
      let refused = 0;
      const appending = Promise.all(
        Array.from({ length: 6 }, async (_, key) => {
          for (let count = 0; !stopped; count++) {
            for (let sent = false; !sent && !stopped; ) {
              sent = await log.append('headway.events', [text(`key-${key}`, `${count}`)]).then(
                () => acknowledged.push(`key-${key} ${count}`) > 0,
                (error: unknown) => {
                  expect(error).toBeInstanceOf(LogUnavailable);
                  refused += 1;
                  return false;
                },
              );
            }
          }
        }),
      );
      await until(() => acknowledged.length > 100, 'appends before the fall');
      await kafka.kill();
      await pause(3000);
      const before = acknowledged.length;
      await kafka.start();
      await until(() => acknowledged.length > before + 300, 'appends after it is back', 60_000);
      stopped = true;
      await appending;
      expect(refused).toBeGreaterThan(0);

      const read = (records: readonly { key: string; value: Uint8Array }[]) =>
        new Set(records.map(({ key, value }) => `${key} ${Buffer.from(value).toString()}`));
      await until(() => acknowledged.every((each) => read(reader.records).has(each)), 'the reader has all', 60_000);
      await following.stop();
      const stored = await all(log, 'headway.events');
      expectOrdered(stored);
      for (const each of acknowledged) expect(read(stored)).toContain(each);
      // Repeats are allowed; between first appearances, the order of each key is kept.
      for (let key = 0; key < 6; key++) {
        for (const records of [stored, reader.records]) {
          const own = records.filter((record) => record.key === `key-${key}`);
          const firsts = [...new Set(own.map(({ value }) => Number(Buffer.from(value).toString())))];
          expect(firsts).toEqual([...firsts].sort((a, b) => a - b));
        }
      }
    }, 180_000);

    for (const [how, fail, heal] of [
      ['is gone', () => kafka.kill(), () => kafka.start()],
      ['hangs', async () => kafka.freeze(), async () => kafka.thaw()],
    ] as const) {
      it(`refuses appends within two seconds while it ${how}, and takes them again after`, async () => {
        await fail();
        try {
          const started = performance.now();
          await expect(log.append('headway.events', [text('away', how)])).rejects.toBeInstanceOf(LogUnavailable);
          expect(performance.now() - started).toBeLessThan(2500);
        } finally {
          await heal();
        }
        let places: readonly unknown[] = [];
        const deadline = performance.now() + 30_000;
        while (places.length === 0 && performance.now() < deadline) {
          places = await log.append('headway.events', [text('back', how)]).catch(() => []);
        }
        expect(places).toHaveLength(1);
        const values = (await all(log, 'headway.events')).filter(({ key }) => key === 'back');
        expect(values.map(({ value }) => Buffer.from(value).toString())).toContain(how);
      });
    }

    it('opens while the broker is away, and works once it is there', async () => {
      await kafka.kill();
      const early = await openWith(`${randomUUID()}.`);
      const reader = collector('early');
      const following = follow(early, reader);
      await expect(early.append('headway.events', [text('early', 'lost')])).rejects.toBeInstanceOf(LogUnavailable);
      await expect(early.ends('headway.events')).rejects.toBeInstanceOf(LogUnavailable);
      await kafka.start();
      let sent = false;
      while (!sent) {
        sent = await early.append('headway.events', [text('early', 'kept')]).then(
          () => true,
          () => false,
        );
      }
      await until(() => reader.texts().includes('kept'), 'the follower found its way', 60_000);
      await following.stop();
      await early.close();
    }, 120_000);
  });

  it('makes topics that keep everything and bear the time of the log', async () => {
    const { Kafka, ConfigResourceTypes, logLevel } = await import('kafkajs');
    const topicPrefix = `${randomUUID()}.`;
    const log = await openWith(topicPrefix, { patienceMs });
    await log.append('headway.deliveries', [{ key: 'large', value: Buffer.alloc(34 * 1024 * 1024, 'x') }]);
    await log.close();
    const admin = new Kafka({ brokers: kafka.brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    for (const topic of ['headway.deliveries', 'headway.events']) {
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: ConfigResourceTypes.TOPIC, name: `${topicPrefix}${topic}` }],
      });
      const settings = new Map(
        resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]),
      );
      expect(settings.get('message.timestamp.type')).toBe('LogAppendTime');
      expect(settings.get('retention.ms')).toBe('-1');
      expect(settings.get('cleanup.policy')).toBe('delete');
      expect(
        (await admin.fetchTopicMetadata({ topics: [`${topicPrefix}${topic}`] })).topics[0]!.partitions,
      ).toHaveLength(6);
    }
    await admin.disconnect();
  });

  it('warns of a topic that would lose records, and uses it all the same', async () => {
    const { Kafka, logLevel } = await import('kafkajs');
    const topicPrefix = `${randomUUID()}.`;
    const admin = new Kafka({ brokers: kafka.brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.createTopics({
      waitForLeaders: true,
      topics: [{ topic: `${topicPrefix}headway.events`, numPartitions: 2 }],
    });
    await admin.disconnect();
    const warned: unknown[] = [];
    const logger = { ...quiet, warn: (fields: object) => void warned.push(fields) };
    const log = await openWith(topicPrefix, { patienceMs, logger });
    await log.append('headway.events', [text('a', 'a')]);
    expect((await log.ends('headway.events')).size).toBe(2);
    await log.close();
    const topic = `${topicPrefix}headway.events`;
    for (const setting of ['message.timestamp.type', 'retention.ms', 'max.message.bytes']) {
      expect(warned).toContainEqual(expect.objectContaining({ topic, setting }));
    }
  });
});
