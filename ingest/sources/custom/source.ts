import type { Delivery } from '../../delivery.ts';
import { type Fact, parseData } from '../../event.ts';
import { parseJson } from '../../json.ts';
import { describe as describeProblems } from '../../normalise.ts';
import { parseInstant } from '../../time.ts';
import { LONGEST_COMMENT } from '../../vocabulary/survey.ts';
import type { EventData } from '../../vocabulary/vocabulary.ts';
import { cut, facts, ignored, rejected, snapshot } from '../shape.ts';
import { equalInConstantTime, hmacMatches, tokenMatches } from '../signature.ts';
import type { Normalized, Source } from '../source.ts';
import { isTextOfComment, withoutWords } from './comments.ts';
import { type Condition, type CustomDefinition, headersIn, type Rule, type Signature } from './definition.ts';
import { fieldsOfKind, fitted } from './field.ts';
import type { Scope } from './selector.ts';
import { elementsOf, evaluate, fieldsOf, textOf } from './value.ts';

/** What the names of such sources begin with. */
export const CUSTOM = 'custom/';

/** More events of one body are refused, so that no delivery stalls the others. */
const MOST_FACTS = 400;
/** Values looked at, and eight characters of an event's data each. */
const MOST_EFFORT = 500_000;
const MOST_KEY_CHARACTERS = 512;

/** The source that a definition describes. */
export function customSource(definition: CustomDefinition): Source {
  const name = CUSTOM + definition.name;
  const variable = `HEADWAY_SECRET_CUSTOM_${definition.name.toUpperCase().replaceAll('-', '_')}`;
  const { rules } = definition;
  // Answers to surveys are nobody's to read, whatever a definition says.
  const isSurvey = rules.some(({ kind }) => kind.startsWith('survey.'));
  const confidential = definition.confidential || isSurvey;
  return {
    name,
    title: definition.title,
    normaliser: definition.version,
    events: rules.map(({ kind, when }) => ({
      event: kind,
      feeds: when.length === 0 ? 'made of every body' : `made where ${when.length} conditions hold`,
    })),
    headers: headersOf(rules),
    ...(confidential ? { confidential } : {}),
    ...(isSurvey ? { withoutComments: withoutWords(rules) } : {}),
    signature: describe(definition.signature),
    dedupe: 'What `key` names in its definition, the time and the content.',
    setup: `1. It is defined in the workspace, in \`sources/${definition.name}.yaml\`.
2. Set a secret of your choice as \`${variable}\`, and the same in the sender: ${describe(definition.signature)}
3. Let it post JSON to \`{url}\`. What cannot be read is listed at \`/v1/rejected\` with the field.
4. After a change of the rules raise \`version\`, and run \`headway replay --source ${name}\`.`,
    verify: (delivery, secrets) => verify(definition.signature, delivery, secrets),
    normalise: (delivery) => normalise(rules, delivery),
  };
}

function headersOf(rules: readonly Rule[]): string[] {
  const values = rules.flatMap(({ kind, when, key, occurred_at, data }) => [
    ...when.map(({ value }) => value),
    ...key,
    occurred_at,
    ...Object.entries(data).flatMap(([field, value]) => (isTextOfComment(kind, field) ? [] : [value])),
  ]);
  // A header is kept beside the body, where no comment may be, whatever else it is read for.
  const spoken = new Set(
    rules.flatMap(({ kind, data: { text } }) => (text && isTextOfComment(kind, 'text') ? headersIn(text) : [])),
  );
  return [...new Set(values.flatMap(headersIn))].filter((header) => !spoken.has(header));
}

function describe(signature: Signature): string {
  if (signature.by === 'hmac') {
    return `HMAC-SHA256 of the raw body in ${signature.encoding}, in \`${signature.header}\`${signature.prefix === '' ? '' : ` after \`${signature.prefix}\``}.`;
  }
  if (signature.header === undefined)
    return 'A token: `Authorization: Bearer …`, Basic, `X-Headway-Token` or `?token=`.';
  return `A token in \`${signature.header}\`${signature.prefix === '' ? '' : ` after \`${signature.prefix}\``}.`;
}

function verify(signature: Signature, { headers, body }: Delivery, secrets: readonly string[]): boolean {
  if (signature.by === 'token' && signature.header === undefined) return tokenMatches(headers, secrets);
  const given = headers[signature.header ?? ''] ?? '';
  if (given.length > 4096 || !given.startsWith(signature.prefix)) return false;
  const proof = given.slice(signature.prefix.length);
  if (signature.by === 'hmac') return hmacMatches(proof, body, secrets, signature.encoding);
  // Tries them all, so that the time taken does not tell which.
  return secrets.filter((secret) => secret !== '' && equalInConstantTime(proof, secret)).length > 0;
}

function normalise(rules: readonly Rule[], delivery: Delivery): Normalized {
  const parsed = parseJson(delivery.body);
  if (!parsed.ok) return { outcome: 'rejected', reason: `body ${parsed.problem}`, notJson: true };
  const made: Fact[] = [];
  const whole = { $: parsed.value, '@': parsed.value, effort: { left: MOST_EFFORT } };
  for (const [index, rule] of rules.entries()) {
    const elements = rule.each === undefined ? [whole.$] : elementsOf(rule.each, whole);
    for (const element of elements) {
      const scope = { ...whole, '@': element };
      const fits = rule.when.every((condition) => holds(condition, scope, delivery.headers));
      const fact = fits ? factOf(rule, scope, delivery.headers) : null;
      if (whole.effort.left < 0) return rejected('body: its events take too much looking up; send fewer at once');
      if (fact === null) continue;
      if ('problem' in fact) return rejected(`events.${index}.${fact.problem}`);
      if (made.push(fact) > MOST_FACTS) return rejected(`body: makes more than ${MOST_FACTS} events`);
    }
  }
  return made.length === 0 ? ignored('no rule of its definition fits') : facts(...made);
}

type Headers = Readonly<Record<string, string>>;

function holds(condition: Condition, scope: Scope, headers: Headers): boolean {
  const found = evaluate(condition.value, scope, headers);
  if ('exists' in condition) return (found !== undefined) === condition.exists;
  const values = Array.isArray(found) ? found : [found];
  return values.some((value) => condition.anyOf.includes(textOf(value) ?? '\u0000'));
}

function factOf(rule: Rule, scope: Scope, headers: Headers): Fact | { readonly problem: string } | null {
  // Most people leave the comment blank: that is no comment, and nothing is wrong with what else they say.
  const comment = rule.kind === 'survey.commented' ? commentOf(rule, scope, headers) : null;
  if (comment === '') return null;
  const at = parseInstant(evaluate(rule.occurred_at, scope, headers));
  if (at === null) return { problem: 'occurred_at: is not a timestamp with a zone, such as 2026-03-05T01:02:03Z' };
  const key = rule.key.map((value) => textOf(evaluate(value, scope, headers)));
  const missing = key.indexOf(undefined);
  if (missing >= 0) return { problem: `key.${missing}: nothing is there` };
  const long = key.findIndex((part) => part !== undefined && part.length > MOST_KEY_CHARACTERS);
  if (long >= 0) return { problem: `key.${long}: is longer than ${MOST_KEY_CHARACTERS} characters` };
  const schemas = fieldsOfKind(rule.kind);
  const said = Object.entries({
    ...fieldsOf(rule.data, scope, headers),
    ...(comment === null ? {} : { text: comment }),
  });
  const data = Object.fromEntries(said.map(([field, value]) => [field, fitted(schemas[field]!, value)]));
  // Checked here already: what no field takes must not be digested thousands of times.
  const checked = parseData(rule.kind, data);
  if (!checked.ok) return { problem: describeProblems(checked.problems) };
  scope.effort.left -= JSON.stringify(data).length / 8;
  return snapshot(rule.kind, at, key as string[], data as EventData<typeof rule.kind>);
}

/** What somebody wrote, cut as it is for every sender: the length of it is no reason to lose what else was said. */
function commentOf({ data }: Rule, scope: Scope, headers: Headers): string {
  const found = data.text === undefined ? undefined : textOf(evaluate(data.text, scope, headers));
  return cut((found ?? '').trim(), LONGEST_COMMENT);
}
