import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { allows, findToken, type Scope, type TokenRecord } from '../tokens.ts';
import { sendProblem } from './problems.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Scope that a caller needs; `public` for none; `signature` if the route checks one itself. Every route must say it. */
    access?: Scope | 'public' | 'signature';
  }
}

/**
 * Asks for a bearer token on every route, by the scope that the route names; a route without one is refused at start.
 * Browsers may present the token as the password of Basic authentication, so that pages work without scripts.
 * With `tokens` null nobody is asked: the server is bound to this machine alone.
 */
export function guard(app: FastifyInstance, tokens: readonly TokenRecord[] | null): void {
  app.addHook('onRoute', (route) => {
    if (route.config?.access === undefined) throw new Error(`Route ${route.method} ${route.url} names no access`);
  });
  app.addHook('onRequest', async (request, reply) => {
    const access = request.routeOptions.config.access;
    if (tokens === null || access === undefined || access === 'public' || access === 'signature') return;
    const presented = presentedToken(request.headers.authorization);
    const token = presented === null ? null : findToken(tokens, presented);
    if (token === null) return unauthorized(request, reply);
    if (!allows(token, access))
      return sendProblem(request, reply, {
        status: 403,
        kind: 'scope',
        title: 'The token does not allow this',
        detail: `This address needs the scope ${access}.`,
      });
  });
}

function presentedToken(header: string | undefined): string | null {
  const [scheme, value] = header?.split(' ', 2) ?? [];
  if (value === undefined) return null;
  if (scheme?.toLowerCase() === 'bearer') return value;
  if (scheme?.toLowerCase() !== 'basic') return null;
  const credentials = Buffer.from(value, 'base64').toString('utf8');
  return credentials.slice(credentials.indexOf(':') + 1);
}

function unauthorized(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const browser = request.headers.accept?.includes('text/html') === true;
  reply.header('www-authenticate', browser ? 'Basic realm="Headway", charset="UTF-8"' : 'Bearer realm="Headway"');
  return sendProblem(request, reply, {
    status: 401,
    kind: 'token',
    title: 'A valid token is needed',
    detail: 'Send it as "Authorization: Bearer <token>"; in a browser as the password, with any user name.',
  });
}
