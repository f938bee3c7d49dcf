import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { syntheticYear } from '../../services/demo/year/year.ts';
import { temporaryFolder } from '../api/start.ts';
import { yearOf } from '../demo/demo-year.ts';
import { startCommand } from '../e2e/process.ts';
import { type KafkaBroker, skipsKafka, startKafka } from '../support/kafka.ts';
import { THOROUGH } from '../support/thorough.ts';
import { mentionsOf, moveTo } from './kafka-organisation.ts';
import {
  anonymous,
  answersOf,
  fill,
  type Installation,
  installationIn,
  questionsOf,
  serving,
  until,
  withoutLines,
} from './organisation.ts';

const PERSON = 'ada.lindqvist';
const FROM = '2025-11-21';
const NOW = '2026-01-02T09:00:00.000Z';
const PAST = '2025-12-12T00:00:00.000Z';

// A developer's run erases somebody from a smaller log (kafka.test.ts).
describe.runIf(THOROUGH && !skipsKafka())('weeks of an organisation in Kafka, and somebody who is erased', () => {
  let kafka: KafkaBroker;
  let installation: Installation;
  const questions = questionsOf(FROM, NOW, PAST);

  beforeAll(async () => {
    kafka = await startKafka();
    const embedded = installationIn(temporaryFolder());
    await serving(embedded, '2025-11-20T14:00:00.000Z', async () => undefined);
    await fill(embedded, until(NOW, syntheticYear(await yearOf('headway'))));
    installation = await moveTo(kafka, embedded);
    withoutLines(installation, 'people.yaml', PERSON);
  }, 600_000);

  afterAll(async () => {
    await kafka?.stop();
  });

  it('keeps every number, as of the past too, and none of the names', async () => {
    const before = await serving(installation, NOW, ({ app }) => answersOf(app, questions));
    expect([...before.values()].filter((answer) => /"value":-?\d/.test(answer)).length).toBeGreaterThan(50);
    const { code, out, err } = await startCommand(['erase', 'person', PERSON, '--yes'], installation.env).ended;
    expect(code, err).toBe(0);
    expect(out).toMatch(/Erased from 1\d\d of 3\d{3} deliveries and 1\d\d of 8\d{3} events/);
    const after = await serving(installation, NOW, ({ app }) => answersOf(app, questions));
    // One answer beside the other, so that a failure shows what has changed.
    for (const question of questions)
      expect(anonymous(after.get(question)!), question).toBe(anonymous(before.get(question)!));
    expect(await mentionsOf(kafka, installation, PERSON)).toEqual([]);
  }, 600_000);
});
