import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A range query as it came. Times in seconds of the epoch. */
export interface AskedRange {
  readonly method: string;
  readonly authorization: string | undefined;
  readonly query: string;
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

export interface RangeServer {
  readonly url: string;
  readonly asked: AskedRange[];
  /** In place of every answer, until it is null again. */
  instead: ((request: IncomingMessage, response: ServerResponse) => void) | null;
  close(): Promise<void>;
}

/** An HTTP server that answers range queries as Prometheus does: `sample` gives the text of a sample, null for none. */
export async function startRangeServer(
  sample: (query: string, seconds: number) => string | null,
): Promise<RangeServer> {
  const asked: AskedRange[] = [];
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    if (range.instead !== null) return range.instead(request, response);
    const text = request.method === 'POST' ? Buffer.concat(pieces).toString() : request.url!.split('?')[1];
    const form = new URLSearchParams(text);
    const [start, end, step] = ['start', 'end', 'step'].map((name) => Number(form.get(name))) as [
      number,
      number,
      number,
    ];
    const query = form.get('query') ?? '';
    const { authorization } = request.headers;
    asked.push({ method: request.method!, authorization, query, start, end, step });
    const values: [number, string][] = [];
    for (let at = start; at <= end; at += step) {
      const value = sample(query, at);
      if (value !== null) values.push([at, value]);
    }
    const result = values.length === 0 ? [] : [{ metric: {}, values }];
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const range: RangeServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    instead: null,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return range;
}
