import type { FastifyInstance } from 'fastify';
import type { Page, PagePorts } from '../../dashboards/web/page.ts';
import type { KeptPages } from '../kept-pages.ts';

/** What rendered pages are kept by. */
export interface PageKeeping {
  readonly pages: KeptPages;
  /** How far the numbers are; a page of another position is made anew. */
  readonly position: () => Promise<string>;
}

/** The built-in pages: each asks through the same ports as the API, and is sent as HTML. */
export function pageRoutes(
  app: FastifyInstance,
  pages: readonly Page<unknown>[],
  ports: (baseUrl: string) => PagePorts,
  keeping: PageKeeping,
): void {
  for (const page of pages) {
    app.get(
      page.path,
      { config: { access: page.isPublic ? 'public' : 'read' }, schema: { hide: true } },
      async (request, reply) => {
        const baseUrl = `${request.protocol}://${request.host}`;
        const query = single(request.query);
        const make = async () => page.render(await page.load(ports(baseUrl), query));
        // A public page keeps its own numbers: it must answer while the store is away.
        const text = page.isPublic
          ? await make()
          : await keeping.pages.page(JSON.stringify([page.path, baseUrl, query]), await keeping.position(), make);
        return reply
          .header('content-type', 'text/html; charset=utf-8')
          .header('cache-control', page.isPublic ? 'public, max-age=60' : 'private, no-cache')
          .send(text);
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
