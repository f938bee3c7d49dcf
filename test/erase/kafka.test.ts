import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startService } from '../../services/compose.ts';
import { createLogger } from '../../services/logger.ts';
import { type Ran, startCommand } from '../e2e/process.ts';
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
  withSettings,
} from './kafka-organisation.ts';

import { answersOf, type Installation, serving } from './organisation.ts';

const NOW = '2026-03-20T12:00:00.000Z';
const questions = ['adoption.dau', 'adoption.mau'].flatMap((id) => [
  `/v1/metrics/${id}?from=2026-03-01&to=2026-03-19&grain=week`,
  ...['05', '10', '13'].map(
    (day) => `/v1/metrics/${id}?from=2026-03-01&to=2026-03-19&as_of=2026-03-${day}T00:00:00.000Z`,
  ),
]);

describe.skipIf(skipsKafka())('headway erase person, with the log in Kafka', () => {
  let kafka: KafkaBroker;
  let clickhouse: ClickHouseServer;
  let installation: Installation;
  let lines: string[];
  let numbers: Map<string, string>;

  beforeAll(async () => {
    ({ kafka, clickhouse, installation } = await startOrganisation());
    numbers = await answers();
    lines = await linesOf(kafka);
    expect(new Set(numbers.values()).size).toBe(questions.length);
    expect([...numbers.values()].join()).toContain('"value":');
    listPeople(installation, PEOPLE);
  }, 300_000);

  afterAll(async () => {
    await kafka?.stop();
    await clickhouse?.stop();
  });

  const answers = (): Promise<Map<string, string>> =>
    serving(installation, NOW, ({ app }) => answersOf(app, questions));
  const erasing = (...args: string[]): Promise<Ran> =>
    startCommand(['erase', 'person', ...args], installation.env).ended;
  /** All that must hold of a log out of which these were taken, the last of them just now. */
  const expectErased = async (persons: readonly string[], generation: number): Promise<void> => {
    expect(await topicsOf(kafka)).toEqual([
      `headway.deliveries.${generation}`,
      'headway.erasures',
      `headway.events.${generation}`,
    ]);
    expect(await answers()).toEqual(numbers);
    for (const person of persons) expect(await mentionsOf(kafka, installation, person), person).toEqual([]);
    const now = await linesOf(kafka);
    const isErasure = (line: string) => line.includes(' person.erased ');
    expect(now.filter(isErasure)).toHaveLength(persons.length);
    expect(now.filter((line) => !isErasure(line))).toEqual(lines);
  };

  it('says how much it would be, and changes nothing', async () => {
    const { code, out } = await erasing('ADA.lindqvist');
    expect(out).toMatch(/replaced in 34 of 170 deliveries and 35 of \d+ events/);
    expect(code).toBe(0);
    expect(await linesOf(kafka)).toEqual(lines);
    expect(await topicsOf(kafka)).toEqual(['headway.deliveries', 'headway.events']);
  }, 120_000);

  it('refuses while workers follow the log, or the store is away', async () => {
    const env = { ...installation.env, HEADWAY_CLICKHOUSE_URL: 'http://127.0.0.1:1' };
    const away = await startCommand(['erase', 'person', 'ada.lindqvist', '--yes'], env).ended;
    expect(away).toMatchObject({ code: 1, err: expect.stringContaining('ClickHouse does not answer') });
    await serving(installation, NOW, async () => {
      const { code, err } = await erasing('ada.lindqvist', '--yes');
      expect(err).toContain('Stop the workers');
      expect(code).toBe(1);
    });
    expect(await linesOf(kafka)).toEqual(lines);
  }, 120_000);

  it('leaves no name, every record under its id and time, and every number', async () => {
    expect(await mentionsOf(kafka, installation, 'ada.lindqvist')).not.toEqual([]);
    const { code, out, err } = await erasing('ada.lindqvist', '--yes');
    expect(err).not.toContain('Error');
    expect(out).toMatch(/^Erased from 34 of 170 deliveries and 35 of \d+ events/);
    expect(code).toBe(0);
    await expectErased(['ada.lindqvist'], 2);
    const again = await erasing('ada.lindqvist', '--yes');
    expect(again).toMatchObject({ code: 0, out: expect.stringContaining('was erased before') });
  }, 240_000);

  it('lets a worker wait that starts meanwhile', async () => {
    const erasing = stepping(installation, 'bo.ekman');
    await erasing.until('fenced');
    const worker = await startService(withSettings(installation, 'worker', {}).config, {
      clock: { now: () => NOW },
      logger: createLogger('fatal'),
    });
    let isReady = false;
    void worker.ready.then(() => {
      isReady = true;
    });
    await erasing.until('completed');
    // Long enough for it to look more than once.
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect(isReady).toBe(false);
    expect(await erasing.finish()).toContain('Erased from');
    await worker.ready;
    await worker.stop();
    await expectErased(['ada.lindqvist', 'bo.ekman'], 3);
  }, 240_000);
});
