import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { Clock } from '../ingest/ports.ts';
import { makeRecentIds, type ReceiveDeps } from '../ingest/receive.ts';
import { sources } from '../ingest/sources/registry.ts';
import { metrics } from '../queries/metrics/registry.ts';
import { type Backbone, openBackbone } from './backbone.ts';
import { type Config, variables } from './config.ts';
import { newDeliveryId } from './identity.ts';
import { documentRoutes } from './routes/documents.ts';
import { healthRoutes } from './routes/health.ts';
import { intakeRoutes } from './routes/intake.ts';
import { buildServer } from './server.ts';
import { createShutdown } from './shutdown.ts';
import { createTelemetry, type Telemetry, timeRequests } from './telemetry.ts';

/** A service that runs. */
export interface RunningService {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  readonly app: FastifyInstance;
  /** Stops taking requests, finishes those under way, writes what is in hand and closes everything, in reverse. */
  stop(): Promise<void>;
}

export interface ComposeDeps {
  readonly clock: Clock;
  readonly logger: FastifyBaseLogger;
}

const REMEMBERED_IDS = 200_000;

/** Starts the parts of the configured role in order. If one cannot start, those before it are stopped and the reason is thrown. */
export async function startService(config: Config, deps: ComposeDeps): Promise<RunningService> {
  const shutdown = createShutdown();
  const stop = async () => {
    for (const { name, error } of await shutdown.run())
      deps.logger.error({ err: error }, `${name} did not stop cleanly`);
  };
  try {
    const telemetry = createTelemetry();
    const backbone = await openBackbone(config, { ...deps, shutdown });
    const app = await buildServer({
      tokens: config.tokens,
      rateLimit: config.rateLimit,
      logger: deps.logger,
      routes: (server) => registerRoutes(server, config, deps, backbone, telemetry),
    });
    shutdown.add('server', () => app.close());
    const url = await app.listen({ host: config.host, port: config.port });
    return { url, app, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function registerRoutes(
  app: FastifyInstance,
  config: Config,
  deps: ComposeDeps,
  backbone: Backbone,
  telemetry: Telemetry,
): void {
  timeRequests(app, telemetry.registry);
  healthRoutes(app, { registry: telemetry.registry, waitingFor: async () => [] });
  if (config.role === 'all' || config.role === 'gateway') {
    const receiving = receivingDeps(config, deps, backbone);
    intakeRoutes(app, { receiving, telemetry, sourceNames: sources.map((source) => source.name) });
  }
  documentRoutes(app, (baseUrl) => ({ metrics, sources, settings: variables, baseUrl }));
}

function receivingDeps(config: Config, { clock }: ComposeDeps, { log, spool }: Backbone): ReceiveDeps {
  return {
    log,
    clock,
    recent: makeRecentIds(REMEMBERED_IDS),
    newDeliveryId,
    secretsOf: (source) => config.secrets.get(source) ?? [],
    allowUnsigned: config.loopback,
    spool: spool === null ? undefined : { put: (_delivery, record) => spool.put(record) },
  };
}
