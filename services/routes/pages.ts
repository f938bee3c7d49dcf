import type { FastifyInstance } from 'fastify';
import type { Page, PagePorts } from '../../dashboards/web/page.ts';

/** The built-in pages: each asks through the same ports as the API, and is sent as HTML. */
export function pageRoutes(
  app: FastifyInstance,
  pages: readonly Page<unknown>[],
  ports: (baseUrl: string) => PagePorts,
): void {
  for (const page of pages) {
    app.get(
      page.path,
      { config: { access: page.isPublic ? 'public' : 'read' }, schema: { hide: true } },
      async (request, reply) => {
        const model = await page.load(ports(`${request.protocol}://${request.host}`), single(request.query));
        return reply
          .header('content-type', 'text/html; charset=utf-8')
          .header('cache-control', page.isPublic ? 'public, max-age=60' : 'private, no-cache')
          .send(page.render(model));
      },
    );
  }
}

/** Of a parameter that is given twice, the last: a form cannot send more by itself. */
function single(query: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(query as Record<string, string | string[]>).map(([name, value]) => [
      name,
      Array.isArray(value) ? (value.at(-1) ?? '') : value,
    ]),
  );
}
