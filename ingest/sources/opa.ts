import { z } from 'zod';
import type { Delivery } from '../delivery.ts';
import { instant } from '../time.ts';
import { name } from '../vocabulary/commit.ts';
import { fact, facts, ignored, listOf, optionalText, readBody } from './shape.ts';
import { tokenMatches } from './signature.ts';
import type { Normalized, Source } from './source.ts';

const decision = z.object({
  decision_id: name.max(256),
  timestamp: instant,
  path: optionalText(),
  result: z.unknown().optional(),
  labels: z.object({ service: optionalText(), app: optionalText() }).nullish(),
  bundles: z.record(z.string().max(256), z.object({ revision: optionalText() }).nullish()).nullish(),
});

type Decision = z.output<typeof decision>;

/** Open Policy Agent's decision log. */
export const opa: Source = {
  name: 'opa',
  title: 'Open Policy Agent',
  normaliser: 1,
  events: [{ event: 'decision log', feeds: 'guardrails: what was allowed, denied or warned of, by policy' }],
  confidential: true,
  signature: 'A static token: `Authorization: Bearer …`, which OPA sends for `credentials.bearer.token`. Use TLS.',
  dedupe: 'The decision’s id: a chunk that OPA sends again changes nothing.',
  setup: `1. Set a token of your choice as \`HEADWAY_SECRET_OPA\`.
2. Add to OPA's configuration, with the host of \`{url}\` as the service's address:

\`\`\`
services:
  headway:
    url: https://headway.example.org
    credentials:
      bearer:
        token: \${HEADWAY_TOKEN}
decision_logs:
  service: headway
  resource: /hooks/opa
labels:
  app: checkout-api
\`\`\`

3. The label \`service\` (or \`app\`) names the service that asked.
4. Only the path, the result and the bundle's revision become events. The rest of a decision, its \`input\` above all, is never
   shown, but it is part of what is stored: take out what is personal with OPA's own \`system.log.mask\`.

A result of true or false, an object with \`allow\`, \`allowed\`, \`deny\`, \`violation\` or \`warn\`, an admission review, and a list
under a path that ends in \`deny\`, \`violation\` or \`warn\` are understood; other results are not a guardrail's.`,
  verify: (delivery, secrets) => tokenMatches(delivery.headers, secrets),
  normalise,
};

function normalise(delivery: Delivery): Normalized {
  const body = readBody(delivery, listOf(decision, 2_000));
  if (!body.ok) return body.normalized;
  const evaluated = body.value.flatMap((one) => {
    const outcome = outcomeOf(one);
    if (outcome === undefined || one.path === undefined) return [];
    return [
      fact('policy.evaluated', one.timestamp, [one.decision_id], {
        evaluation_id: one.decision_id,
        policy: one.path,
        outcome,
        service_id: one.labels?.service ?? one.labels?.app,
        revision: revisionOf(one.bundles),
      }),
    ];
  });
  return evaluated.length === 0 ? ignored('no decision is a guardrail’s yes or no') : facts(...evaluated);
}

type Outcome = 'allowed' | 'denied' | 'warned';

/** What a decision comes to, or undefined if its result is no verdict: a policy may answer with any value. */
function outcomeOf({ path, result }: Decision): Outcome | undefined {
  const rule = path?.split(/[/.]/).at(-1)?.toLowerCase() ?? '';
  const saysNo = /^(?:deny|denied|violations?)$/.test(rule);
  const told = truth(result);
  if (told !== undefined) return told === saysNo ? 'denied' : 'allowed';
  // A rule that did not come true has no result at all, where it has no default.
  if (result === undefined) return /^(?:allow|allowed)$/.test(rule) ? 'denied' : saysNo ? 'allowed' : undefined;
  if (Array.isArray(result)) {
    if (saysNo) return result.length > 0 ? 'denied' : 'allowed';
    return /^warn(?:ings?)?$/.test(rule) ? (result.length > 0 ? 'warned' : 'allowed') : undefined;
  }
  return typeof result === 'object' && result !== null ? verdictOf(result) : undefined;
}

const verdict = z.object({
  allow: z.unknown().optional(),
  allowed: z.unknown().optional(),
  deny: z.unknown().optional(),
  violation: z.unknown().optional(),
  warn: z.unknown().optional(),
  response: z.object({ allowed: z.unknown().optional() }).nullish().catch(undefined),
});

function verdictOf(result: object): Outcome | undefined {
  const read = verdict.safeParse(result);
  if (!read.success) return undefined;
  const { allow, allowed, deny, violation, warn, response } = read.data;
  const yes = [allow, allowed, response?.allowed].map(truth).find((one) => one !== undefined);
  const no = [deny, violation].map(holds).find((one) => one !== undefined);
  if (yes === false || no === true) return 'denied';
  if (holds(warn) === true) return 'warned';
  return yes === true || no === false || holds(warn) === false ? 'allowed' : undefined;
}

/** True and false, also as the texts that some policies answer. */
function truth(value: unknown): boolean | undefined {
  return value === true || value === 'true' ? true : value === false || value === 'false' ? false : undefined;
}

/** Whether a set of complaints, or a flag, holds anything. */
function holds(value: unknown): boolean | undefined {
  return Array.isArray(value) ? value.length > 0 : truth(value);
}

function revisionOf(bundles: Decision['bundles']): string | undefined {
  const named = Object.entries(bundles ?? {}).flatMap(([bundle, state]) =>
    state?.revision === undefined ? [] : [[bundle, state.revision] as const],
  );
  if (named.length < 2) return named[0]?.[1];
  return named
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([bundle, revision]) => `${bundle}@${revision}`)
    .join(' ')
    .slice(0, 512);
}
