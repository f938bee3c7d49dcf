import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { rangeClient } from '../../services/prometheus/client.ts';
import { type RangeServer, startRangeServer } from './prometheus-server.ts';

const TOKEN = 'hush-hush-token';
const never = new AbortController().signal;
const question = { query: 'up', start: 1_000_000, end: 1_180_000, stepSeconds: 60 };

let server: RangeServer;
const ask = (url = server.url) => rangeClient({ url, token: TOKEN, timeoutMs: 1_000 })(question, never);
const problemOf = async (url?: string) => {
  const answer = await ask(url);
  expect(JSON.stringify(answer)).not.toContain(TOKEN);
  return answer.ok ? null : `${answer.problem}${answer.isTooMuch ? ' (too much)' : ''}`;
};
const answering = (status: number, body: string, headers: Record<string, string> = {}) => {
  server.instead = (_request, response) => response.writeHead(status, headers).end(body);
};
const matrix = (result: unknown) => JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } });

beforeAll(async () => {
  server = await startRangeServer((_query, at) => String(at));
});
beforeEach(() => {
  server.instead = null;
  server.asked.length = 0;
});
afterAll(() => server.close());

describe('range queries to a Prometheus server', () => {
  it('ask for steps from start to end, with the token, and take what is finite', async () => {
    const answer = await ask(`${server.url}/`);
    expect(answer).toEqual({ ok: true, samples: new Map([1000, 1060, 1120, 1180].map((at) => [at * 1000, at])) });
    expect(server.asked).toEqual([
      { method: 'POST', authorization: `Bearer ${TOKEN}`, query: 'up', start: 1000, end: 1180, step: 60 },
    ]);
    const values = [
      [1000, 'NaN'],
      [1060, '+Inf'],
      [1120, '-Inf'],
      [1180, '1.5e-3'],
    ];
    answering(200, matrix([{ metric: {}, values }]));
    expect(await ask()).toEqual({ ok: true, samples: new Map([[1_180_000, 0.0015]]) });
    answering(200, matrix([]));
    expect(await ask()).toEqual({ ok: true, samples: new Map() });
  });

  it('ask by GET where a proxy lets nothing else through', async () => {
    server.instead = (request, response) => {
      server.instead = null;
      expect(request.method).toBe('POST');
      response.writeHead(405).end();
    };
    expect(await ask()).toMatchObject({ ok: true });
    expect(server.asked.map(({ method, authorization }) => [method, authorization])).toEqual([
      ['GET', `Bearer ${TOKEN}`],
    ]);
  });

  it('say what is wrong, and never with the token', async () => {
    answering(500, 'oops');
    expect(await problemOf()).toBe('answered 500');
    answering(503, '');
    expect(await problemOf()).toBe('answered 503 (too much)');
    answering(401, 'who are you');
    expect(await problemOf()).toMatch(/^answered 401: the token is missing/);
    answering(404, 'no such page');
    expect(await problemOf()).toMatch(/^answered 404: the url of the DataSource/);
    answering(400, JSON.stringify({ status: 'error', errorType: 'bad_data', error: 'parse\n error: x' }));
    expect(await problemOf()).toBe('refuses the query: parse error: x');
    answering(422, JSON.stringify({ status: 'error', errorType: 'execution', error: 'too many samples' }));
    expect(await problemOf()).toBe('could not answer (execution): too many samples (too much)');
    answering(200, '<html>');
    expect(await problemOf()).toMatch(/^answered something that is no answer/);
    answering(200, matrix([{ metric: {}, values: [[1000, 'one']] }]));
    expect(await problemOf()).toBe('answered a value that is no number');
    answering(
      200,
      matrix([
        { metric: { a: '1' }, values: [] },
        { metric: { a: '2' }, values: [] },
      ]),
    );
    expect(await problemOf()).toMatch(/^the query gives 2 series/);
    answering(200, matrix([{ metric: {}, histograms: [[1000, { count: '1' }]] }]));
    expect(await problemOf()).toMatch(/^the query gives histograms/);
  });

  it('take the token nowhere else', async () => {
    answering(307, '', { location: 'http://127.0.0.1:1/api/v1/query_range' });
    expect(await problemOf()).toMatch(/^redirects elsewhere/);
    expect(await problemOf('http://127.0.0.1:1')).toMatch(/^(refuses connections|broke off)/);
  });

  it('do not wait for ever, nor take all that is sent', async () => {
    server.instead = () => undefined;
    expect(await problemOf()).toBe('did not answer within 1 s (too much)');
    server.instead = (_request, response) => void response.writeHead(200).write('{"status":"succ');
    expect(await problemOf()).toBe('did not answer within 1 s (too much)');
    server.instead = (_request, response) => endlessly(response);
    expect(await problemOf()).toBe('answered more than can be taken at once (too much)');
    server.instead = (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"status":"succ', () => response.destroy());
    };
    expect(await problemOf()).toMatch(/^broke off the connection/);
    const stopping = new AbortController();
    server.instead = () => stopping.abort();
    expect((await rangeClient({ url: server.url, token: null })(question, stopping.signal)).ok).toBe(false);
  });
});

function endlessly(response: ServerResponse): void {
  const piece = 'x'.repeat(256 * 1024);
  const more = () => {
    while (!response.destroyed && response.write(piece));
  };
  response.on('drain', more);
  response.on('error', () => undefined);
  more();
}
