import { beforeAll, describe, expect, it } from 'vitest';
import type { DemoDelivery } from '../../services/demo/year/simulation.ts';
import { syntheticYear } from '../../services/demo/year/year.ts';
import { temporaryFolder } from '../api/start.ts';
import { yearOf } from '../demo/demo-year.ts';
import { startCommand } from '../e2e/process.ts';
import { answersOf, fill, installationIn, keptTexts, questionsOf, serving, withoutLines } from './organisation.ts';

const SEED = 'headway';
const PERSON = 'ada.lindqvist';
const SPELLED = /ada[-._ ]lindqvist/i;
const FROM = '2025-11-21';
const NOW = '2026-01-02T09:00:00.000Z';
const PAST = '2025-12-12T00:00:00.000Z';
console.info(`seed: ${SEED}`);

/** Pseudonyms stand for names: equal up to these is equal. */
const anonymous = (text: string): string =>
  text.replace(/erased-[a-z]{16}/gi, '*').replace(/ada[-._ ]lindqvist(@kestrel\.example)?/gi, '*');

/** Six weeks of the year are enough, and soon asked about. */
function* until(end: string, deliveries: Iterable<DemoDelivery>): Generator<DemoDelivery> {
  for (const delivery of deliveries) {
    if (delivery.at >= end) return;
    yield delivery;
  }
}

describe('weeks of an organisation, and somebody in it who is erased', () => {
  const installation = installationIn(temporaryFolder());
  let before: Map<string, string>;
  const questions = questionsOf(FROM, NOW, PAST);

  beforeAll(async () => {
    const t0 = performance.now();
    const lap = (what: string) => console.info(what, Math.round((performance.now() - t0) / 1000), 's');
    // The workspace's first definitions, then the year, as the demo does it.
    await serving(installation, '2025-11-20T14:00:00.000Z', async () => undefined);
    lap('workspace');
    await fill(installation, until(NOW, syntheticYear(await yearOf(SEED))));
    lap('filled');
    withoutLines(installation, 'people.yaml', PERSON);
    before = await serving(installation, NOW, async ({ app }) => {
      lap('ready');
      return answersOf(app, questions);
    });
    lap('asked');
  }, 600_000);

  it('keeps every number', async () => {
    expect(before.size).toBe(questions.length);
    const t0 = performance.now();
    const dry = await startCommand(['erase', 'person', PERSON], installation.env).ended;
    console.info(dry.out, dry.err, (performance.now() - t0) / 1000);
    const done = await startCommand(['erase', 'person', PERSON, '--yes'], installation.env).ended;
    console.info(done.out, done.err, (performance.now() - t0) / 1000);
    expect(done.code).toBe(0);
    const after = await serving(installation, NOW, ({ app }) => answersOf(app, questions));
    // One answer beside the other, so that a failure shows what has changed.
    for (const question of questions)
      expect(anonymous(after.get(question)!), question).toBe(anonymous(before.get(question)!));
    for (const [question, answer] of after) expect(answer, question).not.toMatch(SPELLED);
    for (const { where, text } of await keptTexts(installation)) expect(SPELLED.test(text), where).toBe(false);
  }, 600_000);
});
