import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { standardWebhookMatches } from '../../ingest/sources/signature.ts';
import { bytesOf, RECEIVED_AT } from './deliveries.ts';

const KEY = Buffer.from('0123456789abcdef0123456789abcdef');
const SECRET = `whsec_${KEY.toString('base64')}`;
const body = bytesOf('{"text":"Grüße \\u00fc 🚀","n": 1.0 }');
const SENT = Date.parse(RECEIVED_AT) / 1000;

function signed(key: Uint8Array | string = KEY, at: number | string = SENT, id = 'msg_1', of: Uint8Array = body) {
  const mac = createHmac('sha256', key).update(`${id}.${at}.`).update(of).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(at), 'webhook-signature': `v1,${mac}` };
}

function matches(headers: Record<string, string>, secrets: readonly string[] = [SECRET], sent = body): boolean {
  return standardWebhookMatches(headers, sent, secrets, RECEIVED_AT);
}

test('the scheme’s published example', () => {
  // The test vector that the scheme's reference libraries share.
  const headers = {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  };
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const sent = bytesOf('{"test": 2432232314}');
  expect(standardWebhookMatches(headers, sent, [secret], '2021-02-25T15:02:10.000Z')).toBe(true);
});

test('under any of the secrets, by any of the signatures', () => {
  const other = `whsec_${Buffer.from('another key of some length').toString('base64')}`;
  expect(matches(signed(), [other, SECRET])).toBe(true);
  expect(matches(signed(), [other])).toBe(false);
  const both = `v1,${Buffer.alloc(32).toString('base64')} ${signed()['webhook-signature']}`;
  expect(matches({ ...signed(), 'webhook-signature': both })).toBe(true);
  expect(matches({ ...signed(), 'webhook-signature': both.replace('v1,', 'v1a,') })).toBe(true);
  expect(matches({ ...signed(), 'webhook-signature': signed()['webhook-signature'].replace('v1,', 'v2,') })).toBe(
    false,
  );
  expect(matches(signed('plain words'), ['plain words'])).toBe(true);
});

test('id, time and every byte are signed', () => {
  expect(matches({ ...signed(), 'webhook-id': 'msg_2' })).toBe(false);
  expect(matches({ ...signed(), 'webhook-timestamp': String(SENT + 1) })).toBe(false);
  expect(matches(signed(), [SECRET], new Uint8Array([...body, 0x20]))).toBe(false);
});

test('five minutes either way, and no longer', () => {
  expect(matches(signed(KEY, SENT - 300))).toBe(true);
  expect(matches(signed(KEY, SENT + 300))).toBe(true);
  expect(matches(signed(KEY, SENT - 301))).toBe(false);
  expect(matches(signed(KEY, SENT + 301))).toBe(false);
});

test('what is missing, empty or not a number is refused, and no key is nobody’s key', () => {
  for (const header of Object.keys(signed())) {
    expect(matches({ ...signed(), [header]: '' })).toBe(false);
    const { [header]: _, ...rest }: Record<string, string> = signed();
    expect(matches(rest)).toBe(false);
  }
  expect(matches(signed(KEY, RECEIVED_AT))).toBe(false);
  expect(matches(signed(KEY, '1e9'))).toBe(false);
  expect(matches(signed(KEY, SENT, ''))).toBe(false);
  expect(matches(signed(''), ['whsec_', '', 'whsec_-'])).toBe(false);
  expect(matches(signed(), [])).toBe(false);
});
