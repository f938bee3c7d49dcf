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

test('a header from which a comment is read is not kept', () => {
  const source = sourceOf(`title: Own
events:
- { kind: survey.commented, key: [$.id], occurred_at: $.at, data: { wave: w, respondent: $.id, text: { header: x-said } } }`);
  expect(source.headers).toEqual([]);
});
