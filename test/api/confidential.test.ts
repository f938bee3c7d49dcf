import { createHmac } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { sources } from '../../ingest/sources/registry.ts';
import type { RunningService } from '../../services/compose.ts';
import { showDelivery } from '../../services/facts.ts';
import { read } from '../slice/world.ts';
import { cases, fromBase } from '../sources/cases.ts';
import { startEmbedded } from './start.ts';

const SECRET = 'only-for-this-test';
const secretOf = (name: string) => [`HEADWAY_SECRET_${name.toUpperCase().replaceAll('-', '_')}`, SECRET] as const;
/** What no address may give away: the token of a response, the words and the number of an answer, a person in an input. */
const TOKEN = 'token-of-ada';
const WORDS = 'because of the pager';
/** With more digits than a clock shows. */
const SCORE = 4.28125;

let service: RunningService;
beforeAll(async () => {
  const confidential = sources.filter((source) => source.confidential === true);
  service = await startEmbedded(Object.fromEntries(confidential.map(({ name }) => secretOf(name))));
});

const at = new Date(Date.now() - 60_000).toISOString();
const bodies: Record<string, { readonly whole: unknown; readonly broken: unknown }> = {
  typeform: {
    whole: {
      event_type: 'form_response',
      form_response: {
        form_id: 'f',
        token: TOKEN,
        submitted_at: at,
        answers: [
          { number: SCORE, field: { id: 'q', ref: 'overall', type: 'rating' } },
          { text: WORDS, field: { id: 'w', type: 'long_text' } },
        ],
      },
    },
    broken: {
      event_type: 'form_response',
      form_response: { token: TOKEN, submitted_at: WORDS, answers: [{ number: SCORE, field: {} }, { number: WORDS }] },
    },
  },
  'google-forms': {
    whole: { form_id: 'f', response_id: TOKEN, submitted_at: at, answers: [{ item: 'overall', score: SCORE }] },
    broken: {
      form_id: 'f',
      response_id: TOKEN,
      submitted_at: at,
      answers: [{ item: 'o', score: 1000 + SCORE, x: WORDS }],
    },
  },
  opa: {
    whole: [{ decision_id: 'd', timestamp: at, path: 'a/allow', result: true, input: { user: TOKEN, why: WORDS } }],
    broken: [{ decision_id: 'd', timestamp: WORDS, path: 'a/allow', input: { user: TOKEN, score: SCORE } }],
  },
};

function signed(source: string, body: string): Record<string, string> {
  const mac = createHmac('sha256', SECRET).update(body).digest('base64');
  return source === 'typeform' ? { 'typeform-signature': `sha256=${mac}` } : { authorization: `Bearer ${SECRET}` };
}

async function post(source: string, body: unknown) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`${service.url}/hooks/${source}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...signed(source, text) },
    body: text,
  });
  const answer = (await response.json()) as { delivery?: string; detail?: string };
  const delivery = answer.delivery ?? /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(answer.detail ?? '')?.[0] ?? '';
  return { status: response.status, delivery, answer: JSON.stringify(answer) };
}

function expectNothingTold(text: string): void {
  for (const secret of [TOKEN, WORDS, String(SCORE)]) expect(text).not.toContain(secret);
}

it('every survey tool, and every policy log with inputs, is confidential', () => {
  const named = sources.filter((source) => source.confidential === true).map(({ name }) => name);
  expect(named).toEqual(expect.arrayContaining(Object.keys(bodies)));
  const surveys = cases.filter(({ bases }) => bases.some(({ makes }) => makes.includes('survey.')));
  expect(surveys.map(({ source }) => [source.name, source.confidential])).toEqual(
    surveys.map(({ source }) => [source.name, true]),
  );
});

describe.each(Object.entries(bodies))('%s', (source, { whole, broken }) => {
  it('its bodies are shown by no address, whether they could be read or not', async () => {
    for (const [body, status] of [
      [whole, 202],
      [broken, 202],
      [JSON.stringify(whole).slice(0, -3), 400],
    ] as const) {
      const sent = await post(source, body);
      expect(sent.status).toBe(status);
      expectNothingTold(sent.answer);
      const shown = await read<{ source: string; body: unknown }>(service, `/v1/deliveries/${sent.delivery}`);
      expect(shown).toMatchObject({ source, body: expect.stringMatching(/^\(confidential/) });
      expectNothingTold(JSON.stringify(shown));
    }
  });
});

it('the answers that became events are there, without who and what', async () => {
  const { delivery } = await post('typeform', bodies.typeform?.whole);
  await service.settled();
  const { events } = await read<{ events: number }>(service, `/v1/deliveries/${delivery}`);
  expect(events).toBe(1);
  const rejected = await read<{ rejected: { source: string }[] }>(service, '/v1/rejected');
  expect(new Set(rejected.rejected.map(({ source }) => source))).toEqual(new Set(Object.keys(bodies)));
  expectNothingTold(JSON.stringify(rejected));
  const { answered, commented } = await idsOf('typeform');
  expect([answered.length, commented.length]).toEqual([1, 1]);
  // Nobody asked for comments.
  for (const id of commented) expect((await fetch(`${service.url}/v1/events/${id}`)).status).toBe(404);
  for (const id of answered) {
    const event = await read<{ data: object }>(service, `/v1/events/${id}`);
    expect(event.data).toMatchObject({ item: 'overall', score: '(removed)', respondent: '(removed)' });
    expectNothingTold(JSON.stringify(event));
  }
  const doctor = await fetch(`${service.url}/v1/doctor`);
  expectNothingTold(await doctor.text());
});

/** Ids as the source itself makes them of the same body: the API lists no answers. */
async function idsOf(source: string) {
  const { normaliseDelivery } = await import('../../ingest/normalise.ts');
  const each = cases.find((one) => one.source.name === source);
  const [base] = each?.bases ?? [];
  if (!each || !base) throw new Error(`no case of ${source}`);
  const received = { ...fromBase(each, base, bodies[source]?.whole), received_at: new Date().toISOString() };
  const reading = normaliseDelivery(each.source, received);
  if (reading.outcome !== 'events') throw new Error(reading.reason);
  const of = (kind: string) => reading.events.flatMap(({ id, type }) => (type === kind ? [id] : []));
  return { answered: of('survey.answered'), commented: of('survey.commented') };
}

it('a source that is known no longer may have been a confidential one', () => {
  const stored = { id: 'd', source: 'custom/gone', received_at: at, headers: {}, outcome: 'events', events: 1 };
  const value = Buffer.from(JSON.stringify({ ...stored, body: Buffer.from(WORDS).toString('base64') }));
  expectNothingTold(JSON.stringify(showDelivery(value)));
});
