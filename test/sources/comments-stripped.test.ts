import { expect, test } from 'vitest';
import { withoutCanonicalComments, withoutComments } from '../../ingest/comments.ts';
import { encodeDelivery } from '../../ingest/record.ts';
import { MAX_EVENTS, readCanonical } from '../../ingest/sources/canonical.ts';
import { typeform } from '../../ingest/sources/typeform.ts';
import { showDelivery } from '../../services/facts.ts';
import { delivery } from './deliveries.ts';

const WORDS = 'the pager woke me';
const at = '2026-03-05T10:00:00Z';
const event = (type: string, data: unknown) => ({ id: 'x', type, source: 's', occurred_at: at, data });
const said = { wave: 'w', item: 'i', respondent: 'r', text: WORDS };
const team = event('team.defined', { team: 'Müller', note: 'any' });

function sent(body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}) {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  return {
    ...delivery('canonical', null),
    headers: { 'content-type': 'application/json', ...headers },
    body: bytes,
  };
}
const textOf = (body: Uint8Array) => new TextDecoder().decode(body);
const ndjson = { 'content-type': 'application/x-ndjson' };
const binary = (type: string) => ({
  'ce-specversion': '1.0',
  'ce-id': 'x',
  'ce-source': 's',
  'ce-time': at,
  'ce-type': type,
});

test('a kind in headers is known however it is encoded', () => {
  const comment = sent(JSON.stringify(said), binary('%73urvey.commented'));
  expect(textOf(withoutCanonicalComments(comment).body)).not.toContain(WORDS);
  const record = encodeDelivery({ delivery: comment, outcome: 'events', events: 1 });
  expect(JSON.stringify(showDelivery(record))).not.toContain(WORDS);
  const answer = sent(JSON.stringify({ ...said, score: 4 }), binary('survey%2Eanswered'));
  expect(readCanonical(withoutCanonicalComments(answer))).toEqual(readCanonical(answer));
});

test('a body of two bytes a letter is not kept', () => {
  const bytes = Buffer.from(JSON.stringify(event('survey.commented', said)), 'utf16le');
  expect(Buffer.from(withoutCanonicalComments(sent(bytes)).body).toString('utf16le')).not.toContain(WORDS);
});

test('the lines of others stay byte by byte, wrong ones are no better than they were', () => {
  const others = JSON.stringify(team).replace('{', '{  ');
  const left = withoutCanonicalComments(
    sent(`${others}\n${JSON.stringify(event('survey.wave_closed', { wave: 'w' }))}`, ndjson),
  );
  expect(textOf(left.body).split('\n')[0]).toBe(others);
  const torn = Buffer.concat([Buffer.from('{"id":"survey"'), Buffer.of(0xfc), Buffer.from('}')]);
  expect(readCanonical(withoutCanonicalComments(sent(torn, ndjson)))).toMatchObject({ items: [{ id: null }] });
});

test('a body of more events than are taken is refused as before, and grows neither long nor slow', () => {
  const many = 2_000_000;
  const bodies = [
    sent(`survey\n${'1\n'.repeat(many)}`, ndjson),
    sent(`["survey"${',1'.repeat(many)}]`),
    sent(`[["survey"${',1'.repeat(many)}]]`),
  ];
  for (const body of bodies) {
    const left = withoutCanonicalComments(body);
    expect(left.body.length).toBeLessThan(100 * MAX_EVENTS);
    expect(readCanonical(left).outcome).toBe(readCanonical(body).outcome);
  }
  const response = { form_id: 'f', token: 't', submitted_at: at, answers: Array.from({ length: many }, () => 1) };
  const form = delivery('typeform', { event_type: 'form_response', form_response: response });
  expect(withoutComments(form, typeform).body.length).toBeLessThan(100_000);
}, 20_000);
