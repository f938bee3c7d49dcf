import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';

/** One thing that is wrong with a request, and where. */
export interface FieldProblem {
  readonly field: string;
  readonly problem: string;
}

/** An RFC 9457 problem, less what the request itself gives. */
export interface Problem {
  readonly status: number;
  /** Short name: the last part of `type`. */
  readonly kind: string;
  readonly title: string;
  readonly detail?: string;
  readonly problems?: readonly FieldProblem[];
  readonly retryAfterSeconds?: number;
}

/** Media type of every error. */
export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** Answers with a problem. The detail is written by us: never SQL, a path or what another library threw. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.retryAfterSeconds !== undefined) reply.header('retry-after', String(problem.retryAfterSeconds));
  return reply
    .code(problem.status)
    .header('cache-control', 'no-store')
    .header('content-type', PROBLEM_TYPE)
    .send(JSON.stringify(body(problem, request.id)));
}

function body(problem: Problem, requestId?: string): Record<string, unknown> {
  return {
    type: `urn:headway:problem:${problem.kind}`,
    title: problem.title,
    status: problem.status,
    ...(problem.detail === undefined ? {} : { detail: problem.detail }),
    ...(problem.problems === undefined ? {} : { problems: problem.problems }),
    ...(requestId === undefined ? {} : { request_id: requestId }),
  };
}

/** What a client did that a server need not explain further: status to kind, title and, where it helps, what to do. */
const known: Readonly<Record<number, Omit<Problem, 'status'>>> = {
  400: { kind: 'bad-request', title: 'The request cannot be read' },
  404: {
    kind: 'not-found',
    title: 'There is nothing at this address',
    detail: 'All addresses are listed at /docs and /openapi.json.',
  },
  408: { kind: 'timeout', title: 'The request took too long to arrive' },
  413: {
    kind: 'too-large',
    title: 'The body is too large',
    detail: 'A body may have at most 25 MiB. Send events in several requests.',
  },
  414: { kind: 'address-too-long', title: 'The address is too long' },
  415: {
    kind: 'media-type',
    title: 'This content type is not read here',
    detail:
      'Send application/json (a webhook), or application/json, application/x-ndjson or a CloudEvents type (events).',
  },
  429: { kind: 'too-many-requests', title: 'Too many requests', detail: 'Wait for as long as Retry-After says.' },
  431: { kind: 'headers-too-large', title: 'The headers are too large' },
  503: {
    kind: 'unavailable',
    title: 'The service cannot answer right now',
    detail: 'Try again after as long as Retry-After says.',
    retryAfterSeconds: 5,
  },
};

/** The problem for a bare status. Anything unknown of the 4xx kind is a bad request, all else an internal error. */
export function problemOf(status: number): Problem {
  const found = known[status];
  if (found) return { status, ...found };
  if (status >= 400 && status < 500) return { status, kind: 'bad-request', title: 'The request cannot be read' };
  return {
    status: 500,
    kind: 'internal',
    title: 'Something went wrong on our side',
    detail: 'It was logged under this request_id.',
  };
}

/** Fastify's handler for everything that was thrown. The error is logged; the answer carries none of its text. */
export function onError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  if (error.validation) return void sendProblem(request, reply, invalidParameters(error));
  const status = error.statusCode ?? 500;
  if (status >= 500 && status !== 503) request.log.error({ err: error }, 'request failed');
  // The limiter and the overload guard have set Retry-After themselves.
  const { retryAfterSeconds, ...rest } = problemOf(status);
  const keep = retryAfterSeconds === undefined || reply.getHeader('retry-after') !== undefined;
  sendProblem(request, reply, keep ? rest : { ...rest, retryAfterSeconds });
}

function invalidParameters(error: FastifyError): Problem {
  const problems = (error.validation ?? []).map((issue) => ({
    field: issue.instancePath.split('/').filter(Boolean).join('.') || (error.validationContext ?? 'request'),
    problem: issue.message ?? 'is not valid',
  }));
  return { status: 400, kind: 'parameters', title: 'Some parameters are not valid', problems };
}

/** Answers a request that Node's HTTP parser could not read, on the bare socket. */
export function onClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable || socket.destroyed) return void socket.destroy();
  const status = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }[error.code ?? ''] ?? 400;
  const text = JSON.stringify(body(problemOf(status)));
  const reason = { 400: 'Bad Request', 408: 'Request Timeout', 431: 'Request Header Fields Too Large' }[status];
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nContent-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
  );
}
