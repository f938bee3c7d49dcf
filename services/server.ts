import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import underPressure from '@fastify/under-pressure';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyRequest, LogController } from 'fastify';
import { v7 as uuid } from 'uuid';
import { guard } from './http/access.ts';
import { STALE_HEADER } from './http/formats.ts';
import { describeRoutes } from './http/openapi.ts';
import { onClientError, onError, problemOf, sendProblem } from './http/problems.ts';
import { methodsOf, type RouteTable, rememberRoutes } from './http/routes.ts';
import type { MakeParquet } from './parquet.ts';
import type { TokenRecord } from './tokens.ts';

/** Largest body that is read: GitHub sends up to 25 MB. */
export const BODY_LIMIT = 25 * 1024 * 1024;

export interface ServerOptions {
  readonly tokens: readonly TokenRecord[] | null;
  /** Requests per minute and address; null: no limit. */
  readonly rateLimit: number | null;
  readonly logger: FastifyBaseLogger;
  /** While the numbers lag behind the log: the instant up to which they are complete (UTC ISO). Never, if absent. */
  readonly staleSince?: () => string | null;
  /** Makes Parquet files; absent where nothing is read. */
  readonly makeParquet?: MakeParquet;
  /** Registers the routes; called once the guards stand. */
  readonly routes: (app: FastifyInstance) => void | Promise<void>;
}

/**
 * The HTTP server with everything that all routes share: problems for all errors, access by scope, limits, security
 * headers, request ids. Not yet listening.
 */
export async function buildServer(options: ServerOptions): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: options.logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT,
    requestTimeout: 30_000,
    keepAliveTimeout: 75_000,
    genReqId: () => uuid(),
    routerOptions: { maxParamLength: 600, ignoreTrailingSlash: true },
    clientErrorHandler: onClientError,
    frameworkErrors: (error, request, reply) => onError(error, request, reply),
    // Bodies are read by the routes that want them; prototype keys are theirs to judge.
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
  });
  app.removeAllContentTypeParsers();
  app.setErrorHandler(onError);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  await app.register(helmet, {
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'none'"],
        // Pages carry their style within them and have no script.
        styleSrc: ["'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
        // Without TLS in front, this directive would break links of a page on another host than localhost.
        upgradeInsecureRequests: null,
      },
      useDefaults: false,
    },
    strictTransportSecurity: false,
    crossOriginEmbedderPolicy: false,
  });
  const staleSince = options.staleSince ?? (() => null);
  app.decorate('staleSince', staleSince);
  app.decorate('makeParquet', options.makeParquet ?? null);
  app.addHook('onSend', async (request, reply) => {
    const since = isQuestion(request) ? staleSince() : null;
    if (since !== null) reply.header(STALE_HEADER, since);
  });
  await describeRoutes(app);
  const table: RouteTable = rememberRoutes(app);
  if (options.rateLimit !== null)
    await app.register(rateLimit, {
      max: options.rateLimit,
      timeWindow: 60_000,
      cache: 50_000,
      errorResponseBuilder: () => Object.assign(new Error('rate limited'), { statusCode: 429 }),
    });
  await app.register(underPressure, {
    maxEventLoopDelay: 2_000,
    // It calls a stretch without a sample an endless delay: after the default of a second, so after any pause that long.
    sampleInterval: 5_000,
    retryAfter: 5,
    pressureHandler: (request, reply) => {
      // Questions wait before deliveries do, which many senders send once; and health checks answer as long as they can, or
      // an orchestrator would kill a busy server.
      if (isQuestion(request)) sendProblem(request, reply, problemOf(503));
    },
  });
  guard(app, options.tokens);
  const limited = options.rateLimit === null ? {} : { preHandler: app.rateLimit() };
  app.setNotFoundHandler(limited, (request, reply) => {
    const allowed = methodsOf(table, request.url.split('?', 1)[0] ?? '');
    if (allowed.length === 0) return sendProblem(request, reply, problemOf(404));
    reply.header('allow', allowed.join(', '));
    return sendProblem(request, reply, {
      status: 405,
      kind: 'method',
      title: 'This address does not take that method',
      detail: `It takes ${allowed.join(', ')}.`,
    });
  });
  await options.routes(app);
  return app;
}

/** True of what is read from the store, and so may lag behind the log. */
function isQuestion(request: FastifyRequest): boolean {
  const { access } = request.routeOptions.config;
  return access === 'read' || access === 'comments';
}
