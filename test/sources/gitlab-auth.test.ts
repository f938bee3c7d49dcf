import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { gitlab } from '../../ingest/sources/gitlab.ts';
import { delivery, RECEIVED_AT } from './deliveries.ts';

const KEY = Buffer.from('0123456789abcdef0123456789abcdef');
const SIGNING = `whsec_${KEY.toString('base64')}`;
const NOW = Date.parse(RECEIVED_AT) / 1000;
const body = { object_kind: 'push' };

function signed(key: Uint8Array | string = KEY, at = NOW) {
  const mac = createHmac('sha256', key).update(`key-1.${at}.`).update(JSON.stringify(body)).digest('base64');
  return { 'webhook-id': 'key-1', 'webhook-timestamp': String(at), 'webhook-signature': `v1,${mac}` };
}
const verified = (headers: Record<string, string>, secrets: readonly string[]) =>
  gitlab.verify(delivery('gitlab', body, headers), secrets);

test('the secret token, under any of the secrets', () => {
  expect(verified({ 'x-gitlab-token': 'token' }, ['other', 'token'])).toBe(true);
  expect(verified({ 'x-gitlab-token': 'Token' }, ['token'])).toBe(false);
  expect(verified({ 'x-gitlab-token': '' }, ['token', ''])).toBe(false);
  expect(verified({}, ['token'])).toBe(false);
  expect(verified({ authorization: 'Bearer token' }, ['token'])).toBe(false);
});

test('a signature of the last five minutes', () => {
  expect(verified(signed(), [SIGNING])).toBe(true);
  expect(verified(signed(), ['token', SIGNING])).toBe(true);
  expect(verified(signed(KEY, NOW - 301), [SIGNING])).toBe(false);
  expect(verified(signed('token'), ['token'])).toBe(false);
});

test('a signature that does not match is never made good by the token', () => {
  const wrong = { ...signed(KEY, NOW - 301), 'x-gitlab-token': 'token' };
  expect(verified(wrong, [SIGNING, 'token'])).toBe(false);
  expect(verified({ 'webhook-signature': '', 'x-gitlab-token': 'token' }, [SIGNING, 'token'])).toBe(false);
  // Nor does one that nobody can check, for want of a signing secret.
  expect(verified({ ...signed(), 'x-gitlab-token': 'token' }, ['token'])).toBe(false);
});

test('a signing secret is no token', () => {
  expect(verified({ 'x-gitlab-token': SIGNING }, [SIGNING])).toBe(false);
});
