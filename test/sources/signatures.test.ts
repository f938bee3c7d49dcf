import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { findSource } from '../../ingest/sources/registry.ts';
import { cases, fromBase } from './cases.ts';
import { bytesOf, delivery, RECEIVED_AT } from './deliveries.ts';

const body = bytesOf('{"text":"Grüße \\u00fc 🚀","n": 1.0 }');
const hex = (secret: string, of: Uint8Array = body) => createHmac('sha256', secret).update(of).digest('hex');

async function verified(source: string, headers: Record<string, string>, secrets: readonly string[], sent = body) {
  return (await findSource(source)?.verify(delivery(source, sent, headers), secrets)) === true;
}

describe.each(cases.map((each) => ({ name: each.source.name, each })))('$name', ({ each }) => {
  const sent = each.bases.map((base) => fromBase(each, base));
  const proven = (whole: (typeof sent)[number], secret: string, secrets: readonly string[], body = whole.body) =>
    each.source.verify(
      { ...whole, body, headers: { ...whole.headers, ...each.sign(whole.body, secret, RECEIVED_AT) } },
      secrets,
    );

  test('the right secret passes, the old and the new one while it is rotated; another never does', async () => {
    for (const whole of sent) {
      expect(await proven(whole, 'right', ['right'])).toBe(true);
      expect(await proven(whole, 'right', ['right', 'new'])).toBe(true);
      expect(await proven(whole, 'new', ['right', 'new'])).toBe(true);
      expect(await proven(whole, 'wrong', ['right', 'new'])).toBe(false);
      expect(await proven(whole, '', ['right'])).toBe(false);
    }
  });

  test('without any proof it is refused', async () => {
    for (const whole of sent) expect(await each.source.verify(whole, ['right'])).toBe(false);
  });

  if (each.signsBody) {
    test('one more byte in the body and it is refused', async () => {
      for (const whole of sent) {
        expect(await proven(whole, 'right', ['right'], new Uint8Array([...whole.body, 0x20]))).toBe(false);
      }
    });
  }
});

describe('GitHub', () => {
  const signed = (value: string) => ({ 'x-hub-signature-256': value });

  test('the HMAC of the exact bytes under any of the secrets', async () => {
    expect(await verified('github', signed(`sha256=${hex('new')}`), ['old', 'new'])).toBe(true);
    expect(await verified('github', signed(`sha256=${hex('old')}`), ['old', 'new'])).toBe(true);
    expect(await verified('github', signed(`sha256=${hex('other')}`), ['old', 'new'])).toBe(false);
  });

  test('one changed byte, a re-serialised body, another form of the hex: refused', async () => {
    const tampered = new Uint8Array(body);
    tampered[2] = 0x7a;
    expect(await verified('github', signed(`sha256=${hex('s')}`), ['s'], tampered)).toBe(false);
    const again = bytesOf(JSON.stringify(JSON.parse(new TextDecoder().decode(body))));
    expect(await verified('github', signed(`sha256=${hex('s')}`), ['s'], again)).toBe(false);
    expect(await verified('github', signed(`sha256=${hex('s').toUpperCase()}`), ['s'])).toBe(false);
    expect(await verified('github', signed(hex('s')), ['s'])).toBe(false);
  });

  test('a missing, empty or only a SHA-1 signature is refused, as is an empty body', async () => {
    expect(await verified('github', {}, ['s'])).toBe(false);
    expect(await verified('github', signed(''), ['s'])).toBe(false);
    const sha1 = createHmac('sha1', 's').update(body).digest('hex');
    expect(await verified('github', { 'x-hub-signature': `sha1=${sha1}` }, ['s'])).toBe(false);
    const empty = new Uint8Array();
    expect(await verified('github', signed(`sha256=${hex('s', empty)}`), ['s'], empty)).toBe(false);
  });

  test('bytes that are not UTF-8 never pass', async () => {
    const bytes = new Uint8Array([0x22, 0xff, 0x22]);
    expect(await verified('github', signed(`sha256=${hex('s', bytes)}`), ['s'], bytes)).toBe(false);
  });
});

describe('PagerDuty', () => {
  const signed = (value: string) => ({ 'x-pagerduty-signature': value });

  test('any v1 of the list may match, under any of the secrets', async () => {
    expect(await verified('pagerduty', signed(`v1=${hex('s')}`), ['t', 's'])).toBe(true);
    expect(await verified('pagerduty', signed(`v1=${hex('x')}, v1=${hex('s')}`), ['s'])).toBe(true);
    expect(await verified('pagerduty', signed(`v2=${hex('s')}`), ['s'])).toBe(false);
    expect(await verified('pagerduty', signed(`v1=${hex('s').toUpperCase()}`), ['s'])).toBe(false);
    expect(await verified('pagerduty', signed('v1='), ['s'])).toBe(false);
    expect(await verified('pagerduty', {}, ['s'])).toBe(false);
  });

  test('the bytes are what is signed, UTF-8 or not', async () => {
    const bytes = new Uint8Array([0x22, 0xff, 0x22]);
    expect(await verified('pagerduty', signed(`v1=${hex('s', bytes)}`), ['s'], bytes)).toBe(true);
  });
});

describe('Argo CD', () => {
  test('a bearer token or the header of ours, under any of the secrets', async () => {
    expect(await verified('argocd', { authorization: 'Bearer s' }, ['t', 's'])).toBe(true);
    expect(await verified('argocd', { authorization: 'bearer s' }, ['s'])).toBe(true);
    expect(await verified('argocd', { 'x-headway-token': 's' }, ['s'])).toBe(true);
    expect(await verified('argocd', { authorization: 'Bearer S' }, ['s'])).toBe(false);
    expect(await verified('argocd', { authorization: 'Basic s' }, ['s'])).toBe(false);
    expect(await verified('argocd', { authorization: 'Bearer ' }, ['s'])).toBe(false);
    expect(await verified('argocd', { 'x-headway-token': '' }, ['s'])).toBe(false);
    expect(await verified('argocd', {}, ['s'])).toBe(false);
  });
});
