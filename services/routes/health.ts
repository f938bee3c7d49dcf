import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import { typed } from '../http/openapi.ts';
import { problemOf, sendProblem } from '../http/problems.ts';

export interface HealthParts {
  readonly registry: Registry;
  /** What the process still waits for, each a short phrase; none: it is ready. */
  readonly waitingFor: () => Promise<readonly string[]>;
}

/** `/healthz`: the process runs. `/readyz`: it may be asked. `/metrics`: our own health and the published metrics. */
export function healthRoutes(app: FastifyInstance, { registry, waitingFor }: HealthParts): void {
  const routes = typed(app);
  routes.get(
    '/healthz',
    {
      config: { access: 'public', rateLimit: false },
      schema: { tags: ['health'], summary: 'Whether the process runs', security: [] },
    },
    async (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'ok' }),
  );
  routes.get(
    '/readyz',
    {
      config: { access: 'public', rateLimit: false },
      schema: {
        tags: ['health'],
        security: [],
        summary: 'Whether it may be asked: 503 until it has caught up with the log as of its start',
      },
    },
    async (request, reply) => {
      const waiting = await waitingFor();
      if (waiting.length === 0) return reply.header('cache-control', 'no-store').send({ status: 'ready' });
      return sendProblem(request, reply, {
        ...problemOf(503),
        detail: `Waiting for ${waiting.join(', ')}.`,
        retryAfterSeconds: 1,
      });
    },
  );
  routes.get(
    '/metrics',
    {
      config: { access: 'read' },
      schema: { tags: ['health'], summary: 'Prometheus: our own health and the published metrics' },
    },
    async (_request, reply) =>
      reply
        .header('cache-control', 'no-store')
        .header('content-type', registry.contentType)
        .send(await registry.metrics()),
  );
}
