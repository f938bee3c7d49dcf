import { z } from 'zod';
import type { Delivery } from '../delivery.ts';
import type { Fact } from '../event.ts';
import { instant } from '../time.ts';
import { name } from '../vocabulary/commit.ts';
import { LONGEST_COMMENT } from '../vocabulary/survey.ts';
import {
  cut,
  digest,
  facts,
  ignored,
  isRecord,
  listOf,
  optionalText,
  picked,
  readAs,
  readBody,
  recordsIn,
  snapshot,
} from './shape.ts';
import { tokenMatches } from './signature.ts';
import type { Normalized, Source } from './source.ts';

const message = z.object({ attributes: z.object({ eventType: name, formId: name }), messageId: name });
/** A push to a subscription wraps the message; a message that was pulled stands for itself. */
const envelope = z.object({ message: z.unknown().optional(), attributes: z.unknown().optional() });
const submitted = z.object({
  form_id: name.max(128),
  response_id: name.max(256),
  submitted_at: instant,
  team: optionalText(),
  wave: optionalText(),
  answers: listOf(z.object({ item: name, score: z.number().min(0).max(10), title: optionalText(4096) }), 500),
  comments: listOf(z.object({ item: name, text: z.string(), title: optionalText(4096) }), 500).nullish(),
});

/** Google Forms, by a script of ours that posts the answers; the push of Google itself says only that there are some. */
export const googleForms: Source = {
  name: 'google-forms',
  title: 'Google Forms',
  normaliser: 2,
  events: [
    {
      event: 'a submitted response',
      feeds:
        'survey answers: one for each linear scale or rating; comments, one for each text, where they are asked for',
    },
    { event: 'RESPONSES, SCHEMA (Pub/Sub)', feeds: 'nothing: they carry no answers, and say that the form is watched' },
  ],
  confidential: true,
  signature:
    'A static token: `X-Headway-Token` of the script, `?token=` in the address for a Pub/Sub push, which can set no header.',
  dedupe: 'The response, the question and the time of submission; an edited response is a later answer.',
  setup: `1. Set a token of your choice as \`HEADWAY_SECRET_GOOGLE_FORMS\`.
2. In the form: *⋮ → Apps Script*, replace what is there by \`workspace/google-forms/headway.gs\`, and fill in its first lines:
   the address \`{url}\` and the token. Save.
3. *Triggers → Add trigger*: function \`send\`, event source *From form*, event type *On form submit*. Allow what it asks for.
4. Name the item of a question in its description as \`item: documentation\` (\`support\`, \`reliability\`, \`ease_of_use\`,
   \`overall\`); without one its title is the item. Only scales and ratings are sent, unless the script is told otherwise
   (step 6). A question *Team* with a list of your teams says the team.
5. Answers count once the wave is closed, by a \`survey.wave_closed\` event to \`/v1/events\`; the form's id is the wave,
   unless \`WAVE\` in the script says another name.
6. Texts stay in the form. To have them as comments set \`COMMENTS\` in the script to \`true\` and \`HEADWAY_SURVEY_COMMENTS=on\`
   here; without the latter they are dropped before anything is stored. Say in the form that comments are shown word for word,
   without a name, once 10 people have commented on the same item; and ask for no name, e-mail address or other detail of a
   person in a text. \`docs/survey-comments.md\` says more.

A watch of the Forms API may push to \`{url}?token=…\` as well: such a push is kept, and feeds nothing. Its OpenID token is not
checked, so give the subscription's endpoint the token in its address.`,
  verify: (delivery, secrets) => tokenMatches(delivery.headers, secrets),
  normalise,
  withoutComments: withoutWords,
};

function normalise(delivery: Delivery): Normalized {
  const outer = readBody(delivery, z.looseObject({}));
  if (!outer.ok) return outer.normalized;
  const wrapped = readAs(outer.value, envelope);
  if (!wrapped.ok) return wrapped.normalized;
  if (wrapped.value.message !== undefined || wrapped.value.attributes !== undefined) {
    const pushed = readAs(wrapped.value.message ?? outer.value, message);
    return pushed.ok ? ignored('a notification carries no answers') : pushed.normalized;
  }
  const read = readAs(outer.value, submitted);
  if (!read.ok) return read.normalized;
  const told = [...answersOf(read.value), ...commentsOf(read.value)];
  return told.length === 0 ? ignored('no question on a scale is answered') : facts(...told);
}

type Submitted = z.output<typeof submitted>;

function answersOf({ submitted_at, team, answers, ...response }: Submitted): Fact[] {
  const { wave, respondent } = whoIn(response);
  return answers.map(({ item, score, title }) =>
    // Two questions may have one item.
    snapshot('survey.answered', submitted_at, [respondent, item], {
      wave,
      item,
      score,
      respondent,
      team,
      version: versionOf(title),
    }),
  );
}

function commentsOf({ submitted_at, comments, ...response }: Submitted): Fact[] {
  const { wave, respondent } = whoIn(response);
  return (comments ?? []).flatMap(({ item, text, title }) => {
    const comment = cut(text.trim(), LONGEST_COMMENT);
    if (comment === '') return [];
    const data = { wave, item, respondent, text: comment, version: versionOf(title) };
    return [snapshot('survey.commented', submitted_at, [respondent, item], data)];
  });
}

function whoIn({ form_id, response_id, wave }: Pick<Submitted, 'form_id' | 'response_id' | 'wave'>) {
  return { wave: wave ?? form_id, respondent: digest(['google-forms', form_id, response_id]) };
}

function versionOf(title: string | undefined): string | undefined {
  return title === undefined ? undefined : digest(title).slice(0, 12);
}

/** Of a body what is known to hold no words of the respondent; a notification has none, whatever it has. */
function withoutWords(body: unknown): unknown {
  if (!isRecord(body)) return {};
  const { answers, message: wrapped, attributes } = body;
  const told = (one: unknown) => (isRecord(one) ? picked(one, ['eventType', 'formId', 'watchId']) : {});
  const pushed = (one: Readonly<Record<string, unknown>>) => ({
    ...picked(one, ['messageId', 'publishTime']),
    ...('attributes' in one ? { attributes: told(one.attributes) } : {}),
  });
  return {
    ...picked(body, ['form_id', 'response_id', 'submitted_at', 'team', 'wave', 'subscription']),
    ...(attributes === undefined ? {} : pushed(body)),
    ...(isRecord(wrapped) ? { message: pushed(wrapped) } : {}),
    ...(Array.isArray(answers) ? { answers: recordsIn(answers).map(withoutRemarks) } : {}),
  };
}

function withoutRemarks({ item, title, score }: Readonly<Record<string, unknown>>): unknown {
  return { ...picked({ item, title }, ['item', 'title']), ...(typeof score === 'number' ? { score } : {}) };
}
