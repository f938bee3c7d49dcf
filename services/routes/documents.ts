import type { FastifyInstance } from 'fastify';
import { type DocsModel, renderDocs } from '../../dashboards/docs.ts';
import { typed } from '../http/openapi.ts';

/** `/openapi.json` for programs and `/docs` for people, both derived from the registries. They hold no data and need no token. */
export function documentRoutes(app: FastifyInstance, model: (baseUrl: string) => DocsModel): void {
  const routes = typed(app);
  routes.get(
    '/openapi.json',
    {
      config: { access: 'public' },
      schema: { tags: ['health'], security: [], summary: 'This description (OpenAPI 3.1)' },
    },
    async (_request, reply) => reply.header('cache-control', 'public, max-age=300').send(app.swagger()),
  );
  routes.get('/docs', { config: { access: 'public' }, schema: { hide: true } }, async (request, reply) =>
    reply
      .header('cache-control', 'public, max-age=300')
      .header('content-type', 'text/html; charset=utf-8')
      .send(renderDocs(model(`${request.protocol}://${request.host}`))),
  );
}
