import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAtoms } from '../../queries/atoms/atoms.ts';
import { whereStore } from '../../services/backbone.ts';
import { startService } from '../../services/compose.ts';
import type { Step } from '../../services/erasing/distributed.ts';
import { fencedAmong } from '../../services/log/kafka-fence.ts';
import { openKafkaLog } from '../../services/log/kafka-log.ts';
import { createLogger } from '../../services/logger.ts';
import { renewal } from '../../services/renewing.ts';
import { openStore } from '../../services/store.ts';
import { startCommand } from '../e2e/process.ts';
import type { ClickHouseServer } from '../support/clickhouse.ts';
import { type KafkaBroker, skipsKafka } from '../support/kafka.ts';
import {
  linesOf,
  listPeople,
  mentionsOf,
  PEOPLE,
  startOrganisation,
  stepping,
  topicsOf,
  untilLetGo,
  withAdmin,
  withSettings,
} from './kafka-organisation.ts';
import { answersOf, type Installation, serving } from './organisation.ts';

const NOW = '2026-03-20T12:00:00.000Z';
const questions = ['2026-03-08', '2026-03-20'].map(
  (day) => `/v1/metrics/adoption.mau?from=2026-03-01&to=2026-03-19&as_of=${day}T00:00:00.000Z`,
);

describe.skipIf(skipsKafka())('an erasure from Kafka that is killed', () => {
  let kafka: KafkaBroker;
  let clickhouse: ClickHouseServer;
  let installation: Installation;
  let lines: string[];
  let numbers: Map<string, string>;
  let erased = 0;

  beforeAll(async () => {
    ({ kafka, clickhouse, installation } = await startOrganisation());
    numbers = await answers();
    lines = await linesOf(kafka);
    listPeople(installation, PEOPLE);
  }, 300_000);

  afterAll(async () => {
    await kafka?.stop();
    await clickhouse?.stop();
  });

  const answers = (): Promise<Map<string, string>> =>
    serving(installation, NOW, ({ app }) => answersOf(app, questions));
  const killedAfter = async (person: string, step: Step): Promise<void> => {
    const erasing = stepping(installation, person);
    await erasing.until(step);
    await erasing.kill();
    await untilLetGo(kafka);
  };
  const command = async (person: string): Promise<string> => {
    const { code, out, err } = await startCommand(['erase', 'person', person, '--yes'], installation.env).ended;
    expect(code, err).toBe(0);
    return out;
  };
  /** The log holds what it held, once, in topics of one generation. */
  const expectWhole = async (): Promise<void> => {
    const now = await linesOf(kafka);
    const isErasure = (line: string) => line.includes(' person.erased ');
    expect(now.filter((line) => !isErasure(line))).toEqual(lines);
    expect(now.filter(isErasure)).toHaveLength(erased);
    const topics = await topicsOf(kafka);
    expect(topics.filter((name) => name.startsWith('headway.events'))).toHaveLength(1);
    expect(topics).toHaveLength(3);
    expect(await withAdmin(kafka, (admin) => fencedAmong(admin, topics))).toEqual([]);
  };
  /** Two workers start at once, and each is ready once the store has all of the log. */
  const workTogether = async (): Promise<void> => {
    const { config } = withSettings(installation, 'worker', {});
    const logger = createLogger('fatal');
    const workers = await Promise.all([1, 2].map(() => startService(config, { clock: { now: () => NOW }, logger })));
    await Promise.all(workers.map(({ ready }) => ready));
    for (const worker of workers) await worker.stop();
  };

  /** The store is not for a worker to touch that has other partitions than the first. */
  const expectOthersWait = async (): Promise<void> => {
    const logger = createLogger('silent');
    const log = await openKafkaLog({ brokers: kafka.brokers, clientId: 'test', logger });
    const store = await openStore(whereStore(installation.config));
    const counted = (): Promise<unknown> => store.query('SELECT count() AS n FROM events');
    const before = await counted();
    const { isBehind, begin } = await renewal({ kafka: log, store, atoms: openAtoms(store, 'test', false), logger });
    expect(isBehind()).toBe(true);
    await expect(begin([1, 2])).rejects.toThrow('another worker empties first');
    expect(await counted()).toEqual(before);
    await store.close();
    await log.close();
  };

  for (const step of ['fenced', 'written', 'completed'] as const)
    it(`after "${step}", before the new topics hold, is undone by the next start`, async () => {
      await killedAfter(PEOPLE[0]!, step);
      const left = (await topicsOf(kafka)).length;
      expect(left).toBe(step === 'fenced' ? 3 : 5);
      expect(await answers()).toEqual(numbers);
      await expectWhole();
      expect(await mentionsOf(kafka, installation, PEOPLE[0]!)).not.toEqual([]);
    }, 240_000);

  it('before the new topics hold is begun anew by the next run', async () => {
    await killedAfter(PEOPLE[0]!, 'completed');
    expect(await command(PEOPLE[0]!)).toContain('Erased from');
    erased += 1;
    await expectWhole();
    expect(await answers()).toEqual(numbers);
    expect(await mentionsOf(kafka, installation, PEOPLE[0]!)).toEqual([]);
  }, 240_000);

  const ends = { marked: PEOPLE[1]!, removed: PEOPLE[2]!, emptied: PEOPLE[3]!, made: PEOPLE[4]! } as const;
  for (const [step, person] of Object.entries(ends) as [keyof typeof ends, string][])
    it(`after "${step}" is finished by the next ${step === 'removed' ? 'run' : 'start'}`, async () => {
      await killedAfter(person, step);
      erased += 1;
      if (step === 'removed') {
        const out = await command(person);
        expect(out).toContain('that had been interrupted is finished');
        expect(out).toContain('was erased before');
      }
      if (step === 'marked') {
        await expectOthersWait();
        await workTogether();
      }
      expect(await answers()).toEqual(numbers);
      await expectWhole();
      expect(await mentionsOf(kafka, installation, person)).toEqual([]);
    }, 240_000);
});
