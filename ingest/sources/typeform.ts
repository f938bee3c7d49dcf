import { z } from 'zod';
import type { Delivery } from '../delivery.ts';
import type { Fact } from '../event.ts';
import { instant } from '../time.ts';
import { name } from '../vocabulary/commit.ts';
import { LONGEST_COMMENT } from '../vocabulary/survey.ts';
import {
  cut,
  digest,
  fact,
  facts,
  ignored,
  isRecord,
  listOf,
  optionalText,
  picked,
  readAs,
  readBody,
  recordsIn,
} from './shape.ts';
import { hmacMatches } from './signature.ts';
import type { Normalized, Source } from './source.ts';

const payload = z.object({ event_type: name, form_response: z.unknown().optional() });
const field = z.object({ id: name.max(128), ref: optionalText(128), type: optionalText(64) });
const response = z.object({
  form_id: name.max(128),
  token: name.max(256),
  submitted_at: instant,
  hidden: z.object({ team: optionalText(), wave: optionalText() }).nullish(),
  definition: z.object({ fields: listOf(field.extend({ title: optionalText(4096) }), 1000) }).nullish(),
  answers: listOf(z.object({ field, number: z.number().nullish(), text: z.string().nullish() }), 1000),
});

type Response = z.output<typeof response>;

/** Fields whose number is a score; the number of a `number` field may be anything, an age say. */
const scales = new Set(['opinion_scale', 'rating', 'nps']);
/** Fields whose text is a comment. */
const texts = new Set(['short_text', 'long_text']);

/** Typeform's webhooks: one answer of a survey per question on a scale, one comment per text. */
export const typeform: Source = {
  name: 'typeform',
  title: 'Typeform',
  normaliser: 2,
  events: [
    {
      event: 'form_response',
      feeds:
        'survey answers: one for each opinion scale, rating or NPS question; comments, one for each text, where they are asked for',
    },
    { event: 'form_response_partial', feeds: 'nothing: an answer counts once it is submitted' },
  ],
  confidential: true,
  signature: 'HMAC-SHA256 of the raw body in base64, after `sha256=` in `Typeform-Signature`.',
  dedupe: 'The response’s token, the question and the time of submission.',
  setup: `1. In the form: *Connect → Webhooks → Add a webhook*, URL \`{url}\`.
2. *Edit → Secret*: choose one and set the same as \`HEADWAY_SECRET_TYPEFORM\`. Then switch the webhook on.
3. Give each question on a scale the item's name as its *block reference*: \`documentation\`, \`support\`, \`reliability\`,
   \`ease_of_use\` or \`overall\`. Scores are read as they are given, so use scales of 1 to 5. Choices are not read.
4. *Logic → Hidden fields*: \`team\`, and send the link with \`#team=checkout\`, one link for each team. Never put a person there.
   With a field \`wave\` too, one form serves several waves; else the form is the wave, under its id.
5. Answers count once the wave is closed, by a \`survey.wave_closed\` event to \`/v1/events\`.
6. Short and long texts are dropped before anything is stored, unless \`HEADWAY_SURVEY_COMMENTS=on\`. Then each is a comment on the
   item that its block reference names. Say in the form that comments are shown word for word, without a name, once 10 people
   have commented on the same item; and ask for no name, e-mail address or other detail of a person in a text.

Nobody can read a single answer or who gave it, through Headway; the respondent is a digest of the response's token. What
becomes of comments is told in \`docs/survey-comments.md\`.`,
  verify(delivery, secrets) {
    const given = delivery.headers['typeform-signature'] ?? '';
    return given.startsWith('sha256=') && hmacMatches(given.slice('sha256='.length), delivery.body, secrets, 'base64');
  },
  normalise,
  withoutComments: withoutWords,
};

function normalise(delivery: Delivery): Normalized {
  const body = readBody(delivery, payload);
  if (!body.ok) return body.normalized;
  if (body.value.event_type !== 'form_response') return ignored('only a submitted response is an answer');
  const read = readAs(body.value.form_response, response);
  if (!read.ok) return read.normalized;
  const told = [...answersOf(read.value), ...commentsOf(read.value)];
  return told.length === 0 ? ignored('no question on a scale of at most 10 is answered') : facts(...told);
}

function answersOf({ form_id, token, submitted_at, hidden, definition, answers }: Response): Fact[] {
  const respondent = digest(['typeform', form_id, token]);
  const versionOf = wordingsOf(definition);
  return answers.flatMap(({ field: { id, ref, type }, number: score }) => {
    if (!scales.has(type ?? '') || typeof score !== 'number' || score < 0 || score > 10) return [];
    return [
      fact('survey.answered', submitted_at, [respondent, id], {
        wave: hidden?.wave ?? form_id,
        item: ref ?? id,
        score,
        respondent,
        team: hidden?.team,
        version: versionOf(id),
      }),
    ];
  });
}

function commentsOf({ form_id, token, submitted_at, hidden, definition, answers }: Response): Fact[] {
  const respondent = digest(['typeform', form_id, token]);
  const versionOf = wordingsOf(definition);
  return answers.flatMap(({ field: { id, ref, type }, text }) => {
    const comment = cut((text ?? '').trim(), LONGEST_COMMENT);
    if (!texts.has(type ?? '') || comment === '') return [];
    return [
      fact('survey.commented', submitted_at, [respondent, id], {
        wave: hidden?.wave ?? form_id,
        item: ref ?? id,
        respondent,
        text: comment,
        version: versionOf(id),
      }),
    ];
  });
}

/** The version of a question's wording: answers to another wording are answers to another question. */
function wordingsOf(definition: Response['definition']): (field: string) => string | undefined {
  const wordings = new Map(definition?.fields.map(({ id, title }) => [id, title]));
  return (id) => {
    const wording = wordings.get(id);
    return wording === undefined ? undefined : digest(wording).slice(0, 12);
  };
}

/** Of a body what is known to hold no words of the respondent: of an answer its question and its number. */
function withoutWords(body: unknown): unknown {
  const { form_response: response, ...outer } = isRecord(body) ? body : {};
  const envelope = picked(outer, ['event_id', 'event_type']);
  if (!isRecord(response)) return envelope;
  const { hidden, definition, answers } = response;
  const question = ['id', 'ref', 'type', 'title'];
  const fields = recordsIn(isRecord(definition) ? definition.fields : []).map((one) => picked(one, question));
  const kept = recordsIn(answers).map(({ type, number, field }) => ({
    ...picked({ type }, ['type']),
    ...(typeof number === 'number' ? { number } : {}),
    field: picked(field, question),
  }));
  return {
    ...envelope,
    form_response: {
      ...picked(response, ['form_id', 'token', 'landed_at', 'submitted_at']),
      ...(isRecord(hidden) ? { hidden: picked(hidden, ['team', 'wave']) } : {}),
      ...(isRecord(definition) ? { definition: { fields } } : {}),
      ...(Array.isArray(answers) ? { answers: kept } : {}),
    },
  };
}
