import { expect, test } from 'vitest';
import { normaliseDelivery, type Reading } from '../../ingest/normalise.ts';
import { googleForms } from '../../ingest/sources/google-forms.ts';
import { typeform } from '../../ingest/sources/typeform.ts';
import { googleForms as formsCase } from './cases/google-forms.ts';
import { typeform as typeformCase } from './cases/typeform.ts';
import { delivery } from './deliveries.ts';
import { changed } from './mutations.ts';

const at = '2026-03-05T10:00:00.000Z';
const form = typeformCase.bases[0]!.body;
const script = formsCase.bases[0]!.body;
const ofTypeform = (body: unknown) => normaliseDelivery(typeform, delivery('typeform', body));
const ofForms = (body: unknown) => normaliseDelivery(googleForms, delivery('google-forms', body));

function dataOf(reading: Reading): Record<string, unknown>[] {
  if (reading.outcome !== 'events') throw new Error(reading.reason);
  return reading.events.map(({ data }) => data as Record<string, unknown>);
}

test('Typeform: one answer per question on a scale, one comment per text; other numbers stay out', () => {
  const reading = ofTypeform(form);
  if (reading.outcome !== 'events') throw new Error(reading.reason);
  const respondent = expect.stringMatching(/^[0-9a-f]{32}$/);
  const version = expect.stringMatching(/^[0-9a-f]{12}$/);
  expect(reading.events.map(({ type, subject, occurred_at, data }) => ({ type, subject, occurred_at, data }))).toEqual(
    [
      { item: 'documentation', score: 4, team: 'checkout' },
      { item: 'overall', score: 5, team: 'checkout' },
      { item: 'why', text: 'Because of Ada' },
    ].map((said) => ({
      type: 'text' in said ? 'survey.commented' : 'survey.answered',
      subject: 'survey:2026-q1',
      occurred_at: at,
      data: { wave: '2026-q1', ...said, respondent, version },
    })),
  );
  expect(JSON.stringify(reading)).not.toContain('a3a12ec67a1365927098a606107fac15');
});

test('Typeform: both answers of one response are of one person, another response of another', () => {
  const [first, second] = dataOf(ofTypeform(form));
  expect(first?.respondent).toBe(second?.respondent);
  const [other] = dataOf(ofTypeform(changed(form, ['form_response', 'token'], 'another')));
  expect(other?.respondent).not.toBe(first?.respondent);
});

test('Typeform: without hidden fields the form is the wave and no team is known; without a reference the id is the item', () => {
  const bare = changed(
    changed(form, ['form_response', 'hidden'], undefined),
    ['form_response', 'answers', 0, 'field', 'ref'],
    undefined,
  );
  const [first] = dataOf(ofTypeform(bare));
  expect(first).toMatchObject({ wave: 'lT4Z3j', item: 'f1' });
  expect(first?.team).toBeUndefined();
});

test('Typeform: another wording of a question is another version of it', () => {
  const [before] = dataOf(ofTypeform(form));
  const asked = ['form_response', 'definition', 'fields', 0, 'title'];
  const [after] = dataOf(ofTypeform(changed(form, asked, 'How bad are the docs?')));
  expect(after?.version).not.toBe(before?.version);
});

test('Typeform: blank texts are no comments, long ones are cut, and the texts of other fields are none', () => {
  const commentOf = (answer: Record<string, unknown>) => {
    const read = dataOf(ofTypeform(changed(form, ['form_response', 'answers', 2], answer)));
    return read.find(({ text }) => text !== undefined)?.text;
  };
  const field = { id: 'f3', ref: 'why', type: 'long_text' };
  expect(commentOf({ type: 'text', text: ' \n ', field })).toBeUndefined();
  expect(commentOf({ type: 'text', text: null, field })).toBeUndefined();
  expect(commentOf({ type: 'text', text: '  so it is ', field: { ...field, type: 'short_text' } })).toBe('so it is');
  expect(commentOf({ type: 'email', text: 'ada@example.org', field: { ...field, type: 'email' } })).toBeUndefined();
  const long = `${'x'.repeat(4095)}\u{1F600}`;
  expect(commentOf({ type: 'text', text: long, field })).toBe('x'.repeat(4095));
});

test('Typeform: a part of a response, and one without scales and texts, say nothing', () => {
  expect(ofTypeform(changed(form, ['event_type'], 'form_response_partial'))).toMatchObject({ outcome: 'ignored' });
  expect(ofTypeform(changed(form, ['form_response', 'answers'], []))).toMatchObject({ outcome: 'ignored' });
  const high = changed(
    changed(changed(form, ['form_response', 'answers', 2, 'text'], ''), ['form_response', 'answers', 0, 'number'], 11),
    ['form_response', 'answers', 1, 'number'],
    -1,
  );
  expect(ofTypeform(high)).toMatchObject({ outcome: 'ignored' });
});

test('Typeform: the signature is base64; hex of the same is not taken', async () => {
  const body = new TextEncoder().encode('{}');
  const sign = typeformCase.sign(body, 's', at)['typeform-signature']!;
  const sent = (value: string) => typeform.verify(delivery('typeform', body, { 'typeform-signature': value }), ['s']);
  expect(await sent(sign)).toBe(true);
  expect(await sent(sign.slice('sha256='.length))).toBe(false);
  const hex = Buffer.from(sign.slice('sha256='.length), 'base64').toString('hex');
  expect(await sent(`sha256=${hex}`)).toBe(false);
});

test('Google Forms: the answers of the script, with an edited response as a later answer of the same person', () => {
  const [first] = dataOf(ofForms(script));
  expect(first).toEqual({
    wave: '2026-q1',
    item: 'documentation',
    score: 4,
    respondent: expect.stringMatching(/^[0-9a-f]{32}$/),
    team: 'checkout',
    version: expect.stringMatching(/^[0-9a-f]{12}$/),
  });
  const edited = ofForms(changed(script, ['submitted_at'], '2026-03-05T11:00:00Z'));
  expect(dataOf(edited)[0]?.respondent).toBe(first?.respondent);
  const before = ofForms(script);
  if (before.outcome !== 'events' || edited.outcome !== 'events') throw new Error('no events');
  expect(edited.events[0]?.id).not.toBe(before.events[0]?.id);
});

test('Google Forms: each text that the script sends is a comment of the same person, unless it is blank', () => {
  const comments = [
    { item: 'documentation', title: 'What is missing?', text: ' Search. ' },
    { item: 'overall', title: 'Anything else?', text: ' ' },
  ];
  const [first, , comment, ...rest] = dataOf(ofForms({ ...(script as object), comments }));
  expect(rest).toEqual([]);
  expect(comment).toEqual({
    wave: '2026-q1',
    item: 'documentation',
    respondent: first?.respondent,
    text: 'Search.',
    version: expect.stringMatching(/^[0-9a-f]{12}$/),
  });
});

test('Google Forms: a push of Pub/Sub is understood in both its shapes, and feeds nothing', () => {
  const message = {
    attributes: { eventType: 'RESPONSES', formId: '18X', watchId: 'w' },
    messageId: '767467004397',
    publishTime: '2026-03-05T10:00:00Z',
  };
  const ignored = { outcome: 'ignored', reason: 'a notification carries no answers' };
  expect(ofForms(message)).toEqual(ignored);
  expect(ofForms({ message, subscription: 'projects/p/subscriptions/s' })).toEqual(ignored);
  expect(ofForms({ message: { data: 'e30=' } })).toMatchObject({ outcome: 'rejected' });
});

test('Google Forms: a score beyond 10 sets the whole aside, and the reason does not say the score', () => {
  const reading = ofForms(changed(script, ['answers', 1, 'score'], 73.5));
  expect(reading).toMatchObject({ outcome: 'rejected', reason: expect.stringMatching(/^answers\.1\.score: /) });
  expect(JSON.stringify(reading)).not.toContain('73.5');
});
