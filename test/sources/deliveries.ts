import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Delivery } from '../../ingest/delivery.ts';

/** Third-party payloads, read where they lie; absent in a bare clone. */
const SAMPLES = new URL('../../../shared/samples/', import.meta.url);

export const haveSamples = existsSync(SAMPLES);
if (!haveSamples) console.warn('skipped: the senders’ sample payloads are not at ../shared/samples');

export const RECEIVED_AT = '2026-03-05T12:00:00.000Z';

/** A delivery as it would be received at {@link RECEIVED_AT}. */
export function delivery(
  source: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  received_at = RECEIVED_AT,
): Delivery {
  return { id: 'delivery-1', source, headers, body: bytesOf(body), received_at };
}

/** Bytes as they are, text as UTF-8, anything else as JSON. */
export function bytesOf(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body;
  return new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body));
}

/** GitHub's webhook of that event. */
export function fromGithub(event: string, body: unknown, received_at?: string): Delivery {
  return delivery('github', body, { 'x-github-event': event, 'content-type': 'application/json' }, received_at);
}

/** The bytes of every sample in a folder by its file name. A file that holds headers is not a body. */
export function samplesIn(name: string): ReadonlyMap<string, Uint8Array> {
  if (!haveSamples) return new Map();
  const folder = new URL(`${name}/`, SAMPLES);
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.json') && !file.endsWith('.headers.json'))
    .sort();
  return new Map(files.map((file) => [file, new Uint8Array(readFileSync(new URL(file, folder)))]));
}
