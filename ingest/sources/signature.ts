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

/** True if the request carries one of the secrets as `Authorization: Bearer …` or `X-Headway-Token`. Tries them all. */
export function tokenMatches(headers: Readonly<Record<string, string>>, secrets: readonly string[]): boolean {
  const bearer = /^Bearer[ ]+(\S+)[ ]*$/i.exec(headers.authorization ?? '')?.[1];
  const given = [bearer, headers['x-headway-token']?.trim()].filter((token) => token !== undefined && token !== '');
  let matches = false;
  for (const token of given) {
    for (const secret of secrets) if (equalInConstantTime(token as string, secret)) matches = true;
  }
  return matches;
}
