import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../api/start.ts';
import { startCommand } from '../e2e/process.ts';
import { type KafkaBroker, skipsKafka, startKafka } from '../support/kafka.ts';
import { installationOn, listPeople, mentionsOf, PEOPLE, stepping, untilLetGo } from './kafka-organisation.ts';
import { answersOf, type Installation, serving } from './organisation.ts';

const NOW = '2026-03-20T12:00:00.000Z';
const questions = ['2026-03-08', '2026-03-20'].map(
  (day) => `/v1/metrics/adoption.mau?from=2026-03-01&to=2026-03-19&as_of=${day}T00:00:00.000Z`,
);

describe.skipIf(skipsKafka())('an erasure where only the log is in Kafka', () => {
  let kafka: KafkaBroker;
  let installation: Installation;
  let numbers: Map<string, string>;

  beforeAll(async () => {
    kafka = await startKafka();
    installation = await installationOn(kafka, temporaryFolder());
    numbers = await answers();
    listPeople(installation, PEOPLE);
  }, 300_000);

  afterAll(async () => {
    await kafka?.stop();
  });

  const answers = (): Promise<Map<string, string>> =>
    serving(installation, NOW, ({ app }) => answersOf(app, questions));

  it('leaves no name, and every number', async () => {
    expect(await mentionsOf(kafka, installation, PEOPLE[0]!)).toContain('table events');
    const { code, err } = await startCommand(['erase', 'person', PEOPLE[0]!, '--yes'], installation.env).ended;
    expect(code, err).toBe(0);
    expect(await mentionsOf(kafka, installation, PEOPLE[0]!)).toEqual([]);
    expect(await answers()).toEqual(numbers);
  }, 240_000);

  it('makes a store anew that is of an older log than the one that holds', async () => {
    const erasing = stepping(installation, PEOPLE[1]!);
    await erasing.until('marked');
    await erasing.kill();
    await untilLetGo(kafka);
    expect(await mentionsOf(kafka, installation, PEOPLE[1]!)).toContain('table events');
    expect(await answers()).toEqual(numbers);
    expect(await mentionsOf(kafka, installation, PEOPLE[1]!)).toEqual([]);
  }, 240_000);
});
