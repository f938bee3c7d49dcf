import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { typed } from '../http/openapi.ts';
import { sendProblem } from '../http/problems.ts';
import { type LongWork, workLines } from '../long-work.ts';
import type { ReplayChoice, ReplayTally } from '../rebuilding.ts';

export interface AdminParts {
  readonly rebuild: (onProgress: LongWork) => Promise<void>;
  readonly replay: (choice: ReplayChoice, onProgress: LongWork) => Promise<ReplayTally>;
  readonly sourceNames: readonly string[];
}

/** Long work on the whole of the data, one at a time; its answer is NDJSON: progress, and the result as the last line. */
export function adminRoutes(app: FastifyInstance, parts: AdminParts): void {
  const routes = typed(app);
  let busy = false;

  const run = <T>(request: FastifyRequest, reply: FastifyReply, work: (onProgress: LongWork) => Promise<T>) => {
    if (busy)
      return sendProblem(request, reply, {
        status: 409,
        kind: 'busy',
        title: 'A rebuild or replay is under way',
        detail: 'Wait until it is done.',
      });
    busy = true;
    const alone = (onProgress: LongWork) =>
      work(onProgress).finally(() => {
        busy = false;
      });
    const lines = workLines(alone, (error) => request.log.error({ err: error }, 'long work failed'));
    return reply
      .header('content-type', 'application/x-ndjson; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(Readable.from(lines));
  };

  routes.post(
    '/v1/admin/rebuild',
    { config: { access: 'admin' }, schema: { tags: ['health'], summary: 'Make everything anew from the log' } },
    async (request, reply) => run(request, reply, (onProgress) => parts.rebuild(onProgress).then(() => ({}))),
  );
  routes.post(
    '/v1/admin/replay',
    {
      config: { access: 'admin' },
      schema: {
        tags: ['health'],
        summary: "Run today's normalisers over the stored deliveries",
        querystring: z.strictObject({
          source: z.enum(['canonical', ...parts.sourceNames]).optional(),
          unread: z.stringbool().optional().meta({ description: 'Only those that could not be read, or fed nothing' }),
        }),
      },
    },
    async (request, reply) => run(request, reply, (onProgress) => parts.replay(request.query, onProgress)),
  );
}
