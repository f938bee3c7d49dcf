import { type RangeAnswer, readRangeAnswer } from '../../ingest/prometheus/answer.ts';

/** A range query: values at `start`, at every step after it, and at `end` (epoch ms, all whole steps apart). */
export interface RangeQuestion {
  readonly query: string;
  readonly start: number;
  readonly end: number;
  readonly stepSeconds: number;
}

/** Asks one Prometheus server. Every failure is an answer that says what is wrong; it rejects never. */
export type AskRange = (question: RangeQuestion, signal: AbortSignal) => Promise<RangeAnswer>;

export interface PrometheusAccess {
  /** Base address, as in the DataSource; http or https. */
  readonly url: string;
  readonly token: string | null;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 30_000;
const MOST_BYTES = 8 * 1024 * 1024;

/** A client of `/api/v1/query_range` with a time-out and a bounded answer; it follows no redirect, which would take the token along. */
export function rangeClient({ url, token, timeoutMs = TIMEOUT_MS }: PrometheusAccess): AskRange {
  const address = `${url.replace(/\/+$/, '')}/api/v1/query_range`;
  const headers = {
    accept: 'application/json',
    'user-agent': 'headway',
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
  };
  return async ({ query, start, end, stepSeconds }, signal) => {
    const form = new URLSearchParams({
      query,
      start: String(start / 1000),
      end: String(end / 1000),
      step: String(stepSeconds),
      timeout: `${Math.max(1, Math.floor(timeoutMs / 1000) - 1)}s`,
      // Of Thanos: half of the data would be a wrong number.
      partial_response: 'false',
    });
    const patience = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    try {
      let response = await fetch(address, {
        method: 'POST',
        headers,
        body: form,
        redirect: 'manual',
        signal: patience,
      });
      if (response.status === 405) {
        // Some proxies let reading through and nothing else.
        await response.body?.cancel();
        response = await fetch(`${address}?${form}`, { headers, redirect: 'manual', signal: patience });
      }
      const text = await boundedText(response);
      if (text === null) return { ok: false, problem: 'answered more than can be taken at once', isTooMuch: true };
      return readRangeAnswer(response.status, text);
    } catch (error) {
      if (patience.aborted && !signal.aborted)
        return { ok: false, problem: `did not answer within ${timeoutMs / 1000} s`, isTooMuch: true };
      return { ok: false, problem: unreachable(error), isTooMuch: false };
    }
  };
}

async function boundedText(response: Response): Promise<string | null> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of response.body ?? []) {
    size += piece.byteLength;
    if (size > MOST_BYTES) return null;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** Why there was no answer, as far as the system's code tells; its words could hold the address with all that is in it. */
function unreachable(error: unknown): string {
  const { code } = ((error as Error).cause ?? error) as { code?: unknown };
  if (code === 'ENOTFOUND') return 'has a name that nobody knows (ENOTFOUND): look at the url of the DataSource';
  if (code === 'ECONNREFUSED') return 'refuses connections (ECONNREFUSED): is it running at the url of the DataSource?';
  if (typeof code === 'string' && /CERT|TLS|SSL|SELF_SIGNED/.test(code))
    return `shows a certificate that is not trusted (${code}): NODE_EXTRA_CA_CERTS names further ones`;
  return `broke off the connection${typeof code === 'string' ? ` (${code})` : ''}`;
}
