import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { CommentsAnswer } from '../../queries/privacy/commented.ts';
import type { RunningService } from '../../services/compose.ts';
import { temporaryFolder } from '../api/start.ts';
import { startCommand } from '../e2e/process.ts';
import { anonymous, type Installation, keptTexts, newInstallation, serving } from './organisation.ts';

const SPELLED = /ada[-._ ]lindqvist/i;
const NOW = '2026-03-20T12:00:00.000Z';
const LATER = '2026-03-21T12:00:00.000Z';
const people = (listed: boolean): string => `people:
  - { person: bo.ek, identities: [bo-ek] }
${listed ? '  - { person: ada.lindqvist, identities: [ada-lindqvist, Ada Lindqvist] }\n' : ''}`;

const commented = (respondent: string, text: string) => ({
  id: `c-${respondent}`,
  type: 'survey.commented',
  source: 'survey-tool',
  occurred_at: '2026-03-05T10:00:00.000Z',
  data: { wave: 'Spring', item: 'overall', respondent, text },
});
/** Ten people; one of them is she, and two others write of her. */
const said = [
  commented('ada.lindqvist', 'I like it. Yours, Ada Lindqvist'),
  commented('bo.ek', 'Thanks to @ada-lindqvist for the docs!'),
  ...Array.from({ length: 7 }, (_, index) => commented(`r${index}`, `Words of number ${index}.`)),
];
const form = {
  event_type: 'form_response',
  form_response: {
    form_id: 'f',
    token: 't',
    submitted_at: '2026-03-05T10:00:00.000Z',
    hidden: { wave: 'Spring' },
    answers: [
      { type: 'text', text: 'Ask Ada Lindqvist, she knows.', field: { id: 'w', ref: 'overall', type: 'long_text' } },
    ],
  },
};
const closed = { ...commented('', ''), id: 'close', type: 'survey.wave_closed', data: { wave: 'Spring' } };
closed.occurred_at = '2026-03-10T00:00:00.000Z';

async function post(service: RunningService, path: string, body: unknown): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(service.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  const text = await response.text();
  expect([200, 202], text).toContain(response.status);
  expect(text).not.toMatch(/invalid|rejected/);
}

async function commentsOf({ url }: RunningService): Promise<CommentsAnswer> {
  const response = await fetch(`${url}/v1/surveys/Spring/comments?item=overall`);
  return (await response.json()) as CommentsAnswer;
}

let installation: Installation;
let before: CommentsAnswer;
beforeAll(async () => {
  const made = newInstallation(temporaryFolder());
  const env = { ...made.env, HEADWAY_SURVEY_COMMENTS: 'on' };
  installation = { ...made, env, config: { ...made.config, surveyComments: true } };
  writeFileSync(join(made.workspaceDir, 'people.yaml'), people(true));
  before = await serving(installation, NOW, async (service) => {
    await post(service, '/v1/events', [...said, closed]);
    await post(service, '/hooks/typeform', form);
    await service.settled();
    return commentsOf(service);
  });
  expect(before).toMatchObject({ status: 'ok', n: 10 });
  expect(before.comments.filter((text) => SPELLED.test(text))).toHaveLength(3);
  writeFileSync(join(made.workspaceDir, 'people.yaml'), people(false));
}, 120_000);

test('whoever is erased is in no comment, shown or kept; the rest of the texts stays, and so does what was shown', async () => {
  const { code, out } = await startCommand(['erase', 'person', 'ada.lindqvist', '--yes'], installation.env).ended;
  expect(code, out).toBe(0);
  const after = await serving(installation, LATER, async (service) => {
    await service.settled();
    const erased = await commentsOf(service);
    // Read again, what is kept says the same under the same ids: nobody has commented once more.
    const replayed = await fetch(`${service.url}/v1/admin/replay`, { method: 'POST' });
    expect(await replayed.text()).toMatch(/"result":.*"rejected":0/);
    const more = Array.from({ length: 9 }, (_, index) => commented(`late${index}`, `Late ${index}.`));
    await post(service, '/v1/events', more);
    await service.settled();
    expect(await commentsOf(service)).toMatchObject({ n: 10, comments: erased.comments });
    await post(service, '/v1/events', [commented('late9', 'Late 9, and not ada-lindqvist.')]);
    await service.settled();
    return { erased, grown: await commentsOf(service) };
  });
  expect(after.erased).toMatchObject({ status: 'ok', n: 10 });
  const sorted = (answer: CommentsAnswer) => answer.comments.map(anonymous).sort();
  expect(sorted(after.erased)).toEqual(sorted(before));
  expect(after.erased.comments.filter((text) => /erased-[a-z]{16}/i.test(text))).toHaveLength(3);
  expect(after.grown).toMatchObject({ n: 20 });
  expect(sorted(after.grown)).toContain('Late 9, and not *.');
  const kept = await keptTexts(installation);
  for (const { where, text } of kept) expect(SPELLED.test(text), where).toBe(false);
  const events = JSON.parse(kept.find(({ where }) => where === 'table events')!.text) as { id: string; type: string }[];
  const facts = events.filter(({ type }) => type === 'survey.commented').map(({ id }) => id);
  expect(new Set(facts).size).toBe(20);
}, 120_000);
