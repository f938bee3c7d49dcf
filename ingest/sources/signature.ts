import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** True if the two texts are equal; the time taken tells nothing about where they differ. */
export function equalInConstantTime(given: string, expected: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(expected));
}

/**
 * True if `given` is the HMAC-SHA256 of the exact bytes under any of the secrets, in lower-case hex or in base64. Tries
 * them all.
 */
export function hmacMatches(
  given: string,
  body: Uint8Array,
  secrets: readonly string[],
  encoding: 'hex' | 'base64' = 'hex',
): boolean {
  let matches = false;
  for (const secret of secrets) {
    const expected = createHmac('sha256', secret).update(body).digest(encoding);
    if (equalInConstantTime(given, expected)) matches = true;
  }
  return matches;
}

/** True if `given` is `sha256=` and the HMAC of the exact bytes, as WebSub and most forges have it. */
export function hubSignatureMatches(given: string | undefined, body: Uint8Array, secrets: readonly string[]): boolean {
  const prefix = 'sha256=';
  if (!given?.startsWith(prefix) || given.length > 128) return false;
  return hmacMatches(given.slice(prefix.length), body, secrets);
}

/**
 * True if the request carries one of the secrets as `Authorization: Bearer …`, as the password of `Authorization: Basic …`
 * whatever the user, or as `X-Headway-Token`. Tries them all.
 */
export function tokenMatches(headers: Readonly<Record<string, string>>, secrets: readonly string[]): boolean {
  const [, scheme = '', credential = ''] =
    /^(Bearer|Basic)[ ]+(\S{1,4096})[ ]*$/i.exec(headers.authorization ?? '') ?? [];
  const given = [
    scheme.toLowerCase() === 'basic' ? passwordOf(credential) : credential,
    headers['x-headway-token']?.trim() ?? '',
  ];
  let matches = false;
  for (const token of given.filter((each) => each !== '')) {
    for (const secret of secrets) if (equalInConstantTime(token, secret)) matches = true;
  }
  return matches;
}

function passwordOf(credential: string): string {
  const pair = Buffer.from(credential, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon < 0 ? '' : pair.slice(colon + 1);
}

/** How far from the receipt a signed time may lie, either way: the convention of Standard Webhooks. */
const SIGNED_TIME_TOLERANCE_SECONDS = 5 * 60;

/** True if a time that a signature covers (Unix seconds as text) lies within five minutes of `receivedAt` (UTC ISO). */
export function isSignedLately(timestamp: string, receivedAt: string): boolean {
  if (!/^\d{1,12}$/.test(timestamp)) return false;
  return Math.abs(Number(timestamp) - Date.parse(receivedAt) / 1000) <= SIGNED_TIME_TOLERANCE_SECONDS;
}

/** A header names a signature per secret in use; more than these are nobody's rotation. */
const MOST_SIGNATURES = 20;

/**
 * True if the request is signed as Standard Webhooks has it: one of the `v1,<base64>` values of `webhook-signature` is the
 * HMAC-SHA256 of `<webhook-id>.<webhook-timestamp>.<body>` under any of the secrets, and the timestamp (Unix seconds) lies
 * within five minutes of `receivedAt` (UTC ISO). A secret `whsec_…` is the key in base64, any other the key itself.
 */
export function standardWebhookMatches(
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
  secrets: readonly string[],
  receivedAt: string,
): boolean {
  const id = headers['webhook-id'] ?? '';
  const timestamp = headers['webhook-timestamp'] ?? '';
  if (id === '' || !isSignedLately(timestamp, receivedAt)) return false;
  const given = (headers['webhook-signature'] ?? '')
    .slice(0, 4096)
    .split(' ')
    .filter((part) => part.startsWith('v1,'))
    .slice(0, MOST_SIGNATURES);
  let matches = false;
  for (const key of secrets.map(signingKey)) {
    if (key.length === 0) continue;
    const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
    for (const signature of given) if (equalInConstantTime(signature, `v1,${expected}`)) matches = true;
  }
  return matches;
}

/** The prefix of a Standard Webhooks secret, which tells it from a token that is sent as it is. */
export const SIGNING_SECRET = 'whsec_';

function signingKey(secret: string): Buffer {
  return secret.startsWith(SIGNING_SECRET)
    ? Buffer.from(secret.slice(SIGNING_SECRET.length), 'base64')
    : Buffer.from(secret, 'utf8');
}
