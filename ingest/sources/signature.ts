import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** True if the two texts are equal; the time taken tells nothing about where they differ. */
export function equalInConstantTime(given: string, expected: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(expected));
}

/** True if `given` is the lower-case hex HMAC-SHA256 of the exact bytes under any of the secrets. Tries them all. */
export function hmacMatches(given: string, body: Uint8Array, secrets: readonly string[]): boolean {
  let matches = false;
  for (const secret of secrets) {
    const expected = createHmac('sha256', secret).update(body).digest('hex');
    if (equalInConstantTime(given, expected)) matches = true;
  }
  return matches;
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
