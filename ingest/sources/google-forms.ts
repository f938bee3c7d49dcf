import { z } from 'zod';
import type { Delivery } from '../delivery.ts';
import { instant } from '../time.ts';
import { name } from '../vocabulary/commit.ts';
import { digest, facts, ignored, listOf, optionalText, readAs, readBody, snapshot } from './shape.ts';
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
});

/** Google Forms, by a script of ours that posts the answers; the push of Google itself says only that there are some. */
export const googleForms: Source = {
  name: 'google-forms',
  title: 'Google Forms',
  normaliser: 1,
  events: [
    { event: 'a submitted response', feeds: 'survey answers: one for each linear scale or rating' },
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
   \`overall\`); without one its title is the item. Only scales and ratings are sent. A question *Team* with a list of your
   teams says the team.
5. Answers count once the wave is closed, by a \`survey.wave_closed\` event to \`/v1/events\`; the form's id is the wave,
   unless \`WAVE\` in the script says another name.

A watch of the Forms API may push to \`{url}?token=…\` as well: such a push is kept, and feeds nothing. Its OpenID token is not
checked, so give the subscription's endpoint the token in its address.`,
  verify: (delivery, secrets) => tokenMatches(delivery.headers, secrets),
  normalise,
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
  const { form_id, response_id, submitted_at, team, wave, answers } = read.value;
  if (answers.length === 0) return ignored('no question on a scale is answered');
  const respondent = digest(['google-forms', form_id, response_id]);
  return facts(
    ...answers.map(({ item, score, title }) =>
      // Two questions may have one item.
      snapshot('survey.answered', submitted_at, [respondent, item], {
        wave: wave ?? form_id,
        item,
        score,
        respondent,
        team,
        version: title === undefined ? undefined : digest(title).slice(0, 12),
      }),
    ),
  );
}
