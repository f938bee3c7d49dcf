import type { FastifyInstance } from 'fastify';
import type { Finding } from '../../dashboards/web/trust.ts';
import { typed } from '../http/openapi.ts';

/** `/v1/doctor`: what feeds the numbers, what is missing and what was assumed. */
export function doctorRoutes(app: FastifyInstance, findings: () => Promise<readonly Finding[]>): void {
  typed(app).get(
    '/v1/doctor',
    {
      config: { access: 'read' },
      schema: { tags: ['health'], summary: 'What is connected, silent, unmapped or assumed, and what would settle it' },
    },
    async (_request, reply) => reply.header('cache-control', 'no-store').send({ findings: await findings() }),
  );
}
