import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  type CanonicalReceipt,
  type Receipt,
  type ReceiveDeps,
  receive,
  receiveCanonical,
  receiveHistory,
} from '../../ingest/receive.ts';
import { CANONICAL } from '../../ingest/sources/canonical.ts';
import { CUSTOM } from '../../ingest/sources/custom/source.ts';
import { sources } from '../../ingest/sources/registry.ts';
import { readRawBodies } from '../http/bodies.ts';
import { typed } from '../http/openapi.ts';
import { problemOf, sendProblem } from '../http/problems.ts';
import type { IntakeOutcome, Telemetry } from '../telemetry.ts';

export interface IntakeParts {
  readonly receiving: ReceiveDeps;
  readonly telemetry: Telemetry;
  readonly sourceNames: readonly string[];
}

const historyNames = sources.flatMap((source) => (source.history ? [source.name] : []));
const NOTHING = new Uint8Array(0);
const accepted = z.object({
  delivery: z.string(),
  events: z.int(),
  duplicates: z.int(),
  ignored: z.string().optional().meta({ description: 'Why it feeds no metric' }),
  rejected: z.string().optional().meta({ description: 'Why it was set aside; it is listed at /v1/rejected' }),
});

const tokenQuery = z.looseObject({
  token: z.string().max(4096).optional().meta({
    description: 'The secret, from a sender that can neither sign nor send headers; X-Headway-Token goes before it',
  }),
});

/** `POST /hooks/{source}` and `POST /v1/events`: bytes in, and an answer once they are durable. */
export function intakeRoutes(app: FastifyInstance, parts: IntakeParts): void {
  const { receiving, telemetry } = parts;
  // In a scope of its own: only these routes read bodies.
  app.register(async (scope) => {
    readRawBodies(scope);
    const routes = typed(scope);
    const hook = async (request: FastifyRequest, reply: FastifyReply, source: string, token: string | undefined) => {
      const headers = withToken(plain(request.headers), token);
      const receipt = await receive(receiving, { source, headers, body: bytes(request.body) });
      if (receipt.outcome !== 'unknown_source') count(telemetry, source, receipt);
      return answerHook(request, reply, receipt, parts.sourceNames);
    };
    const hookSchema = { tags: ['intake'], security: [], querystring: tokenQuery, response: { 202: accepted } };
    routes.post(
      '/hooks/:source',
      {
        config: { access: 'signature' },
        schema: {
          ...hookSchema,
          summary: "One sender's webhook, as the sender signs it; how to connect each is at /docs",
          params: z.object({ source: z.string().meta({ description: parts.sourceNames.join(', ') }) }),
        },
      },
      (request, reply) => hook(request, reply, request.params.source, request.query.token),
    );
    routes.post(
      '/hooks/custom/:name',
      {
        config: { access: 'signature' },
        schema: {
          ...hookSchema,
          summary: 'A webhook of a sender that the workspace defines, in sources/{name}.yaml',
          params: z.object({ name: z.string() }),
        },
      },
      (request, reply) => hook(request, reply, CUSTOM + request.params.name, request.query.token),
    );
    routes.post(
      '/v1/history/:source',
      {
        config: { access: 'ingest' },
        schema: {
          tags: ['intake'],
          summary: 'What a backfill read from the API of a source: its own records, under the ids of its webhooks',
          params: z.object({ source: z.string() }),
          response: { 202: accepted },
        },
      },
      async (request, reply) => {
        const { source } = request.params;
        const receipt = await receiveHistory(receiving, { source, body: bytes(request.body) });
        if (receipt.outcome !== 'unknown_source') count(telemetry, source, receipt);
        return answerHook(request, reply, receipt, historyNames);
      },
    );
    routes.post(
      '/v1/events',
      {
        config: { access: 'ingest' },
        schema: {
          tags: ['intake'],
          summary: 'Canonical events: JSON (one or an array), NDJSON, or CloudEvents (binary, structured, batch)',
          description: 'Each event is answered for itself; all valid ones are durable when the answer comes.',
          response: {
            202: z.object({
              delivery: z.string(),
              events: z.array(
                z.object({
                  id: z.string().nullable(),
                  status: z.enum(['accepted', 'duplicate', 'invalid']),
                  problems: z.array(z.object({ field: z.string(), problem: z.string() })).optional(),
                }),
              ),
            }),
          },
        },
      },
      async (request, reply) => {
        const receipt = await receiveCanonical(receiving, {
          headers: plain(request.headers),
          body: bytes(request.body),
        });
        countCanonical(telemetry, receipt);
        return answerEvents(request, reply, receipt);
      },
    );
  });
}

function answerHook(request: FastifyRequest, reply: FastifyReply, receipt: Receipt, names: readonly string[]) {
  switch (receipt.outcome) {
    case 'accepted': {
      const { outcome: _, ...answer } = receipt;
      return reply.code(202).send(answer);
    }
    case 'unknown_source':
      return sendProblem(request, reply, {
        ...problemOf(404),
        kind: 'source',
        title: 'No source has this name',
        detail: `There are ${names.join(', ')}. Anything else can be sent to /v1/events.`,
      });
    case 'unauthorized':
      // Some senders have a password in the address and send it only when they are asked for it.
      reply.header('www-authenticate', 'Basic realm="Headway", charset="UTF-8"');
      return sendProblem(request, reply, {
        status: 401,
        kind: 'signature',
        title: 'The delivery is not proven to be from its sender',
        detail: `${receipt.reason}.`,
      });
    case 'unreadable':
      return sendProblem(request, reply, {
        ...problemOf(400),
        detail: `${receipt.reason}. It was kept as ${receipt.delivery} and is listed at /v1/rejected.`,
      });
    case 'too_large':
      return sendProblem(request, reply, problemOf(413));
    case 'unavailable':
      return sendProblem(request, reply, notDurable);
  }
}

function answerEvents(request: FastifyRequest, reply: FastifyReply, receipt: CanonicalReceipt) {
  switch (receipt.outcome) {
    case 'answered':
      return reply.code(202).send({ delivery: receipt.delivery, events: receipt.events });
    case 'unreadable':
      return sendProblem(request, reply, {
        ...problemOf(400),
        detail: `${receipt.reason}. It was kept as ${receipt.delivery} and is listed at /v1/rejected.`,
      });
    case 'unsupported':
      return sendProblem(request, reply, { ...problemOf(415), detail: `${receipt.reason}.` });
    case 'too_large':
      return sendProblem(request, reply, problemOf(413));
    case 'unavailable':
      return sendProblem(request, reply, notDurable);
  }
}

const notDurable = {
  ...problemOf(503),
  kind: 'not-durable',
  title: 'It could not be stored durably',
  detail: 'Nothing was acknowledged. Send it again after as long as Retry-After says.',
};

function count(telemetry: Telemetry, source: string, receipt: Receipt): void {
  if (receipt.outcome !== 'accepted') {
    telemetry.intake(source, outcomeNames[receipt.outcome]);
    return;
  }
  const outcome =
    receipt.rejected === undefined ? (receipt.ignored === undefined ? 'accepted' : 'ignored') : 'rejected';
  telemetry.intake(source, outcome, receipt.events, receipt.duplicates);
}

function countCanonical(telemetry: Telemetry, receipt: CanonicalReceipt): void {
  if (receipt.outcome !== 'answered') {
    telemetry.intake(CANONICAL, outcomeNames[receipt.outcome]);
    return;
  }
  const of = (status: string) => receipt.events.filter((event) => event.status === status).length;
  const invalid = of('invalid');
  const made = receipt.events.length - invalid;
  telemetry.intake(CANONICAL, made === 0 && invalid > 0 ? 'rejected' : 'accepted', made, of('duplicate'));
}

const outcomeNames: Readonly<
  Record<Exclude<Receipt['outcome'] | CanonicalReceipt['outcome'], 'accepted' | 'answered'>, IntakeOutcome>
> = {
  unknown_source: 'unreadable',
  unauthorized: 'unauthorized',
  unreadable: 'unreadable',
  unsupported: 'unreadable',
  too_large: 'unreadable',
  unavailable: 'unavailable',
};

/** Header values as single strings; Node joins what may be repeated. */
function plain(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}

/**
 * A token of the address stands where a header's would: no address is ever logged or stored, and headers that may be a
 * secret are not kept with a delivery.
 */
function withToken(headers: Record<string, string>, token: string | undefined): Record<string, string> {
  return token === undefined || headers['x-headway-token'] !== undefined
    ? headers
    : { ...headers, 'x-headway-token': token };
}

/** The body as it arrived; a request without one has an empty body. */
function bytes(body: unknown): Uint8Array {
  return body instanceof Uint8Array ? body : NOTHING;
}
