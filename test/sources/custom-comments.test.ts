import { expect, test } from 'vitest';
import { eventsOf, sourceOf } from './mapped.ts';

test('a blank comment is none, a long one is cut, and the rest of the body is read', () => {
  const source = sourceOf(`title: Own
events:
- { kind: survey.answered, key: [$.id], occurred_at: $.at, data: { wave: w, item: i, score: $.score, respondent: $.id } }
- { kind: survey.commented, key: [$.id], occurred_at: $.at, data: { wave: w, respondent: $.id, text: $.said } }`);
  const read = (said: unknown) =>
    eventsOf(source, { id: 'r1', at: 1772704800, score: 4, said }).map(({ type, data }) =>
      'text' in data ? data.text : type,
    );
  for (const blank of [undefined, null, ' ', '', []]) expect(read(blank)).toEqual(['survey.answered']);
  expect(read(' so it is ')).toEqual(['survey.answered', 'so it is']);
  expect(read('x'.repeat(9000))).toEqual(['survey.answered', 'x'.repeat(4096)]);
});

test('where nobody asks for comments, what no rule reads is gone, and what rules read is read as before', () => {
  const source = sourceOf(`title: Own
events:
- kind: survey.answered
  each: $.answers
  when: [{ value: '@.said', exists: false }, { value: $.labels, in: [pulse, survey] }]
  key: ['@.id']
  occurred_at: $.at
  data: { wave: w, item: '@.tags[0]', score: { value: '@.mood', map: { good: 5 }, otherwise: 1 }, respondent: 'r-{$.by.id}' }
- kind: survey.commented
  each: $.answers[*]
  when: [{ value: '@.said', exists: true }]
  key: ['@.id']
  occurred_at: $.at
  data: { wave: w, respondent: $.by.id, text: 'Q: {@.said}' }`);
  const body = {
    at: 1772704800,
    by: { id: 7, name: 'words' },
    labels: ['pulse'],
    answers: [
      { id: 1, mood: 'good', tags: ['docs', 'words'], note: 'words' },
      { id: 2, said: 'words', tags: [{ deep: 'words' }] },
      'words',
    ],
    words: 'words',
  };
  const left = source.withoutComments?.(body);
  expect(left).toEqual({
    at: 1772704800,
    by: { id: 7 },
    labels: ['pulse'],
    answers: [{ id: 1, mood: 'good', tags: ['docs', null] }, { id: 2, said: '', tags: [{}] }, null],
  });
  const answered = (given: unknown) => eventsOf(source, given).filter(({ type }) => type === 'survey.answered');
  const sound = { ...body, answers: body.answers.slice(0, 2) };
  expect(answered(sound)).toHaveLength(1);
  expect(answered(source.withoutComments?.(sound))).toEqual(answered(sound));
  // What is no list is its only element.
  const single = { ...body, answers: body.answers[0] };
  expect(answered(source.withoutComments?.(single))).toEqual(answered(single));
  for (const odd of [null, 'words', 3, [], [body]])
    expect(JSON.stringify(source.withoutComments?.(odd)) ?? '').not.toContain('words');
});

test('an answer in the place where others comment is read as before', () => {
  const rule = (kind: string, type: string, field: string) => `
- kind: ${kind}
  each: $.answers[*]
  when: [{ value: '@.type', equals: ${type} }]
  key: [$.id, '@.item']
  occurred_at: $.at
  data: { wave: w, item: '@.item', respondent: $.id, ${field}: '@.value' }`;
  const source = sourceOf(`title: Own
events: ${rule('survey.answered', 'scale', 'score')} ${rule('survey.commented', 'text', 'text')}`);
  const answers = [
    { type: 'scale', item: 'a', value: 4 },
    { type: 'scale', item: 'b', value: '5' },
    { type: 'text', item: 'c', value: 'words' },
    { type: 'text', item: 'd', value: '12 words' },
    { type: 'text', item: 'e', value: ['words'] },
  ];
  const body = { id: 'r1', at: 1772704800, answers };
  const left = source.withoutComments?.(body);
  expect(JSON.stringify(left)).not.toContain('words');
  const answered = eventsOf(source, body).filter(({ type }) => type === 'survey.answered');
  expect(answered).toHaveLength(2);
  expect(eventsOf(source, left)).toEqual(answered);
});

test('a header from which a comment is read is not kept', () => {
  const source = sourceOf(`title: Own
events:
- { kind: survey.commented, key: [$.id], occurred_at: $.at, data: { wave: w, respondent: $.id, text: { header: x-said } } }`);
  expect(source.headers).toEqual([]);
  // Not even where something else hangs on it.
  const asked = sourceOf(`title: Own
events:
- { kind: survey.commented, when: [{ value: { header: x-said }, exists: true }], key: [$.id], occurred_at: $.at, data: { wave: w, respondent: $.id, text: { header: x-said } } }`);
  expect(asked.headers).toEqual([]);
});
