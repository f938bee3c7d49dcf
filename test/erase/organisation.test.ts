import { beforeAll, describe, expect, it } from 'vitest';
import { metrics } from '../../queries/metrics/registry.ts';
import { syntheticYear } from '../../services/demo/year/year.ts';
import { temporaryFolder } from '../api/start.ts';
import { yearOf } from '../demo/demo-year.ts';
import { startCommand } from '../e2e/process.ts';
import { THOROUGH } from '../support/thorough.ts';
import {
  anonymous,
  answersOf,
  fill,
  installationIn,
  keptTexts,
  questionsOf,
  serving,
  until,
  withoutLines,
} from './organisation.ts';

const SEED = 'headway';
const PERSON = 'ada.lindqvist';
const SPELLED = /ada[-._ ]lindqvist/i;
const FROM = '2025-11-21';
const NOW = '2026-01-02T09:00:00.000Z';
const PAST = '2025-12-12T00:00:00.000Z';
console.info(`seed: ${SEED}`);

// A developer's run erases somebody from a smaller log (command.test.ts).
describe.runIf(THOROUGH)('weeks of an organisation, and somebody in it who is erased', () => {
  const installation = installationIn(temporaryFolder());
  let before: Map<string, string>;
  const questions = questionsOf(FROM, NOW, PAST);

  beforeAll(async () => {
    // The workspace's first definitions, then the year, as the demo does it.
    await serving(installation, '2025-11-20T14:00:00.000Z', async () => undefined);
    await fill(installation, until(NOW, syntheticYear(await yearOf(SEED))));
    withoutLines(installation, 'people.yaml', PERSON);
    before = await serving(installation, NOW, async ({ app }) => {
      return answersOf(app, questions);
    });
  }, 600_000);

  it('keeps every number, as of the past too, and none of the names', async () => {
    // Each metric is asked, and most have something to tell: what is null on both sides would prove nothing.
    const told = metrics.filter(({ id }) =>
      questions.some((question) => question.includes(`/${id}?`) && /"value":-?\d/.test(before.get(question)!)),
    );
    expect(told.length).toBeGreaterThan(metrics.length / 2);
    const { code, out } = await startCommand(['erase', 'person', PERSON, '--yes'], installation.env).ended;
    expect(code).toBe(0);
    expect(out).toMatch(/Erased from 1\d\d of 3\d{3} deliveries and 1\d\d of 8\d{3} events/);
    const after = await serving(installation, NOW, ({ app }) => answersOf(app, questions));
    // One answer beside the other, so that a failure shows what has changed.
    for (const question of questions)
      expect(anonymous(after.get(question)!), question).toBe(anonymous(before.get(question)!));
    for (const [question, answer] of after) expect(answer, question).not.toMatch(SPELLED);
    for (const { where, text } of await keptTexts(installation)) expect(SPELLED.test(text), where).toBe(false);
  }, 600_000);
});
