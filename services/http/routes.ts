import type { FastifyInstance } from 'fastify';

/** Every route that was registered: its pattern and methods. */
export type RouteTable = { readonly url: string; readonly pattern: RegExp; readonly methods: string[] }[];

/** Notes the routes as they are registered, so that a wrong method can be told from a wrong address. */
export function rememberRoutes(app: FastifyInstance): RouteTable {
  const table: RouteTable = [];
  app.addHook('onRoute', (route) => {
    const source = route.url.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:[A-Za-z_]+/g, '[^/]+');
    const methods = Array.isArray(route.method) ? route.method : [route.method];
    table.push({ url: route.url, pattern: new RegExp(`^${source}/?$`), methods });
  });
  return table;
}

/** Methods that an address takes; none: there is no such address. */
export function methodsOf(table: RouteTable, path: string): string[] {
  return [...new Set(table.filter((route) => route.pattern.test(path)).flatMap((route) => route.methods))].sort();
}
