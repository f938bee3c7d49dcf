import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { EventLog, Store } from '../../ingest/ports.ts';
import type { WithAtoms } from '../../queries/atoms/tables.ts';
import { receivedSince } from '../deliveries.ts';
import { findEvent, listRejected, listServices, listTeams } from '../facts.ts';
import { formatOf, formats, sendNotAcceptable, sendRows } from '../http/formats.ts';
import { typed } from '../http/openapi.ts';
import { problemOf, sendProblem } from '../http/problems.ts';
import { instantOfId } from '../identity.ts';

export interface FactParts {
  readonly store: Store;
  readonly withAtoms: WithAtoms;
  readonly log: EventLog;
  /** A stored delivery for people to read: secrets are out already, the body as text. Null: the record cannot be read. */
  readonly showDelivery: (value: Uint8Array) => Record<string, unknown> | null;
  readonly now: () => string;
}

const format = z.enum(formats).optional().meta({ description: 'Form of the answer; json if absent' });
const id = z.object({ id: z.string().min(1).max(512) });

/** Single facts: `/v1/events/{id}`, `/v1/deliveries/{id}`, `/v1/rejected`, and the catalog: `/v1/services`, `/v1/teams`. */
export function factRoutes(app: FastifyInstance, parts: FactParts): void {
  const routes = typed(app);
  routes.get(
    '/v1/events/:id',
    {
      config: { access: 'read' },
      schema: {
        tags: ['facts'],
        summary: 'One fact: what happened, when, and the deliveries that stated it',
        params: id,
      },
    },
    async (request, reply) => {
      const event = await findEvent(parts.store, request.params.id);
      if (event === null) return sendProblem(request, reply, { ...problemOf(404), detail: 'No event has this id.' });
      return sendRows(request, reply, { format: 'json', whole: event, rows: [], now: parts.now() });
    },
  );
  routes.get(
    '/v1/deliveries/:id',
    {
      config: { access: 'admin' },
      schema: { tags: ['facts'], summary: 'One raw request as it was received, less its secrets', params: id },
    },
    async (request, reply) => {
      const since = instantOfId(request.params.id);
      const record = since === null ? null : await parts.log.find('headway.deliveries', request.params.id, since);
      const delivery = record === null ? null : parts.showDelivery(record.value);
      if (record === null || delivery === null)
        return sendProblem(request, reply, { ...problemOf(404), detail: 'No delivery has this id.' });
      return reply.header('cache-control', 'no-store').send({ ...delivery, recorded_at: record.recordedAt });
    },
  );
  routes.get(
    '/v1/deliveries',
    {
      config: { access: 'admin' },
      schema: {
        tags: ['facts'],
        summary: 'Deliveries of one source since an instant, each with the id that its sender gave it, if it gave one',
        querystring: z.strictObject({ source: z.string().min(1).max(200), since: z.iso.datetime() }),
      },
    },
    async (request, reply) => {
      const { source, since } = request.query;
      const deliveries = await receivedSince(parts.log, source, new Date(since).toISOString());
      return reply.header('cache-control', 'no-store').send({ deliveries });
    },
  );
  routes.get(
    '/v1/rejected',
    {
      config: { access: 'read' },
      schema: {
        tags: ['facts'],
        summary: 'Deliveries that verified and could not be read, newest first, each with the reason',
        querystring: z.strictObject({
          after: z.string().max(200).optional().meta({ description: 'next of the page before' }),
          limit: z.coerce.number().int().min(1).max(1000).default(100),
          format,
        }),
      },
    },
    async (request, reply) => {
      const chosen = formatOf(request) ?? 'json';
      const { after = null, limit } = request.query;
      const page = await listRejected(parts.store, { after, limit });
      return sendRows(request, reply, { format: chosen, whole: page, rows: page.rejected, now: parts.now() });
    },
  );
  listing('/v1/services', 'services', 'Every service: defined ones and those only heard of', listServices);
  listing('/v1/teams', 'teams', 'Every team that is defined or owns a service', listTeams);

  function listing(
    url: string,
    key: string,
    summary: string,
    list: (store: Store, withAtoms: WithAtoms) => Promise<Record<string, unknown>[]>,
  ) {
    routes.get(
      url,
      { config: { access: 'read' }, schema: { tags: ['catalog'], summary, querystring: z.strictObject({ format }) } },
      async (request, reply) => {
        const chosen = formatOf(request);
        if (chosen === null) return sendNotAcceptable(request, reply);
        const rows = await list(parts.store, parts.withAtoms);
        return sendRows(request, reply, { format: chosen, whole: { [key]: rows }, rows, now: parts.now() });
      },
    );
  }
}
